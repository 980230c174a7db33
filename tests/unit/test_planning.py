"""The plan of a whole course: the longest prefix, then the least cost, then the ties; and what it may not break."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from builders import (
    busy,
    calendar,
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
    weekdays,
)
from planner.domain.clinic import Clinic, Costs
from planner.domain.course import Away, Booked, Gate, Given, Neighbour
from planner.domain.occupancy import BusyRow, Occupancy
from planner.domain.plan import CostCode, Plan, PlanRequest, Relaxation
from planner.domain.planning import placeable, plan
from planner.domain.protocol import Link
from planner.domain.visit import Mode

MONDAY = date(2027, 3, 1)
TALKS = (talk(),)


def therapists(count: int = 1, days: str = "Mon-Fri", **settings: object) -> Clinic:
    return clinic(resources("therapist", count), opening=hours(days), **settings)


def every(spacing: tuple[int, int, int], sessions: int | None = 3, **more: object) -> object:
    return protocol(phase("talks", sessions, spacing, visits=("talk",), **more), visits=TALKS)


def planned(asked: PlanRequest, rows: Iterable[BusyRow] = ()) -> Plan:
    return plan(asked, Occupancy(asked.clinic, rows))


def on(march: int) -> date:
    return date(2027, 3, 1) + timedelta(days=march - 1)


class TestTheWholeCourse:
    def test_a_course_in_an_empty_clinic_costs_nothing(self) -> None:
        found = planned(request(clinic(), esketamine(), on(2), at="10:00"))
        assert (len(found.placed), found.complete, found.units) == (20, True, 0)

    def test_the_cost_of_a_plan_is_the_sum_of_its_items(self) -> None:
        asked = request(clinic(closures=(closure(on(4)), closure(on(30)))), esketamine(), on(2), at="10:10")
        found = planned(asked)
        assert found.units == sum(item.units for placed in found.placed for item in placed.costs) > 0

    def test_a_session_is_placed_with_its_gap_and_its_discharge(self) -> None:
        second = planned(request(clinic(), esketamine(), on(2), at="10:00")).placed[1]
        assert (second.number, second.phase, second.gap_days, second.end - second.start) == (
            2, "induction", 2, timedelta(minutes=155),
        )  # fmt: skip

    def test_the_first_free_in_rank_is_assigned(self) -> None:
        rows = [busy("chair 1", on(2), "09:00", "09:05")]
        (one, *_) = planned(request(clinic(), esketamine(), on(2)), rows).placed
        assert [a.resource_id for a in one.assignments if a.step == "place"] == [uid("chair 2")]

    def test_presence_holds_nobody(self) -> None:
        (one, *_) = planned(request(clinic(), esketamine(), on(2))).placed
        assert uid("prescriber 1") not in {a.resource_id for a in one.assignments}

    def test_a_starter_is_held_by_its_seat_for_a_quarter_of_an_hour(self) -> None:
        (one, *_) = planned(request(clinic(), esketamine(), on(2))).placed
        assert [a.end - a.start for a in one.assignments if a.mode is Mode.START] == [timedelta(minutes=15)]

    def test_a_course_that_is_done_needs_nothing(self) -> None:
        asked = request(therapists(), every((5, 7, 9), 1), MONDAY, given=(Given("talks", MONDAY),))
        assert planned(asked) == Plan((), 0)

    def test_the_same_request_gives_the_same_plan(self) -> None:
        asked = request(clinic(closures=(closure(on(4)),)), esketamine(), on(2), at="10:10")
        assert planned(asked) == planned(asked)

    def test_a_replan_of_what_was_planned_changes_nothing(self) -> None:
        asked = request(clinic(closures=(closure(on(4)),)), esketamine(), on(2), at="10:10")
        found = planned(asked)
        standing = tuple(Booked(uid(str(p.number)), p.phase, p.start) for p in found.placed)
        assert calendar(planned(replace(asked, standing=standing))) == calendar(found)


class TestPrefix:
    def test_most_sessions_are_placed_as_a_prefix(self) -> None:
        asked = request(therapists(), every((5, 7, 9), 5), MONDAY)
        away = replace(asked.preferences, away=(Away(on(12), on(60)),))
        found = planned(replace(asked, preferences=away))
        assert (len(found.placed), found.wanted, found.complete) == (2, 5, False)

    def test_more_sessions_go_before_less_cost(self) -> None:
        # The second session comes two days early, which alone would cost less a day late, so that a third one fits.
        site = therapists(closures=tuple(closure(on(day)) for day in range(13, 50)), overrun_days=0)
        found = planned(request(site, every((4, 6, 7), 3), MONDAY))
        assert calendar(found) == ["Mon 03-01 09:00", "Fri 03-05 09:00", "Thu 03-11 09:00"]

    def test_nothing_free_at_all_gives_an_empty_plan_without_an_error(self) -> None:
        assert planned(request(therapists(count=0), every((5, 7, 9)), MONDAY)) == Plan((), 3)

    def test_promises_that_an_empty_plan_breaks_are_priced(self) -> None:
        standing = (Booked(uid("a"), "talks", wall(MONDAY, "10:00")),)
        found = planned(request(therapists(count=0), every((5, 7, 9)), MONDAY, standing=standing))
        assert [(item.code, item.points) for item in found.changes] == [(CostCode.TOLD, 20)]

    def test_the_first_session_lies_within_fourteen_days_of_the_requested_start(self) -> None:
        closed = therapists(closures=tuple(closure(on(day)) for day in range(1, 15)))
        late = therapists(closures=tuple(closure(on(day)) for day in range(1, 16)))
        asked = [request(site, every((5, 7, 9)), MONDAY) for site in (closed, late)]
        assert [len(planned(one).placed) for one in asked] == [3, 0]

    def test_how_many_can_be_placed_is_known_without_a_plan(self) -> None:
        asked = request(therapists(), every((5, 7, 9), 5), MONDAY)
        away = replace(asked, preferences=replace(asked.preferences, away=(Away(on(12), on(60)),)))
        assert placeable(away, Occupancy(away.clinic), 0) == (2, 5)


class TestTies:
    def test_of_two_plans_as_cheap_the_later_first_date_wins(self) -> None:
        site = therapists(closures=(closure(on(8)),))
        assert calendar(planned(request(site, every((5, 7, 9), 2), MONDAY)))[1:] == ["Tue 03-09 09:00"]

    def test_a_later_first_session_goes_before_a_later_second_one(self) -> None:
        # A day's delay costs one point at the start or one at the gap: the first differing date decides.
        site = therapists(days="Mon-Sun", closures=(closure(on(1)),), costs=Costs())
        course = every((5, 7, 9), 2)
        found = planned(request(site, course, MONDAY, given=(Given("talks", on(-6)),)))
        assert calendar(found) == ["Tue 03-02 09:00"]

    def test_of_two_starts_as_near_the_earlier_wins(self) -> None:
        rows = [busy("therapist 1", MONDAY, "12:00", "13:00")]
        assert calendar(planned(request(therapists(), every((5, 7, 9), 1), MONDAY, at="12:00"), rows)) == ["Mon 03-01 11:00"]

    def test_of_two_clinicians_as_good_the_first_in_rank_wins(self) -> None:
        course = replace(every((5, 7, 9)), clinician="therapist")
        assert planned(request(therapists(2), course, MONDAY)).clinician_id == uid("therapist 1")


class TestClinicians:
    COURSE = replace(every((5, 7, 9)), clinician="therapist")
    AWAY = tuple(busy("therapist 1", on(day), "09:00", "17:00") for day in range(4, 12))

    def test_where_none_is_named_the_course_keeps_to_the_one_who_makes_it_cheapest(self) -> None:
        found = planned(request(therapists(2), self.COURSE, MONDAY), self.AWAY)
        assert (found.clinician_id, found.units) == (uid("therapist 2"), 0)

    def test_the_named_clinician_is_kept_and_another_costs_a_point(self) -> None:
        asked = request(therapists(2), self.COURSE, MONDAY)
        asked = replace(asked, preferences=replace(asked.preferences, clinician_id=uid("therapist 1")))
        found = planned(asked, self.AWAY)
        assert [(p.clinician_id, [c.code for c in p.costs]) for p in found.placed] == [
            (uid("therapist 1"), []), (None, [CostCode.OTHER_CLINICIAN]), (uid("therapist 1"), []),
        ]  # fmt: skip

    def test_the_named_clinician_is_assigned(self) -> None:
        asked = request(therapists(2), self.COURSE, MONDAY)
        asked = replace(asked, preferences=replace(asked.preferences, clinician_id=uid("therapist 2")))
        assert {a.resource_id for p in planned(asked).placed for a in p.assignments} == {uid("therapist 2")}

    def test_without_anybody_of_the_kind_the_plan_is_empty(self) -> None:
        assert planned(request(therapists(0), self.COURSE, MONDAY)).placed == ()


class TestHorizon:
    @pytest.mark.parametrize(("days", "sessions"), [(13, 1), (14, 2), (84, 12)])
    def test_an_open_ended_phase_goes_as_far_as_its_targets_fit_before_the_horizon(self, days: int, sessions: int) -> None:
        asked = request(therapists(), every((5, 7, 9), None), MONDAY, horizon=MONDAY + timedelta(days=days))
        assert planned(asked).wanted == sessions

    def test_twelve_weeks_is_the_horizon_where_none_is_given(self) -> None:
        given = (Given("talks", MONDAY),)
        assert planned(request(therapists(), every((12, 14, 16), None), MONDAY, given=given)).wanted == 6

    def test_the_horizon_counts_from_the_last_session_of_the_phases_before(self) -> None:
        course = protocol(phase("induction", 2, (2, 3, 5), pattern="Tue Thu"), phase("weekly", None, (5, 7, 9)))
        asked = request(clinic(), course, on(2), horizon=on(4) + timedelta(days=20))
        assert planned(asked).wanted == 4

    def test_nothing_open_ended_is_planned_while_what_comes_before_does_not_fit(self) -> None:
        course = protocol(phase("induction", 2, (2, 3, 5), pattern="Tue Thu"), phase("weekly", None, (5, 7, 9)))
        assert planned(request(clinic(()), course, on(2))).wanted == 2


class TestTreatmentWeeks:
    COURSE = protocol(phase("induction", 4, (1, 2, 7), pattern="Mon Wed Fri", per_week=2))

    def test_no_more_sessions_than_prescribed_lie_in_a_week_from_the_requested_start(self) -> None:
        assert [day[:9] for day in calendar(planned(request(clinic(), self.COURSE, MONDAY)))] == [
            "Wed 03-03", "Fri 03-05", "Mon 03-08", "Wed 03-10",
        ]  # fmt: skip

    def test_after_the_first_dose_weeks_count_from_it_with_what_was_given(self) -> None:
        given = (Given("induction", date(2027, 2, 26)), Given("induction", MONDAY))
        found = planned(request(clinic(), self.COURSE, on(2), given=given))
        assert [day[:9] for day in calendar(found)] == ["Fri 03-05", "Mon 03-08"]

    def test_sessions_without_a_dose_are_counted_by_themselves(self) -> None:
        course = protocol(
            phase("talks", 1, (1, 7, 14), visits=("talk",), per_week=1),
            phase("dosing", 1, (1, 7, 14), entry=(1, 1, 3), per_week=1),
        )
        site = clinic(*(resources(kind, 1, 4) for kind in ("chair", "nurse", "prescriber", "therapist")))
        assert [day[:9] for day in calendar(planned(request(site, course, MONDAY)))] == ["Mon 03-01", "Tue 03-02"]

    def test_the_cap_is_that_of_the_later_sessions_phase(self) -> None:
        course = protocol(
            phase("induction", 3, (2, 2, 5), pattern="Mon Wed Fri"), phase("weekly", 1, (2, 2, 9), per_week=1),
        )  # fmt: skip
        found = planned(request(clinic(opening=hours("Mon-Sun")), replace(course), MONDAY))
        assert calendar(found)[-1][:9] == "Mon 03-08"


class TestWhatMayNotBeBroken:
    def test_a_session_fixed_by_hand_stays_and_the_others_go_around_it(self) -> None:
        asked = request(therapists(), every((5, 7, 9)), MONDAY, pinned={2: wall(on(10), "15:15")})
        assert calendar(planned(asked)) == ["Wed 03-03 09:00", "Wed 03-10 15:15", "Wed 03-17 09:00"]

    def test_gates_close_the_days_they_do_not_cover(self) -> None:
        asked = request(clinic(), esketamine(), on(2), gates=(Gate("screening", until=on(4)),))
        assert len(planned(asked).placed) == 2

    def test_doses_of_another_course_keep_their_distance(self) -> None:
        asked = request(clinic(), esketamine(), on(2), neighbours=(Neighbour(on(3), 2),))
        assert calendar(planned(asked))[0][:9] == "Fri 03-05"

    def test_nothing_starts_before_the_instant_given(self) -> None:
        asked = request(therapists(), every((5, 7, 9), 1), MONDAY, not_before=wall(on(1), "16:30"))
        assert calendar(planned(asked)) == ["Tue 03-02 09:00"]

    def test_longer_hours_are_used_where_they_are_allowed(self) -> None:
        rows = [busy("therapist 1", MONDAY + timedelta(days=day), "09:00", "17:00") for day in range(60)]
        asked = request(therapists(), every((5, 7, 9), 1), MONDAY, relaxation=Relaxation(hours_minutes=60))
        assert calendar(planned(asked, rows)) == ["Mon 03-01 08:00"]


class TestPromises:
    def asked(self, *days: int, told: bool = True, spacing: tuple[int, int, int] = (5, 7, 9)) -> PlanRequest:
        standing = tuple(Booked(uid(f"day {day}"), "talks", wall(on(day), "10:00"), told) for day in days)
        return request(therapists(), every(spacing, len(days)), MONDAY, standing=standing, at="10:00")

    def test_told_appointments_are_kept_though_other_days_were_cheaper(self) -> None:
        found = planned(self.asked(3, 10, 18))
        assert ([day[4:9] for day in calendar(found)], found.changes) == (["03-03", "03-10", "03-18"], ())

    def test_untold_ones_are_not(self) -> None:
        assert [day[4:9] for day in calendar(planned(self.asked(3, 10, 18, told=False)))] == ["03-01", "03-08", "03-15"]

    def test_one_that_cannot_be_kept_is_priced_and_named(self) -> None:
        asked = self.asked(1, 8, 15)
        closed = replace(asked, clinic=therapists(closures=(closure(on(8)),)))
        (change,) = planned(closed).changes
        assert (change.code, change.points, change.facts["phase"]) == (CostCode.TOLD, 20, "talks")

    def test_a_promise_is_worth_no_more_than_it_costs(self) -> None:
        asked = self.asked(22)  # twenty-one days late is dearer than twenty points
        site = replace(asked.clinic, first_within_days=30)
        assert calendar(planned(replace(asked, clinic=site)))[0] == "Mon 03-01 10:00"

    def test_exactly_as_dear_the_later_date_wins(self) -> None:
        asked = self.asked(21)
        site = replace(asked.clinic, hours=hours("Mon-Sun"), first_within_days=30)
        assert calendar(planned(replace(asked, clinic=site)))[0] == "Sun 03-21 10:00"


class TestLinkedVisits:
    def asked(self, **more: object) -> PlanRequest:
        visits = (talk(), infusion(), spravato())
        course = protocol(phase("dosing", 2, (5, 7, 9), visits=("infusion",), link=Link("talk", 24, 72)), visits=visits)
        kinds = (resources("chair", 1), resources("nurse", 1, 4), resources("pump", 1), resources("therapist", 1))
        return request(clinic(*kinds, opening=hours("Mon-Sun")), course, MONDAY, at="10:00", **more)

    def test_each_dose_has_its_conversation(self) -> None:
        found = planned(self.asked())
        assert [placed.linked and placed.linked.visit for placed in found.placed] == ["talk", "talk"]

    def test_a_promised_conversation_is_kept(self) -> None:
        booked = Booked(uid("talk"), "dosing", wall(on(4), "10:00"), linked=True)
        found = planned(self.asked(standing=(booked,)))
        linked = found.placed[0].linked
        assert linked is not None
        assert (linked.start, found.changes) == (booked.start, ())

    def test_one_that_cannot_be_kept_costs_its_price_once(self) -> None:
        booked = Booked(uid("talk"), "dosing", wall(on(30), "10:00"), linked=True)
        found = planned(self.asked(standing=(booked,)))
        assert [item.points for item in found.changes] == [20]

    def test_a_relaxed_gap_still_leaves_room_for_the_conversation(self) -> None:
        asked = self.asked(relaxation=Relaxation(min_days=4))
        busy_after = [busy("chair 1", on(day), "00:00", "23:00") for day in range(6, 40)]
        assert len(planned(asked, busy_after).placed) == 1


def test_a_short_search_is_as_good_as_a_long_one() -> None:
    # So much is closed that the best plan lies far beyond the stretch that is searched first.
    closed = tuple(closure(on(day)) for day in range(10, 100) if on(day).weekday() != 0 or day % 3)
    asked = request(therapists(closures=closed, overrun_days=60), every((5, 7, 9), 6), MONDAY)
    found = planned(asked)
    assert (found.complete, [day[:9] for day in calendar(found)]) == (
        True, ["Mon 03-01", "Mon 03-08", "Mon 03-15", "Mon 04-05", "Mon 04-26", "Mon 05-17"],
    )  # fmt: skip


def test_weekdays_of_one_phase_do_not_bind_another() -> None:
    course = protocol(phase("induction", 2, (2, 3, 5), pattern="Tue Thu"), phase("weekly", 1, (5, 7, 9)))
    asked = request(clinic(), course, on(2), at="10:00")
    fridays = replace(asked.preferences, phase_weekdays={"weekly": weekdays("Fri")})
    assert calendar(planned(replace(asked, preferences=fridays)))[-1] == "Fri 03-12 10:00"
