"""What an order makes of a course's terms."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from builders import phase, protocol, spravato, talk, uid, wall
from planner.domain.course import Booked, CourseStatus, Given, Preferences, SpacingException
from planner.domain.errors import InvalidMove, InvalidValue
from planner.domain.orders import (
    ChangeDose,
    ChangeObservation,
    ChangePattern,
    ChangeSpacing,
    Continue,
    EndPhase,
    Extend,
    Hold,
    Resume,
    Skip,
    Stop,
    TakeBack,
    latest_standing,
)
from planner.domain.protocol import Protocol, Review, SpacingRule
from planner.domain.terms import Standing, Terms, applied, observation_of, undecided

MONDAY = date(2027, 3, 1)
SLOWER = SpacingRule(10, 14, 21)


def on(march: int) -> date:
    return MONDAY + timedelta(days=march - 1)


def staged() -> Protocol:
    first = replace(phase("induction", 4, (2, 3, 5), pattern="Tue Thu"), review=Review("Evaluate"))
    doses = spravato(), spravato("spravato-84", 15), talk()
    return protocol(first, phase("weekly", 3, (5, 7, 10)), phase("endless", None, (10, 14, 21)), visits=doses)


def terms(**more: object) -> Terms:
    return Terms(staged(), Preferences(on(2), (1, 3), {"weekly": (1,)}, time(10)), **more)


def meeting(given: int = 0, *booked: tuple[int, str], **more: object) -> Standing:
    """So many doses of the induction given from the 2nd of March on, and sessions booked: (day, phase)."""
    doses = tuple(Given("induction", on(2 + 3 * number)) for number in range(given))
    standing = tuple(Booked(uid(f"{day}"), name, wall(on(day), "10:00")) for day, name in booked)
    days = {uid(f"{day}"): on(day) for day, _ in booked}
    return Standing(doses, standing, on(1), staged(), days, **more)


def spacing_of(found: Terms, name: str) -> SpacingRule:
    return found.protocol.phase(name).spacing


def test_one_phase_is_spaced_otherwise_and_no_other():
    found = applied(terms(), ChangeSpacing("weekly", SLOWER), meeting())
    assert (spacing_of(found, "weekly"), spacing_of(found, "induction")) == (SLOWER, SpacingRule(2, 3, 5))


def test_an_unknown_phase_is_refused_by_name():
    with pytest.raises(InvalidValue) as refused:
        applied(terms(), ChangeSpacing("taper", SLOWER), meeting())
    assert refused.value.path == "phase"


def test_a_phase_that_is_behind_is_not_changed():
    later = replace(meeting(4), given=(*meeting(4).given, Given("weekly", on(20))))
    with pytest.raises(InvalidValue):
        applied(terms(), ChangeSpacing("induction", SLOWER), later)


def test_weekdays_for_one_phase_leave_those_of_the_others():
    found = applied(terms(), ChangePattern((0,), None, "induction"), meeting()).preferences
    assert (found.phase_weekdays, found.weekdays, found.at) == ({"weekly": (1,), "induction": (0,)}, (1, 3), time(10))


def test_weekdays_for_all_replace_those_of_single_phases():
    found = applied(terms(), ChangePattern((0, 2)), meeting()).preferences
    assert (found.phase_weekdays, found.weekdays) == ({}, (0, 2))


@pytest.mark.parametrize("name", [None, "weekly"])
def test_another_time_leaves_all_weekdays(name):
    found = applied(terms(), ChangePattern((), time(14), name), meeting()).preferences
    assert (found.phase_weekdays, found.weekdays, found.at) == ({"weekly": (1,)}, (1, 3), time(14))


def test_a_pattern_that_asks_for_nothing_is_refused():
    with pytest.raises(InvalidValue):
        applied(terms(), ChangePattern(), meeting())


def test_another_dose_holds_for_the_phases_after_it_too():
    found = applied(terms(), ChangeDose("weekly", "spravato-84"), meeting()).protocol
    assert [one.visits for one in found.phases] == [("spravato",), ("spravato-84",), ("spravato-84",)]


def test_what_was_given_keeps_its_dose():
    found = applied(terms(), ChangeDose("induction", "spravato-84"), meeting(2)).protocol.phases[0]
    assert [found.visit_of(index) for index in range(4)] == ["spravato", "spravato", "spravato-84", "spravato-84"]


def test_what_lies_before_the_order_holds_keeps_its_dose():
    early = meeting(1, (9, "induction"), (11, "induction"), since=on(10))
    found = applied(terms(), ChangeDose("induction", "spravato-84"), early).protocol.phases[0]
    assert [found.visit_of(index) for index in range(3)] == ["spravato", "spravato", "spravato-84"]


@pytest.mark.parametrize("visit", ["talk", "infusion"])
def test_a_visit_without_a_dose_is_no_dose(visit):
    with pytest.raises(InvalidValue):
        applied(terms(), ChangeDose("induction", visit), meeting())


def test_an_observation_is_the_longest_step_after_the_dose():
    assert spravato().steps[observation_of(spravato())].name == "observe"


def test_an_observation_is_lengthened_for_every_dose():
    found = applied(terms(), ChangeObservation(150), meeting()).protocol.visits
    assert (found["spravato"].minutes, found["spravato-84"].minutes, found["talk"]) == (185, 190, talk())


@pytest.mark.parametrize("minutes", [115, 0, 725, 122])
def test_an_observation_is_never_shorter_than_published_nor_off_the_grid(minutes):
    with pytest.raises(InvalidValue) as refused:
        applied(terms(), ChangeObservation(minutes), meeting())
    assert refused.value.path == "minutes"


def test_a_skipped_session_is_one_less_and_the_next_may_come_two_gaps_later():
    booked = meeting(1, (4, "induction"), (9, "induction"), (11, "induction"))
    found = applied(terms(), Skip(uid("4")), booked)
    assert found.protocol.phase("induction").sessions == 3
    assert found.exceptions == (SpacingException(uid("9"), SpacingRule(2, 7, 10)),)


def test_the_first_session_skipped_moves_the_first_day():
    found = applied(terms(), Skip(uid("2")), meeting(0, (2, "induction"), (4, "induction")))
    assert (found.preferences.start, found.exceptions) == (on(4), ())


def test_the_last_session_booked_of_an_endless_phase_gives_its_place_to_the_next():
    found = applied(terms(), Skip(uid("40")), meeting(4, (26, "endless"), (40, "endless")))
    assert found.exceptions == (SpacingException(uid("40"), SpacingRule(10, 28, 42)),)
    assert found.protocol.phase("endless").sessions is None


def test_what_was_overruled_for_a_session_lapses_when_it_is_skipped():
    before = terms(exceptions=(SpacingException(uid("4"), SpacingRule(1, 1, 5)),))
    found = applied(before, Skip(uid("4")), meeting(1, (4, "induction"), (9, "induction")))
    assert uid("4") not in {one.appointment_id for one in found.exceptions}


def test_only_what_is_to_come_is_skipped():
    with pytest.raises(InvalidValue):
        applied(terms(), Skip(uid("nothing")), meeting(1, (4, "induction")))


def test_the_last_session_of_a_phase_skipped_may_end_it_before_it_began():
    short = replace(terms(), protocol=applied(terms(), EndPhase("weekly"), meeting()).protocol)
    once = replace(short.protocol.phase("weekly"), sessions=1)
    first, _, last = short.protocol.phases
    short = replace(short, protocol=replace(short.protocol, phases=(first, once, last)))
    found = applied(short, Skip(uid("20")), meeting(4, (20, "weekly"), (34, "endless")))
    assert found.protocol.phase("weekly").sessions == 0


def test_more_sessions_are_counted_on_top():
    assert applied(terms(), Extend("weekly", 2), meeting()).protocol.phase("weekly").sessions == 5


@pytest.mark.parametrize(("name", "sessions"), [("endless", 1), ("weekly", 0), ("weekly", 101)])
def test_what_cannot_be_extended_is_refused(name, sessions):
    with pytest.raises(InvalidValue):
        applied(terms(), Extend(name, sessions), meeting())


def test_a_phase_ends_with_what_was_given():
    assert applied(terms(), EndPhase("induction"), meeting(3)).protocol.phase("induction").sessions == 3


def test_a_course_of_one_phase_of_which_nothing_was_given_is_stopped_instead():
    only = replace(terms(), protocol=replace(staged(), phases=staged().phases[:1]))
    with pytest.raises(InvalidValue):
        applied(only, EndPhase("induction"), meeting())


def test_held_until_a_day_a_course_is_planned_from_there():
    found = applied(terms(), Hold(on(20)), meeting(2))
    assert (found.status, found.resumes_on, found.plans) == (CourseStatus.ON_HOLD, on(20), True)


def test_held_until_cleared_a_course_is_not_planned():
    found = applied(terms(), Hold(), meeting(2))
    assert (found.status, found.resumes_on, found.plans) == (CourseStatus.ON_HOLD, None, False)


def test_resumed_a_course_is_active():
    found = applied(terms(status=CourseStatus.ON_HOLD), Resume(on(1)), meeting(0))
    assert (found.status, found.resumes_on) == (CourseStatus.ACTIVE, on(1))


@pytest.mark.parametrize("order", [Hold(on(1)), Resume(on(0)), Hold(on(500)), Resume(on(500))])
def test_a_day_behind_us_or_more_than_a_year_after_the_last_dose_is_refused(order):
    with pytest.raises(InvalidValue):
        applied(terms(), order, meeting(1))


@pytest.mark.parametrize("order", [Hold(), Resume(MONDAY)])
def test_a_draft_is_neither_held_nor_resumed(order):
    with pytest.raises(InvalidMove):
        applied(terms(status=CourseStatus.DRAFT), order, meeting())


def test_a_stopped_course_is_not_planned():
    found = applied(terms(resumes_on=on(9)), Stop(), meeting())
    assert (found.status, found.resumes_on, found.plans) == (CourseStatus.REVOKED, None, False)


@pytest.mark.parametrize("order", [Stop(), Hold(), Extend("weekly", 1), ChangePattern((0,))])
def test_a_course_that_was_stopped_takes_no_order_but_to_resume(order):
    with pytest.raises(InvalidMove):
        applied(terms(status=CourseStatus.REVOKED), order, meeting())


def test_a_completed_course_that_is_extended_is_active_again():
    found = applied(terms(status=CourseStatus.COMPLETED), Extend("weekly", 1), meeting())
    assert found.status is CourseStatus.ACTIVE


@pytest.mark.parametrize("order", [Stop(), Hold(), Resume(MONDAY), Extend("weekly", 1), Continue("induction")])
def test_what_cannot_wait_takes_no_later_day(order):
    with pytest.raises(InvalidValue) as refused:
        applied(terms(), order, meeting(since=on(9)))
    assert refused.value.path == "effective_on"


def test_a_longer_observation_may_hold_from_the_next_visit_on():
    found = applied(terms(), ChangeObservation(150), meeting(0, (9, "induction"), since=on(9)))
    assert found.protocol.visits["spravato"].minutes == 185


def test_what_follows_a_review_waits_until_it_is_decided():
    assert undecided(terms()) == {"weekly", "endless"}
    assert undecided(applied(terms(), Continue("induction"), meeting())) == frozenset()


def test_a_phase_that_ended_before_it_began_leaves_nothing_to_review():
    assert undecided(applied(terms(), EndPhase("induction"), meeting())) == frozenset()


def test_a_review_is_decided_once():
    with pytest.raises(InvalidMove):
        applied(terms(reviewed=("induction",)), Continue("induction"), meeting())


def test_only_the_latest_order_that_still_stands_is_taken_back():
    one, two, back = uid("1"), uid("2"), uid("3")
    assert latest_standing([(one, Stop()), (two, Hold())]) == two
    assert latest_standing([(one, Stop()), (two, Hold()), (back, TakeBack(two))]) == one
    assert latest_standing([(one, Stop()), (back, TakeBack(one))]) is None
