"""Which scores are due at a session."""

import json
from dataclasses import replace
from datetime import date

import pytest

from planner.documents.protocols import shipped
from planner.domain.cadence import Occasion, scales_due
from planner.domain.errors import InvalidValue
from planner.domain.protocol import Measure, Moment, PhaseKind, Protocol
from planner.domain.scores import Scale
from planner.storage.columns import stored

PHQ, MADRS, GAD = Scale.PHQ_9, Scale.MADRS, Scale.GAD_7
INDUCTION, MAINTENANCE = PhaseKind.INDUCTION, PhaseKind.MAINTENANCE
DAY = date(2027, 2, 16)
START, VISIT, END = (Measure(PHQ, moment) for moment in Moment)


def due(measure: Measure, *taken: date, phase: PhaseKind = MAINTENANCE, **more: object) -> bool:
    return PHQ in scales_due([measure], Occasion(DAY, phase, **more), {PHQ: list(taken)})


def test_a_baseline_is_due_at_the_first_session_alone():
    assert due(START)
    assert not due(START, before=date(2027, 2, 12))


def test_a_score_of_the_last_four_weeks_is_a_baseline():
    assert not due(START, date(2027, 1, 19))
    assert due(START, date(2027, 1, 18))


def test_each_visit_asks_for_a_score_since_the_session_before():
    before = date(2027, 2, 2)
    assert due(VISIT, before, before=before)
    assert not due(VISIT, date(2027, 2, 3), before=before)
    assert not due(VISIT, DAY, before=before)


def test_a_score_of_a_later_day_says_nothing_about_this_one():
    assert due(VISIT, date(2027, 2, 17), before=date(2027, 2, 2))


def test_the_end_asks_at_the_last_session_of_the_phase_alone():
    assert due(END, before=date(2027, 2, 12), is_last=True)
    assert not due(END, before=date(2027, 2, 12))


def test_every_seven_days_is_due_when_seven_have_passed():
    weekly = Measure(PHQ, every_days=7)
    assert due(weekly)
    assert due(weekly, date(2027, 2, 9))
    assert not due(weekly, date(2027, 2, 10))


def test_a_measure_of_one_phase_asks_in_no_other():
    assert not due(Measure(PHQ, Moment.VISIT, phase=INDUCTION))
    assert due(Measure(PHQ, Moment.VISIT, phase=INDUCTION), phase=INDUCTION)


def test_the_start_of_a_phase_is_its_own_first_session():
    begins = Measure(PHQ, Moment.START, phase=MAINTENANCE)
    assert due(begins, before=date(2027, 1, 5), is_first=True)
    assert not due(begins, before=date(2027, 1, 5))


def test_a_scale_that_two_measures_ask_for_is_due_once():
    asked = [START, VISIT, Measure(PHQ, every_days=7), Measure(MADRS, Moment.START)]
    assert scales_due(asked, Occasion(DAY, INDUCTION), {}) == (PHQ, MADRS)


def test_a_protocol_without_measures_asks_for_nothing():
    assert scales_due((), Occasion(DAY, INDUCTION), {}) == ()


@pytest.mark.parametrize("wrong", [{}, {"when": Moment.START, "every_days": 7}, {"every_days": 0}, {"every_days": 367}])
def test_a_measure_has_one_moment_or_a_number_of_days(wrong):
    with pytest.raises(InvalidValue):
        Measure(PHQ, **wrong)


def test_a_protocol_that_was_stored_without_measures_has_none():
    column = stored(Protocol)
    kept = json.loads(column.process_bind_param(shipped()["im"], None))
    del kept["measures"]
    assert column.process_result_value(json.dumps(kept), None) == replace(shipped()["im"], measures=())


def test_the_shipped_course_asks_as_domain_md_says():
    measures = shipped()["spravato-trd"].measures
    first = Occasion(date(2027, 1, 5), INDUCTION, None, is_first=True)
    taken = {scale: [date(2027, 1, 5)] for scale in (PHQ, MADRS, GAD)}
    second = Occasion(date(2027, 1, 7), INDUCTION, first.day)
    week_on = Occasion(date(2027, 1, 12), INDUCTION, date(2027, 1, 7))
    last = Occasion(date(2027, 1, 28), INDUCTION, date(2027, 1, 26), is_last=True)
    assert scales_due(measures, first, {}) == (PHQ, MADRS, GAD)
    assert scales_due(measures, second, taken) == ()
    assert scales_due(measures, week_on, taken) == (PHQ,)
    assert scales_due(measures, last, {**taken, PHQ: [date(2027, 1, 26)]}) == (MADRS,)
