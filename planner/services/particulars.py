"""One appointment as its page shows it: when, where, with whom, step by step, and what a cancellation would take along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from planner.domain.clinic import Clinic
from planner.domain.course import LIVE
from planner.domain.preparing import instructions_for
from planner.domain.replies import RideKind
from planner.domain.roles import Permission
from planner.domain.timeline import SessionState
from planner.domain.visit import VisitProfile
from planner.services.assigned import assigned
from planner.services.booking import Scope, in_scope
from planner.services.context import Context
from planner.services.replying import Replies, replies_of
from planner.services.sessions import Line, lines_of, state_of
from planner.services.writing import audit
from planner.storage.desk_records import Letterhead
from planner.storage.records import AppointmentRecord, CourseRecord, Patient
from planner.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Timed:
    """A step of the visit with its instants (UTC); *before* the appointed time the patient is at the desk."""

    name: str
    start: datetime
    end: datetime
    before: bool


@dataclass(frozen=True)
class CutOff:
    """Something to do before a visit, and from when on (UTC) where it has a clock time."""

    text: str
    since: datetime | None


@dataclass(frozen=True)
class Particulars:
    """An appointment with everything that its page says. *line* is its place in its course; *host* what it follows.

    *said*: what its patient has said of it; *ways*: the ways home that the clinic accepts.
    """

    record: AppointmentRecord
    state: SessionState
    patient: Patient
    clinic: Clinic
    steps: tuple[Timed, ...]
    place: str | None
    people: tuple[tuple[str, str], ...]
    clinician: str | None = None
    course: CourseRecord | None = None
    line: Line | None = None
    host: AppointmentRecord | None = None
    cut_offs: tuple[CutOff, ...] = ()
    scopes: Mapping[Scope, tuple[AppointmentRecord, ...]] = field(default_factory=dict)
    letterhead: Letterhead | None = None
    said: Replies = field(default_factory=dict, repr=False)
    ways: tuple[RideKind, ...] = tuple(RideKind)

    @property
    def arrival(self) -> datetime:
        """When the patient is asked to be there (UTC)."""
        return self.steps[0].start

    @property
    def live(self) -> bool:
        """Whether it can be moved or cancelled."""
        return self.record.status in LIVE

    @property
    def instructions(self) -> tuple[str, ...]:
        """What to do before the visit, in the protocol's words."""
        return tuple(one.text for one in self.cut_offs)

    @property
    def most(self) -> int | None:
        """How many sessions its phase has; None where it is open-ended, or there is no phase."""
        phase = self.course.protocol.phase(self.record.phase or "") if self.course else None
        return phase.sessions if phase else None


def particulars(ctx: Context, *, appointment_id: UUID) -> Particulars:
    """Give everything about one appointment; raises NotFound, Forbidden."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        return _gathered(uow, uow.appointments.get(appointment_id), ctx.clock())


def note_reading(ctx: Context, *, appointment_id: UUID) -> None:
    """Write down that somebody looked at an appointment; raises NotFound, Forbidden."""
    ctx.require(Permission.READ)
    with ctx.begin() as uow:
        uow.appointments.get(appointment_id)
        audit(ctx, uow, ctx.clock(), "read", "appointment", appointment_id)


def _gathered(uow: UnitOfWork, record: AppointmentRecord, now: datetime) -> Particulars:
    clinic = uow.clinics.get(now)
    course = uow.courses.get(record.course_id) if record.course_id else None
    held = assigned(record, uow.occupancy.of_appointments([record.id])[record.id], clinic)
    names = {one.id: one.name for one in clinic.resources}
    place = next((names[one.resource_id] for one in held if one.step == "place"), None)
    people = dict.fromkeys((one.step, names[one.resource_id]) for one in held if one.step != "place")
    steps = timed(record.profile, record.start_at)
    scopes = {one: tuple(in_scope(uow, record, one, now)) for one in Scope} if record.status in LIVE else {}
    return Particulars(
        record, state_of(record, now), uow.people.get(record.patient_id), clinic, steps, place, tuple(people),
        names.get(record.clinician_id) if record.clinician_id else None, course,
        _line(uow, course, record, clinic, now) if course else None,
        uow.appointments.get(record.linked_to) if record.linked_to else None,
        _cut_offs(uow, course, record.profile, steps[0].start), scopes, uow.letterheads.get(),
        replies_of(uow, [record])[record.id], clinic.rides.allowed(course.protocol.modality if course else None),
    )  # fmt: skip


def _line(
    uow: UnitOfWork, course: CourseRecord, record: AppointmentRecord, clinic: Clinic, now: datetime
) -> Line | None:
    given, orders = uow.given.of_course(course.id), uow.orders.of_course(course.id)
    lines = lines_of(course, given, uow.appointments.of_course(course.id), orders, clinic, now)
    return next((one for one in lines if one.appointment and one.appointment.id == record.id), None)


def timed(profile: VisitProfile, start: datetime) -> tuple[Timed, ...]:
    """Lay a visit's steps out on the clock, from the check-in before the appointed time to the end of turnover."""
    at, laid = start - timedelta(minutes=profile.lead_minutes), list[Timed]()
    for step in profile.steps:
        end = at + timedelta(minutes=step.minutes)
        laid.append(Timed(step.name, at, end, step.lead))
        at = end
    return tuple(laid)


def _cut_offs(
    uow: UnitOfWork, course: CourseRecord | None, profile: VisitProfile, arrival: datetime
) -> tuple[CutOff, ...]:
    """Give what to do before a dose as clock times: hours elapse, whatever the wall clock does that night."""
    own = course.protocol if course else None
    asked: Sequence[CutOff] = [
        CutOff(one.text, arrival - timedelta(minutes=one.minutes_before) if one.minutes_before else None)
        for one in instructions_for(profile, own, () if own else uow.protocols.latest())
    ]
    return tuple(sorted(asked, key=lambda one: (one.since is None, one.since or arrival)))
