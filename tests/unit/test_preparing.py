"""What a patient needs to know before and after a visit: cut-offs that elapse, and advice with no clock time for sleep."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from builders import esketamine, spravato
from planner.domain.preparing import ahead, arrival, bound, cues, first_name, in_force, instructions_for, waits_for_night
from planner.domain.protocol import DrivingRule, Instruction

NEW_YORK = ZoneInfo("America/New_York")
SLEEP = DrivingRule()
BOTH = DrivingRule(after_sleep=True, elapsed_hours=24)
HOURS = DrivingRule(after_sleep=False, elapsed_hours=24)
NIGHT = [Instruction("Arrange a ride."), Instruction("Do not drink.", 120), Instruction("Do not eat.", 360)]


def ny(*wall, fold=0):
    return datetime(*wall, tzinfo=NEW_YORK, fold=fold).astimezone(UTC)


def walls(found):
    return [f"{one.since.astimezone(NEW_YORK):%H:%M}" if one.since else "" for one in found]


@pytest.mark.parametrize("name", ["Nadia Rahman", "Rahman, Nadia", "  Nadia ", "Rahman, Nadia Maria"])
def test_somebody_is_greeted_by_the_first_name_alone(name):
    assert first_name(name) == "Nadia"


def test_a_patient_comes_as_early_as_the_check_in_takes():
    profile = spravato()
    start = ny(2027, 3, 16, 10)
    assert (start - arrival(start, profile)).total_seconds() == profile.lead_minutes * 60


def test_cut_offs_are_counted_back_from_the_arrival_and_stand_in_order():
    found = cues(NIGHT, ny(2027, 3, 16, 10), full=False)
    assert [one.text for one in found] == ["Arrange a ride.", "Do not eat.", "Do not drink."]
    assert walls(found) == ["", "04:00", "08:00"]


def test_six_hours_before_a_visit_elapse_in_the_night_that_skips_one():
    assert walls(cues(NIGHT, ny(2027, 3, 14, 8), full=False)) == ["", "01:00", "06:00"]


def test_six_hours_before_a_visit_elapse_in_the_night_that_has_one_twice():
    assert walls(cues(NIGHT, ny(2027, 11, 7, 6), full=False)) == ["", "01:00", "04:00"]


def test_cut_offs_in_the_hour_that_the_clocks_skip_are_said_on_the_wall():
    assert walls(cues([Instruction("Stop.", 60)], ny(2027, 3, 14, 3, 30), full=False)) == ["01:30"]


def test_an_instruction_that_tells_what_for_is_shown_only_where_the_patient_asked_for_all():
    telling = [Instruction("Use no nasal spray.", 60), Instruction("Do not eat.", 120)]
    assert [one.text for one in cues(telling, ny(2027, 3, 16, 10), full=False)] == ["Do not eat."]
    assert len(cues(telling, ny(2027, 3, 16, 10), full=True)) == 2


def test_a_rule_of_sleep_has_no_clock_time():
    found = ahead(SLEEP, ny(2027, 3, 13, 12, 35), NEW_YORK)
    assert (found.advice.not_before, found.advice.earliest_day) == (None, date(2027, 3, 14))


@pytest.mark.parametrize(
    ("wall", "bound_at"), [((2027, 3, 13, 15), (2027, 3, 14, 16)), ((2027, 11, 6, 15), (2027, 11, 7, 14))]
)
def test_hours_of_no_driving_elapse_across_a_change_of_the_clocks(wall, bound_at):
    found = in_force(HOURS, ny(*wall), ny(*wall), NEW_YORK)
    assert bound(found, ny(*wall)) == ny(*bound_at)


@pytest.mark.parametrize("rule", [SLEEP, BOTH])
def test_the_advice_of_a_night_stays_all_of_the_next_day(rule):
    left = ny(2027, 3, 16, 12, 35)
    assert in_force(rule, left, ny(2027, 3, 17, 23, 59), NEW_YORK)
    assert in_force(rule, left, ny(2027, 3, 18), NEW_YORK) is None


def test_the_advice_of_hours_alone_ends_with_them():
    left = ny(2027, 3, 16, 12, 35)
    assert in_force(HOURS, left, ny(2027, 3, 17, 12, 34), NEW_YORK)
    assert in_force(HOURS, left, ny(2027, 3, 17, 12, 35), NEW_YORK) is None


def test_once_the_night_is_over_only_the_sleep_is_asked_about():
    found = in_force(SLEEP, ny(2027, 3, 16, 12, 35), ny(2027, 3, 17, 9), NEW_YORK)
    assert waits_for_night(found, ny(2027, 3, 16, 23), NEW_YORK) == date(2027, 3, 17)
    assert waits_for_night(found, ny(2027, 3, 17, 9), NEW_YORK) is None


def test_hours_that_are_over_are_not_spoken_of():
    found = in_force(BOTH, ny(2027, 3, 16, 12, 35), ny(2027, 3, 17, 20), NEW_YORK)
    assert bound(found, ny(2027, 3, 17, 20)) is None


def asking(*instructions):
    return replace(esketamine(), instructions=instructions)


def test_a_single_visit_asks_what_every_published_protocol_that_gives_it_asks_and_the_longer_of_two_times():
    published = [asking(Instruction("Do not eat.", 60)), asking(Instruction("Do not eat.", 120), Instruction("Rest."))]
    visit = published[0].visits["spravato"]
    assert instructions_for(visit, None, published) == (Instruction("Do not eat.", 120), Instruction("Rest."))
    assert instructions_for(visit, published[0], published) == published[0].instructions
    assert instructions_for(replace(visit, name="other"), None, published) == ()
