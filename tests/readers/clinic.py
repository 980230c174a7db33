"""The calendars that a clinic's desk gives out, with what each should show."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid5

from builders import NEW_YORK, phase, protocol, uid
from desks import at, open_desk
from planner.domain.inviting import Method
from planner.domain.occupancy import BusyRow
from planner.domain.protocol import Review
from planner.domain.reaching import Audience, Language
from planner.domain.span import DAY, EPOCH, MINUTE, local_day
from planner.domain.subscribing import Wanted
from planner.feeds.entries import Entry, EntryStatus
from planner.feeds.itip import invitation_bytes
from planner.services import booking, feeds, own_dates, page_links
from planner.services.bearing import bearer_of
from planner.services.letterhead import change_letterhead
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import Store
from readers.documents import Document, advice, document, fetched, visit
from readers.reading import Seen

NAME, STREET = "Harbor; Street, north", "12 Harbor Street, 2nd floor; New York"
LETTERHEAD = {"public_name": NAME, "sender": "desk@harbor.example", "phone": "555 0100", "address": STREET}
CHAIR, NURSE = uid("chair 1"), uid("nurse 1")


class Clinic:
    """A desk at which a patient has a course of which one session has moved, one is cancelled, and the last wait."""

    def __init__(self, store: Store) -> None:
        self.desk = open_desk(store)
        change_letterhead(self.desk.admin, **LETTERHEAD, version=None)
        induction = replace(phase("induction", 4, (2, 3, 5), pattern="Tue Thu", per_week=2), review=Review("Evaluate"))
        self.desk.publish(replace(protocol(induction, phase("weekly", 2, (5, 7, 10))), name="reviewed"))
        self.course = self.desk.begin("reviewed", start=at("03-09").date())
        self.desk.book(self.course)
        self.desk.clock.now += timedelta(seconds=30)
        _, second, third, *_ = self.records
        self.cancelled_had = self._taken(second)
        booking.move(self.desk.scheduler, appointment_id=third.id, start=at("03-16", "11:00"), version=third.version)
        booking.cancel(self.desk.scheduler, appointment_id=second.id, version=second.version, reason="cold")

    @property
    def records(self) -> list[AppointmentRecord]:
        return self.desk.records(self.course)

    def documents(self) -> Iterator[tuple[str, Document]]:
        """Give each calendar under a name of its own."""
        yield "patient", self._of_patient(Wanted("phone"), ("Appointment", "No driving today", "Cancelled"))
        spanish = Wanted("teléfono", language=Language.SPANISH)
        yield "Spanish", self._of_patient(spanish, ("Cita", "Hoy no conduzca", "Cancelada"))
        wording = "Señora; Ñandú, 10: así"
        full = Wanted("watch", wording=wording, shows_advice=False, shows_place=True, alarm_minutes=60)
        yield "place and alarm", self._of_patient(full, (wording, "", "Cancelled"))
        yield "carer", self._of_carer()
        yield "clinician", self._of_clinician()
        yield "room", self._of_room()
        yield "empty", document(self._sent(Wanted("phone"), "Mary Ward"), NAME, ())
        yield "switched off", self._switched_off()
        yield from self._downloads()
        yield from self._invitations()

    def _taken(self, record: AppointmentRecord) -> list[BusyRow]:
        with self.desk.store.read(self.desk.clinic_id) as uow:
            return uow.occupancy.of_appointments([record.id])[record.id]

    def _had(self, record: AppointmentRecord, resource_id: UUID) -> list[BusyRow]:
        """What an appointment takes of a resource, or took before it was cancelled; each stretch once, by start."""
        rows = self.cancelled_had if record.status.name == "CANCELLED" else self._taken(record)
        return sorted({row._replace(seat=0) for row in rows if row.subject_id == resource_id}, key=lambda row: row.start)

    def _sent(self, wanted: Wanted, patient: str = "Ada Lovelace", *, agreed: bool = False) -> bytes:
        patient_id = self.desk.patient(patient)
        return fetched(self.desk, feeds.create(self.desk.scheduler, wanted, patient_id=patient_id, agreed=agreed).token)

    def _of_patient(self, wanted: Wanted, words: tuple[str, str, str]) -> Document:
        wording, no_driving, _ = words
        place = STREET if wanted.shows_place else None
        alarms = (-float(wanted.alarm_minutes),) if wanted.alarm_minutes else ()
        seen = [visit(one, titled(one, wording, words[2]), place, alarms) for one in self.records]
        seen += [advice(one, no_driving) for one in self.records if no_driving and one.status.name != "CANCELLED"]
        return document(self._sent(wanted), NAME, seen)

    def _of_carer(self) -> Document:
        written = self._sent(Wanted("Mum's phone", Audience.CARER, alarm_minutes=120), agreed=True)
        seen = [
            replace(visit(one, titled(one, "Pick-up"), STREET, (-120.0,)), uid=str(uuid5(one.id, "carer")), start=one.end_at,
                    end=one.end_at + timedelta(minutes=30))
            for one in self.records
        ]  # fmt: skip
        return document(written, "Pick-up", seen)

    def _of_clinician(self) -> Document:
        written = self._of_resource(NURSE)
        seen = [
            replace(visit(one, titled(one, "A.L., chair 1")), uid=str(uuid5(one.id, f"clinician {NURSE} 0")))
            for one in self.records
            if self._had(one, NURSE)
        ]
        return document(written, "nurse 1", seen)

    def _of_room(self) -> Document:
        seen: list[Seen] = []
        for one in self.records:
            booked = replace(visit(one, titled(one, "Busy").removesuffix(" (provisional)")))
            booked = replace(booked, status=booked.status.replace("TENTATIVE", "CONFIRMED"))
            for number, row in enumerate(self._had(one, CHAIR)):
                begin, end = EPOCH + row.start * MINUTE, EPOCH + row.end * MINUTE
                seen.append(replace(booked, uid=str(uuid5(one.id, f"room {CHAIR} {number}")), start=begin, end=end))
        return document(self._of_resource(CHAIR), "chair 1", seen)

    def _of_resource(self, resource_id: UUID) -> bytes:
        minted = feeds.create_for_resource(self.desk.admin, Wanted("wall"), resource_id=resource_id)
        return fetched(self.desk, minted.token)

    def _switched_off(self) -> Document:
        minted = feeds.create(self.desk.scheduler, Wanted("old phone"), patient_id=self.desk.patient())
        feeds.revoke(self.desk.scheduler, link_id=minted.link.id)
        day, title = local_day(self.desk.clock.now, NEW_YORK), "This calendar link was switched off"
        notice = Seen(str(minted.link.id), day, day + DAY, title, "CONFIRMED", 0, True, None, (), ())
        return document(fetched(self.desk, minted.token), NAME, [notice])

    def _downloads(self) -> Iterator[tuple[str, Document]]:
        page = page_links.create(self.desk.scheduler, patient_id=self.desk.patient(), label="phone")
        bearer = bearer_of(self.desk.store, self.desk.clock, page.token)
        ahead = [visit(one, titled(one, "Appointment")) for one in self.records if one.status.name != "CANCELLED"]
        yield "plan", document(own_dates.plan_file(bearer), NAME, ahead)
        first = self.records[0]
        yield "one appointment", document(own_dates.appointment_file(bearer, first.id), None, [visit(first, "Appointment")])

    def _invitations(self) -> Iterator[tuple[str, Document]]:
        first = visit(self.records[0], "Appointment")
        entry = Entry(
            self.records[0].id, 3, self.records[0].span, first.title, EntryStatus.CONFIRMED, False,
            self.desk.clock.now, self.desk.clock.now,
        )  # fmt: skip
        parties = ((NAME, "desk@harbor.example"), "ada+x@patients.example", self.desk.clock.now)
        asked = replace(first, sequence=3)
        yield "invitation", document(invitation_bytes(Method.REQUEST, entry, *parties), None, [asked])
        gone = replace(entry, sequence=4, status=EntryStatus.CANCELLED, transparent=True)
        meant = replace(asked, sequence=4, status="CANCELLED", transparent=True)
        yield "withdrawal", document(invitation_bytes(Method.CANCEL, gone, *parties, "It stays."), None, [meant])


def titled(record: AppointmentRecord, wording: str, off: str = "Cancelled") -> str:
    """What an appointment is called by where it stands."""
    named = {"BOOKED": wording, "TENTATIVE": f"{wording} (provisional)", "CANCELLED": f"{off}: {wording}"}
    return named[record.status.name]
