"""Recording outcome scores, correcting them, and asking for those that are due."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest

from builders import uid
from desks import NOW, TUESDAY, at, induction, open_desk
from planner.domain.attendance import MarkKind
from planner.domain.errors import Conflict, Forbidden, InvalidValue, NotFound
from planner.domain.protocol import Measure, Moment
from planner.domain.scores import Scale
from planner.services import attendance, booking, clinics, patients, score_pages, scores, tasks
from planner.services.clinics import NewPatient
from planner.services.due_scores import SCORE_TASK

PHQ, MADRS = Scale.PHQ_9, Scale.MADRS
ASKED = (Measure(PHQ, Moment.VISIT), Measure(MADRS, Moment.START))


@pytest.fixture
def desk(store):
    desk = open_desk(store)
    desk.publish(replace(induction(name="measured"), measures=ASKED))
    return desk


def record(desk, value=17, day=None, scale=PHQ, **more):
    return scores.record(desk.scheduler, patient_id=desk.patient(), scale=scale, value=value, day=day, **more)


def standing(desk):
    found = score_pages.of_patient(desk.scheduler, patient_id=desk.patient()).standing
    return [(one.scale.value, one.value, one.day.isoformat()) for one in found]


def asked_for(desk):
    return sorted((task.facts["scale"], task.due_at) for task in desk.tasks(SCORE_TASK))


def test_a_score_is_recorded_for_today_on_the_clinics_wall(desk):
    desk.clock.now = at("01-05", "23:30")  # already the sixth, in UTC
    record(desk)
    assert standing(desk) == [("phq-9", 17, "2027-01-05")]


def test_a_score_of_an_earlier_day_may_be_entered_later(desk):
    record(desk, 22, date(2026, 12, 1))
    assert standing(desk) == [("phq-9", 22, "2026-12-01")]


@pytest.mark.parametrize(
    ("value", "day", "path"),
    [(28, None, "value"), (-1, None, "value"), (5, TUESDAY, "day"), (5, date(1899, 1, 1), "day")],
)
def test_a_score_that_cannot_be_is_refused_by_its_field(desk, value, day, path):
    with pytest.raises(InvalidValue) as refused:
        record(desk, value, day)
    assert refused.value.path == path
    assert standing(desk) == []


def test_nobody_was_scored_before_birth(desk):
    patient = patients.register(desk.scheduler, NewPatient("Grace Hopper", birth_date=date(2000, 1, 1)))
    with pytest.raises(InvalidValue, match="day"):
        scores.record(desk.scheduler, patient_id=patient.id, scale=PHQ, value=5, day=date(1999, 12, 31))


def test_a_day_has_one_standing_score_of_a_scale(desk):
    record(desk)
    with pytest.raises(InvalidValue, match="has a PHQ-9 score already"):
        record(desk, 18)
    record(desk, 30, scale=MADRS)
    assert [scale for scale, *_ in standing(desk)] == ["phq-9", "madrs"]


def test_only_people_at_the_desk_record_scores(desk):
    with pytest.raises(Forbidden):
        scores.record(desk.admin, patient_id=desk.patient(), scale=PHQ, value=5)


def test_a_patient_of_nobody_is_not_there(desk):
    with pytest.raises(NotFound):
        scores.record(desk.scheduler, patient_id=uid("nobody"), scale=PHQ, value=5)


def test_a_correction_replaces_and_keeps_what_was_recorded(desk):
    first = record(desk)
    scores.correct(desk.scheduler, patient_id=desk.patient(), score_id=first.id, value=7, reason="misread")
    found = score_pages.of_patient(desk.scheduler, patient_id=desk.patient())
    assert standing(desk) == [("phq-9", 7, "2027-01-04")]
    assert [(one.score.value, one.stands) for one in found.entries] == [(7, True), (17, False)]
    assert found.entries[0].score.reason == "misread"


def test_a_withdrawn_score_stands_no_more(desk):
    first = record(desk)
    scores.correct(desk.scheduler, patient_id=desk.patient(), score_id=first.id, reason="another patient", withdraw=True)
    assert standing(desk) == []
    record(desk, 9)
    assert standing(desk) == [("phq-9", 9, "2027-01-04")]


def test_a_score_is_corrected_once(desk):
    first = record(desk)
    scores.correct(desk.scheduler, patient_id=desk.patient(), score_id=first.id, value=7, reason="misread")
    with pytest.raises(Conflict):
        scores.correct(desk.scheduler, patient_id=desk.patient(), score_id=first.id, value=8, reason="misread")


def test_a_correction_that_corrects_nothing_is_refused(desk):
    first = record(desk)
    with pytest.raises(InvalidValue, match="is the one recorded"):
        scores.correct(desk.scheduler, patient_id=desk.patient(), score_id=first.id, value=17, reason="misread")


def test_a_correction_needs_its_reason(desk):
    first = record(desk)
    with pytest.raises(InvalidValue, match="reason"):
        scores.correct(desk.scheduler, patient_id=desk.patient(), score_id=first.id, value=7, reason=" ")


def test_a_score_is_not_moved_to_a_day_that_has_one(desk):
    record(desk, 12, date(2027, 1, 2))
    second = record(desk)
    with pytest.raises(InvalidValue, match="already"):
        scores.correct(
            desk.scheduler, patient_id=desk.patient(), score_id=second.id, day=date(2027, 1, 2), reason="a day off"
        )


def test_a_score_of_another_patient_is_not_there(desk):
    first = record(desk)
    with pytest.raises(NotFound):
        scores.correct(
            desk.scheduler, patient_id=desk.patient("Grace Hopper"), score_id=first.id, value=7, reason="misread"
        )


def test_a_score_is_audited_and_no_log_line_names_it(desk, caplog):
    caplog.set_level(logging.DEBUG)
    first = record(desk, reason="on paper")
    (entry,) = desk.audit("score")
    assert (entry.subject_id, entry.facts["score"], entry.reason) == (desk.patient(), str(first.id), "on paper")
    assert "17" not in [word for one in caplog.records for word in one.getMessage().split()]
    assert "phq" not in caplog.text.lower()


def test_the_next_session_asks_for_what_is_due_once(desk):
    desk.book(desk.begin("measured"))
    assert scores.owe_scores(desk.scheduler) == 2
    assert scores.owe_scores(desk.scheduler) == 0
    assert asked_for(desk) == [("madrs", at("01-05")), ("phq-9", at("01-05"))]


def test_a_session_more_than_a_week_away_asks_for_nothing_yet(desk):
    desk.book(desk.begin("measured", TUESDAY + timedelta(days=14)))
    assert scores.owe_scores(desk.scheduler) == 0
    desk.clock.now = NOW + timedelta(days=9)
    assert scores.owe_scores(desk.scheduler) == 2


def test_recording_a_score_does_what_was_asked(desk):
    desk.book(desk.begin("measured"))
    scores.owe_scores(desk.scheduler)
    record(desk)
    assert asked_for(desk) == [("madrs", at("01-05"))]


def test_withdrawing_it_asks_again(desk):
    desk.book(desk.begin("measured"))
    scores.owe_scores(desk.scheduler)
    first = record(desk)
    scores.correct(desk.scheduler, patient_id=desk.patient(), score_id=first.id, reason="another patient", withdraw=True)
    assert len(asked_for(desk)) == 2


def test_what_was_ticked_off_by_hand_is_not_asked_for_again(desk):
    desk.book(desk.begin("measured"))
    scores.owe_scores(desk.scheduler)
    for task in desk.tasks(SCORE_TASK):
        tasks.finish(desk.scheduler, task_id=task.id, reason="would rather not")
    assert scores.owe_scores(desk.scheduler) == 0


def test_a_session_that_moves_takes_its_tasks_along(desk):
    booked = desk.book(desk.begin("measured", at="10:00")).appointments[0]
    scores.owe_scores(desk.scheduler)
    booking.move(desk.scheduler, appointment_id=booked.id, start=at("01-05", "11:00"), version=booked.version)
    scores.owe_scores(desk.scheduler)
    assert asked_for(desk) == [("madrs", at("01-05", "11:00")), ("phq-9", at("01-05", "11:00"))]


def test_a_cancelled_course_asks_for_nothing(desk):
    booked = desk.book(desk.begin("measured")).appointments[0]
    scores.owe_scores(desk.scheduler)
    booking.cancel(
        desk.scheduler, appointment_id=booked.id, version=booked.version, reason="moved away", scope=booking.Scope.COURSE
    )
    scores.owe_scores(desk.scheduler)
    assert asked_for(desk) == []


def test_after_a_session_the_next_one_asks(desk):
    booked = desk.book(desk.begin("measured")).appointments[0]
    record(desk)
    record(desk, 30, scale=MADRS)
    desk.clock.now = at("01-05", "12:40")
    for kind, moment in ((MarkKind.ARRIVED, "09:50"), (MarkKind.DOSED, "10:20")):
        booked = attendance.record(
            desk.scheduler, appointment_id=booked.id, kind=kind, version=booked.version, at=at("01-05", moment)
        )
    assert scores.owe_scores(desk.scheduler) == 1
    assert asked_for(desk) == [("phq-9", at("01-07"))]


def test_a_protocol_without_measures_asks_for_nothing(desk):
    desk.book(desk.begin())
    assert scores.owe_scores(desk.scheduler) == 0


def test_a_visit_shows_what_is_due_at_it(desk):
    first, second, *_ = desk.book(desk.begin("measured")).appointments
    assert score_pages.of_visit(desk.scheduler, appointment_id=first.id).due == (PHQ, MADRS)
    record(desk, 30, scale=MADRS)
    assert score_pages.of_visit(desk.scheduler, appointment_id=second.id).due == (PHQ,)


def test_of_two_who_record_one_day_at_once_one_is_refused(desk):
    desk.patient()
    with ThreadPoolExecutor(2) as both:
        asked = [both.submit(record, desk, value) for value in (17, 18)]
        refused = [one.exception() for one in asked if one.exception()]
    assert [type(one) for one in refused] == [InvalidValue]
    assert len(standing(desk)) == 1


def test_two_workers_at_once_ask_once(desk):
    desk.book(desk.begin("measured"))
    with ThreadPoolExecutor(2) as both:
        asked = list(both.map(lambda _: scores.owe_scores(desk.scheduler), range(2)))
    assert sorted(asked) == [0, 2]
    assert len(asked_for(desk)) == 2


def test_a_clinic_sees_its_own_scores_alone(desk):
    found = record(desk)
    other = clinics.the_clinic(desk.scheduler)
    elsewhere = open_desk(desk.store, replace(other, id=uid("elsewhere"), resources=()))
    with pytest.raises(NotFound):
        score_pages.of_patient(elsewhere.scheduler, patient_id=desk.patient())
    with pytest.raises(NotFound):
        scores.correct(elsewhere.scheduler, patient_id=desk.patient(), score_id=found.id, value=1, reason="not mine")
