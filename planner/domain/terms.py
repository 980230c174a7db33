"""The terms of a course, and what a clinician's order makes of them.

A plan is a function of the terms that the orders leave, of what was really given, and of what is free. Nothing here reads
or writes: `applied` gives the terms after an order, or refuses an order that cannot be.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from planner.domain.course import Away, Booked, CourseStatus, Given, Preferences, SpacingException
from planner.domain.errors import InvalidMove, InvalidValue
from planner.domain.orders import (
    ChangeDose,
    ChangeObservation,
    ChangePattern,
    ChangeSpacing,
    Continue,
    EndPhase,
    Extend,
    Hold,
    Order,
    Resume,
    Skip,
    Stop,
    Succeed,
    TakeBack,
)
from planner.domain.pausing import LONGEST_GAP
from planner.domain.protocol import MOST_SESSIONS, Phase, Protocol, SpacingRule
from planner.domain.span import check_day
from planner.domain.visit import SLOT, VisitProfile


@dataclass(frozen=True)
class Terms:
    """What orders change of a course. *resumes_on*: nothing before this local day, and gaps count from it.

    *exceptions*: rules of judgement overruled for one appointment each. *reviewed*: phases whose review is decided.
    """

    protocol: Protocol
    preferences: Preferences
    status: CourseStatus = CourseStatus.ACTIVE
    exceptions: tuple[SpacingException, ...] = ()
    resumes_on: date | None = None
    reviewed: tuple[str, ...] = ()

    @property
    def plans(self) -> bool:
        """Whether sessions are planned under these terms: not of a course that has ended, or is held until cleared."""
        held = self.status is CourseStatus.ON_HOLD and self.resumes_on is None
        return not held and self.status not in {CourseStatus.REVOKED, CourseStatus.COMPLETED}


@dataclass(frozen=True)
class Standing:
    """What an order meets: what was given, what is booked, the local day, and the protocol as it was published."""

    given: tuple[Given, ...]
    booked: tuple[Booked, ...]
    today: date
    published: Protocol
    days: Mapping[UUID, date] = field(default_factory=dict)
    """The local day of each appointment that is booked, linked visits left out, in order."""
    since: date | None = None
    """The local day from which the order holds, where that is not today: what is booked before stays as it is."""

    def settled(self, phase: str) -> int:
        """Count the sessions of a phase that an order leaves as they are: those given, and those before it holds."""
        early = sum(
            one.appointment_id in self.days and self.days[one.appointment_id] < self.since
            for one in self.booked
            if one.phase == phase and self.since
        )
        return early + sum(one.phase == phase for one in self.given)


def applied(terms: Terms, order: Order, standing: Standing) -> Terms:
    """Give the terms after an order; raises InvalidValue for one that cannot be, InvalidMove where the course is not so.

    `TakeBack`, `OverrideSpacing` and `Succeed` need more than the terms: the first two leave them, the last ends them.
    """
    _check_open(terms, order)
    _check_since(order, standing)
    match order:
        case ChangeSpacing() | ChangeDose() | Extend() | EndPhase():
            changed = replace(terms, protocol=_with_phase(terms.protocol, order, standing), status=_open_again(terms))
        case ChangeObservation():
            changed = replace(terms, protocol=observed_for(terms.protocol, order.minutes, standing.published))
        case ChangePattern():
            changed = replace(terms, preferences=_patterned(terms, order))
        case Skip():
            changed = _skipped(terms, order, standing)
        case Hold() | Resume():
            changed = _paused(terms, order, standing)
        case Continue():
            changed = _continued(terms, order)
        case Stop() | Succeed():
            changed = replace(terms, status=CourseStatus.REVOKED, resumes_on=None)
        case _:
            changed = terms
    return changed


def _check_open(terms: Terms, order: Order) -> None:
    ended = terms.status in {CourseStatus.REVOKED, CourseStatus.COMPLETED}
    extends = isinstance(order, Extend) and terms.status is CourseStatus.COMPLETED
    if ended and not extends and not isinstance(order, Resume | Succeed | TakeBack):
        raise InvalidMove(f"a course that is {terms.status} takes no such order: resume it first")
    if terms.status is CourseStatus.DRAFT and isinstance(order, Hold | Resume):
        raise InvalidMove("nothing of this course is booked yet: give it another first day instead")


def _open_again(terms: Terms) -> CourseStatus:
    """Give the status of a course that goes on: one that was completed is active again."""
    return CourseStatus.ACTIVE if terms.status is CourseStatus.COMPLETED else terms.status


def _check_since(order: Order, standing: Standing) -> None:
    """Refuse a later day for an order that changes nothing but all that is to come, or one thing; raises InvalidValue."""
    if standing.since is None or isinstance(order, ChangeSpacing | ChangePattern | ChangeDose | EndPhase):
        return
    if not isinstance(order, ChangeObservation):
        raise InvalidValue("effective_on", "this order holds from today on")
    if any(day < standing.since for day in standing.days.values()):
        raise InvalidValue("effective_on", "a longer observation holds from the next visit on")


def phase_of(protocol: Protocol, name: str) -> Phase:
    """Find a phase of a course's protocol; raises InvalidValue (*phase*)."""
    phase = protocol.phase(name)
    if phase is None:
        raise InvalidValue("phase", f"the course has no phase {name!r}")
    return phase


