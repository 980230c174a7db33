"""What a session costs, spelt out from the specification: by its start, and by its day and the session before."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import product

from oracles.scan import Scan, to_local, to_minute
from planner.domain.clinic import POINT, Resource
from planner.domain.course import Booked
from planner.domain.plan import PlanRequest
from planner.domain.protocol import Phase, Rhythm, SpacingRule
from planner.domain.visit import Mode, VisitProfile


@dataclass(frozen=True)
class Wanted:
    """A session to be placed."""

    number: int
    phase: Phase
    visit: VisitProfile


@dataclass(frozen=True)
class Before:
    """The session before: its day, and its phase."""

    day: date
    phase: Phase


@dataclass(frozen=True, order=True)
class Choice:
    """The cheapest start of a session on a day, with its linked visit's; told units saved are already taken off."""

    units: int
    start: int
    linked: int | None = None


def wanted(request: PlanRequest, open_ended: int) -> list[Wanted]:
    """The sessions still to be placed, in order, with *open_ended* of an open-ended phase."""
    done, number, sessions = Counter(given.phase for given in request.given), len(request.given), []
    begun = [phase.name in done for phase in request.protocol.phases]
    ahead = len(begun) - 1 - begun[::-1].index(True) if any(begun) else 0  # phases before one that has begun are behind
    for phase in request.protocol.phases[ahead:]:
        first = done[phase.name]
        last = first + open_ended if phase.sessions is None else phase.sessions
        for index in range(first, last):
            number += 1
            sessions.append(Wanted(number, phase, request.protocol.visits[phase.visit_of(index)]))
    return sessions


def last_given(request: PlanRequest) -> Before | None:
    """The last session given, if any was."""
    if not request.given:
        return None
    given = request.given[-1]
    phase = request.protocol.phase(given.phase)
    assert phase
    return Before(given.day, phase)


def spacing_of(session: Wanted, before: Before) -> SpacingRule:
    """The rule for the gap to the session before: the later session's, or its phase's entry."""
    if session.phase.entry and before.phase.name != session.phase.name:
        return session.phase.entry
    return session.phase.spacing


