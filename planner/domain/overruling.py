"""Rules of judgement overruled for single sessions: what must be allowed so that every session may lie where it lies."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from planner.domain.course import SpacingException
from planner.domain.errors import Code
from planner.domain.plan import PlanRequest
from planner.domain.protocol import MOST_SESSIONS, Protocol, SpacingRule
from planner.domain.spacing import wanted_sessions, week_anchor

MAY_OVERRULE = frozenset({Code.MIN_DAYS, Code.GAP_OVERRUN, Code.WEEK_CAP})
"""The rules of spacing that an order may overrule for one session."""


def numbers_in(protocol: Protocol, given: Iterable[str], ahead: Sequence[tuple[UUID, str]]) -> dict[UUID, int]:
    """Give sessions that are booked the numbers that they have in a plan: by phase, those that are lost left for others.

    *given*: the phases of the sessions that took place. *ahead*: the appointments with their phases, in order. One beyond
    what its phase has left has no number.
    """
    done = list(given)
    begun = max((at for at, phase in enumerate(protocol.phases) if phase.name in done), default=0)
    number, found = len(done) + 1, dict[UUID, int]()
    for phase in protocol.phases[begun:]:
        mine = [key for key, name in ahead if name == phase.name]
        left = len(mine) if phase.sessions is None else max(0, phase.sessions - done.count(phase.name))
        found |= {key: number + index for index, key in enumerate(mine[:left])}
        number += left
    return found


def booked_numbers(request: PlanRequest) -> dict[UUID, int]:
    """Give the sessions that a request says stand the numbers that they have in its plan."""
    sessions = sorted((one for one in request.standing if not one.linked), key=lambda one: one.start)
    return numbers_in(
        request.protocol, [one.phase for one in request.given], [(one.appointment_id, one.phase) for one in sessions]
    )  # fmt: skip


def overruled(
    known: Iterable[SpacingException], request: PlanRequest, days: Mapping[UUID, date], moved: UUID
) -> tuple[SpacingException, ...]:
    """Give the exceptions by which one session may lie on its local day, and the next one on its own.

    Its treatment week may have as many sessions as lie in it then.
    """
    order = sorted(days, key=lambda key: days[key])
    found, at = {one.appointment_id: one for one in known}, order.index(moved)
    wanted, numbers = {one.number: one for one in wanted_sessions(request, MOST_SESSIONS)}, booked_numbers(request)
    anchor, week = week_anchor(request), dict[int, int]()
    before = request.given[-1].day if request.given else None
    weeks = [(one.day.toordinal() - anchor) // 7 for one in request.given if request.protocol.doses_in(one.phase)]
    for index, key in enumerate(order):
        number, day = (days[key].toordinal() - anchor) // 7, days[key]
        week[number] = week.get(number, weeks.count(number)) + 1
        one = wanted.get(numbers.get(key, 0))
        if one and before:
            more = max(0, week[number] - one.cap)
            if index in {at, at + 1} or (more and number == (days[moved].toordinal() - anchor) // 7):
                former = found[key].more_per_week if key in found else 0
                found[key] = SpacingException(key, _around(one.pace.rule, (day - before).days), former + more)
        before = day
    return tuple(found.values())


def kept_as_they_are(
    known: Iterable[SpacingException], request: PlanRequest, days: Mapping[UUID, date]
) -> tuple[SpacingException, ...]:
    """Give the exceptions by which a course's next sessions, on these local *days*, keep the spacing that they have."""
    found, numbers = {one.appointment_id: one for one in known}, booked_numbers(request)
    wanted = {one.number: one for one in wanted_sessions(request, MOST_SESSIONS)}
    before = request.given[-1].day if request.given else None
    for key in sorted(days, key=lambda key: days[key]):
        one = wanted.get(numbers.get(key, 0))
        if one and before and key not in found:
            found[key] = SpacingException(key, _around(one.pace.rule, (days[key] - before).days))
        before = days[key]
    return tuple(found.values())


def _around(rule: SpacingRule, gap: int) -> SpacingRule:
    """Widen a rule as far as a gap asks for, which is then the best."""
    return SpacingRule(min(rule.min_days, gap), gap, max(rule.max_days, gap))
