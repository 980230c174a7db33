"""An independent check that a plan breaks no rule: instants and intervals, no slots, nothing shared with the planner."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID

from planner.domain.clinic import POINT, Clinic, Resource, WeeklyHours
from planner.domain.course import Booked
from planner.domain.plan import Assignment, CostCode, Placed, Plan, PlanRequest
from planner.domain.protocol import Phase, Rhythm, SpacingRule
from planner.domain.visit import Mode, Requirement, VisitProfile

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Interval = tuple[datetime, datetime]


def broken_rules(request: PlanRequest, rows: Iterable, plan: Plan) -> list[str]:
    """List in words every rule that the plan breaks and every cost that it states wrongly; empty for a sound plan."""
    return list(_Check(request, tuple(rows), plan).complaints())


def covered(openings: Iterable[Interval], start: datetime, end: datetime) -> bool:
    """Whether the openings together cover [start, end)."""
    for opens, closes in sorted(openings):
        if opens <= start < closes:
            start = closes
    return start >= end


def _meets(a: Interval, b: Interval) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def _at(minute: int) -> datetime:
    return EPOCH + timedelta(minutes=minute)


class _Check:
    def __init__(self, request: PlanRequest, rows: tuple, plan: Plan) -> None:
        self.request, self.plan = request, plan
        self.clinic: Clinic = request.clinic
        self.zone, self.relaxed, self.wishes = self.clinic.zone, request.relaxation, request.preferences
        self.taken: dict[UUID, list[tuple[int, Interval]]] = defaultdict(list)
        for row in rows:
            self.taken[row.subject_id].append((row.seat, (_at(row.start), _at(row.end))))
        self.named = self.clinic.resource(plan.clinician_id) if plan.clinician_id else None

    def complaints(self) -> Iterator[str]:
        yield from self._sequence()
        yield from self._spacing()
        yield from self._weeks()
        for placed in self.plan.placed:
            for words in self._session(placed):
                yield f"session {placed.number}: {words}"
        yield from self._no_overlap()
        yield from self._costs()

    def day(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()

    def phase(self, name: str) -> Phase:
        phase = self.request.protocol.phase(name)
        assert phase
        return phase

    def doses(self, phase: str) -> bool:
        return self.request.protocol.doses(self.phase(phase))

    # The course

    def _sequence(self) -> Iterator[str]:
        """The sessions are those wanted, in order."""
        due: list[tuple[str, str]] = []
        given = Counter(g.phase for g in self.request.given)
        for phase in self.request.protocol.phases:
            until = phase.sessions if phase.sessions is not None else given[phase.name] + len(self.plan.placed)
            due += [(phase.name, phase.visit_of(index)) for index in range(given[phase.name], until)]
        if [(p.phase, p.visit) for p in self.plan.placed] != due[: len(self.plan.placed)]:
            yield "the sessions are not those wanted, in order"
        first = len(self.request.given) + 1
        if [p.number for p in self.plan.placed] != list(range(first, first + len(self.plan.placed))):
            yield "the sessions are not numbered one after the other"
        if len(self.plan.placed) > self.plan.wanted:
            yield "more sessions than wanted"

    def _steps(self) -> Iterator[tuple[Placed, date, str | None, date | None]]:
        """Each session with its day, and the phase and day of the one before."""
        phase, before = None, None
        if self.request.given:
            phase, before = self.request.given[-1].phase, self.request.given[-1].day
        for placed in self.plan.placed:
            day = self.day(placed.start)
            yield placed, day, phase, before
            phase, before = placed.phase, day

    def _rule(self, placed: Placed, earlier: str | None) -> SpacingRule:
        phase = self.phase(placed.phase)
        return phase.entry if phase.entry and earlier != placed.phase else phase.spacing

    def _spacing(self) -> Iterator[str]:
        overrun = self.relaxed.overrun_days
        for placed, day, phase, before in self._steps():
            if day < self.wishes.start:
                yield f"session {placed.number} is before the requested start"
            if before is None:
                if placed.gap_days is not None:
                    yield "the first session states a gap"
                if (day - self.wishes.start).days > self.clinic.first_within_days + overrun:
                    yield "the first session is too late"
                continue
            rule, gap = self._rule(placed, phase), (day - before).days
            if placed.gap_days != gap:
                yield f"session {placed.number} states a gap of {placed.gap_days}, not {gap}"
            if gap < max(1, rule.min_days - self.relaxed.min_days):
                yield f"session {placed.number} comes after {gap} days, too soon"
            if gap > rule.max_days + self.clinic.overrun_days + overrun:
                yield f"session {placed.number} comes after {gap} days, too late"
            if self._patterned(placed.phase) and phase and self._patterned(phase):
                own = self.phase(placed.phase)
                if self.nearest(day, own) <= self.nearest(before, own):
                    yield f"session {placed.number} belongs to the pattern date of the one before"

    def _weeks(self) -> Iterator[str]:
        doses = [g.day for g in self.request.given if self.doses(g.phase)]
        anchor = min(doses, default=self.wishes.start)
        seen = Counter(((g.day - anchor).days // 7, self.doses(g.phase)) for g in self.request.given)
        for placed, day, _, _ in self._steps():
            week = (day - anchor).days // 7, self.doses(placed.phase)
            seen[week] += 1
            cap = self.phase(placed.phase).per_week
            if cap is not None and seen[week] > cap + self.relaxed.per_week:
                yield f"session {placed.number} is one too many in treatment week {week[0] + 1}"

    # One session

    def _session(self, placed: Placed) -> Iterator[str]:
        visit, day = self.request.protocol.visits[placed.visit], self.day(placed.start)
        yield from self._visit(placed, visit)
        if self.doses(placed.phase):
            if not all(gate.open_on(day) for gate in self.request.gates):
                yield "a gate is closed"
            for other in self.request.neighbours:
                if abs((day - other.day).days) < max(1, other.min_days - self.relaxed.min_days):
                    yield f"too near to the dose of another course on {other.day}"
        pinned = self.request.pinned.get(placed.number)
        if pinned is not None and pinned != placed.start:
            yield "not where it was pinned"
        link = self.phase(placed.phase).link
        if (link is None) is not (placed.linked is None):
            yield "a linked visit is missing, or there is one too many"
        if link and placed.linked:
            dose = placed.start + timedelta(minutes=visit.dose_offset)
            waited = placed.linked.start - dose
            if not timedelta(hours=link.min_hours) <= waited <= timedelta(hours=link.max_hours):
                yield f"its linked visit is {waited} after the dose"
            if placed.linked.visit != link.visit:
                yield "its linked visit is another visit"
            yield from self._visit(placed.linked, self.request.protocol.visits[link.visit])

    def _visit(self, placed: Placed, visit: VisitProfile) -> Iterator[str]:
        start, zone = placed.start, self.zone
        local = start.astimezone(zone)
        if (local.hour * 60 + local.minute) % self.clinic.grid_minutes or local.second:
            yield f"{local:%H:%M} is off the grid"
        if placed.end != start + timedelta(minutes=visit.minutes):
            yield "does not end with discharge"
        held = start + timedelta(minutes=visit.held_minutes)
        if self.day(held - timedelta(seconds=1)) != local.date():
            yield "ends on the next day"
        if not covered(self._open(local.date()), start, start + timedelta(minutes=visit.open_minutes)):
            yield f"the clinic is closed at {local} or before the visit is over"
        if self.request.not_before and start < self.request.not_before:
            yield "starts earlier than is left"
        yield from self._patient(start, placed.end)
        yield from self._assignments(placed, visit)

    def _patient(self, start: datetime, end: datetime) -> Iterator[str]:
        if any(_meets(span, (start, end)) for _, span in self.taken[self.request.patient_id]):
            yield "the patient is elsewhere"
        if self.relaxed.availability:
            return
        day = self.day(start)
        if any(away.first_day <= day <= away.last_day for away in self.wishes.away):
            yield "the patient is away"
        if self.wishes.hours and not covered(self._hours(self.wishes.hours, day, 0), start, end):
            yield "the patient cannot come at this time"

    def _assignments(self, placed: Placed, visit: VisitProfile) -> Iterator[str]:
        due = {(need.step, need.kind, need.mode): need for need in visit.requirements if need.mode is not Mode.PRESENCE}
        for given in placed.assignments:
            resource = self.clinic.resource(given.resource_id)
            need = resource and due.pop((given.step, resource.kind, given.mode), None)
            if not resource or not need:
                yield f"holds something that step {given.step!r} does not ask for"
                continue
            first = placed.start + timedelta(minutes=need.offset)
            if (given.start, given.end) != (first, first + timedelta(minutes=need.minutes)) or given.units != need.units:
                yield f"holds {resource.name} at another time, or other units, than step {given.step!r} asks for"
            yield from self._assigned(given, resource)
        for step, kind, _ in due:
            yield f"step {step!r} has no {kind}"
        for need in visit.requirements:
            if need.mode is Mode.PRESENCE:
                first = placed.start + timedelta(minutes=need.offset)
                people = [s for r in self.clinic.of_kind(need.kind) for s in self._shift(r, self.day(first))]
                if not covered(people, first, first + timedelta(minutes=need.minutes)):
                    yield f"no {need.kind} is on site throughout step {need.step!r}"

    def _assigned(self, given: Assignment, resource: Resource) -> Iterator[str]:
        span, day = (given.start, given.end), self.day(given.start)
        if given.mode is Mode.START:
            if not covered(self._shift(resource, day), *span):
                yield f"{resource.name} is not on shift to start the dose"
            if any(seat == 0 and _meets(other, span) for seat, other in self.taken[resource.id]):
                yield f"{resource.name} starts another dose"
            return
        if any(_meets((a.span.start, a.span.end), span) for a in resource.absences):
            yield f"{resource.name} is absent"
        if resource.hours and not covered(self._hours(resource.hours, day, self.relaxed.hours_minutes), *span):
            yield f"{resource.name} is off shift"
        held = [other for seat, other in self.taken[resource.id] if seat > 0 and _meets(other, span)]
        moments = [span[0], *(other[0] for other in held if other[0] > span[0])]
        most = max(sum(other[0] <= moment < other[1] for other in held) for moment in moments)
        if most + given.units > resource.capacity:
            yield f"{resource.name} is overbooked"

    def _no_overlap(self) -> Iterator[str]:
        """The course's own visits leave the patient in one place at a time."""
        visits = [v for p in self.plan.placed for v in (p, p.linked) if v]
        for earlier, later in pairwise(sorted(visits, key=lambda visit: visit.start)):
            if later.start < earlier.end:
                yield f"the patient is in two visits at {later.start}"

    # Hours

    def _hours(self, hours: WeeklyHours, day: date, extended: int) -> list[Interval]:
        found = []
        for start, end in hours.on(day):
            first = max(0, start.hour * 60 + start.minute - extended)
            last = min(24 * 60, end.hour * 60 + end.minute + extended)
            found.append((self._wall(day, first), self._wall(day, last)))
        return found

    def _wall(self, day: date, minute: int) -> datetime:
        at = datetime.combine(day + timedelta(days=minute // (24 * 60)), time(minute // 60 % 24, minute % 60))
        return at.replace(tzinfo=self.zone).astimezone(UTC)

    def _open(self, day: date) -> list[Interval]:
        if any(holiday.day == day for holiday in self.clinic.holidays):
            return []
        shut = [(closure.span.start, closure.span.end) for closure in self.clinic.closures]
        return _less(self._hours(self.clinic.hours, day, self.relaxed.hours_minutes), shut)

    def _shift(self, resource: Resource, day: date) -> list[Interval]:
        there = self._open(day)
        if resource.hours:
            there = self._hours(resource.hours, day, self.relaxed.hours_minutes)
        return _less(there, [(absence.span.start, absence.span.end) for absence in resource.absences])

    # Costs

    def _patterned(self, phase: str) -> bool:
        return self.phase(phase).rhythm is Rhythm.PATTERN

    def asked(self, phase: Phase) -> tuple[int, ...]:
        asked = self.wishes.phase_weekdays.get(phase.name) or self.wishes.weekdays
        return asked or (phase.weekdays if phase.rhythm is Rhythm.PATTERN else ())

    def nearest(self, day: date, phase: Phase) -> date:
        days = [day + timedelta(n) for n in range(-6, 7)]
        return min((d for d in days if d.weekday() in self.asked(phase)), key=lambda d: (abs((d - day).days), d))

    def _costs(self) -> Iterator[str]:
        for placed, day, phase, before in self._steps():
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
        rule = self._rule(placed, earlier)
        if phase.rhythm is Rhythm.PATTERN:
            near, due = self.nearest(day, phase), {}
            if near != day:
                due[CostCode.OFF_PATTERN] = costs.off_pattern + costs.off_pattern_day * abs((near - day).days)
            lower = before
            if earlier and before and self._patterned(earlier):
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
        there = self._shift(person, self.day(placed.start))
        return bool(present) and all(
            covered(there, first, first + timedelta(minutes=need.minutes))
            for first, need in zip(starts, present, strict=True)
        )

    def _kind(self, assignment: Assignment) -> str | None:
        resource = self.clinic.resource(assignment.resource_id)
        return resource and resource.kind

    def _kept(self, booked: Booked) -> bool:
        visits = [placed.linked if booked.linked else placed for placed in self.plan.placed if placed.phase == booked.phase]
        person = self.clinic.resource(booked.clinician_id) if booked.clinician_id else None
        return any(v and v.start == booked.start and (person is None or self._has(v, person)) for v in visits)


def _less(spans: list[Interval], holes: list[Interval]) -> list[Interval]:
    """Cut the holes out of the spans."""
    for first, last in holes:
        kept = []
        for start, end in spans:
            kept += [(start, min(end, first))] if start < first else []
            kept += [(max(start, last), end)] if last < end else []
        spans = kept
    return spans
