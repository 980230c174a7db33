"""The worked scenarios of the domain, to the minute: what a scheduler does by hand in a good clinic."""

from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from builders import clinic, hours, nurse, phase, protocol, request, resources, spravato, uid, wall, weekdays
from planner.domain.attendance import Attended, MarkKind, Outcome
from planner.domain.clinic import Clinic, Closure, Shift, WeeklyHours
from planner.domain.course import Booked, Given
from planner.domain.driving import advise
from planner.domain.errors import Code
from planner.domain.explaining import reasons
from planner.domain.notices import NoticeKind, owed_after_dose
from planner.domain.occupancy import BusyRow, Occupancy
from planner.domain.plan import Plan, PlanRequest
from planner.domain.planning import plan
from planner.domain.protocol import DrivingRule
from planner.domain.relaxing import Rule, explain_blocked
from planner.domain.replanning import compare
from planner.domain.rules import Around, check_request, check_slot, nearest_start
from planner.domain.spacing import wanted_sessions
from planner.domain.span import Span, minute_of
from planner.domain.visit import Mode, Need, Step, VisitProfile

NEW_YORK, DENVER = ZoneInfo("America/New_York"), ZoneInfo("America/Denver")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")


def closed_on(day: date, zone: ZoneInfo, reason: str = "closed") -> Closure:
    return Closure(Span(wall(day, "00:00", zone), wall(date.fromordinal(day.toordinal() + 1), "00:00", zone)), reason)


def starts(found: Plan) -> list[str]:
    return [f"{placed.start:%m-%d %H:%M}" for placed in found.placed]


def dates(found: Plan, zone: ZoneInfo) -> list[str]:
    return [f"{placed.start.astimezone(zone):%a %m-%d %H:%M}" for placed in found.placed]


def roomy(zone: ZoneInfo, opening: WeeklyHours, **settings: object) -> Clinic:
    people = (resources("nurse", 3, 4), resources("prescriber", 1))
    return clinic(resources("chair", 4), resources("pump", 2), *people, zone=zone, opening=opening, **settings)


class TestA1SpravatoAroundClosureAndSpringDst:
    @pytest.fixture
    def course(self) -> PlanRequest:
        site = roomy(NEW_YORK, hours("Tue-Sat"), closures=(closed_on(date(2027, 3, 18), NEW_YORK, "Staff training"),))
        course = protocol(
            phase("induction", 8, (2, 3, 5), pattern="Tue Thu", per_week=2),
            phase("weekly", 4, (5, 7, 9)),
            phase("fortnightly", 2, (10, 14, 18)),
        )
        asked = request(site, course, date(2027, 3, 2), at="10:00", days="Tue Thu")
        tuesdays = {"weekly": weekdays("Tue"), "fortnightly": weekdays("Tue")}
        return replace(asked, preferences=replace(asked.preferences, phase_weekdays=tuesdays))

    def test_every_session_falls_where_the_scenario_says(self, course: PlanRequest) -> None:
        found = plan(course, Occupancy(course.clinic))
        assert starts(found) == [
            "03-02 15:00", "03-04 15:00", "03-09 15:00", "03-11 15:00", "03-16 14:00", "03-19 14:00", "03-23 14:00",
            "03-25 14:00", "03-30 14:00", "04-06 14:00", "04-13 14:00", "04-20 14:00", "05-04 14:00", "05-18 14:00",
        ]  # fmt: skip

    def test_the_moved_session_says_that_thursday_was_closed(self, course: PlanRequest) -> None:
        occupancy = Occupancy(course.clinic)
        told = reasons(course, occupancy, plan(course, occupancy))
        (reason,) = told[6]
        assert reason.wished["day"] == "2027-03-18"
        assert reason.violation is not None
        assert reason.violation.facts["reason"] == "Staff training"

    def test_the_day_after_a_session_is_refused_with_its_number_and_the_nearest_fix(self, course: PlanRequest) -> None:
        occupancy, one = Occupancy(course.clinic), wanted_sessions(course, 0)[5]
        before = date(2027, 3, 16).toordinal()
        around = Around(before=before, others=(before,))
        start = wall(date(2027, 3, 17), "10:00")
        (violation,) = check_slot(course, occupancy, one, start, around)
        assert violation.code is Code.MIN_DAYS
        assert (violation.facts["gap_days"], violation.facts["min_days"]) == (1, 2)
        assert nearest_start(course, occupancy, one, start, around) == wall(date(2027, 3, 19), "10:00")

    def test_a_pattern_on_a_closed_weekday_is_refused(self, course: PlanRequest) -> None:
        asked = replace(course, preferences=replace(course.preferences, weekdays=weekdays("Mon Thu")))
        assert [(v.code, v.facts["weekday"]) for v in check_request(asked)] == [(Code.PATTERN_CLOSED, "Mon")]


