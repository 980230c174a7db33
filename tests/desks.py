"""A clinic's desk in a test: a clinic in a real database, a clock that is set by hand, and people of each role."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Table, insert, select, text

from builders import clinic, esketamine, hours, infusion, phase, protocol, resources, spravato, talk, uid, wall, weekdays
from planner.documents.protocols import shipped
from planner.domain.clinic import Clinic
from planner.domain.course import LIVE, Given, Preferences
from planner.domain.protocol import Link, Protocol, Review
from planner.domain.rechecking import Shown, shown_of
from planner.domain.roles import Actor, Role
from planner.services import booking, clinics, courses
from planner.services.context import Context
from planner.services.visits import VisitKind
from planner.storage.records import AppointmentRecord, AuditEntry, CourseRecord, HolidayCalendar, Task
from planner.storage.tables import metadata
from planner.storage.unit_of_work import Store

NOW = datetime(2027, 1, 4, 12, tzinfo=UTC)
"""A Monday, 07:00 in New York."""
SITE_ID = uid("clinic")
TUESDAY = date(2027, 1, 5)
OVERLAPS = """
    SELECT count(*) FROM occupancy a JOIN occupancy b
    ON a.subject_id = b.subject_id AND a.seat = b.seat AND a.starts < b.ends AND b.starts < a.ends
    AND a.starts < b.starts
"""


class HandClock:
    """A clock that stands still until it is set."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Desk:
    """One clinic, and what its people do."""

    store: Store
    clock: HandClock = field(default_factory=HandClock)
    clinic_id: UUID = SITE_ID
    people: dict[str, UUID] = field(default_factory=dict)

    def acting(self, role: Role) -> Context:
        return Context(Actor(uid(role), role, self.clinic_id), self.store, self.clock)

    @property
    def scheduler(self) -> Context:
        return self.acting(Role.SCHEDULER)

    @property
    def clinician(self) -> Context:
        return self.acting(Role.CLINICIAN)

    @property
    def admin(self) -> Context:
        return self.acting(Role.ADMIN)

    def patient(self, name: str = "Ada Lovelace") -> UUID:
        if name not in self.people:
            (made,) = clinics.register_patients(self.scheduler, [clinics.NewPatient(name)])
            self.people[name] = made.id
        return self.people[name]

    def publish(self, *protocols: Protocol) -> None:
        for one in protocols:
            clinics.publish(self.clinician, one)

    def begin(
        self, name: str = "course", start: date = TUESDAY, days: str = "", at: str | None = "10:00", *,
        patient: str = "Ada Lovelace", given: Iterable[Given] = (), by: Context | None = None, **more: object,
    ) -> CourseRecord:  # fmt: skip
        asked = Preferences(start, weekdays(days), at=time.fromisoformat(at) if at else None)
        return courses.begin(
            by or self.scheduler, patient_id=self.patient(patient), protocol=name, preferences=replace(asked, **more),
            given=tuple(given),
        )  # fmt: skip

    def shown(self, course: CourseRecord, **wish: object) -> tuple[Shown, ...]:
        preview = courses.preview(self.scheduler, course_id=course.id, wish=courses.Wish(**wish), choices=False)
        return shown_of(preview.plan, preview.request.pinned)

    def book(self, course: CourseRecord, shown: Iterable[Shown] | None = None, **more: object) -> booking.Booking:
        wanted = None if shown is None else tuple(shown)
        return booking.book_series(self.scheduler, course_id=course.id, shown=wanted, **more)

    def records(self, course: CourseRecord) -> list[AppointmentRecord]:
        """All appointments of a course by start, cancelled ones included."""
        with self.store.read(self.clinic_id) as uow:
            return uow.appointments.of_course(course.id)

    def live(self, course: CourseRecord) -> list[AppointmentRecord]:
        return [one for one in self.records(course) if one.status in LIVE]

    def walls(self, course: CourseRecord) -> list[str]:
        """The wall starts of a course's live appointments: "01-05 10:00"."""
        return [one.wall_start[5:].replace("T", " ") for one in self.live(course)]

    def tasks(self, kind: str) -> list[Task]:
        with self.store.read(self.clinic_id) as uow:
            return [task for task in uow.tasks.open() if task.kind == kind]

    def audit(self, action: str) -> list[AuditEntry]:
        with self.store.read(self.clinic_id) as uow:
            return [entry for entry in uow.audit.all() if entry.action == action]

    def taken_by(self, appointment_id: UUID) -> set[UUID]:
        """The resources (and the patient) that an appointment takes."""
        with self.store.read(self.clinic_id) as uow:
            return {row.subject_id for row in uow.occupancy.of_appointments([appointment_id])[appointment_id]}

    def course(self, course: CourseRecord) -> CourseRecord:
        with self.store.read(self.clinic_id) as uow:
            return uow.courses.get(course.id)

    def overlaps(self) -> int:
        with self.store.engine.connect() as connection:
            return int(connection.execute(text(OVERLAPS)).scalar() or 0)


