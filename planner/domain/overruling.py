"""Rules of judgement overruled for single sessions: what must be allowed so that every session may lie where it lies."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from uuid import UUID

from planner.domain.course import SpacingException
from planner.domain.plan import PlanRequest
from planner.domain.protocol import SpacingRule
from planner.domain.spacing import bounds_of, is_legal, wanted_sessions, week_anchor


def widened(
    known: tuple[SpacingException, ...], request: PlanRequest, days: Mapping[UUID, date]
) -> tuple[SpacingException, ...]:
    """Give the exceptions by which a course's sessions may lie on these local *days*: those that are *known*, and more.

    A session is let be only as far as its own gap, or its treatment week, asks for.
    """
    order = sorted(days, key=lambda key: days[key])
    wanted = wanted_sessions(replace(request, exceptions={}), len(order))
    found = {one.appointment_id: one for one in known}
    before = request.given[-1].day.toordinal() if request.given else None
    anchor, bounds = week_anchor(request), bounds_of(request)
    others: dict[bool, list[int]] = {False: [], True: []}
    for given in request.given:
        phase = request.protocol.phase(given.phase)
        if phase:
            others[request.protocol.doses(phase)].append((given.day.toordinal() - anchor) // 7)
    for key, one in zip(order, wanted, strict=False):
        day = days[key].toordinal()
        week = others[one.dosing]
        week.append((day - anchor) // 7)
        more = max(0, week.count(week[-1]) - one.cap)
        rule = found[key].rule if key in found else None
        legal = before is None or (is_legal(one.pace, before, day, bounds) if rule is None else _fits(rule, day - before))
        if not legal or more > (found[key].more_per_week if key in found else 0):
            gap = one.pace.rule.target_days if before is None else day - before
            found[key] = SpacingException(key, _around(rule or one.pace.rule, gap), more)
        before = day
    return tuple(found.values())


def kept_as_they_are(
    known: tuple[SpacingException, ...], request: PlanRequest, days: Mapping[UUID, date]
) -> tuple[SpacingException, ...]:
    """Give the exceptions by which a course's next sessions, on these local *days*, keep the spacing that they have."""
    order = sorted(days, key=lambda key: days[key])
    found = {one.appointment_id: one for one in known}
    before = request.given[-1].day if request.given else None
    for key, one in zip(order, wanted_sessions(request, len(order)), strict=False):
        if before and key not in found:
            found[key] = SpacingException(key, _around(one.pace.rule, (days[key] - before).days))
        before = days[key]
    return tuple(found.values())


def _fits(rule: SpacingRule, gap: int) -> bool:
    return rule.min_days <= gap <= rule.max_days


def _around(rule: SpacingRule, gap: int) -> SpacingRule:
    """Widen a rule as far as a gap asks for, which is then the best."""
    return SpacingRule(min(rule.min_days, gap), gap, max(rule.max_days, gap))