def test_a3_a_longer_interval_keeps_two_sessions_cancels_three_and_adds_two() -> None:
    site = roomy(LOS_ANGELES, hours("Mon-Fri"))
    course = protocol(phase("maintenance", None, (21, 28, 35)))
    asked = request(site, course, date(2027, 5, 10), at="09:30", days="Wed")
    days = [date(2027, 5, 19), date(2027, 6, 2), date(2027, 6, 16), date(2027, 6, 30), date(2027, 7, 14)]
    standing = tuple(Booked(uid(str(day)), "maintenance", wall(day, "09:30", LOS_ANGELES)) for day in days)
    asked = replace(
        asked, given=(Given("maintenance", date(2027, 5, 5)),), standing=standing, horizon=date(2027, 8, 31)
    )
    diff = compare(asked, plan(asked, Occupancy(site)))
    assert [f"{change.booked.start:%m-%d %H:%M}" for change in diff.keep] == ["06-02 16:30", "06-30 16:30"]
    assert [f"{booked.start:%m-%d}" for booked in diff.cancel] == ["05-19", "06-16", "07-14"]
    assert [f"{placed.start:%m-%d %H:%M}" for placed in diff.add] == ["07-28 16:30", "08-25 16:30"]
    assert diff.move == ()


class TestA4NoDrivingAcrossDst:
    HOURS = DrivingRule(after_sleep=False, elapsed_hours=24)

    @pytest.mark.parametrize(
        ("left", "until"),
        [
            (wall(date(2027, 3, 13), "15:00"), "2027-03-14 16:00 EDT"),
            (wall(date(2027, 11, 6), "15:00"), "2027-11-07 14:00 EST"),
        ],
    )
    def test_hours_elapse_whatever_the_clock_on_the_wall_does(self, left: datetime, until: str) -> None:
        bound = advise(self.HOURS, left, NEW_YORK).not_before
        assert bound is not None
        assert f"{bound.astimezone(NEW_YORK):%Y-%m-%d %H:%M %Z}" == until
        (told,) = (one for one in owed_after_dose(self.HOURS, leaves_at=left, zone=NEW_YORK) if one.kind is NoticeKind.BOUND)
        assert told.due_at == bound

    def test_a_restful_sleep_has_an_earliest_day_and_no_time_at_all(self) -> None:
        left = wall(date(2027, 3, 13), "12:35")
        advice = advise(DrivingRule(), left, NEW_YORK)
        assert (advice.earliest_day, advice.not_before) == (date(2027, 3, 14), None)
        owed = owed_after_dose(DrivingRule(), leaves_at=left, zone=NEW_YORK)
        assert NoticeKind.BOUND not in {one.kind for one in owed}

    def test_a_dose_held_for_blood_pressure_is_no_dose(self) -> None:
        held = Attended().and_then(MarkKind.ARRIVED, wall(date(2027, 3, 13), "09:50"))
        held = held.and_then(MarkKind.NOTHING_GIVEN, wall(date(2027, 3, 13), "10:20"))
        assert (held.dosed_at, held.outcome) == (None, Outcome.NOTHING_GIVEN)