EVALUATION = VisitKind("consultations", "evaluation")
SINGLE = VisitKind("singles", "single-dose")


def singles() -> Protocol:
    """A dose of its own, for which a screening must be done."""
    dose = protocol(phase("dose", 1, (1, 1, 30), visits=("single-dose",)), visits=(spravato("single-dose"),))
    return replace(dose, name="singles", gates=("screening",))


def psychotherapy() -> Protocol:
    """Two doses a week apart with a therapist, each followed by a conversation a day to three days later."""
    dosing = phase("dosing", 2, (5, 7, 9), visits=("dosing",), link=Link("talk", 24, 72))
    dose = spravato("dosing")
    with_therapist = replace(dose, steps=tuple(_with_therapist(step) for step in dose.steps))
    return replace(protocol(dosing, visits=(with_therapist, talk()), clinician="therapist"), name="psychotherapy")


def _with_therapist(step):
    if step.lead or step.turnover:
        return step
    need = talk().steps[0].needs[0]
    return replace(step, needs=(*step.needs, replace(need, steady=True)))


def induction(sessions: int = 4, name: str = "course") -> Protocol:
    """A few sessions on Tuesdays and Thursdays, with a review after the last."""
    rows = phase("induction", sessions, (2, 3, 5), pattern="Tue Thu", per_week=2)
    return replace(protocol(replace(rows, review=Review("Evaluate the benefit"))), name=name)


def open_desk(store: Store, site: Clinic | None = None, calendar: HolidayCalendar | None = None) -> Desk:
    """Open a clinic with two chairs, two nurses, a prescriber and two therapists, and publish what it prescribes.

    What the services write for it is the same in every empty database: they do it once, then its rows are put there.
    """
    if site or calendar or store.clinics():
        return _open_desk(store, site or _standard(), calendar)
    if known := _rows.get(store.engine.dialect.name):
        with store.engine.begin() as connection:
            for table, rows in known:
                connection.execute(insert(table), rows)
        return Desk(store)
    desk = _open_desk(store, _standard())
    _rows[store.engine.dialect.name] = list(_filled(store))
    return desk


_rows: dict[str, list[tuple[Table, list[dict[str, Any]]]]] = {}
"""The rows of a clinic just opened, by the kind of database."""


def _filled(store: Store) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    with store.engine.connect() as connection:
        for table in metadata.sorted_tables:
            counted = table.autoincrement_column
            columns = [column for column in table.columns if column is not counted]
            if rows := [dict(row) for row in connection.execute(select(*columns).order_by(*table.primary_key)).mappings()]:
                yield table, rows


def _standard() -> Clinic:
    therapists = resources("therapist", 2, 1, hours())
    return clinic(
        resources("chair", 2), resources("nurse", 2, 4, hours()), resources("prescriber", 1, 1, hours()), therapists,
        resources("pump", 1),
    )  # fmt: skip


def _open_desk(store: Store, site: Clinic, calendar: HolidayCalendar | None = None) -> Desk:
    clinics.open_clinic(store, site, calendar)
    desk = Desk(store, clinic_id=site.id)
    rows = phase("series", 6, (2, 2, 4), pattern="Mon Wed Fri", visits=("infusion",))
    series = replace(protocol(rows, visits=(infusion(),)), name="infusions")
    whole = replace(esketamine(), name="esketamine")
    desk.publish(induction(), whole, _consultations(), singles(), psychotherapy(), series)
    return desk


@lru_cache
def _consultations() -> Protocol:
    return shipped()["consultations"]


def at(day: str, time_of_day: str = "10:00") -> datetime:
    """The instant of a wall time in January 2027 or whenever: at("01-05", "10:00")."""
    return wall(date.fromisoformat(f"2027-{day}"), time_of_day)
