"""A proposed time against the rules: every code with its numbers, whose rule it is, and the nearest way out."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from builders import (
    PATIENT,
    busy,
    clinic,
    closure,
    hours,
    infusion,
    phase,
    protocol,
    request,
    resources,
    spravato,
    wall,
    weekdays,
)
from planner.domain.clinic import Holiday
from planner.domain.course import Away, Gate, Given, Neighbour
from planner.domain.errors import Code, Violation
from planner.domain.occupancy import BusyRow, Occupancy
from planner.domain.plan import PlanRequest, Relaxation
from planner.domain.rules import Around, check_request, check_slot, nearest_start
from planner.domain.spacing import wanted_sessions
from planner.domain.visit import Step, VisitProfile

MONDAY = date(2027, 3, 1)
COURSE = protocol(phase("weekly", 4, (5, 7, 9), per_week=1))


def on(march: int) -> date:
    return MONDAY + timedelta(days=march - 1)


def broken(
    asked: PlanRequest, start: datetime, rows: Iterable[BusyRow] = (), around: Around | None = None, *, number: int = 1
) -> list[Violation]:
    """Check the session with this number."""
    wanted = {one.number: one for one in wanted_sessions(asked, 1)}
    return check_slot(asked, Occupancy(asked.clinic, rows), wanted[number], start, around or Around())


def asked(**settings: object) -> PlanRequest:
    return request(clinic(**settings), COURSE, MONDAY)


def only(violations: list[Violation]) -> Violation:
    (violation,) = violations
    return violation


def test_a_time_that_breaks_no_rule_has_no_violations() -> None:
    assert broken(asked(), wall(on(1), "10:00")) == []


def test_all_broken_rules_are_listed_at_once() -> None:
    away = replace(asked(closures=(closure(on(1)),)), gates=(Gate("screening", met=False),))
    away = replace(away, preferences=replace(away.preferences, away=(Away(on(1), on(1)),)))
    codes = [violation.code for violation in broken(away, wall(on(1), "10:00"))]
    assert codes == [Code.CLOSED, Code.PATIENT_AWAY, Code.GATE]


class TestHours:
    @pytest.mark.parametrize(("at", "nearest"), [("10:05", "10:00"), ("10:10", "10:15"), ("10:07", "10:00")])
    def test_a_start_off_the_grid_names_the_nearest_on_it(self, at: str, nearest: str) -> None:
        violation = only(broken(asked(), wall(on(1), at)))
        assert (violation.code, violation.facts, violation.nearest) == (
            Code.OFF_GRID, {"grid_minutes": 15}, wall(on(1), nearest),
        )  # fmt: skip

    def test_the_grid_is_that_of_the_wall_where_a_zone_is_half_an_hour_off(self) -> None:
        zone = ZoneInfo("Asia/Kolkata")
        site = clinic(zone=zone, grid_minutes=60)
        violation = only(broken(request(site, COURSE, MONDAY), wall(on(1), "10:10", zone)))
        assert violation.nearest == wall(on(1), "10:00", zone)

    def test_a_closure_gives_its_reason(self) -> None:
        violation = only(broken(asked(closures=(closure(on(1), "12:00", "13:00", "Fire drill"),)), wall(on(1), "10:00")))
        assert (violation.code, violation.facts["reason"], violation.facts["weekday"]) == (Code.CLOSED, "Fire drill", "Mon")

    def test_a_holiday_gives_its_name(self) -> None:
        violation = only(broken(asked(holidays=(Holiday(on(1), "Founders' Day"),)), wall(on(1), "10:00")))
        assert (violation.code, violation.facts["reason"]) == (Code.CLOSED, "Founders' Day")

    def test_a_weekday_without_hours_says_so(self) -> None:
        found = broken(asked(), wall(on(6), "10:00"))
        assert (found[0].code, found[0].facts["reason"]) == (Code.CLOSED, "no hours on Sat")

    def test_a_visit_that_would_end_after_closing_names_the_last_start_that_does_not(self) -> None:
        violation = broken(asked(), wall(on(1), "15:00"))[0]
        assert (violation.code, violation.facts["ends"], violation.facts["closes"], violation.nearest) == (
            Code.OUTSIDE_HOURS, "17:35", "17:00", wall(on(1), "14:15"),
        )  # fmt: skip

    def test_a_visit_before_opening_names_the_opening(self) -> None:
        found = broken(asked(), wall(on(1), "08:00"))
        assert (found[0].code, found[0].facts["opens"], found[0].nearest) == (
            Code.OUTSIDE_HOURS, "09:00", wall(on(1), "09:00"),
        )  # fmt: skip

    def test_a_visit_that_would_end_on_the_next_day_is_refused(self) -> None:
        long = VisitProfile("long", "Long", (Step("rest", 60), Step("turnover", 60, turnover=True, after_hours=True)))
        course = protocol(phase("weekly", 1, (5, 7, 9), visits=("long",)), visits=(long,))
        site = clinic(opening=hours("Mon-Sun", "09:00", "23:45"))
        violation = only(broken(request(site, course, MONDAY), wall(on(1), "22:30")))
        assert (violation.code, violation.facts) == (Code.ENDS_NEXT_DAY, {"minutes": 120})


class TestResources:
    def test_a_chair_that_is_taken_names_what_lacks_and_the_nearest_start_with_one(self) -> None:
        rows = [busy(f"chair {n}", on(1), "12:00", "13:00") for n in (1, 2)]
        violation = only(broken(asked(), wall(on(1), "10:00"), rows))
        assert (violation.code, violation.nearest) == (Code.RESOURCE, wall(on(1), "09:15"))
        assert violation.facts == {
            "kind": "chair", "mode": "hold", "units": 1, "step": "place", "have": 2, "start": "10:00", "end": "12:45",
        }  # fmt: skip

    def test_a_starter_that_is_taken_names_the_quarter_of_an_hour(self) -> None:
        rows = [busy(f"nurse {n}", on(1), "10:15", "10:30", seat=0) for n in (1, 2)]
        violation = only(broken(asked(), wall(on(1), "10:00"), rows))
        assert (violation.facts["mode"], violation.facts["start"], violation.facts["end"]) == ("start", "10:15", "10:30")

    def test_an_absent_prescriber_is_missed_in_each_step_that_needs_one(self) -> None:
        shifts = hours("Mon-Fri", "09:00", "11:00")
        site = clinic(resources("chair", 1), resources("nurse", 1, 4), resources("prescriber", 1, 1, shifts))
        found = broken(request(site, COURSE, MONDAY), wall(on(1), "10:00"))
        assert [(v.facts["kind"], v.facts["step"]) for v in found] == [("prescriber", "observe")]


class TestThePatient:
    def test_the_patients_other_visit_is_named_as_theirs(self) -> None:
        row = busy("x", on(1), "11:00", "12:00")
        violation = only(broken(asked(), wall(on(1), "10:00"), [row._replace(subject_id=PATIENT)]))
        assert (violation.code, violation.author) == (Code.PATIENT_BUSY, "patient")

    def test_hours_the_patient_cannot_come_are_theirs_and_can_be_overruled(self) -> None:
        one = asked()
        one = replace(one, preferences=replace(one.preferences, hours=hours("Mon", "09:00", "12:00")))
        violation = only(broken(one, wall(on(1), "10:00")))
        assert (violation.code, violation.author, violation.code.overridable) == (Code.PATIENT_AWAY, "patient", True)

    def test_a_start_in_the_past_is_refused(self) -> None:
        violation = only(broken(replace(asked(), not_before=wall(on(1), "10:01")), wall(on(1), "10:00")))
        assert (violation.code, violation.facts) == (Code.BEFORE_START, {"day": "2027-03-01"})


class TestSpacing:
    def test_too_soon_after_the_one_before_names_the_gap_and_the_first_day_that_is_not(self) -> None:
        found = broken(asked(), wall(on(4), "10:00"), around=Around(before=on(1).toordinal()), number=2)
        violation = only(found)
        assert violation == Violation(
            Code.MIN_DAYS, {"gap_days": 3, "neighbour": "2027-03-01", "phase": "weekly", "min_days": 5},
            "course v1", wall(on(6), "10:00"),
        )  # fmt: skip

    def test_too_close_to_the_one_after_names_the_last_day_that_is_not(self) -> None:
        one = asked()
        after = (on(8).toordinal(), wanted_sessions(one, 1)[1])
        violation = only(broken(one, wall(on(4), "10:00"), around=Around(after=after)))
        assert (violation.code, violation.facts["gap_days"], violation.nearest) == (Code.MIN_DAYS, 4, wall(on(3), "10:00"))

    def test_the_gap_to_the_one_after_is_governed_by_its_phase(self) -> None:
        course = protocol(phase("induction", 1, (2, 3, 5)), phase("weekly", 1, (5, 7, 9)))
        one = request(clinic(), course, MONDAY)
        after = (on(8).toordinal(), wanted_sessions(one, 1)[1])
        assert only(broken(one, wall(on(4), "10:00"), around=Around(after=after))).facts["phase"] == "weekly"

    def test_a_gap_beyond_the_maximum_and_its_overrun_names_the_last_day_allowed(self) -> None:
        violation = only(broken(asked(), wall(on(25), "10:00"), around=Around(before=on(1).toordinal()), number=2))
        assert (violation.code, violation.facts["at_most"], violation.nearest) == (
            Code.GAP_OVERRUN, 23, wall(on(24), "10:00"),
        )  # fmt: skip

    def test_a_gap_within_the_overrun_is_no_violation(self) -> None:
        assert broken(asked(), wall(on(24), "10:00"), around=Around(before=on(1).toordinal()), number=2) == []

    def test_a_first_session_more_than_fourteen_days_late_is_refused(self) -> None:
        violation = only(broken(asked(), wall(on(16), "10:00")))
        assert (violation.code, violation.facts) == (Code.FIRST_TOO_LATE, {"within_days": 14})

    def test_one_too_many_in_a_treatment_week_names_the_week_and_the_next_one(self) -> None:
        course = protocol(phase("induction", 4, (1, 2, 7), per_week=2))
        around = Around(before=on(3).toordinal(), others=(on(1).toordinal(), on(3).toordinal()))
        violation = only(broken(request(clinic(), course, MONDAY), wall(on(5), "10:00"), around=around, number=3))
        assert violation == Violation(
            Code.WEEK_CAP, {"sessions": 3, "per_week": 2, "week_from": "2027-03-01"}, "course v1", wall(on(8), "10:00")
        )

    def test_treatment_weeks_count_from_the_first_dose(self) -> None:
        course = protocol(phase("induction", 4, (1, 2, 7), per_week=2))
        given = (Given("induction", date(2027, 2, 27)), Given("induction", on(1)))
        around = Around(before=on(1).toordinal(), others=(date(2027, 2, 27).toordinal(), on(1).toordinal()))
        one = request(clinic(), course, MONDAY, given=given)
        found = [broken(one, wall(on(day), "10:00"), around=around, number=3) for day in (5, 8)]
        assert [[v.facts.get("week_from") for v in violations] for violations in found] == [["2027-02-27"], []]

    def test_a_dose_of_another_course_too_near_can_be_overruled(self) -> None:
        violation = only(broken(replace(asked(), neighbours=(Neighbour(on(2), 2),)), wall(on(1), "10:00")))
        assert (violation.code, violation.facts["gap_days"], violation.nearest, violation.code.overridable) == (
            Code.OTHER_COURSE, 1, wall(on(4), "10:00"), True,
        )  # fmt: skip

    def test_a_relaxed_distance_to_another_course_is_checked_as_it_is_planned(self) -> None:
        one = replace(asked(), neighbours=(Neighbour(on(2), 2),), relaxation=Relaxation(min_days=1))
        assert broken(one, wall(on(1), "10:00")) == []

    def test_a_gate_that_is_closed_is_named_and_cannot_be_overruled(self) -> None:
        one = replace(asked(), gates=(Gate("screening", until=on(1)), Gate("certified")))
        violation = only(broken(one, wall(on(2), "10:00")))
        assert (violation.code, violation.facts, violation.code.overridable) == (
            Code.GATE, {"gate": "screening", "until": "2027-03-01"}, False,
        )  # fmt: skip

    def test_a_wall_time_stays_the_same_across_the_change_of_clocks(self) -> None:
        violation = only(broken(asked(), wall(on(12), "10:00"), around=Around(before=on(9).toordinal()), number=2))
        assert violation.nearest == datetime(2027, 3, 14, 14, tzinfo=ZoneInfo("UTC"))


class TestTheNearestWayOut:
    """Each refusal names the nearest start that keeps the rule it is about."""

    def test_after_a_closure_it_is_the_next_open_day_at_the_same_time(self) -> None:
        shut = tuple(closure(on(day)) for day in (4, 5))
        assert broken(asked(closures=shut), wall(on(4), "10:00"))[0].nearest == wall(on(8), "10:00")

    def test_around_a_closure_of_part_of_a_day_it_is_on_that_day(self) -> None:
        shut = (closure(on(1), "09:00", "10:30"),)
        assert broken(asked(closures=shut), wall(on(1), "10:00"))[0].nearest == wall(on(1), "10:30")

    def test_a_visit_into_the_night_starts_early_enough_to_end_on_its_day(self) -> None:
        long = VisitProfile("long", "Long", (Step("rest", 60), Step("turnover", 60, turnover=True, after_hours=True)))
        course = protocol(phase("weekly", 1, (5, 7, 9), visits=("long",)), visits=(long,))
        site = clinic(opening=hours("Mon-Sun", "09:00", "23:45"))
        assert only(broken(request(site, course, MONDAY), wall(on(1), "22:30"))).nearest == wall(on(1), "22:00")

    def test_for_a_patient_who_is_away_it_is_the_day_they_are_back(self) -> None:
        one = asked()
        one = replace(one, preferences=replace(one.preferences, away=(Away(on(1), on(3)),)))
        assert only(broken(one, wall(on(1), "10:00"))).nearest == wall(on(4), "10:00")

    def test_for_a_patient_who_comes_at_certain_hours_it_is_within_them(self) -> None:
        one = asked()
        one = replace(one, preferences=replace(one.preferences, hours=hours("Tue", "09:00", "12:00")))
        assert only(broken(one, wall(on(1), "10:00"))).nearest == wall(on(2), "09:15")

    def test_for_a_patient_who_is_busy_it_is_when_they_are_free(self) -> None:
        row = busy("x", on(1), "10:30", "11:10")._replace(subject_id=PATIENT)
        assert only(broken(asked(), wall(on(1), "10:00"), [row])).nearest == wall(on(1), "11:15")

    def test_instead_of_the_past_it_is_the_next_start_on_the_grid(self) -> None:
        violation = only(broken(replace(asked(), not_before=wall(on(1), "10:01")), wall(on(1), "09:00")))
        assert violation.nearest == wall(on(1), "10:15")

    def test_instead_of_too_late_a_first_session_it_is_the_last_day_allowed(self) -> None:
        assert only(broken(asked(), wall(on(16), "10:00"))).nearest == wall(on(15), "10:00")

    def test_where_the_clinic_never_opens_there_is_none(self) -> None:
        one = request(clinic(opening=hours("Mon-Fri", "09:00", "10:00")), COURSE, MONDAY)
        assert broken(one, wall(on(1), "09:00"))[0].nearest is None


class TestNearestStart:
    def test_the_nearest_start_breaks_no_rule_at_all(self) -> None:
        one, around = asked(closures=(closure(on(8)),)), Around(before=on(1).toordinal())
        rows = [busy(f"chair {n}", on(9), "09:00", "11:00") for n in (1, 2)]
        wanted = wanted_sessions(one, 1)[1]
        found = nearest_start(one, Occupancy(one.clinic, rows), wanted, wall(on(4), "10:00"), around)
        assert found == wall(on(9), "11:00")

    def test_on_the_same_day_it_is_the_nearest_time(self) -> None:
        one = asked()
        found = nearest_start(one, Occupancy(one.clinic), wanted_sessions(one, 1)[0], wall(on(1), "16:00"), Around())
        assert found == wall(on(1), "14:15")

    def test_the_weeks_cap_is_kept(self) -> None:
        course = protocol(phase("induction", 4, (1, 2, 7), per_week=2))
        one = request(clinic(), course, MONDAY)
        around = Around(before=on(3).toordinal(), others=(on(1).toordinal(), on(3).toordinal()))
        found = nearest_start(one, Occupancy(one.clinic), wanted_sessions(one, 1)[2], wall(on(4), "10:00"), around)
        assert found == wall(on(8), "10:00")

    def test_where_sixty_days_hold_none_there_is_none(self) -> None:
        one = request(clinic(()), COURSE, MONDAY)
        assert nearest_start(one, Occupancy(one.clinic), wanted_sessions(one, 1)[0], wall(on(1), "10:00"), Around()) is None


class TestBeforePlanning:
    def test_kinds_that_the_clinic_lacks_are_named_with_the_visit(self) -> None:
        course = protocol(phase("weekly", 1, (5, 7, 9), visits=("infusion",)), visits=(infusion(), spravato()))
        found = check_request(request(clinic(), course, MONDAY))
        assert [(v.code, v.facts) for v in found] == [(Code.RESOURCE, {"kind": "pump", "visit": "infusion", "have": 0})]

    def test_a_pattern_denser_than_the_minimum_gap_is_refused(self) -> None:
        course = protocol(phase("induction", 8, (2, 3, 5), pattern="Tue Thu"))
        violation = only(check_request(request(clinic(), course, MONDAY, days="Mon Tue Thu")))
        assert (violation.code, violation.facts["weekdays"], violation.facts["gap_days"]) == (
            Code.PATTERN_TOO_DENSE, "Mon and Tue", 1,
        )  # fmt: skip

    def test_the_density_is_counted_around_the_week(self) -> None:
        course = protocol(phase("induction", 8, (2, 3, 5), pattern="Tue Thu"))
        site = clinic(opening=hours("Mon-Sun"))
        assert only(check_request(request(site, course, MONDAY, days="Mon Sun"))).facts["weekdays"] == "Sun and Mon"

    def test_a_pattern_of_a_course_under_way_is_not_refused(self) -> None:
        course = protocol(phase("induction", 8, (2, 3, 5), pattern="Tue Thu"))
        given = (Given("induction", date(2027, 2, 25)),)
        assert check_request(request(clinic(), course, MONDAY, days="Sat", given=given)) == []

    def test_a_request_that_can_be_planned_is_not_refused(self) -> None:
        course = protocol(phase("induction", 8, (2, 3, 5), pattern="Tue Thu"), phase("weekly", 4, (5, 7, 9)))
        one = request(clinic(), course, MONDAY)
        one = replace(one, preferences=replace(one.preferences, phase_weekdays={"weekly": weekdays("Fri")}))
        assert check_request(one) == []


@pytest.mark.parametrize("code", Code)
def test_only_matters_of_judgement_can_be_overruled(code: Code) -> None:
    judgement = {"min-days", "other-course", "week-cap", "gap-overrun", "first-too-late", "patient-away"}
    assert code.overridable == (code.value in judgement)