class TestA5ChairsStaggeringAndClosing:
    @staticmethod
    def visit(minutes: int) -> VisitProfile:
        return VisitProfile(
            f"dose-{minutes}",
            "Dose",
            (
                Step("vitals", 15, (nurse(2),)),
                Step("devices", minutes, (nurse(2), Need("nurse", Mode.START)), dose=True),
                Step("observe", 120, (nurse(1),)),
                Step("discharge", 10, (nurse(1),)),
                Step("turnover", 10, turnover=True, after_hours=True),
            ),
            place="chair",
        )

    def queue(self, doses: list[int]) -> list[str | None]:
        """Place the patients one after the other, each as early as the day allows."""
        site = clinic(resources("chair", 2), resources("nurse", 1, 4))
        occupancy, placed = Occupancy(site), []
        for dose in doses:
            visits = (self.visit(10 if dose == 84 else 5),)
            course = protocol(phase("one", 1, (1, 1, 1), visits=(visits[0].name,)), visits=visits)
            asked = request(replace(site, first_within_days=0), course, date(2027, 3, 2))
            found = plan(asked, occupancy)
            placed.append(self.line(found))
            for one in found.placed:
                occupancy.add(
                    BusyRow(a.resource_id, 0 if a.mode is Mode.START else seat, minute_of(a.start), minute_of(a.end))
                    for a in one.assignments
                    for seat in range(1, a.units + 1)
                )
        return placed

    @staticmethod
    def line(found: Plan) -> str | None:
        if not found.placed:
            return None
        (one,) = found.placed
        chair = next(a for a in one.assignments if a.step == "place")
        name = {uid("chair 1"): "C1", uid("chair 2"): "C2"}[chair.resource_id]
        times = (one.start, one.end, chair.end)
        return " ".join([name, *(f"{at.astimezone(NEW_YORK):%H:%M}" for at in times)])

    def test_dose_starts_are_staggered_and_the_last_discharge_is_at_closing(self) -> None:
        assert self.queue([84, 56, 84, 56, 84, 56]) == [
            "C1 09:00 11:35 11:45",
            "C2 09:15 11:45 11:55",
            "C1 11:45 14:20 14:30",
            "C2 12:00 14:30 14:40",
            None,
            "C1 14:30 17:00 17:10",
        ]

    def test_the_one_not_placed_would_be_discharged_five_minutes_after_closing(self) -> None:
        site, visit = clinic(resources("chair", 2), resources("nurse", 1, 4)), self.visit(10)
        course = protocol(phase("one", 1, (1, 1, 1), visits=(visit.name,)), visits=(visit,))
        asked = request(site, course, date(2027, 3, 2))
        (one,), start = wanted_sessions(asked, 0), wall(date(2027, 3, 2), "14:30")
        (violation,) = check_slot(asked, Occupancy(site), one, start, Around())
        assert violation.code is Code.OUTSIDE_HOURS
        assert (violation.facts["ends"], violation.facts["closes"]) == ("17:05", "17:00")


class TestA7InfusionsAroundMemorialDay:
    def planned(self) -> tuple[PlanRequest, Plan]:
        site = roomy(DENVER, hours("Mon-Fri"), closures=(closed_on(date(2027, 5, 31), DENVER, "Memorial Day"),))
        course = protocol(
            phase("induction", 6, (2, 2, 5), pattern="Mon Wed Fri", per_week=3, visits=("infusion",)),
            phase("booster", None, (21, 28, 35), visits=("infusion",)),
        )
        asked = request(site, course, date(2027, 5, 21), at="09:00", days="Mon Wed Fri")
        asked = replace(asked, horizon=date(2027, 7, 5))
        return asked, plan(asked, Occupancy(site))

    def test_a_closed_monday_is_passed_over_and_the_series_ends_one_slot_later(self) -> None:
        _, found = self.planned()
        assert starts(found)[:6] == [
            "05-21 15:00", "05-24 15:00", "05-26 15:00", "05-28 15:00", "06-02 15:00", "06-04 15:00",
        ]  # fmt: skip

    def test_the_first_booster_comes_four_weeks_later(self) -> None:
        _, found = self.planned()
        assert dates(found, DENVER)[6:] == ["Fri 07-02 09:00"]


