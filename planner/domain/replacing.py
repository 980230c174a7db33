"""One course after the other taken out of what is taken, planned, and put back: the step that a bulk re-plan repeats."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from planner.domain.affected import (
    Affected,
    Replanned,
    Unplaced,
    Unresolved,
    as_it_stands,
    deadline,
    first_broken,
    only_standing,
    sessions_of,
    visits_of,
    wanted_of,
)
from planner.domain.assembling import assign, price
from planner.domain.bitmaps import slot_of
from planner.domain.choices import Choices
from planner.domain.clinic import POINT
from planner.domain.course import Booked, Neighbour
from planner.domain.errors import Conflict
from planner.domain.ledger import Ledger
from planner.domain.occupancy import BusyRow
from planner.domain.plan import CostCode, CostItem, Placed, Plan, PlanRequest
from planner.domain.planning import Tries
from planner.domain.protocol import Rhythm
from planner.domain.rechecking import Shown, is_free_for, place, recheck
from planner.domain.replanning import Diff, compare
from planner.domain.rules import check_hours, check_resources
from planner.domain.seating import held_by, seat_visit
from planner.domain.spacing import bounds_of, step_costs, units_of, week_anchor
from planner.domain.span import Span, from_minute, local_day
from planner.domain.visit import Mode, VisitProfile

_NOTHING = Diff((), (), (), ())
_TIMES = (2, 6)
"""How much more than what stands a plan may cost at the first and at the second look: in halves of a promise."""


class Replacing:
    """The affected courses and what is taken, while one course after the other is re-planned."""

    def __init__(self, ledger: Ledger, affected: Iterable[Affected]) -> None:
        self.ledger, self.affected = ledger, {one.key: one for one in affected}
        self._due: Counter[BusyRow] = Counter()
        self._rows: dict[UUID, list[BusyRow]] = {one.key: one.taken for one in self.affected.values()}
        self._capacity = {resource.id: resource.capacity for resource in ledger.clinic.resources}
        self._doses: dict[UUID, tuple[frozenset[date], frozenset[date]]] = {}
        self.broken = {key: self._broken(one) for key, one in self.affected.items()}

    def in_order(self) -> list[Affected]:
        """Order the courses: inductions that can be made up, then the others; of either the earliest deadline first."""

        def urgency(one: Affected) -> tuple[bool, date, int]:
            broken = {booked.appointment_id for booked in self.broken[one.key]}
            return not self._made_up(one, broken), deadline(one.request, broken), one.key.int

        return sorted(self.affected.values(), key=urgency)

    def replan(self, one: Affected) -> Replanned:
        """Plan a course beside all others, and take what the plan takes; where a session is lost, leave it as it is."""
        found = self.look(one.key)
        self.put([found])
        return found

    def look(self, key: UUID) -> Replanned:
        """Plan a course beside what the others take, and free what it takes itself."""
        self.clear([key])
        self._settle()
        one = self.affected[key]
        request = self._beside(one)
        if self._stays(one):
            return Replanned(one.key, request, Plan((), 0), _NOTHING, tuple(one.taken))
        stands = None if self.broken[key] else as_it_stands(request)
        try:
            return self._planned(one, request) if stands is None else self._standing(one, request, stands)
        except Conflict:  # another course of its group has taken its place
            return self._planned(one, request)

    def look_within(self, key: UUID, limit: int) -> Replanned | None:
        """Plan a course beside what the others take, for no more than *limit* units; nothing where that cannot be."""
        self.clear([key])
        self._settle()
        one = self.affected[key]
        request = self._beside(one)
        asked, open_ended = only_standing(request)
        tries = Tries(asked, self.ledger)
        path = tries.within(asked, limit, open_ended)
        if path is None or len(path.options) < len(sessions_of(request)):
            return None
        return self._outcome(one, request, tries.assemble(asked, path))

    def as_shown(self, one: Affected, shown: Sequence[Shown]) -> Replanned | None:
        """Take up what was found before, if that still holds."""
        self.clear([one.key])
        self._settle()
        request = self._beside(one)
        placed, broken = recheck(request, self.ledger, shown)
        found = None
        if not broken and len(placed) == len(wanted_of(request)):
            found = self._outcome(one, request, price(request, self.ledger, placed, len(placed)))
        self._take(one.key, found.rows if found else one.taken)
        return found

    def clear(self, keys: Iterable[UUID]) -> None:
        """Free what some courses take."""
        for key in keys:
            self._due.subtract(self._rows[key])
            self._rows[key] = []

    def put(self, found: Iterable[Replanned]) -> None:
        """Take what was found for some courses, which take nothing now."""
        for one in found:
            self._take(one.key, one.rows)
            zone = one.request.clinic.zone
            was = frozenset(local_day(booked.start, zone) for booked in sessions_of(one.request))
            moved = one.diff.move or one.diff.add
            self._doses[one.key] = was, frozenset(local_day(p.start, zone) for p in one.plan.placed) if moved else was

    def _take(self, key: UUID, rows: Iterable[BusyRow]) -> None:
        self._rows[key] = list(rows)
        self._due.update(rows)

    def _settle(self) -> None:
        """Let the ledger know what has changed since it was last asked: most of what is freed is taken again."""
        self.ledger.give_back([row for row, times in self._due.items() if times < 0])
        self.ledger.take([row for row, times in self._due.items() if times > 0])
        self._due.clear()

    def is_free(self, rows: Iterable[BusyRow]) -> bool:
        """Whether nobody takes just these seats."""
        self._settle()
        zone = self.ledger.clinic.zone
        return not any(
            row.seat == other.seat and row.start < other.end and other.start < row.end
            for row in rows
            for other in self.ledger.on_day(local_day(from_minute(row.start), zone).toordinal()).get(row.subject_id.int, ())
        )

    def _beside(self, one: Affected) -> PlanRequest:
        """Keep a course apart from where the patient's other courses lie by now."""
        neighbours = one.request.neighbours
        for key, (was, will) in self._doses.items():
            theirs = [near for near in neighbours if near.day in was]
            same = self.affected[key].request.patient_id == one.request.patient_id
            if key != one.key and same and theirs and was != will:
                least = max(near.min_days for near in theirs)
                kept = tuple(near for near in neighbours if near.day not in was)
                neighbours = (*kept, *(Neighbour(day, least) for day in sorted(will)))
        return replace(one.request, neighbours=neighbours)

    def _planned(self, one: Affected, request: PlanRequest) -> Replanned:
        asked, open_ended = only_standing(request)
        tries = Tries(asked, self.ledger)
        limits = self._limits(one, asked)
        path = next((path for limit in limits if (path := tries.within(asked, limit, open_ended))), None)
        found = tries.assemble(asked, path or tries.best(asked, open_ended))
        if found.complete and len(found.placed) >= len(sessions_of(request)):
            return self._outcome(one, request, found)
        reason = Unplaced.FEWER if found.complete else Unplaced.NO_PLACE
        left = tuple(Unresolved(booked, reason) for booked in self.broken[one.key] or sessions_of(request))
        return Replanned(one.key, request, found, _NOTHING, tuple(one.taken), left)

    def _limits(self, one: Affected, asked: PlanRequest) -> list[int]:
        """Guess what a plan may cost, in units: what stands, what is broken, little more; a search within that is short."""
        stands, told = as_it_stands(asked), asked.clinic.costs.told * POINT
        wanted, bounds = wanted_of(asked), bounds_of(asked)
        if stands is None or not told:
            return []
        before, now = asked.given[-1].day.toordinal() if asked.given else None, 0
        for own, shown in zip(wanted, stands, strict=True):
            day = local_day(shown.start, asked.clinic.zone).toordinal()
            now += units_of(step_costs(own.pace, before, day, bounds))
            before = day
        now += told * sum(booked.told for booked in self.broken[one.key])
        return [now + told * times // 2 for times in _TIMES]

    def _standing(self, one: Affected, request: PlanRequest, stands: Sequence[Shown]) -> Replanned:
        """Leave a course at its times; who is no longer there is silently replaced. Raises Conflict where nobody is."""
        wanted, placed = {own.number: own for own in wanted_of(request)}, list[Placed]()
        for shown in stands:
            own, follows = wanted[shown.number], None
            if own.phase.link and shown.linked_start:
                follow = Shown(shown.number, shown.linked_start)
                follows = place(request, self.ledger, own, own.phase.link.visit, follow, None)
            placed.append(place(request, self.ledger, own, own.visit, shown, None, follows))
        return self._outcome(one, request, price(request, self.ledger, placed, len(placed)))

    def _stays(self, one: Affected) -> bool:
        """Whether nothing is broken, and all that the course takes is still there and free."""
        return not self.broken[one.key] and self._there(one, one.taken) and self.is_free(one.taken)

    def _outcome(self, one: Affected, request: PlanRequest, found: Plan) -> Replanned:
        """Compare with what stands; who has a visit that stays keeps it where that is possible."""
        held = {c.booked.start: one.rows.get(c.booked.appointment_id, ()) for c in compare(request, found).keep}
        found = replace(found, placed=tuple(self._steady(request, placed, held) for placed in found.placed))
        diff = compare(request, found)
        if not found.changes:
            lost = sum(change.booked.told for change in diff.move) + sum(booked.told for booked in diff.cancel)
            found = replace(found, changes=(CostItem(CostCode.TOLD, request.clinic.costs.told * POINT),) * lost)
        others = any(self._differs(request, change.placed, held[change.booked.start]) for change in diff.keep)
        return Replanned(one.key, request, found, diff, tuple(self._seated(request, found)), reassigned=others)

    def _steady(self, request: PlanRequest, placed: Placed, held: Mapping[datetime, Sequence[BusyRow]]) -> Placed:
        follows = self._steady(request, placed.linked, held) if placed.linked else None
        profile, rows = request.protocol.visits[placed.visit], held.get(placed.start, ())
        had = held_by(profile, placed.start, rows, request.clinic)
        return replace(
            placed, linked=follows, assignments=assign(self.ledger, profile, placed.start, (placed.clinician_id,), had)
        )

    def _differs(self, request: PlanRequest, placed: Placed, rows: Sequence[BusyRow]) -> bool:
        had = held_by(request.protocol.visits[placed.visit], placed.start, rows, request.clinic)
        return any(had.get((own.kind, own.mode, own.step)) != own.resource_id for own in placed.assignments)

    def _seated(self, request: PlanRequest, found: Plan) -> Iterator[BusyRow]:
        """Give each visit its seats, beside what others take on its day."""
        zone = request.clinic.zone
        for placed in (visit for one in found.placed for visit in (one, one.linked) if visit):
            others = self.ledger.on_day(local_day(placed.start, zone).toordinal())
            span = Span(placed.start, placed.end)
            yield from seat_visit(placed.assignments, others, self._capacity, request.patient_id, span)

    def _broken(self, one: Affected) -> tuple[Booked, ...]:
        """List the appointments that cannot take place where they are, whoever is there."""
        every = ((booked, profile, one.rows.get(booked.appointment_id, ())) for booked, profile in visits_of(one.request))
        return tuple(
            booked for booked, profile, rows in every
            if profile and (check_hours(self.ledger, profile, booked.start) or self._uncovered(one, booked, profile, rows))
        )

    def _uncovered(self, one: Affected, booked: Booked, profile: VisitProfile, rows: Sequence[BusyRow]) -> bool:
        """Whether somebody or something that a visit needs is not there, and nobody else is, or another was promised."""
        day = local_day(booked.start, one.request.clinic.zone)
        slot = slot_of(booked.start, day, one.request.clinic.zone)
        present = (need for need in profile.requirements if need.mode is Mode.PRESENCE)
        if not all(self.ledger.covers(need, day, slot) for need in present):
            return True
        if rows and self._there(one, rows):
            return False
        self.ledger.give_back(rows)
        promised = booked.clinician_id
        found = check_resources(self.ledger, profile, booked.start) or (
            promised and not is_free_for(one.request, self.ledger, profile.name, booked.start, promised)
        )
        self.ledger.take(rows)
        return bool(found)

    def _there(self, one: Affected, rows: Iterable[BusyRow]) -> bool:
        """Whether all that a course takes is still there to be taken."""
        patient = one.request.patient_id
        return all(row.subject_id == patient or self.ledger.is_there(row) for row in rows)

    def _made_up(self, one: Affected, broken: set[UUID]) -> bool:
        """Whether an induction's first broken session finds a day between its neighbours, which stay, in its week."""
        request, index, wanted = one.request, first_broken(one.request, broken), wanted_of(one.request)
        sessions, zone, anchor = sessions_of(request), request.clinic.zone, week_anchor(request)
        if not broken or len(wanted) != len(sessions) or wanted[index].pace.rhythm is not Rhythm.PATTERN:
            return False
        days = [local_day(booked.start, zone).toordinal() for booked in sessions]
        before = days[index - 1] if index else request.given[-1].day.toordinal() if request.given else None
        first = request.preferences.start.toordinal() if before is None else before + wanted[index].pace.rule.min_days
        last = first + 6 if before is None else before + wanted[index].pace.rule.max_days
        if index + 1 < len(days):
            last = min(last, days[index + 1] - wanted[index + 1].pace.rule.min_days)
        week = range(days[index] - (days[index] - anchor) % 7, days[index] - (days[index] - anchor) % 7 + 7)
        choices = Choices(request, self.ledger, None)
        return any(day in week and choices.on(wanted[index], day) for day in range(first, last + 1))
