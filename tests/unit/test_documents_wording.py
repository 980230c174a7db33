"""Facts in words: each rule and each reason reads as a sentence with its numbers."""

import pytest

from planner.documents.wording import reason_in_words, reasons_in_words, rule_in_words
from planner.domain.errors import Code, Violation
from planner.domain.explaining import Because, Reason
from planner.domain.plan import CostCode, CostItem

_THURSDAY = {"day": "2027-03-18", "weekday": "Thu"}
_CLOSED = Violation(Code.CLOSED, {**_THURSDAY, "reason": "Training day"})
_FRIDAY = CostItem(CostCode.OFF_PATTERN, 960, {"pattern_day": 740058, "off_days": 1})


def test_a_day_off_the_pattern_says_which_and_why():
    told = reason_in_words(Reason(_FRIDAY, _THURSDAY, _CLOSED))
    assert told == "Fri instead of Thu 18 March: closed (Training day)"


def test_a_trade_is_said_where_no_rule_forbade_the_wish():
    told = reason_in_words(Reason(_FRIDAY, _THURSDAY, None, Because.NO_ROOM))
    assert told == "Fri instead of Thu 18 March: no room left that day"


def test_another_time_of_day_says_what_was_asked_for():
    cost = CostItem(CostCode.TIME_OF_DAY, 60, {"minutes": 60})
    reason = Reason(cost, {"time": "10:00", "day": "2027-04-06"}, Violation(Code.PATIENT_BUSY))
    assert reason_in_words(reason) == "10:00 was asked for: the patient is busy then"


def test_another_interval_says_both_numbers():
    cost = CostItem(CostCode.INTERVAL, 480, {"gap_days": 5, "target_days": 7, "off_days": -2})
    assert reason_in_words(Reason(cost, {}, None)) == "5 days instead of 7 days"


def test_a_late_first_session_is_counted_from_the_start_asked_for():
    cost = CostItem(CostCode.INTERVAL, 480, {"gap_days": None, "target_days": None, "off_days": 2})
    assert reason_in_words(Reason(cost, {}, None)) == "2 days after the start asked for"


def test_a_weekday_not_asked_for_is_named():
    cost = CostItem(CostCode.OFF_WEEKDAY, 720, {"weekday": 4})
    assert reason_in_words(Reason(cost, _THURSDAY, None)) == "Fri instead of Thu 18 March"


def test_a_kind_that_the_clinic_lacks_is_not_called_busy():
    assert (
        rule_in_words(Violation(Code.RESOURCE, {"kind": "pump", "visit": "infusion", "have": 0})) == "the clinic has no pump"
    )


def test_a_gap_too_short_says_the_number_and_what_is_needed():
    violation = Violation(Code.MIN_DAYS, {"gap_days": 1, "neighbour": "2027-03-16", "min_days": 2})
    assert rule_in_words(violation) == "1 day from Tue 16 March; the plan needs 2 days"


@pytest.mark.parametrize("code", Code)
def test_every_rule_has_words_even_without_its_facts(code: Code):
    assert rule_in_words(Violation(code))


@pytest.mark.parametrize("code", CostCode)
def test_every_cost_has_words_even_without_its_facts(code: CostCode):
    assert reason_in_words(Reason(CostItem(code, 0), {}, None))


def test_reasons_keep_their_sessions():
    assert reasons_in_words({6: (Reason(_FRIDAY, _THURSDAY, None),)}) == {6: ["Fri instead of Thu 18 March"]}
