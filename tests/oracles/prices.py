"""What a plan costs, worked out again from the specification."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from oracles.terms import Terms, covered
from planner.domain.clinic import POINT, Resource
from planner.domain.course import Booked
from planner.domain.plan import Assignment, CostCode, Placed
from planner.domain.protocol import Rhythm
from planner.domain.visit import Mode, Requirement


class Prices(Terms):
    """What a plan costs, worked out again and compared with what it states."""

    def misstated(self) -> Iterator[str]:
        for placed, day, phase, before in self.steps():
            due = Counter(self._by_day(placed, day, phase, before)) + Counter(self._by_start(placed))
            yield from self._compare(placed, due, f"session {placed.number}")
            if placed.linked:
                due = Counter(self._by_start(placed.linked))
                yield from self._compare(placed.linked, due, f"the linked visit of session {placed.number}")
        broken = sum(not self._kept(booked) for booked in self.request.standing if booked.told)
        stated = Counter(item.code for item in self.plan.changes)
        if set(stated) - {CostCode.TOLD} or stated[CostCode.TOLD] != broken:
            yield f"{broken} promises are broken but {dict(stated)} are priced"
        if any(item.units != self.clinic.costs.told * POINT for item in self.plan.changes):
            yield "a broken promise has another price"

    def _compare(self, placed: Placed, due: Counter, who: str) -> Iterator[str]:
        stated: Counter = Counter()
        for item in placed.costs:
            stated[item.code] += item.units
        if +stated != +due:
            yield f"{who} costs {dict(+due)} but states {dict(+stated)}"

    def _by_day(self, placed: Placed, day: date, earlier: str | None, before: date | None) -> dict[CostCode, int]:
        costs, phase, due = self.clinic.costs, self.phase(placed.phase), {}
        rule = self.rule(placed, earlier)
        if phase.rhythm is Rhythm.PATTERN:
            near, due = self.nearest(day, phase), {}
            if near != day:
                due[CostCode.OFF_PATTERN] = costs.off_pattern + costs.off_pattern_day * abs((near - day).days)
            lower = before
            if earlier and before and self.patterned(earlier):
                lower = self.nearest(before, phase)
            first = self.wishes.start if lower is None else max(self.wishes.start, lower + timedelta(days=1))
            passed = [n for n in range((near - first).days) if (first + timedelta(n)).weekday() in self.asked(phase)]
            due[CostCode.PASSED_OVER] = costs.passed_over * len(passed)
        else:
            off = abs((day - before).days - rule.target_days) if before else (day - self.wishes.start).days
            due[CostCode.INTERVAL] = costs.interval_day * off
            if self.asked(phase) and day.weekday() not in self.asked(phase):
                due[CostCode.OFF_WEEKDAY] = costs.off_weekday
        if before and (day - before).days > rule.max_days:
            due[CostCode.BEYOND_MAX] = costs.beyond_max_day * ((day - before).days - rule.max_days)
        return {code: POINT * points for code, points in due.items()}

    def _by_start(self, placed: Placed) -> dict[CostCode, int]:
        costs, due = self.clinic.costs, {}
        if self.wishes.at is not None:
            local, at = placed.start.astimezone(self.zone), self.wishes.at
            away = abs((local.hour - at.hour) * 60 + local.minute - at.minute)
            due[CostCode.TIME_OF_DAY] = min(away * costs.time_per_4h, costs.time_most * POINT)
        if self.named and self._involves(placed, self.named) and not self._has(placed, self.named):
            due[CostCode.OTHER_CLINICIAN] = costs.other_clinician * POINT
        return due

    def _needs(self, placed: Placed, person: Resource, mode: Mode) -> list[Requirement]:
        visit = self.request.protocol.visits[placed.visit]
        return [need for need in visit.requirements if need.kind == person.kind and need.mode is mode]

    def _involves(self, placed: Placed, person: Resource) -> bool:
        return bool(self._needs(placed, person, Mode.HOLD) or self._needs(placed, person, Mode.PRESENCE))

    def _has(self, placed: Placed, person: Resource) -> bool:
        """Whether the visit has this person: held for all that asks to hold the kind, else on site for all the rest."""
        if self._needs(placed, person, Mode.HOLD):
            kind = [a for a in placed.assignments if a.mode is Mode.HOLD and self._kind(a) == person.kind]
            return all(assignment.resource_id == person.id for assignment in kind)
        present = self._needs(placed, person, Mode.PRESENCE)
        starts = [placed.start + timedelta(minutes=need.offset) for need in present]
        there = self.shift_of(person, self.day(placed.start))
        return all(
            covered(there, first, first + timedelta(minutes=need.minutes))
            for first, need in zip(starts, present, strict=True)
        )

    def _kind(self, assignment: Assignment) -> str | None:
        resource = self.clinic.resource(assignment.resource_id)
        return resource and resource.kind

    def _kept(self, booked: Booked) -> bool:
        visits = [placed.linked if booked.linked else placed for placed in self.plan.placed if placed.phase == booked.phase]
        person = self.clinic.resource(booked.clinician_id) if booked.clinician_id else None
        if booked.clinician_id and person is None:
            return False
        return any(v and v.start == booked.start and (person is None or self._has(v, person)) for v in visits)
