"""Why no whole course fits: rules of which each is needed, and the smallest relaxation of each kind with its use."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from builders import (
    busy,
    clinic,
    closure,
    esketamine,
    hours,
    infusion,
    phase,
    protocol,
    request,
    resources,
    spravato,
    talk,
    uid,
    wall,
)
from planner.domain import relaxing
from planner.domain.clinic import Clinic
from planner.domain.course import Away, Gate, Given, Neighbour
from planner.domain.occupancy import BusyRow, Occupancy
from planner.domain.plan import PlanRequest, Relaxation
from planner.domain.planning import plan
from planner.domain.protocol import Link
from planner.domain.relaxing import Blocked, Rule, Way, explain_blocked, irreducible

MONDAY = date(2027, 3, 1)
Case = Callable[[], tuple[PlanRequest, list[BusyRow]]]


def on(march: int) -> date:
    return MONDAY + timedelta(days=march - 1)


def closed(*days: int) -> tuple:
    return tuple(closure(on(day)) for day in days)


def course(spacing: tuple[int, int, int], sessions: int | None = 2, **more: object) -> object:
    return protocol(phase("talks", sessions, spacing, visits=("talk",), **more), visits=(talk(),))


def site(days: str = "Mon-Sun", **settings: object) -> Clinic:
    return clinic(resources("therapist", 1), opening=hours(days), **settings)


def explained(asked: PlanRequest, rows: Iterable[BusyRow] = ()) -> Blocked:
    occupancy = Occupancy(asked.clinic, rows)
    found = plan(asked, occupancy)
    assert not found.complete
    return explain_blocked(asked, occupancy, found)


def away(asked: PlanRequest, *days: tuple[int, int]) -> PlanRequest:
    stretches = tuple(Away(on(first), on(last)) for first, last in days)
    return replace(asked, preferences=replace(asked.preferences, away=stretches))


def way(blocked: Blocked, kind: str) -> Way:
    return next(way for way in blocked.ways if way.kind == kind)


def min_days_case() -> tuple[PlanRequest, list[BusyRow]]:
    """Only two days are open, four apart, and five are prescribed."""
    open_days = {1, 5}
    shut = closed(*(day for day in range(1, 60) if day not in open_days))
    return request(site(closures=shut, overrun_days=0), course((5, 7, 9)), MONDAY), []


def week_cap_case() -> tuple[PlanRequest, list[BusyRow]]:
    """All of the treatment week but nothing else is open, and one a week is prescribed."""
    shut = closed(*(day for day in range(1, 60) if day not in {1, 3}))
    return request(site(closures=shut), course((2, 2, 9), per_week=1), MONDAY), []


def availability_case() -> tuple[PlanRequest, list[BusyRow]]:
    """The patient is away for as long as the second session may wait."""
    return away(request(site(), course((5, 7, 9)), MONDAY), (2, 60)), []


def hours_case() -> tuple[PlanRequest, list[BusyRow]]:
    """A visit is a quarter of an hour longer than the clinic is open."""
    opening = hours("Mon-Sun", "09:00", "09:45")
    return request(replace(site(), hours=opening), course((5, 7, 9)), MONDAY), []


def staff_hours_case() -> tuple[PlanRequest, list[BusyRow]]:
    """The clinic is open long enough, its only therapist is not there."""
    people = resources("therapist", 1, 1, hours("Mon-Sun", "09:00", "09:45"))
    return request(clinic(people, opening=hours("Mon-Sun", "08:00", "18:00")), course((5, 7, 9)), MONDAY), []


def overrun_case() -> tuple[PlanRequest, list[BusyRow]]:
    """The therapist is taken for two days longer than the gap may grow."""
    rows = [busy("therapist 1", on(day), "09:00", "17:00") for day in range(2, 26)]
    return request(site(), course((5, 7, 9)), MONDAY), rows


def first_too_late_case() -> tuple[PlanRequest, list[BusyRow]]:
    """Nothing is free until sixteen days after the requested start."""
    rows = [busy("therapist 1", on(day), "09:00", "17:00") for day in range(1, 17)]
    return request(site(), course((5, 7, 9), 1), MONDAY), rows


class TestWays:
    @pytest.mark.parametrize(
        ("case", "kind", "amount", "use"),
        [
            (min_days_case, "min_days", 1, {"number": 2, "day": "2027-03-05", "gap_days": 4, "min_days": 5}),
            (week_cap_case, "per_week", 1, {"number": 2, "day": "2027-03-03", "sessions": 2, "per_week": 1}),
            (availability_case, "availability", 1, {"number": 2, "day": "2027-03-08", "start": "09:00"}),
            (hours_case, "hours_minutes", 15, {"number": 1, "day": "2027-03-01", "start": "08:45", "end": "09:45"}),
            (staff_hours_case, "hours_minutes", 15, {"number": 1, "start": "08:45", "end": "09:45"}),
            (overrun_case, "overrun_days", 2, {"number": 2, "day": "2027-03-26", "gap_days": 25, "at_most": 23}),
            (first_too_late_case, "overrun_days", 2, {"number": 1, "day": "2027-03-17", "within_days": 14}),
        ],
    )
    def test_each_kind_of_relaxation_is_found_with_the_place_where_it_is_used(
        self, case: Case, kind: str, amount: int, use: dict[str, object]
    ) -> None:
        found = way(explained(*case()), kind)
        assert (found.amount, use.items() <= dict(found.uses[0]).items()) == (amount, True), found.uses

    def test_the_plan_of_a_way_is_whole(self) -> None:
        asked, rows = overrun_case()
        assert all(found.plan.complete for found in explained(asked, rows).ways)

    def test_ways_are_ordered_by_what_their_plans_cost(self) -> None:
        asked, _ = availability_case()
        costs = [found.plan.units for found in explained(asked).ways]
        assert (len(costs) > 1, costs) == (True, sorted(costs))

    def test_only_sessions_beyond_what_was_asked_are_named(self) -> None:
        asked, rows = overrun_case()
        assert len(way(explained(asked, rows), "overrun_days").uses) == 1

    def test_a_conversation_outside_the_patients_hours_is_named_with_its_visit(self) -> None:
        visits = (talk(), infusion(), spravato())
        linked = protocol(
            phase("dosing", 1, (5, 7, 9), visits=("infusion",), link=Link("talk", 24, 72)), visits=visits
        )
        kinds = (resources("chair", 1), resources("nurse", 1, 4), resources("pump", 1), resources("therapist", 1))
        asked = away(request(clinic(*kinds, opening=hours("Mon-Sun")), linked, MONDAY), (2, 60))
        (use,) = way(explained(asked), "availability").uses
        assert (use["number"], use["visit"]) == (1, "talk")

    def test_a_dose_nearer_to_another_course_is_named(self) -> None:
        asked = request(clinic(first_within_days=0), protocol(phase("dosing", 1, (5, 7, 9))), MONDAY)
        asked = replace(asked, neighbours=(Neighbour(on(2), 2),))
        (use,) = way(explained(asked), "min_days").uses
        assert (use["gap_days"], use["min_days"], use["neighbour"]) == (1, 2, "2027-03-02")

    def test_relaxations_are_added_to_those_the_request_has(self) -> None:
        asked, rows = overrun_case()
        found = way(explained(replace(asked, relaxation=Relaxation(overrun_days=1)), rows), "overrun_days")
        assert (found.amount, found.relaxation.overrun_days, found.uses[0]["at_most"]) == (1, 2, 24)


CASES = [
    (min_days_case, {Rule.MIN_DAYS, Rule.OVERRUN, Rule.HOURS}),
    (week_cap_case, {Rule.WEEK_CAP, Rule.OVERRUN, Rule.HOURS}),
    (availability_case, {Rule.OVERRUN, Rule.AVAILABILITY}),
    (hours_case, {Rule.HOURS}),
    (staff_hours_case, {Rule.HOURS}),
    (overrun_case, {Rule.OVERRUN, Rule.BOOKED, Rule.HOURS}),
    (first_too_late_case, {Rule.OVERRUN, Rule.BOOKED, Rule.HOURS}),
]


class TestIrreducible:
    @pytest.mark.parametrize(("case", "rules"), CASES)
    def test_the_rules_that_block_a_course_are_named(self, case: Case, rules: set[Rule]) -> None:
        assert set(explained(*case()).rules) == rules

    @pytest.mark.parametrize("case", [case for case, _ in CASES])
    def test_they_block_it_by_themselves(self, case: Case) -> None:
        asked, rows = case()
        occupancy = Occupancy(asked.clinic, rows)
        assert not relaxing._possible(asked, occupancy, list(irreducible(asked, occupancy, 0)), 0)

    @pytest.mark.parametrize("case", [case for case, _ in CASES])
    def test_without_any_one_of_them_the_course_fits(self, case: Case) -> None:
        asked, rows = case()
        occupancy = Occupancy(asked.clinic, rows)
        named = irreducible(asked, occupancy, 0)
        fewer = [[other for other in named if other is not rule] for rule in named]
        assert all(relaxing._possible(asked, occupancy, rules, 0) for rules in fewer)

    def test_a_gate_is_named(self) -> None:
        asked = request(clinic(), esketamine(), on(2), gates=(Gate("certified", met=False),))
        assert explained(asked).rules == (Rule.GATES,)

    def test_another_course_is_named_and_not_the_gaps_of_this_one(self) -> None:
        asked = request(clinic(first_within_days=0), protocol(phase("dosing", 1, (5, 7, 9))), MONDAY)
        blocked = explained(replace(asked, neighbours=(Neighbour(on(2), 2),)))
        assert set(blocked.rules) == {Rule.OVERRUN, Rule.OTHER_COURSE}

    def test_what_is_booked_is_named_though_longer_hours_are_asked_for(self) -> None:
        rows = [busy("therapist 1", on(day), "08:00", "18:00") for day in range(1, 60)]
        short = replace(site(), hours=hours("Mon-Sun", "09:00", "09:45"))
        asked = request(short, course((5, 7, 9), 1), MONDAY, relaxation=Relaxation(hours_minutes=15))
        assert Rule.BOOKED in explained(asked, rows).rules

    def test_a_course_that_fits_is_blocked_by_nothing(self) -> None:
        asked = request(site(), course((5, 7, 9)), MONDAY)
        assert irreducible(asked, Occupancy(asked.clinic), 0) == ()

    def test_what_the_clinic_lacks_is_no_rule_and_has_no_way_out(self) -> None:
        blocked = explained(request(clinic(()), course((5, 7, 9)), MONDAY))
        assert (blocked.rules, blocked.ways, blocked.proposals) == ((), (), ())


@pytest.mark.parametrize("pause", [60, 160, 300])
def test_after_a_pause_however_long_the_gap_is_named_and_can_be_overruled(pause: int) -> None:
    given = (Given("talks", MONDAY - timedelta(days=pause)),)
    blocked = explained(request(site(), course((5, 7, 9), 3), MONDAY, given=given))
    assert (blocked.rules, [found.kind for found in blocked.ways]) == ((Rule.OVERRUN,), ["overrun_days"])


class TestOpenEnd:
    """A block further on in an open-ended phase is explained like any other."""

    def blocked(self) -> Blocked:
        asked = request(site(), course((5, 7, 9), None), MONDAY, given=(Given("talks", MONDAY),), horizon=on(60))
        return explained(away(asked, (16, 50)))

    def test_only_the_rules_that_block_it_are_named(self) -> None:
        assert set(self.blocked().rules) == {Rule.MIN_DAYS, Rule.OVERRUN, Rule.AVAILABILITY}

    def test_the_way_out_is_found(self) -> None:
        assert "availability" in {way.kind for way in self.blocked().ways}

    def test_the_missing_session_has_its_last_day_and_proposals(self) -> None:
        blocked = self.blocked()
        assert (blocked.keep_by, [one.placed.number for one in blocked.proposals]) == (on(24), [4, 4, 4])


class TestProposals:
    def test_they_are_the_cheapest_first_and_of_two_as_cheap_the_later(self) -> None:
        asked, _ = availability_case()
        days = [one.placed.start for one in explained(asked).proposals]
        assert days == [wall(on(day), "09:00") for day in (8, 9, 7)]

    def test_they_keep_the_weeks_cap(self) -> None:
        asked = request(site(), course((2, 3, 9), 3, per_week=2), MONDAY)
        blocked = explained(away(asked, (6, 60)))
        assert [one.placed.number for one in blocked.proposals] == [3, 3, 3]
        assert all(one.placed.start >= wall(on(8), "00:00") for one in blocked.proposals)

    def test_a_first_session_is_proposed_within_its_fourteen_days(self) -> None:
        asked = away(request(site("Mon"), course((5, 7, 9), 1), MONDAY), (1, 60))
        assert [one.placed.start for one in explained(asked).proposals] == [wall(on(day), "09:00") for day in (1, 8, 15)]

    def test_the_last_usable_day_is_the_last_one_proposed_that_keeps_the_gap(self) -> None:
        asked, _ = availability_case()
        assert (explained(asked).keep_by, explained(asked).last_usable) == (on(10), on(10))


def test_the_cheapest_clinician_of_the_partial_plan_is_kept_to() -> None:
    asked = request(site(), replace(course((5, 7, 9)), clinician="therapist"), MONDAY)
    occupancy = Occupancy(asked.clinic)
    found = plan(away(asked, (2, 60)), occupancy)
    assert found.clinician_id == uid("therapist 1")