class Rules:
    """The course's rules and costs for one named clinician (or none)."""

    def __init__(self, request: PlanRequest, scan: Scan, named: Resource | None) -> None:
        self.request, self.scan, self.named = request, scan, named
        self.clinic, self.wishes, self.relaxed = request.clinic, request.preferences, request.relaxation
        doses = [given.day for given in request.given if self._doses(given.phase)]
        self.anchor = doses[0] if doses else self.wishes.start
        self._choices: dict[tuple[int, date], Choice | None] = {}

    def _doses(self, phase_name: str) -> bool:
        phase = self.request.protocol.phase(phase_name)
        assert phase
        return self.request.protocol.doses(phase)

    # Days

    def window(self, session: Wanted, before: Before | None) -> Iterator[date]:
        """The days, in order, that the gap to the session before allows."""
        overrun = self.relaxed.overrun_days
        if before is None:
            low, high = self.wishes.start, self.wishes.start + timedelta(self.clinic.first_within_days + overrun)
        else:
            rule = spacing_of(session, before)
            low = before.day + timedelta(max(1, rule.min_days - self.relaxed.min_days))
            high = before.day + timedelta(rule.max_days + self.clinic.overrun_days + overrun)
        day = max(low, self.wishes.start)
        while day <= high:
            yield day
            day += timedelta(days=1)

    def allowed(self, session: Wanted, day: date) -> bool:
        """Whether gates and the patient's other courses leave the day open."""
        if not session.visit.dosing:
            return True
        return all(gate.open_on(day) for gate in self.request.gates) and all(
            abs((day - other.day).days) >= max(1, other.min_days - self.relaxed.min_days)
            for other in self.request.neighbours
        )

    def week(self, day: date) -> int:
        """The treatment week."""
        return (day - self.anchor).days // 7

    def given_in_week(self, week: int, *, dosing: bool) -> int:
        """Sessions of a class given in a treatment week."""
        return sum(self.week(g.day) == week and self._doses(g.phase) is dosing for g in self.request.given)

    def cap(self, session: Wanted) -> int | None:
        """The most sessions of the class in a treatment week up to this one."""
        return session.phase.per_week and session.phase.per_week + self.relaxed.per_week

    # Costs of a day

    def weekdays(self, phase: Phase) -> tuple[int, ...]:
        """The weekdays asked for a phase."""
        asked = self.wishes.phase_weekdays.get(phase.name) or self.wishes.weekdays
        return asked or (phase.weekdays if phase.rhythm is Rhythm.PATTERN else ())

    def belongs(self, day: date, phase: Phase) -> date:
        """The nearest date of the pattern; of two, the earlier."""
        near = (day + timedelta(offset) for offset in (0, -1, 1, -2, 2, -3, 3, -4, 4, -5, 5, -6, 6))
        return next(d for d in near if d.weekday() in self.weekdays(phase))

    def successive(self, session: Wanted, day: date, before: Before | None) -> bool:
        """Whether two sessions of pattern phases belong to different dates, in order."""
        if before is None or Rhythm.INTERVAL in {session.phase.rhythm, before.phase.rhythm}:
            return True
        return self.belongs(day, session.phase) > self.belongs(before.day, session.phase)

    def day_units(self, session: Wanted, day: date, before: Before | None) -> int:
        """What the day costs, given the session before."""
        points = 0
        if session.phase.rhythm is Rhythm.PATTERN:
            points += self._pattern(session, day, before)
        else:
            points += self._interval(session, day, before)
        if before is not None:
            beyond = (day - before.day).days - spacing_of(session, before).max_days
            points += max(0, beyond) * self.clinic.costs.beyond_max_day
        return points * POINT

    def _pattern(self, session: Wanted, day: date, before: Before | None) -> int:
        costs, nearest = self.clinic.costs, self.belongs(day, session.phase)
        points = 0
        if day != nearest:
            points += costs.off_pattern + costs.off_pattern_day * abs((day - nearest).days)
        if before is None:
            passing = self.wishes.start
        elif before.phase.rhythm is Rhythm.PATTERN:
            passing = self.belongs(before.day, session.phase) + timedelta(days=1)
        else:
            passing = before.day + timedelta(days=1)
        passing = max(passing, self.wishes.start)
        while passing < nearest:
            points += costs.passed_over * (passing.weekday() in self.weekdays(session.phase))
            passing += timedelta(days=1)
        return points

    def _interval(self, session: Wanted, day: date, before: Before | None) -> int:
        costs, asked = self.clinic.costs, self.weekdays(session.phase)
        off = costs.off_weekday if asked and day.weekday() not in asked else 0
        if before is None:
            return off + costs.interval_day * (day - self.wishes.start).days
        return off + costs.interval_day * abs((day - before.day).days - spacing_of(session, before).target_days)

    # Costs of a start

    @property
    def told_units(self) -> int:
        """What it costs to keep none of the promised appointments."""
        return sum(booked.told for booked in self.request.standing) * self.clinic.costs.told * POINT

    def choice(self, session: Wanted, day: date) -> Choice | None:
        """The cheapest start on the day, the earliest of those; None where the session cannot be had."""
        key = session.number, day
        if key not in self._choices:
            self._choices[key] = min(self._starts(session, day), default=None)
        return self._choices[key]

    def _starts(self, session: Wanted, day: date) -> Iterator[Choice]:
        if not self.allowed(session, day):
            return
        pinned = self.request.pinned.get(session.number)
        for start in self.scan.starts(session.visit, day):
            if pinned is not None and to_minute(pinned) != start:
                continue
            units = self._start_units(session, session.visit, start, linked=False)
            if session.phase.link is None:
                yield Choice(units, start)
            else:
                for linked, more in self._linked(session, start):
                    yield Choice(units + more, start, linked)

    def _linked(self, session: Wanted, start: int) -> Iterator[tuple[int, int]]:
        link = session.phase.link
        assert link
        visit = self.request.protocol.visits[link.visit]
        dose = start + session.visit.dose_offset
        first, last = dose + 60 * link.min_hours, dose + 60 * link.max_hours
        first = max(first, start + session.visit.minutes)  # nobody is in two visits at once
        day = to_local(first, self.clinic.zone).date()
        while day <= to_local(last, self.clinic.zone).date():
            for linked in self.scan.starts(visit, day):
                if first <= linked <= last:
                    yield linked, self._start_units(session, visit, linked, linked=True)
            day += timedelta(days=1)

    def _start_units(self, session: Wanted, visit: VisitProfile, start: int, *, linked: bool) -> int:
        promises = [
            booked for booked in self.request.standing
            if booked.told and booked.linked is linked and booked.phase == session.phase.name
            and to_minute(booked.start) == start
            and (booked.clinician_id is None or self.clinic.resource(booked.clinician_id))
        ]  # fmt: skip
        return self._time(start) + min(self._clinician(visit, start, promises))

    def _time(self, start: int) -> int:
        if self.wishes.at is None:
            return 0
        local, at = to_local(start, self.clinic.zone), self.wishes.at
        away = abs(local.hour * 60 + local.minute - at.hour * 60 - at.minute)
        return min(away * self.clinic.costs.time_per_4h, self.clinic.costs.time_most * POINT)

    def _clinician(self, visit: VisitProfile, start: int, promises: list[Booked]) -> Iterator[int]:
        """Over all ways to hold people: one point for another clinician, less the promises kept."""
        day = self.scan.day(to_local(start, self.clinic.zone).date())
        index = [minute for minute, _ in day.slots].index(start)
        people = [self.clinic.resource(p.clinician_id) for p in promises if p.clinician_id] + [self.named]
        kinds = {person.kind for person in people if person}
        holds = [need for need in visit.requirements if need.mode is Mode.HOLD and need.kind in kinds]
        presences = [need for need in visit.requirements if need.mode is Mode.PRESENCE]

        @cache
        def present(person: Resource) -> bool:
            return all(day.attended(need, index, person) for need in presences if need.kind == person.kind)

        for held in product(*(day.holders(need, index) for need in holds)):

            def has(person: Resource | None, held: tuple[Resource, ...] = held) -> bool:
                if person is None:
                    return True
                if any(need.kind == person.kind for need in holds):
                    return all(who.id == person.id for who in held if who.kind == person.kind)
                return present(person)  # where the visit asks for nobody of the kind, nobody is missing

            involved = {need.kind for need in (*holds, *presences)}
            other = self.named is not None and self.named.kind in involved and not has(self.named)
            kept = sum(has(p.clinician_id and self.clinic.resource(p.clinician_id)) for p in promises)
            yield POINT * (other * self.clinic.costs.other_clinician - kept * self.clinic.costs.told)


def candidates(request: PlanRequest) -> list[Resource | None]:
    """The named clinician; else everybody of the protocol's clinician kind; else nobody."""
    if request.preferences.clinician_id is not None:
        return [request.clinic.resource(request.preferences.clinician_id)]
    kind = request.protocol.clinician
    return list(request.clinic.of_kind(kind)) or [None] if kind else [None]
