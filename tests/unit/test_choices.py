"""The cheapest start of a day: the wish, the clinician, the promise, and the visit that follows."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from builders import NEW_YORK, busy, clinic, hours, phase, protocol, request, resources, talk, uid, wall
from planner.domain.bitmaps import CHUNK, instant_of
from planner.domain.choices import Choices, Option
from planner.domain.clinic import POINT, Clinic, Costs
from planner.domain.course import Booked, Gate, Neighbour
from planner.domain.occupancy import BusyRow, Occupancy
from planner.domain.plan import PlanRequest, Relaxation
from planner.domain.protocol import Link
from planner.domain.spacing import wanted_sessions
from planner.domain.visit import Mode, Need, Step, VisitProfile

MONDAY = date(2027, 3, 1)
TALKS = protocol(phase("talks", 3, (5, 7, 9), visits=("talk",)), visits=(talk(),))
ANNA, BEN = uid("therapist 1"), uid("therapist 2")


def therapists(**settings: object) -> Clinic:
    return clinic(resources("therapist", 2), opening=hours("Mon-Sun"), **settings)


def best(
    asked: PlanRequest, rows: Iterable[BusyRow] = (), clinician: UUID | None = None, day: date = MONDAY
) -> Option | None:
    return Choices(asked, Occupancy(asked.clinic, rows), clinician).on(wanted_sessions(asked, 1)[0], day.toordinal())


def at(option: Option | None, zone: ZoneInfo = NEW_YORK) -> str:
    assert option is not None
    return f"{instant_of(date.fromordinal(option.day), option.slot, zone).astimezone(zone):%H:%M}"


def told(at_wall: str, clinician: UUID | None = None, *, day: date = MONDAY, linked: bool = False) -> Booked:
    return Booked(uid("told"), "talks", wall(day, at_wall), clinician_id=clinician, linked=linked)


class TestTimeOfDay:
    def test_without_a_wish_the_earliest_start_is_taken(self) -> None:
        assert at(best(request(therapists(), TALKS, MONDAY))) == "09:00"

    def test_the_start_nearest_to_the_wish_is_taken_and_each_minute_costs_a_unit(self) -> None:
        rows = [busy(f"therapist {n}", MONDAY, "10:00", "14:00") for n in (1, 2)]
        found = best(request(therapists(), TALKS, MONDAY, at="13:30"), rows)
        assert found is not None
        assert (at(found), found.units) == ("14:00", 30)

    def test_of_two_starts_as_near_the_earlier_is_taken(self) -> None:
        rows = [busy(f"therapist {n}", MONDAY, "12:00", "13:00") for n in (1, 2)]
        found = best(request(therapists(), TALKS, MONDAY, at="12:00"), rows)
        assert at(found) == "11:00"

    def test_the_distance_costs_two_points_at_most_so_that_the_earliest_of_all_wins(self) -> None:
        rows = [busy(f"therapist {n}", MONDAY, "09:15", "17:00") for n in (1, 2)]
        site = replace(therapists(), hours=hours("Mon-Sun", "07:00", "17:00"))
        found = best(request(site, TALKS, MONDAY, at="16:30"), rows)
        assert found is not None
        assert (at(found), found.units) == ("07:00", 2 * POINT)

    def test_a_wish_off_the_grid_is_measured_from_where_it_is(self) -> None:
        found = best(request(therapists(), TALKS, MONDAY, at="10:07"))
        assert found is not None
        assert (at(found), found.units) == ("10:00", 7)

    @pytest.mark.parametrize(
        ("zone", "day"), [("America/New_York", date(2027, 11, 7)), ("Australia/Lord_Howe", date(2027, 4, 4))]
    )
    def test_where_the_clocks_change_the_wish_is_still_a_time_on_the_wall(self, zone: str, day: date) -> None:
        site = therapists(zone=ZoneInfo(zone))
        assert at(best(request(site, TALKS, day, at="10:30"), day=day), ZoneInfo(zone)) == "10:30"


class TestClinicians:
    def test_another_clinician_costs_a_point(self) -> None:
        rows = [busy("therapist 1", MONDAY, "09:00", "17:00")]
        found = best(request(therapists(), TALKS, MONDAY), rows, ANNA)
        assert found is not None
        assert (found.units, found.clinician_id) == (POINT, None)

    def test_the_named_clinician_is_worth_waiting_for_while_it_costs_less_than_a_point(self) -> None:
        rows = [busy("therapist 1", MONDAY, "09:00", "12:00")]
        found = best(request(therapists(), TALKS, MONDAY, at="09:00"), rows, ANNA)
        assert found is not None
        assert (at(found), found.units, found.clinician_id) == ("12:00", 180, ANNA)

    def test_where_waiting_costs_more_another_one_is_taken(self) -> None:
        rows = [busy("therapist 1", MONDAY, "09:00", "13:15")]
        found = best(request(therapists(), TALKS, MONDAY, at="09:00"), rows, ANNA)
        assert found is not None
        assert (at(found), found.units) == ("09:00", POINT)

    def test_a_visit_that_needs_none_of_the_kind_costs_nothing_more(self) -> None:
        walk = VisitProfile("talk", "Walk", (Step("walk", 60),))
        course = protocol(phase("talks", 3, (5, 7, 9), visits=("talk",)), visits=(walk,))
        rows = [busy("therapist 1", MONDAY, "09:00", "17:00")]
        found = best(request(therapists(), course, MONDAY), rows, ANNA)
        assert found is not None
        assert found.units == 0

    def test_a_named_prescriber_is_present_all_through(self) -> None:
        watched = VisitProfile("talk", "Dose", (Step("dose", 60, (Need("prescriber", Mode.PRESENCE),)),))
        course = protocol(phase("talks", 3, (5, 7, 9), visits=("talk",)), visits=(watched,))
        people = (*resources("prescriber", 2),)
        early = replace(people[0], hours=hours("Mon-Fri", "09:00", "12:00"))
        site = clinic((early, people[1]))
        found = best(request(site, course, MONDAY, at="11:30"), clinician=people[0].id)
        assert found is not None
        assert (at(found), found.units) == ("11:00", 30)


class TestPromises:
    def test_a_promise_kept_saves_its_price(self) -> None:
        found = best(request(therapists(), TALKS, MONDAY, at="10:00", standing=(told("14:00"),)))
        assert found is not None
        assert (at(found), found.units, found.kept) == ("14:00", 240 - 20 * POINT, uid("told"))

    def test_a_promise_to_be_seen_by_somebody_who_is_away_cannot_be_kept(self) -> None:
        rows = [busy("therapist 2", MONDAY, "09:00", "17:00")]
        found = best(request(therapists(), TALKS, MONDAY, at="10:00", standing=(told("14:00", BEN),)), rows)
        assert at(found) == "10:00"

    def test_the_promised_person_is_kept_though_another_one_is_named(self) -> None:
        found = best(request(therapists(), TALKS, MONDAY, standing=(told("14:00", BEN),)), clinician=ANNA)
        assert found is not None
        assert (found.clinician_id, found.units) == (BEN, POINT - 20 * POINT)

    def test_a_promise_of_another_phase_is_not_kept_here(self) -> None:
        both = protocol(*(phase(name, 1, (5, 7, 9), visits=("talk",)) for name in ("talks", "more")), visits=(talk(),))
        other = replace(told("14:00"), phase="more")
        assert at(best(request(therapists(), both, MONDAY, at="10:00", standing=(other,)))) == "10:00"

    def test_what_was_not_told_is_no_promise(self) -> None:
        untold = replace(told("14:00"), told=False)
        assert at(best(request(therapists(), TALKS, MONDAY, at="10:00", standing=(untold,)))) == "10:00"


class TestThePatient:
    def test_a_patient_comes_within_the_hours_they_can(self) -> None:
        asked = request(therapists(), TALKS, MONDAY)
        asked = replace(asked, preferences=replace(asked.preferences, hours=hours("Mon", "13:00", "14:00")))
        assert at(best(asked)) == "13:00"

    def test_what_the_patient_does_otherwise_keeps_the_visit_off(self) -> None:
        patient = BusyRow(request(therapists(), TALKS, MONDAY).patient_id, 1, *self.span("09:30", "16:00"))
        assert at(best(request(therapists(), TALKS, MONDAY), [patient])) == "16:00"

    @staticmethod
    def span(start: str, end: str) -> tuple[int, int]:
        row = busy("x", MONDAY, start, end)
        return row.start, row.end

    def test_availability_may_be_left_out_of_account(self) -> None:
        asked = request(therapists(), TALKS, MONDAY, relaxation=Relaxation(availability=True))
        asked = replace(asked, preferences=replace(asked.preferences, hours=hours("Tue")))
        assert at(best(asked)) == "09:00"

    def test_no_visit_starts_before_the_instant_given(self) -> None:
        assert at(best(request(therapists(), TALKS, MONDAY, not_before=wall(MONDAY, "10:01")))) == "10:15"

    def test_a_start_fixed_by_hand_is_the_only_one(self) -> None:
        asked = request(therapists(), TALKS, MONDAY, pinned={1: wall(MONDAY, "15:15")})
        assert [at(best(asked)), best(asked, day=MONDAY + timedelta(days=1))] == ["15:15", None]

    def test_a_start_fixed_off_the_grid_is_none(self) -> None:
        assert best(request(therapists(), TALKS, MONDAY, pinned={1: wall(MONDAY, "15:17")})) is None

    @pytest.mark.parametrize("days", [-1, 0, 1])
    def test_a_dose_of_another_course_keeps_its_days_clear(self, days: int) -> None:
        course = protocol(phase("dosing", 1, (5, 7, 9)))
        near = Neighbour(MONDAY + timedelta(days=10 + days), 2)
        asked = request(clinic(opening=hours("Mon-Sun")), course, MONDAY, neighbours=(near,))
        assert best(asked, day=MONDAY + timedelta(days=10)) is None

    def test_a_dose_of_another_course_far_enough_away_does_not_matter(self) -> None:
        course = protocol(phase("dosing", 1, (5, 7, 9)))
        asked = request(clinic(), course, MONDAY, neighbours=(Neighbour(MONDAY + timedelta(days=2), 2),))
        assert best(asked) is not None

    def test_a_closed_gate_keeps_doses_off_but_not_conversations(self) -> None:
        gates = (Gate("certified", met=False),)
        dose = request(clinic(), protocol(phase("dosing", 1, (5, 7, 9))), MONDAY, gates=gates)
        assert [best(dose) is None, best(request(therapists(), TALKS, MONDAY, gates=gates)) is None] == [True, False]


class TestLinkedVisits:
    def asked(self, opening: str = "Mon-Sun", until: int = 48, **more: object) -> PlanRequest:
        course = protocol(phase("talks", 2, (5, 7, 9), visits=("infusion",), link=Link("talk", 24, until)))
        kinds = (resources("chair", 1), resources("nurse", 1, 4), resources("pump", 1), resources("therapist", 2))
        return request(clinic(*kinds, opening=hours(opening)), course, MONDAY, **more)

    @pytest.mark.parametrize(("until", "follows"), [(40, (1, "12:00")), (48, (2, "12:00"))])
    def test_the_visit_that_follows_comes_within_its_window(self, until: int, follows: tuple[int, str]) -> None:
        found = best(self.asked(at="12:00", until=until))
        assert found is not None
        assert found.linked is not None
        assert (found.linked.day - found.day, at(found.linked)) == follows

    def test_the_last_moment_of_the_window_counts(self) -> None:
        tuesday = [busy(f"therapist {n}", MONDAY + timedelta(days=1), "09:00", "17:00") for n in (1, 2)]
        wednesday = [busy(f"therapist {n}", MONDAY + timedelta(days=2), "09:00", "09:15") for n in (1, 2)]
        found = best(self.asked(at="09:00"), [*tuesday, *wednesday])
        assert found is not None
        assert (at(found), at(found.linked)) == ("09:00", "09:15")

    def test_a_dose_moves_so_that_its_conversation_finds_a_place(self) -> None:
        tuesday = [busy(f"therapist {n}", MONDAY + timedelta(days=1), "09:00", "17:00") for n in (1, 2)]
        wednesday = [busy(f"therapist {n}", MONDAY + timedelta(days=2), "09:00", "12:00") for n in (1, 2)]
        found = best(self.asked(at="09:00"), [*tuesday, *wednesday])
        assert found is not None
        assert (at(found), at(found.linked)) == ("11:45", "12:00")

    def test_a_dose_whose_conversation_finds_no_place_has_no_start(self) -> None:
        assert best(self.asked(opening="Mon Thu-Fri")) is None

    def test_a_promised_conversation_is_kept_though_it_costs_the_dose_its_time(self) -> None:
        day = MONDAY + timedelta(days=2)
        found = best(self.asked(at="09:00", standing=(told("15:00", day=day, linked=True),)))
        assert found is not None
        assert found.linked is not None
        assert (at(found), found.linked.kept) == ("14:45", uid("told"))

    def test_days_without_room_for_both_are_not_offered(self) -> None:
        asked = self.asked(opening="Mon Thu-Fri")
        choices = Choices(asked, Occupancy(asked.clinic), None)
        chunk = MONDAY.toordinal() // CHUNK
        found = choices.days(wanted_sessions(asked, 1)[0], chunk)
        days = [date.fromordinal(chunk * CHUNK + at) for at in range(CHUNK) if found >> at & 1]
        assert {day.weekday() for day in days} == {3}  # Thursday's conversation is on Friday


def test_free_time_of_day_makes_every_start_as_cheap() -> None:
    site = therapists(costs=Costs(time_per_4h=0))
    assert at(best(request(site, TALKS, MONDAY, at="14:00"))) == "09:00"


def test_the_wish_may_lie_outside_the_hours() -> None:
    asked = request(therapists(), TALKS, MONDAY)
    early = replace(asked, preferences=replace(asked.preferences, at=time(5)))
    assert at(best(early)) == "09:00"