def with_spacing(protocol: Protocol, phase_name: str, spacing: SpacingRule) -> Protocol:
    """Give a course's copy of its protocol with one phase spaced otherwise; raises InvalidValue for an unknown phase."""
    return _replaced(protocol, replace(phase_of(protocol, phase_name), spacing=spacing))


def _replaced(protocol: Protocol, *changed: Phase) -> Protocol:
    by_name = {one.name: one for one in changed}
    return replace(protocol, phases=tuple(by_name.get(one.name, one) for one in protocol.phases))


def _with_phase(
    protocol: Protocol, order: ChangeSpacing | ChangeDose | Extend | EndPhase, standing: Standing
) -> Protocol:
    phase = phase_of(protocol, order.phase)
    if isinstance(order, ChangeDose):
        return _dosed(protocol, phase, order.visit, standing)
    _check_ahead(protocol, phase, standing)
    if isinstance(order, ChangeSpacing):
        return with_spacing(protocol, phase.name, order.spacing)
    if isinstance(order, EndPhase):
        return _ended(protocol, phase, standing.settled(phase.name))
    if phase.sessions is None:
        raise InvalidValue("phase", "is open-ended: it goes on by itself")
    if not 1 <= order.sessions <= MOST_SESSIONS:
        raise InvalidValue("sessions", f"must be between 1 and {MOST_SESSIONS}")
    return _replaced(protocol, replace(phase, sessions=phase.sessions + order.sessions))


def _check_ahead(protocol: Protocol, phase: Phase, standing: Standing) -> None:
    """Refuse to change a phase that is behind: a later one has begun; raises InvalidValue."""
    begun = {one.phase for one in standing.given}
    if any(later.name in begun for later in protocol.phases[protocol.phases.index(phase) + 1 :]):
        raise InvalidValue("phase", "is behind: a later one has begun")


def _dosed(protocol: Protocol, phase: Phase, visit: str, standing: Standing) -> Protocol:
    """Give another visit in what is left; what was given, or stays as it is, keeps the visit that it has."""
    if visit not in protocol.visits or not protocol.visits[visit].dosing or not protocol.doses(phase):
        raise InvalidValue("visit", f"the protocol gives no dose by a visit {visit!r} in this phase")
    later = protocol.phases[protocol.phases.index(phase) :]
    kept = {one.name: tuple(one.visit_of(at) for at in range(standing.settled(one.name))) for one in later}
    return _replaced(protocol, *(replace(one, visits=(*kept[one.name], visit)) for one in later))


def _ended(protocol: Protocol, phase: Phase, given: int) -> Protocol:
    if not given and len(protocol.phases) == 1:
        raise InvalidValue("phase", "nothing of it was given: stop the course instead")
    return _replaced(protocol, replace(phase, sessions=given))


def observed_for(protocol: Protocol, minutes: int, published: Protocol) -> Protocol:
    """Give a protocol whose doses are observed for so many minutes; raises InvalidValue below what was published."""
    if not SLOT <= minutes <= 12 * 60 or minutes % SLOT:
        raise InvalidValue("minutes", f"must be a multiple of {SLOT} between {SLOT} and 720")
    changed = {
        name: _watched(visit, minutes, published.visits.get(name, visit)) if visit.dosing else visit
        for name, visit in protocol.visits.items()
    }
    return replace(protocol, visits=changed)


def _watched(visit: VisitProfile, minutes: int, published: VisitProfile) -> VisitProfile:
    index, least = observation_of(visit), published.steps[observation_of(published)].minutes
    if minutes < least:
        raise InvalidValue("minutes", f"the protocol asks for {least}: an observation is only lengthened")
    steps = (replace(step, minutes=minutes) if at == index else step for at, step in enumerate(visit.steps))
    return replace(visit, steps=tuple(steps))


def observation_of(visit: VisitProfile) -> int:
    """Give the index of the step in which a dosed patient is observed: the longest one after the dose, on the chair."""
    dose = max((at for at, step in enumerate(visit.steps) if step.dose), default=0)
    after = [at for at, step in enumerate(visit.steps) if at > dose and not step.turnover]
    return max(after or [dose], key=lambda at: visit.steps[at].minutes)


