"""One visit at another start: what it would break, and writing it with what it takes along."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from planner.domain.clinic import Clinic
from planner.domain.course import Gate, Override, Preferences
from planner.domain.errors import Code, RuleViolated, Violation
from planner.domain.occupancy import BusyRow, Occupancy
from planner.domain.plan import Placed, PlanRequest, Preferred
from planner.domain.protocol import DrivingRule, Phase, PhaseKind, Protocol, Rhythm, SpacingRule
from planner.domain.rechecking import Shown, check_linked, is_free_for, link_window, place
from planner.domain.rules import Around, check_slot, nearest_start
from planner.domain.spacing import Wanted, wanted_sessions
from planner.domain.span import day_start, local_day
from planner.domain.visit import VisitProfile
from planner.services.assigned import assigned, preferred
from planner.services.briefing import course_request, neighbours_of, standing, taken_from
from planner.services.places import place_of
from planner.services.remembering import occupancy_from
from planner.services.writing import Visit, changed_visit, finish_tasks, rows_of
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Move:
    """A checked move: its violations, the nearest start without any, and the visits it changes."""

    violations: list[Violation]
    nearest: datetime | None
    visits: list[Visit] = field(default_factory=list)
    clinic: Clinic | None = None
    taken: Sequence[BusyRow] = ()

    def write(self, uow: UnitOfWork, now: datetime) -> tuple[AppointmentRecord, ...]:
        """Write the changed visits in place of what they were."""
        if self.clinic is None:
            raise AssertionError("only a move whose visits have resources can be written")
        ids = [visit.record.id for visit in self.visits]
        uow.occupancy.release(*ids)
        saved = uow.appointments.save_all([visit.record for visit in self.visits])
        uow.occupancy.put_all(rows_of(self.visits, self.clinic, self.taken))
        finish_tasks(uow, ids, now, "moved")
        return tuple(saved)


def check_overridable(violations: list[Violation], override: Override | None, nearest: datetime | None) -> None:
    """Refuse violations, unless all are matters of judgement and somebody who may gave a reason; raises RuleViolated."""
    if violations and not (override and all(violation.overridable for violation in violations)):
        raise RuleViolated(violations, nearest)


@dataclass(frozen=True)
class Sought:
    """A visit whose start is proposed: the request it belongs to, its place in the course, and what is taken by others."""

    request: PlanRequest
    wanted: Wanted
    around: Around
    occupancy: Occupancy
    taken: Sequence[BusyRow]
    """Rows; none of them where nothing can be written."""

    def violations(self, start: datetime) -> list[Violation]:
        """List every rule that the start breaks."""
        return check_slot(self.request, self.occupancy, self.wanted, start, self.around)

    def nearest(self, start: datetime) -> datetime | None:
        """Find the nearest start that breaks none."""
        return nearest_start(self.request, self.occupancy, self.wanted, start, self.around)

    def placed(self, start: datetime, clinician_id: UUID | None, preferred: Preferred) -> Placed:
        """Give the visit its resources at a start that was checked, and its clinician where they are free."""
        if clinician_id and not is_free_for(self.request, self.occupancy, self.wanted.visit, start, clinician_id):
            clinician_id = None
        shown = Shown(self.wanted.number, start, None, clinician_id, preferred)
        return place(self.request, self.occupancy, self.wanted, self.wanted.visit, shown, None)


@dataclass(frozen=True)
class Movable:
    """An appointment with all that a new start of it is checked against: its place, what follows it, and its window."""

    record: AppointmentRecord
    linked: Sequence[AppointmentRecord]
    sought: Sought
    window: tuple[datetime, datetime] | None

    def follows(self, start: datetime) -> list[tuple[AppointmentRecord, Placed | None]]:
        """Place what follows it, were it to start then; None where that finds no place."""
        return [(one, _follow(self.sought, self.record, one, start)) for one in self.linked]

    def violations(
        self, start: datetime, follows: Sequence[tuple[AppointmentRecord, Placed | None]] | None = None
    ) -> list[Violation]:
        """List every rule that the start breaks, what follows it included."""
        found = self.sought.violations(start) + outside(self.window, start)
        lost = (one for one, placed in (self.follows(start) if follows is None else follows) if placed is None)
        return [*found, *(Violation(Code.LINK_WINDOW, {"visit": one.profile.name}) for one in lost)]


def movable(
    uow: UnitOfWork, record: AppointmentRecord, start: datetime, now: datetime, known: Occupancy | None = None
) -> Movable:
    """Gather what a new start of an appointment is checked against; what follows a dose goes where it goes.

    *known*: all that is taken, for who looks at starts only that do not overlap the appointment as it is.
    """
    linked = linked_of(uow, record, now)
    without = [record.id, *(one.id for one in linked)]
    sought = sought_for(uow, record, start, now, without, None if linked else known)
    return Movable(record, linked, sought, bounds_of_linked(uow, sought, record))


def moved(uow: UnitOfWork, record: AppointmentRecord, start: datetime, now: datetime, *, told: bool) -> Move:
    """Check a move of one appointment and lay it out; a dose takes its linked visit along."""
    one = movable(uow, record, start, now)
    sought, follows = one.sought, one.follows(start)
    violations = one.violations(start, follows)
    nearest = _nearest(sought, one.window, start) if violations else None
    if any(not violation.overridable for violation in violations):
        return Move(violations, nearest)
    clinic, placed = sought.request.clinic, sought.placed(start, record.clinician_id, _has_now(uow, record, sought))
    visits = [changed_visit(record, placed, record.profile, clinic, now, told=told)]
    visits += [changed_visit(late, at, late.profile, clinic, now, told=told) for late, at in follows if at]
    return Move(violations, nearest, visits, clinic, sought.taken)


def _has_now(uow: UnitOfWork, record: AppointmentRecord, sought: Sought) -> Preferred:
    return preferred(assigned(record, uow.occupancy.of_appointments([record.id])[record.id], sought.request.clinic))


def linked_of(uow: UnitOfWork, record: AppointmentRecord, now: datetime) -> list[AppointmentRecord]:
    """List the visits that follow a session and go where it goes."""
    if record.course_id is None or record.linked_to:
        return []
    return [one for one in standing(uow.appointments.of_course(record.course_id), now) if one.linked_to == record.id]


def _follow(sought: Sought, record: AppointmentRecord, linked: AppointmentRecord, start: datetime) -> Placed | None:
    """Place the linked visit: where it is, if that still fits, else as long after the dose as before, or nearest to that."""
    request, link = sought.request, sought.wanted.phase.link
    if link is None:
        return None
    window = link_window(request, sought.wanted, link, start)
    wanted = _following(replace(sought.wanted, visit=link.visit, dosing=False))
    beside = replace(sought, request=_unbound(request, window[0]), wanted=wanted, around=Around())
    at: datetime | None = linked.start_at
    if check_linked(request, sought.occupancy, sought.wanted, start, linked.start_at):
        at = _nearest(beside, window, start + (linked.start_at - record.start_at))
    return beside.placed(at, linked.clinician_id, {}) if at else None


def bounds_of_linked(uow: UnitOfWork, sought: Sought, record: AppointmentRecord) -> tuple[datetime, datetime] | None:
    """Give the first and the last start of a linked visit after the dose as it is booked; None for any other visit."""
    phase = sought.request.protocol.phase(record.phase or "")
    if record.linked_to is None or phase is None or phase.link is None:
        return None
    host = uow.appointments.get(record.linked_to)
    dose = host.start_at + timedelta(minutes=host.profile.dose_offset)
    return dose + timedelta(hours=phase.link.min_hours), dose + timedelta(hours=phase.link.max_hours)


def outside(window: tuple[datetime, datetime] | None, start: datetime) -> list[Violation]:
    """Check a linked visit against the dose that it follows."""
    if window is None or window[0] <= start <= window[1]:
        return []
    return [Violation(Code.LINK_WINDOW, nearest=window[0] if start < window[0] else window[1])]


def _nearest(sought: Sought, window: tuple[datetime, datetime] | None, start: datetime) -> datetime | None:
    """Find the nearest start that breaks no rule, and for a linked visit lies inside its window."""
    if window is None:
        return sought.nearest(start)
    first, last = window
    bounded = replace(sought.request, not_before=max(first, sought.request.not_before or first))
    tried = (replace(sought, request=bounded).nearest(at) for at in (min(max(start, first), last), first))
    return next((found for found in tried if found and found <= last), None)


def sought_for(
    uow: UnitOfWork, record: AppointmentRecord, start: datetime, now: datetime, without: Sequence[UUID],
    known: Occupancy | None = None,
) -> Sought:  # fmt: skip
    """Gather what a new start of an appointment is checked against; *known*: what is taken, where that is known already."""
    if record.course_id is None:
        return sought_single(uow, record.profile, record.patient_id, start, now, without)
    course = uow.courses.get(record.course_id)
    request = course_request(uow, course, now, without)
    clinic = with_promised(request.clinic, request.protocol, record.clinician_id)
    occupancy, rows = (known, ()) if known else _taken(uow, request.clinic, now, without)
    request = replace(request, clinic=clinic, protocol=_with_profile(request.protocol, record.profile))
    wanted, around = place_of(uow, course, request, record, now)
    if course.resumes_on and not record.linked_to:
        request = replace(request, not_before=max(now, day_start(course.resumes_on, clinic.zone)))
    if record.linked_to:
        request, wanted, around = _unbound(request, start), _following(wanted), Around()
    return Sought(request, wanted, around, occupancy if clinic is occupancy.clinic else occupancy.under(clinic), rows)


def _taken(
    uow: UnitOfWork, clinic: Clinic, now: datetime, without: Sequence[UUID]
) -> tuple[Occupancy, Sequence[BusyRow]]:
    """Give what others take, and its rows where something may be written beside them; a look has it from memory."""
    if uow.kept is not None:
        return occupancy_from(uow, clinic, now, without), ()
    rows = taken_from(uow, now, without)
    return Occupancy(clinic, rows), rows


def _unbound(request: PlanRequest, start: datetime) -> PlanRequest:
    """Give the request as it is for a linked visit: its window alone says when, not the course's days."""
    asked = replace(request.preferences, start=local_day(start, request.clinic.zone))
    return replace(request, given=(), preferences=asked)