class TestA8TheClinicDropsMondays:
    @pytest.fixture
    def site(self) -> Clinic:
        monday = Shift(0, time(9), time(17), last_day=date(2027, 6, 30))
        opening = WeeklyHours((*hours("Tue-Sat").shifts, monday))
        return roomy(NEW_YORK, opening, closures=(closed_on(date(2027, 7, 5), NEW_YORK, "Independence Day"),))

    def standing(self, phase_name: str, *days: date) -> tuple[Booked, ...]:
        return tuple(Booked(uid(f"{phase_name} {day}"), phase_name, wall(day, "10:00")) for day in days)

    def test_a_mondays_only_patient_needs_a_decision_and_gets_three_proposals(self, site: Clinic) -> None:
        course = protocol(phase("maintenance", None, (21, 28, 35)))
        asked = request(site, course, date(2027, 6, 29), at="10:00", days="Mon")
        asked = replace(
            asked,
            preferences=replace(asked.preferences, hours=hours("Mon", "08:00", "18:00")),
            given=(Given("maintenance", date(2027, 6, 14)),),
            standing=self.standing("maintenance", date(2027, 7, 12)),
            horizon=date(2027, 7, 20),
        )
        occupancy = Occupancy(site)
        found = plan(asked, occupancy)
        blocked = explain_blocked(asked, occupancy, found)
        assert not found.complete
        assert set(blocked.rules) == {Rule.AVAILABILITY, Rule.HOURS}
        proposed = [f"{p.placed.start.astimezone(NEW_YORK):%a %m-%d}" for p in blocked.proposals]
        assert proposed == ["Tue 07-13", "Wed 07-14", "Sat 07-10"]
        assert (blocked.keep_by, blocked.last_usable) == (date(2027, 7, 19), date(2027, 7, 17))

    def test_a_weekly_patient_moves_to_tuesday_and_stays_there(self, site: Clinic) -> None:
        course = protocol(phase("weekly", None, (5, 7, 9)))
        asked = request(site, course, date(2027, 6, 29), at="10:00", days="Mon")
        days = (date(2027, 7, 5), date(2027, 7, 12), date(2027, 7, 19))
        asked = replace(
            asked,
            given=(Given("weekly", date(2027, 6, 28)),),
            standing=self.standing("weekly", *days),
            horizon=date(2027, 7, 20),
        )
        assert dates(plan(asked, Occupancy(site)), NEW_YORK) == ["Tue 07-06 10:00", "Tue 07-13 10:00", "Tue 07-20 10:00"]

    def test_an_induction_keeps_its_thursdays_and_moves_two_mondays_to_tuesday(self, site: Clinic) -> None:
        course = protocol(phase("induction", 8, (2, 3, 5), pattern="Mon Thu", per_week=2))
        asked = request(site, course, date(2027, 6, 29), at="10:00", days="Mon Thu")
        given = (date(2027, 6, 17), date(2027, 6, 21), date(2027, 6, 24), date(2027, 6, 28))
        days = (date(2027, 7, 1), date(2027, 7, 5), date(2027, 7, 8), date(2027, 7, 12))
        asked = replace(
            asked,
            given=tuple(Given("induction", day) for day in given),
            standing=self.standing("induction", *days),
        )
        found = plan(asked, Occupancy(site))
        diff = compare(asked, found)
        assert [f"{p.start.astimezone(NEW_YORK):%m-%d}" for p in found.placed] == ["07-01", "07-06", "07-08", "07-13"]
        assert (len(diff.keep), len(diff.move), diff.cancel, diff.add) == (2, 2, (), ())


def test_a10_a_closed_monday_becomes_tuesday_and_the_rest_stays_on_its_days() -> None:
    site = roomy(NEW_YORK, hours("Mon-Fri"), closures=(closed_on(date(2027, 1, 18), NEW_YORK, "closed"),))
    course = protocol(
        phase("induction", 8, (2, 3, 5), pattern="Mon Thu", per_week=2),
        phase("weekly", 4, (5, 7, 9)),
        phase("fortnightly", 5, (10, 14, 18)),
    )
    asked = request(site, course, date(2027, 1, 11), at="10:00", days="Mon Thu")
    thursdays = {"weekly": weekdays("Thu"), "fortnightly": weekdays("Thu")}
    asked = replace(asked, preferences=replace(asked.preferences, phase_weekdays=thursdays))
    assert [placed[4:9] for placed in dates(plan(asked, Occupancy(site)), NEW_YORK)] == [
        "01-11", "01-14", "01-19", "01-21", "01-25", "01-28", "02-01", "02-04", "02-11", "02-18", "02-25", "03-04",
        "03-18", "04-01", "04-15", "04-29", "05-13",
    ]  # fmt: skip


def test_the_shipped_visit_takes_what_the_scenario_says() -> None:
    assert (spravato().minutes, spravato().held_minutes) == (155, 165)


def test_a_patient_who_enters_in_the_taper_goes_on_from_there() -> None:
    course = protocol(
        phase("induction", 8, (2, 3, 5), pattern="Mon Thu", per_week=2),
        phase("weekly", 4, (5, 7, 9)),
        phase("fortnightly", 2, (10, 14, 18)),
    )
    asked = request(roomy(NEW_YORK, hours("Mon-Fri")), course, date(2027, 2, 16), at="10:00")
    asked = replace(asked, given=(Given("weekly", date(2027, 2, 9), elsewhere=True),))
    found = plan(asked, Occupancy(asked.clinic))
    assert [(placed.number, placed.phase) for placed in found.placed] == [
        (2, "weekly"), (3, "weekly"), (4, "weekly"), (5, "fortnightly"), (6, "fortnightly"),
    ]  # fmt: skip
