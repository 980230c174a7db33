"""Why a session is not what was asked for, and the other plans to choose from."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, time, timedelta

from builders import busy, calendar, clinic, closure, hours, phase, protocol, request, resources, talk, wall, weekdays
from planner.domain.clinic import Clinic
from planner.domain.course import Away, Gate, Given, Neighbour
from planner.domain.errors import Code
from planner.domain.explaining import Because, Reason, alternatives, reasons
from planner.domain.occupancy import BusyRow, Occupancy
from planner.domain.plan import CostCode, PlanRequest
from planner.domain.planning import plan

MONDAY = date(2027, 3, 1)
ALL_DAY = ("09:00", "17:00")


def on(march: int) -> date:
    return MONDAY + timedelta(days=march - 1)


def site(**settings: object) -> Clinic:
    return clinic(resources("therapist", 1), **{"opening": hours("Mon-Fri"), **settings})


def pattern(sessions: int = 3, days: str = "Tue Thu") -> object:
    return protocol(phase("talks", sessions, (2, 3, 5), pattern=days, visits=("talk",)), visits=(talk(),))


def interval(sessions: int = 2) -> object:
    return protocol(phase("talks", sessions, (5, 7, 9), visits=("talk",)), visits=(talk(),))


def told(asked: PlanRequest, rows: Iterable[BusyRow] = ()) -> dict[int, tuple[Reason, ...]]:
    occupancy = Occupancy(asked.clinic, rows)
    return reasons(asked, occupancy, plan(asked, occupancy))


def only(found: dict[int, tuple[Reason, ...]], number: int) -> Reason:
    (reason,) = found[number]
    return reason


def away(asked: PlanRequest, first: date, last: date) -> PlanRequest:
    return replace(asked, preferences=replace(asked.preferences, away=(Away(first, last),)))


class TestReasons:
    def test_a_plan_as_asked_for_needs_none(self) -> None:
        assert told(request(site(), pattern(), on(2), at="10:00")) == {}

    def test_a_closed_pattern_date_is_named_with_its_closure(self) -> None:
        reason = only(told(request(site(closures=(closure(on(4), reason="Training"),)), pattern(), on(2))), 2)
        assert reason.violation is not None
        assert (reason.wished["day"], reason.violation.code, reason.violation.facts["reason"]) == (
            "2027-03-04", Code.CLOSED, "Training",
        )  # fmt: skip

    def test_a_day_on_which_the_patient_is_away_is_named_so(self) -> None:
        reason = only(told(away(request(site(), pattern(), on(2)), on(4), on(4))), 2)
        assert reason.violation is not None
        assert reason.violation.code is Code.PATIENT_AWAY

    def test_a_day_on_which_all_is_taken_names_what_lacks(self) -> None:
        reason = only(told(request(site(), pattern(), on(2)), [busy("therapist 1", on(4), *ALL_DAY)]), 2)
        assert reason.violation is not None
        assert (reason.violation.code, reason.violation.facts["kind"]) == (Code.RESOURCE, "therapist")

    def test_a_pattern_date_passed_over_is_named(self) -> None:
        shut = (closure(on(8)),)
        course = pattern(4, "Mon Wed Fri")
        reason = only(told(request(site(closures=shut), course, on(3))), 3)
        assert (reason.cost.code, reason.wished["day"]) == (CostCode.PASSED_OVER, "2027-03-08")

    def test_an_interval_that_was_not_kept_names_the_target_day(self) -> None:
        given = (Given("talks", MONDAY),)
        reason = only(told(request(site(closures=(closure(on(8)),)), interval(), MONDAY, given=given)), 2)
        assert (reason.cost.code, reason.wished) == (CostCode.INTERVAL, {"day": "2027-03-08", "weekday": "Mon"})

    def test_a_day_off_the_patients_weekdays_names_the_nearest_of_them(self) -> None:
        asked = request(site(closures=(closure(on(8)),)), interval(), MONDAY, days="Mon")
        found = {reason.cost.code: reason.wished["day"] for reason in told(asked)[2]}
        assert found == {CostCode.INTERVAL: "2027-03-08", CostCode.OFF_WEEKDAY: "2027-03-08"}

    def test_another_time_of_day_names_what_was_taken_at_the_wished_one(self) -> None:
        asked = request(site(), interval(1), MONDAY, at="10:00")
        reason = only(told(asked, [busy("therapist 1", MONDAY, "10:00", "11:00")]), 1)
        assert reason.violation is not None
        assert (reason.wished["time"], reason.violation.facts["kind"]) == ("10:00", "therapist")

    def test_a_weekday_that_the_interval_outweighs_was_dearer_as_a_whole(self) -> None:
        asked = request(site(opening=hours("Mon-Sun")), interval(), MONDAY, days="Fri", given=(Given("talks", on(1)),))
        found = told(asked)
        assert found[2][0].because in {Because.CHEAPER, Because.SPACING}

    def test_a_day_too_near_to_the_session_before_is_a_matter_of_spacing(self) -> None:
        asked = request(site(), interval(), MONDAY, days="Wed", given=(Given("talks", date(2027, 2, 26)),))
        course = replace(asked, protocol=protocol(phase("talks", 2, (6, 6, 6), visits=("talk",)), visits=(talk(),)))
        reason = told(course)[2]
        assert {one.because for one in reason if one.cost.code is CostCode.OFF_WEEKDAY} == {Because.SPACING}

    def test_a_pattern_date_too_near_to_another_course_names_it(self) -> None:
        course = protocol(phase("dosing", 1, (2, 3, 5), pattern="Wed"))
        reason = only(told(request(clinic(), course, on(3), neighbours=(Neighbour(on(3), 1),))), 1)
        assert reason.violation is not None
        assert reason.violation.code is Code.OTHER_COURSE

    def test_a_target_day_after_a_gate_has_closed_names_the_gate(self) -> None:
        course = protocol(phase("dosing", 2, (4, 7, 9)))
        gates = (Gate("screening", until=on(5)),)
        reason = only(told(request(clinic(), course, MONDAY, given=(Given("dosing", MONDAY),), gates=gates)), 2)
        assert reason.violation is not None
        assert (reason.violation.code, reason.violation.facts["gate"]) == (Code.GATE, "screening")

    def test_the_sessions_of_a_partial_plan_are_explained_too(self) -> None:
        asked = away(request(site(closures=(closure(on(4)),)), pattern(4), on(2)), on(8), on(60))
        occupancy = Occupancy(asked.clinic)
        found = plan(asked, occupancy)
        assert (found.complete, list(reasons(asked, occupancy, found))) == (False, [2])


class TestAlternatives:
    def others(self, asked: PlanRequest, rows: Iterable[BusyRow] = ()) -> list:
        occupancy = Occupancy(asked.clinic, rows)
        return alternatives(asked, occupancy, plan(asked, occupancy))

    def test_there_are_three_at_most(self) -> None:
        assert len(self.others(request(site(), pattern(), on(2), at="10:00"))) == 3

    def test_they_are_distinct_and_none_is_the_plan_itself(self) -> None:
        asked = request(site(), pattern(), on(2), at="10:00")
        found = [tuple(calendar(one.plan)) for one in self.others(asked)]
        assert len({*found, tuple(calendar(plan(asked, Occupancy(asked.clinic))))}) == 4

    def test_they_are_ordered_by_cost(self) -> None:
        rows = [busy("therapist 1", on(day), "09:00", "11:00") for day in range(1, 12)]
        costs = [one.plan.units for one in self.others(request(site(), pattern(), on(2), at="10:00"), rows)]
        assert costs == sorted(costs)

    def test_another_time_is_the_same_at_each_visit(self) -> None:
        (first, *_) = self.others(request(site(), pattern(), on(2), at="10:00"))
        assert (first.at, {day[10:] for day in calendar(first.plan)}) == (time(9), {"09:00"})

    def test_other_weekdays_are_offered_where_the_clinic_works_on_them(self) -> None:
        offered = [one.weekdays for one in self.others(request(site(), pattern(), on(2)))]
        assert set(offered) <= {weekdays("Wed Fri"), weekdays("Mon Wed"), weekdays("Mon Thu"), weekdays("Tue Fri")}

    def test_weekdays_of_an_interval_are_freed(self) -> None:
        asked = request(site(), interval(), on(2), days="Fri")
        assert [(one.weekdays, calendar(one.plan)[0][:3]) for one in self.others(asked)] == [((), "Tue")]

    def test_only_whole_plans_are_offered(self) -> None:
        asked = away(request(site(), pattern(), on(2), at="10:00"), on(3), on(90))
        assert self.others(asked) == []

    def test_a_single_possible_start_has_no_alternative(self) -> None:
        asked = request(site(first_within_days=0), interval(1), MONDAY, not_before=wall(MONDAY, "16:00"))
        assert self.others(asked) == []
