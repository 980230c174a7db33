"""A course that a change of the clinic touches, what becomes of it, and by when that must happen."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from planner.domain.course import Booked
from planner.domain.occupancy import BusyRow
from planner.domain.plan import Plan, PlanRequest
from planner.domain.rechecking import Shown
from planner.domain.replanning import Diff
from planner.domain.spacing import Wanted, wanted_sessions
from planner.domain.span import local_day
from planner.domain.visit import VisitProfile


@dataclass(frozen=True)
class Affected:
    """A course that a change touches: its request under the changed clinic, and what each of its appointments takes now.

    No more sessions are planned than stand: nothing is added to a course because the clinic changes. A single visit is a
    course of one session.
    """

    key: UUID
    request: PlanRequest
    rows: Mapping[UUID, tuple[BusyRow, ...]] = field(default_factory=dict)

    @property
    def taken(self) -> list[BusyRow]:
        """All that its appointments take now."""
        return [row for rows in self.rows.values() for row in rows]


class Unplaced(StrEnum):
    """Why a course stays as it is, though something of it cannot take place."""

    NO_PLACE = "no-place"
    """Not all of its sessions find a place any more."""
    FEWER = "fewer"
    """More sessions stand than its orders ask for: which of them goes is for a person to say."""


@dataclass(frozen=True)
class Unresolved:
    """An appointment that cannot take place where it is, and stays there until a person has decided."""

    booked: Booked
    reason: Unplaced


@dataclass(frozen=True)
class Replanned:
    """What becomes of a course: its plan, what that changes, and what its visits take then.

    Where something is *unresolved* nothing is changed, and *plan* is the best there is, without some sessions. Where
    nothing of it is broken nothing is changed either. *request* is what the plan was made for: the patient's other
    courses are where they lie by then.
    """

    key: UUID
    request: PlanRequest
    plan: Plan
    diff: Diff
    rows: tuple[BusyRow, ...]
    unresolved: tuple[Unresolved, ...] = ()
    reassigned: bool = False
    """Whether a visit that stays takes another chair, or has other staff, than now."""

    @property
    def changes(self) -> bool:
        """Whether an appointment is moved, cancelled or added, or takes something else than it does now."""
        return not self.diff.changes_nothing or self.reassigned

    @property
    def rank(self) -> tuple[int, int]:
        """Order outcomes: fewer unresolved appointments, then less cost, in units."""
        return len(self.unresolved), 0 if self.unresolved else self.plan.units


def sessions_of(request: PlanRequest) -> list[Booked]:
    """List the sessions that stand, by date; visits that follow one are left out."""
    return sorted((one for one in request.standing if not one.linked), key=lambda one: one.start)


def visits_of(request: PlanRequest) -> Iterator[tuple[Booked, VisitProfile | None]]:
    """Go through what stands by date, each visit with its profile; none where its phase knows no such visit any more."""
    done = Counter(one.phase for one in request.given)
    for one in sorted(request.standing, key=lambda one: one.start):
        phase = request.protocol.phase(one.phase)
        assert phase is not None  # noqa: S101 -- a request with an unknown phase is refused
        if one.linked:
            yield one, request.protocol.visits[phase.link.visit] if phase.link else None
        else:
            yield one, request.protocol.visits[phase.visit_of(done[one.phase])]
            done[one.phase] += 1


def as_it_stands(request: PlanRequest) -> tuple[Shown, ...] | None:
    """Give what stands as somebody would see it in a plan; None where it is not just the sessions that are wanted."""
    wanted, sessions = wanted_of(request), sessions_of(request)
    if [one.phase.name for one in wanted] != [one.phase for one in sessions]:
        return None
    following = {max(0, sum(s.start <= one.start for s in sessions) - 1): one for one in request.standing if one.linked}
    return tuple(
        Shown(own.number, one.start, following[index].start if index in following else None, one.clinician_id)
        for index, (own, one) in enumerate(zip(wanted, sessions, strict=True))
    )


def only_standing(request: PlanRequest) -> tuple[PlanRequest, int]:
    """Ask for no sessions after those that stand; with it, how many sessions of an open-ended last phase stand."""
    due, done = Counter(one.phase for one in sessions_of(request)), Counter(one.phase for one in request.given)
    phases = list(request.protocol.phases)
    last = max((index for index, phase in enumerate(phases) if due[phase.name]), default=-1)
    for index, phase in enumerate(phases):
        if index >= last and phase.sessions is not None:
            phases[index] = replace(phase, sessions=min(phase.sessions, done[phase.name] + due[phase.name]))
    open_ended = due[phases[-1].name] if phases[-1].sessions is None else 0
    return replace(request, protocol=replace(request.protocol, phases=tuple(phases))), open_ended


def wanted_of(request: PlanRequest) -> list[Wanted]:
    """List the sessions that are planned: those that stand, and what is missing between them."""
    return wanted_sessions(*only_standing(request))


def first_broken(request: PlanRequest, broken: Collection[UUID]) -> int:
    """Give the index, among the sessions that stand, of the first that is broken, or whose following visit is."""
    sessions = sessions_of(request)
    starts = [one.start for one in request.standing if one.appointment_id in broken]
    if not starts or not sessions:
        return 0
    return max(0, sum(one.start <= min(starts) for one in sessions) - 1)


def deadline(request: PlanRequest, broken: Collection[UUID] = ()) -> date:
    """Give the local day by which the first broken session should take place: the one before it, and the longest gap.

    Of a course that has not begun: as late as its first session may lie.
    """
    index, sessions, zone = first_broken(request, broken), sessions_of(request), request.clinic.zone
    before = local_day(sessions[index - 1].start, zone) if index else request.given[-1].day if request.given else None
    wanted = wanted_of(request)
    if before is None or not wanted:
        return request.preferences.start + timedelta(days=request.clinic.first_within_days)
    return before + timedelta(days=wanted[min(index, len(wanted) - 1)].pace.rule.max_days)
