"""The calendars that a clinic's desk gives out, with what each should show."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from builders import phase, protocol
from desks import at, open_desk
from planner.domain.protocol import Review
from planner.domain.subscribing import Wanted
from planner.services import booking, feeds
from planner.services.letterhead import change_letterhead
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import Store
from readers.documents import Document, advice, document, fetched, visit
from readers.reading import Seen

NAME = "Harbor; Street, north"


class Clinic:
    """A desk at which a patient has a course of which one session has moved, one is cancelled, and the last wait."""

    def __init__(self, store: Store) -> None:
        self.desk = open_desk(store)
        change_letterhead(self.desk.admin, public_name=NAME, sender="desk@harbor.example", phone="555 0100", version=None)
        induction = replace(phase("induction", 4, (2, 3, 5), pattern="Tue Thu", per_week=2), review=Review("Evaluate"))
        self.desk.publish(replace(protocol(induction, phase("weekly", 2, (5, 7, 10))), name="reviewed"))
        self.course = self.desk.begin("reviewed", start=at("03-09").date())
        self.desk.book(self.course)
        self.desk.clock.now += timedelta(seconds=30)
        _, second, third, *_ = self.records
        booking.move(self.desk.scheduler, appointment_id=third.id, start=at("03-16", "11:00"), version=third.version)
        booking.cancel(self.desk.scheduler, appointment_id=second.id, version=second.version, reason="cold")

    @property
    def records(self) -> list[AppointmentRecord]:
        return self.desk.records(self.course)

    def documents(self) -> Iterator[tuple[str, Document]]:
        """Give each calendar under a name of its own."""
        yield "patient", self._of_patient(Wanted("phone"), "Appointment", "No driving today")
        yield (
            "other words",
            self._of_patient(Wanted("watch", wording="Señora; Ñandú, 10", shows_advice=False), "Señora; Ñandú, 10"),
        )
        yield "empty", document(self.sent(Wanted("phone"), "Mary Ward"), NAME, ())

    def sent(self, wanted: Wanted, patient: str = "Ada Lovelace") -> bytes:
        """What a new link of a patient's gives out."""
        return fetched(self.desk, feeds.create(self.desk.scheduler, wanted, patient_id=self.desk.patient(patient)).token)

    def _of_patient(self, wanted: Wanted, wording: str, no_driving: str = "") -> Document:
        titles = {"BOOKED": wording, "TENTATIVE": f"{wording} (provisional)", "CANCELLED": f"Cancelled: {wording}"}
        seen: list[Seen] = [visit(one, titles[one.status.name]) for one in self.records]
        seen += [advice(one, no_driving) for one in self.records if no_driving and one.status.name != "CANCELLED"]
        return document(self.sent(wanted), NAME, seen)
