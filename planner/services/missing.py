"""A missed session of an induction: both things that can be done about it, and booking the one that is chosen.

Nothing is booked by itself: attendance never changes what is occupied, and what the clinic's policy says is a proposal.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from planner.domain.clinic import Clinic, MissedPolicy
from planner.domain.course import CourseStatus
from planner.domain.errors import Conflict, Fact, InvalidMove
from planner.domain.missing import Choice, Miss, Remedy, lacking, proposed, remedies, remedy
from planner.domain.occupancy import Occupancy
from planner.domain.plan import Placed, PlanRequest
from planner.domain.roles import Permission
from planner.domain.span import check_instant
from planner.domain.terms import undecided
from planner.services.briefing import course_request, numbers_of, standing, taken_from
from planner.services.context import Context
from planner.services.misses import MADE_UP, close_misses_of, finish_missed, is_miss
from planner.services.remembering import occupancy_from
from planner.services.reviews import course_changed
from planner.services.undoing import Before, Changed, keep_undo
from planner.services.writing import Visit, audit, new_visit, rows_of
from planner.storage.records import AppointmentRecord, CourseRecord, Patient
from planner.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Shown:
    """What was shown of a choice: its start and that of the visit that follows it (UTC)."""

    start: datetime
    linked_start: datetime | None = None


@dataclass(frozen=True)
class Missed:
    """A missed session with what can be done about it. *lacks*: how many sessions of its phase have no date.

    *remedies*: both choices, none where nothing is to be made up; *proposed*: the one that the clinic's policy proposes.
    *close*: the two misses within fourteen days, where there are.
    """

    appointment: AppointmentRecord
    course: CourseRecord
    patient: Patient
    clinic: Clinic
    lacks: int
    remedies: tuple[Remedy, ...] = ()
    proposed: Choice | None = None
    close: tuple[date, ...] = ()

    @property
    def policy(self) -> MissedPolicy:
        """What the clinic does about misses."""
        return self.clinic.missed

    def needs(self, choice: Choice) -> Permission:
        """Give what a choice asks for: a clinician chooses, unless the clinic's policy proposes it."""
        return Permission.BOOK if choice is self.proposed else Permission.PRESCRIBE


def options(ctx: Context, *, appointment_id: UUID) -> Missed:
    """Show what can be done about a missed session; nothing is stored. Raises InvalidMove for what is none, NotFound."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        now = ctx.clock()
        found, request = _missed(uow, appointment_id, now)
        occupancy = occupancy_from(uow, found.clinic, now)
        return _with_remedies(found, request, occupancy)


def _missed(uow: UnitOfWork, appointment_id: UUID, now: datetime) -> tuple[Missed, PlanRequest]:
    one = uow.appointments.get(appointment_id)
    course = uow.courses.get(one.course_id) if one.course_id else None
    if course is None or not is_miss(one, course):
        raise InvalidMove("this is no session of an induction that was missed")
    request = course_request(uow, course, now)
    close = close_misses_of(uow.appointments.of_course(course.id), course, request.clinic.zone)
    lacks = lacking(request, one.phase or "") if course.status is CourseStatus.ACTIVE else 0
    return Missed(one, course, uow.people.get(course.patient_id), request.clinic, lacks, close=close), request


def _with_remedies(found: Missed, request: PlanRequest, occupancy: Occupancy) -> Missed:
    if not found.lacks:
        return found
    both = remedies(request, occupancy, _miss_of(found))
    return replace(found, remedies=both, proposed=proposed(found.policy, both))


def _miss_of(found: Missed) -> Miss:
    return Miss(found.appointment.phase or "", found.appointment.start_at)


def make_up(
    ctx: Context, *, appointment_id: UUID, choice: Choice, version: int, shown: Shown, told: bool = True
) -> Changed:
    """Book one choice exactly as it was shown, in one transaction: no other date moves, and the patient gets one message.

    *version*: the course's version that was seen. What the clinic's policy proposes is the desk's to book; any other
    choice is a clinician's. Raises Conflict where the course has changed or the start is not free any more, InvalidMove
    where nothing is to be made up, NotFound, Forbidden.
    """
    ctx.require(Permission.BOOK)
    at = check_instant(shown.start, "start")
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        found, request = _missed(uow, appointment_id, now)
        if found.course.version != version:
            raise Conflict("somebody else changed this course first")
        if not found.lacks:
            raise InvalidMove("every session of this phase has its date already")
        occupancy = Occupancy(found.clinic, taken_from(uow, now))
        ctx.require(_with_remedies(found, request, occupancy).needs(choice))
        placed = _placed(remedy(request, occupancy, _miss_of(found), choice, at), shown)
        return _book(ctx, uow, found, request, placed, choice, now, told=told)


def _placed(found: Remedy, shown: Shown) -> Placed:
    """Give what is booked; raises Conflict where it is not what was shown."""
    placed = found.fit.placed if found.fit else None
    if placed is None or (placed.linked.start if placed.linked else None) != shown.linked_start:
        raise Conflict("what was shown can no longer be booked: look again")
    return placed


def _book(
    ctx: Context, uow: UnitOfWork, found: Missed, request: PlanRequest, placed: Placed, choice: Choice, now: datetime, *,
    told: bool,
) -> Changed:  # fmt: skip
    visits = _visits(found, placed, now, told=told)
    uow.appointments.add(*(visit.record for visit in visits))
    uow.occupancy.put_all(rows_of(visits, found.clinic, taken_from(uow, now)))
    _number(uow, found.course, len(request.given) + 1, now)
    written = list(uow.appointments.among(visit.record.id for visit in visits).values())
    done = finish_missed(uow, found.appointment.id, now, MADE_UP)
    undo_id = keep_undo(ctx, uow, now, "make-up", Before(), written, told=told, tasks=done)
    course_changed(uow, found.course.id, now)
    facts: dict[str, Fact] = {"choice": choice.value, "to": visits[0].record.wall_start, "new": str(visits[0].record.id)}
    audit(ctx, uow, now, "make-up", "appointment", found.appointment.id, facts)
    return Changed(tuple(sorted(written, key=lambda one: one.linked_to is not None)), undo_id)


def _visits(found: Missed, placed: Placed, now: datetime, *, told: bool) -> list[Visit]:
    course = found.course
    waiting = undecided(course.terms)
    host: UUID | None = None
    visits = list[Visit]()
    for one in (placed, placed.linked):
        if one:
            profile = course.protocol.visits[one.visit]
            visits.append(new_visit(
                one, profile, found.clinic, course.patient_id, now, told=told, course_id=course.id, linked_to=host,
                tentative=one.phase in waiting,
            ))  # fmt: skip
            host = visits[0].record.id
    return visits


def _number(uow: UnitOfWork, course: CourseRecord, first: int, now: datetime) -> None:
    """Give the sessions to come, and the visits that follow them, their numbers by date; calendars hear nothing of it."""
    ahead = standing(uow.appointments.of_course(course.id), now)
    numbers = numbers_of(ahead, first)
    numbered = [replace(one, number=numbers.get(one.linked_to or one.id, one.number)) for one in ahead]
    changed = [one for one, before in zip(numbered, ahead, strict=True) if one != before]
    if changed:
        uow.appointments.save_all(changed, "number")

