"""An independent check that a plan breaks no rule and states its costs as they are."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from oracles.prices import Prices
from oracles.terms import covered, meets
from planner.domain.clinic import Resource
from planner.domain.plan import Assignment, Placed, Plan, PlanRequest
from planner.domain.visit import Mode, VisitProfile


def broken_rules(request: PlanRequest, rows: Iterable, plan: Plan) -> list[str]:
    """List in words every rule that the plan breaks and every cost that it states wrongly; empty for a sound plan."""
    return list(_Check(request, tuple(rows), plan).complaints())


class _Check(Prices):
    def complaints(self) -> Iterator[str]:
        yield from self._sequence()
        yield from self._spacing()
        yield from self._weeks()
        for placed in self.plan.placed:
            for words in self._session(placed):
                yield f"session {placed.number}: {words}"
        yield from self._no_overlap()
        yield from self.misstated()

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

    def _spacing(self) -> Iterator[str]:
        overrun = self.relaxed.overrun_days
        for placed, day, phase, before in self.steps():
            if day < self.wishes.start:
                yield f"session {placed.number} is before the requested start"
            if before is None:
                if placed.gap_days is not None:
                    yield "the first session states a gap"
                if (day - self.wishes.start).days > self.clinic.first_within_days + overrun:
                    yield "the first session is too late"
                continue
            rule, gap = self.rule(placed, phase), (day - before).days
            if placed.gap_days != gap:
                yield f"session {placed.number} states a gap of {placed.gap_days}, not {gap}"
            if gap < max(1, rule.min_days - self.relaxed.min_days):
                yield f"session {placed.number} comes after {gap} days, too soon"
            if gap > rule.max_days + self.clinic.overrun_days + overrun:
                yield f"session {placed.number} comes after {gap} days, too late"
            if self.patterned(placed.phase) and phase and self.patterned(phase):
                own = self.phase(placed.phase)
                if self.nearest(day, own) <= self.nearest(before, own):
                    yield f"session {placed.number} belongs to the pattern date of the one before"

    def _weeks(self) -> Iterator[str]:
        doses = [g.day for g in self.request.given if self.doses(g.phase)]
        anchor = min(doses, default=self.wishes.start)
        seen = Counter(((g.day - anchor).days // 7, self.doses(g.phase)) for g in self.request.given)
        for placed, day, _, _ in self.steps():
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
        if not covered(self.open_on(local.date()), start, start + timedelta(minutes=visit.open_minutes)):
            yield f"the clinic is closed at {local} or before the visit is over"
        if self.request.not_before and start < self.request.not_before:
            yield "starts earlier than is left"
        yield from self._patient(start, placed.end)
        yield from self._assignments(placed, visit)

    def _patient(self, start: datetime, end: datetime) -> Iterator[str]:
        if any(meets(span, (start, end)) for _, span in self.taken[self.request.patient_id]):
            yield "the patient is elsewhere"
        if self.relaxed.availability:
            return
        day = self.day(start)
        if any(away.first_day <= day <= away.last_day for away in self.wishes.away):
            yield "the patient is away"
        if self.wishes.hours and not covered(self.opened(self.wishes.hours, day, 0), start, end):
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
                people = [s for r in self.clinic.of_kind(need.kind) for s in self.shift_of(r, self.day(first))]
                if not covered(people, first, first + timedelta(minutes=need.minutes)):
                    yield f"no {need.kind} is on site throughout step {need.step!r}"

    def _assigned(self, given: Assignment, resource: Resource) -> Iterator[str]:
        span, day = (given.start, given.end), self.day(given.start)
        if given.mode is Mode.START:
            if not covered(self.shift_of(resource, day), *span):
                yield f"{resource.name} is not on shift to start the dose"
            if any(seat == 0 and meets(other, span) for seat, other in self.taken[resource.id]):
                yield f"{resource.name} starts another dose"
            return
        if any(meets((a.span.start, a.span.end), span) for a in resource.absences):
            yield f"{resource.name} is absent"
        if resource.hours and not covered(self.opened(resource.hours, day, self.relaxed.hours_minutes), *span):
            yield f"{resource.name} is off shift"
        held = [other for seat, other in self.taken[resource.id] if seat > 0 and meets(other, span)]
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