def with_promised(clinic: Clinic, protocol: Protocol | None, clinician_id: UUID | None) -> Clinic:
    """Give the clinic as one course sees it that keeps to a person whom its protocol requires: nobody else will do."""
    person = clinic.resource(clinician_id) if clinician_id else None
    if person is None or protocol is None or person.kind != protocol.clinician:
        return clinic
    there = (one for one in clinic.resources if one.kind != person.kind or one.id == person.id)
    return replace(clinic, resources=tuple(there))


def _following(wanted: Wanted) -> Wanted:
    """Give a linked visit's place in its course: nothing follows it, and no week's count includes it."""
    return replace(wanted, phase=replace(wanted.phase, link=None), cap=7)


def _with_profile(protocol: Protocol, profile: VisitProfile) -> Protocol:
    """Give the protocol with the visit as it was booked."""
    return replace(protocol, visits={**protocol.visits, profile.name: profile})


def sought_single(
    uow: UnitOfWork, profile: VisitProfile, patient_id: UUID, start: datetime, now: datetime, without: Sequence[UUID] = (),
    gates: Sequence[Gate] = (),
) -> Sought:  # fmt: skip
    """Gather what a visit without a course is checked against: it is planned as a course of one session."""
    clinic = uow.clinics.get(now)
    request = single_request(uow, clinic, profile, patient_id, start, now, without, gates)
    return Sought(request, wanted_sessions(request, 0)[0], Around(), *_taken(uow, clinic, now, without))


def single_request(
    uow: UnitOfWork, clinic: Clinic, profile: VisitProfile, patient_id: UUID, start: datetime, now: datetime,
    without: Sequence[UUID] = (), gates: Sequence[Gate] = (),
) -> PlanRequest:  # fmt: skip
    """Ask for a visit without a course on a start's day or later: a course of one session."""
    phase = Phase("visit", PhaseKind.MAINTENANCE, Rhythm.INTERVAL, 1, SpacingRule(1, 1, 366), (profile.name,))
    single = Protocol("visit", profile.title, 1, "visit", (phase,), {profile.name: profile}, DrivingRule())
    theirs = [one for one in uow.appointments.of_patient(patient_id) if one.id not in without]
    near = neighbours_of(uow, patient_id, None, clinic, theirs)
    asked = Preferences(local_day(start, clinic.zone))
    return PlanRequest(clinic, single, patient_id, asked, neighbours=near, gates=tuple(gates), not_before=now)