def _patterned(terms: Terms, order: ChangePattern) -> Preferences:
    asked = terms.preferences
    if not order.weekdays and order.at is None:
        raise InvalidValue("weekdays", "choose a weekday, or a time")
    if order.phase is not None:
        phase_of(terms.protocol, order.phase)
    by_phase = dict(asked.phase_weekdays)
    if order.weekdays:
        by_phase = {**by_phase, order.phase: order.weekdays} if order.phase else {}
    weekdays = asked.weekdays if order.phase else order.weekdays or asked.weekdays
    return replace(asked, weekdays=weekdays, phase_weekdays=by_phase, at=order.at or asked.at)


def _skipped(terms: Terms, order: Skip, standing: Standing) -> Terms:
    """Leave one appointment out, and its day: the next one's gap spans two, and its phase has one less to give."""
    ids = list(standing.days)
    if order.appointment_id not in ids:
        raise InvalidValue("appointment_id", "is no session of this course that is still to come")
    at = ids.index(order.appointment_id)
    phase = phase_of(terms.protocol, _phase_name(standing, order.appointment_id))
    before = standing.days[ids[at - 1]] if at else (standing.given[-1].day if standing.given else None)
    following = ids[at + 1] if at + 1 < len(ids) else None
    day = standing.days[order.appointment_id]
    preferences, carrier = replace(terms.preferences, away=(*terms.preferences.away, Away(day, day))), following
    if following and before is None:
        preferences, carrier = replace(preferences, start=max(preferences.start, standing.days[following])), None
    elif following is None and phase.sessions is None:
        carrier = order.appointment_id  # the next one is not booked yet: it takes the place of the one left out
    kept = tuple(one for one in terms.exceptions if one.appointment_id not in {order.appointment_id, carrier})
    if carrier and before:
        rule = phase_of(terms.protocol, _phase_name(standing, carrier)).spacing
        gap = (standing.days[carrier] - before).days + (rule.target_days if carrier is not following else 0)
        kept = (*kept, SpacingException(carrier, spanning(rule, gap)))
    terms = replace(terms, exceptions=kept, preferences=preferences)
    if phase.sessions is None:
        return terms
    left = max(phase.sessions - 1, sum(one.phase == phase.name for one in standing.given))
    protocol = _replaced(terms.protocol, replace(phase, sessions=left)) if left else _ended(terms.protocol, phase, 0)
    return replace(terms, protocol=protocol)


def _phase_name(standing: Standing, appointment_id: UUID) -> str:
    return next(one.phase for one in standing.booked if one.appointment_id == appointment_id)


def spanning(rule: SpacingRule, gap: int) -> SpacingRule:
    """Give the spacing of a session that follows one left out: twice as long at most, best the *gap* that it has."""
    target = min(gap, LONGEST_GAP)
    return SpacingRule(min(rule.min_days, target), target, min(max(2 * rule.max_days, target), LONGEST_GAP))


def _paused(terms: Terms, order: Hold | Resume, standing: Standing) -> Terms:
    if isinstance(order, Hold) and order.until is None:
        return replace(terms, status=CourseStatus.ON_HOLD, resumes_on=None)
    day = order.until if isinstance(order, Hold) else order.day
    name = "until" if isinstance(order, Hold) else "day"
    assert day is not None  # noqa: S101
    check_day(day, name)
    if day < standing.today or (isinstance(order, Hold) and day == standing.today):
        raise InvalidValue(name, "is behind us")
    if standing.given and (day - standing.given[-1].day).days > LONGEST_GAP:
        raise InvalidValue(name, "is more than a year after the last dose: begin a new course")
    status = CourseStatus.ON_HOLD if isinstance(order, Hold) else CourseStatus.ACTIVE
    return replace(terms, status=status, resumes_on=day)


def _continued(terms: Terms, order: Continue) -> Terms:
    if phase_of(terms.protocol, order.phase).review is None:
        raise InvalidValue("phase", "has no review")
    if order.phase in terms.reviewed:
        raise InvalidMove("this review is decided already")
    return replace(terms, reviewed=(*terms.reviewed, order.phase))


def undecided(terms: Terms) -> frozenset[str]:
    """Name the phases whose sessions are tentative: those after a phase whose review nobody has decided yet."""
    found, waiting = set[str](), False
    for phase in terms.protocol.phases:
        if waiting:
            found.add(phase.name)
        asked = phase.review is not None and phase.sessions != 0
        waiting = waiting or (asked and phase.name not in terms.reviewed)
    return frozenset(found)
