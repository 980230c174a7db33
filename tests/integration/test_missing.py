"""A missed session of an induction: told once, both choices shown, and the chosen one booked with nothing else moved."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from desks import SITE_ID, at, open_desk
from planner.domain.attendance import MarkKind, Outcome
from planner.domain.clinic import MissedPolicy
from planner.domain.course import AppointmentStatus
from planner.domain.errors import Conflict, Forbidden, InvalidMove
from planner.domain.missing import Choice
from planner.domain.orders import ChangePattern, Stop
from planner.domain.roles import Permission
from planner.domain.span import Span
from planner.services import attendance, calendar, missing, ordering, proposing, undoing
from planner.services.misses import MISSED_TASK, TAKEN_BACK


@pytest.fixture
def desk(store):
    return open_desk(store)


def policy(desk, wanted):
    with desk.store.begin(SITE_ID) as uow:
        now = desk.clock()
        uow.calendar.lock(now)
        uow.clinics.save(replace(uow.clinics.get(now), missed=wanted))


def mark(desk, one, kind, when, **more):
    desk.clock.now = at(*when)
    version = desk_version(desk, one)
    return attendance.record(desk.scheduler, appointment_id=one.id, kind=kind, version=version, **more)


def desk_version(desk, one):
    with desk.store.read(SITE_ID) as uow:
        return uow.appointments.get(one.id).version


def give(desk, one, day):
    mark(desk, one, MarkKind.ARRIVED, (day, "09:50"))
    mark(desk, one, MarkKind.DOSED, (day, "10:20"))


def missed_second(desk):
    """Four sessions on Tuesdays and Thursdays; the first is given, the second is missed."""
    course = desk.begin()
    first, second, *_ = desk.book(course).appointments
    give(desk, first, "01-05")
    mark(desk, second, MarkKind.NO_SHOW, ("01-07", "15:00"))
    return course, second


def every_task(desk, one):
    with desk.store.read(SITE_ID) as uow:
        return [task for task in uow.tasks.of_appointment(one.id) if task.kind == MISSED_TASK]


def chosen(desk, one, choice, by=None, **more):
    shown = missing.options(desk.scheduler, appointment_id=one.id)
    fit = next(each.fit for each in shown.remedies if each.choice is choice)
    wanted = {"version": shown.course.version, "shown": missing.Shown(fit.placed.start), **more}
    return missing.make_up(by or desk.scheduler, appointment_id=one.id, choice=choice, **wanted)


def test_the_clinician_is_told_of_a_miss_once(desk):
    course, second = missed_second(desk)
    (task,) = desk.tasks(MISSED_TASK)
    assert (task.appointment_id, task.course_id, task.facts) == (
        second.id, course.id, {"phase": "induction", "outcome": "no-show"},
    )  # fmt: skip
    (noted,) = attendance.marks_of(desk.scheduler, second.id)
    attendance.correct(
        desk.scheduler, appointment_id=second.id, mark_id=noted.id, version=desk_version(desk, second), reason="the clock",
        at=at("01-07", "10:30"),
    )  # fmt: skip
    assert desk.tasks(MISSED_TASK) == [task]


def test_a_mark_that_is_corrected_away_takes_the_task_with_it_and_one_made_again_brings_it_back(desk):
    _, second = missed_second(desk)
    (noted,) = attendance.marks_of(desk.scheduler, second.id)
    attendance.correct(
        desk.scheduler, appointment_id=second.id, mark_id=noted.id, version=desk_version(desk, second), reason="was late",
        withdraw=True,
    )  # fmt: skip
    assert desk.tasks(MISSED_TASK) == []
    with desk.store.read(SITE_ID) as uow:
        assert [one.done_reason for one in uow.tasks.of_appointment(second.id)] == [TAKEN_BACK]
    mark(desk, second, MarkKind.LATE_CANCEL, ("01-07", "15:00"))
    assert [one.facts["outcome"] for one in desk.tasks(MISSED_TASK)] == [Outcome.LATE_CANCEL.value]


def test_a_second_miss_within_fourteen_days_is_said(desk):
    course, _ = missed_second(desk)
    third = desk.live(course)[0]
    mark(desk, third, MarkKind.NO_SHOW, ("01-12", "15:00"))
    later = next(one for one in desk.tasks(MISSED_TASK) if one.appointment_id == third.id)
    assert (later.facts["misses"], later.facts["within_days"]) == (2, 14)
    found = missing.options(desk.scheduler, appointment_id=third.id)
    assert [f"{day:%m-%d}" for day in found.close] == ["01-07", "01-12"]


def test_what_is_missed_in_no_induction_leaves_no_task(desk):
    course = desk.begin("psychotherapy", days="Tue")
    first = desk.book(course).appointments[0]
    mark(desk, first, MarkKind.NO_SHOW, ("01-05", "11:00"))
    assert desk.tasks(MISSED_TASK) == []
    with pytest.raises(InvalidMove):
        missing.options(desk.scheduler, appointment_id=first.id)


def test_a_miss_changes_nothing_that_is_booked(desk):
    course, _ = missed_second(desk)
    assert desk.walls(course) == ["01-12 10:00", "01-14 10:00"]


def test_both_choices_are_shown_and_the_policy_proposes_one(desk):
    _, second = missed_second(desk)
    found = missing.options(desk.scheduler, appointment_id=second.id)
    assert [(one.choice, one.fit is not None) for one in found.remedies] == [(Choice.MAKE_UP, True), (Choice.APPEND, True)]
    assert (found.lacks, found.proposed) == (1, Choice.MAKE_UP)
    policy(desk, MissedPolicy.APPEND)
    assert missing.options(desk.scheduler, appointment_id=second.id).proposed is Choice.APPEND
    policy(desk, MissedPolicy.ASK)
    found = missing.options(desk.scheduler, appointment_id=second.id)
    assert found.proposed is None
    assert {found.needs(choice) for choice in Choice} == {Permission.PRESCRIBE}


def test_what_the_policy_proposes_is_booked_by_the_desk_and_moves_nothing_else(desk):
    course, second = missed_second(desk)
    before = desk.live(course)
    made = chosen(desk, second, Choice.MAKE_UP)
    assert desk.walls(course) == ["01-08 10:00", "01-12 10:00", "01-14 10:00"]
    assert (made.appointment.phase, made.appointment.number) == ("induction", 2)
    after = {one.id: one for one in desk.live(course)}
    assert [(after[one.id].start_at, after[one.id].sequence, after[one.id].updated_at) for one in before] == [
        (one.start_at, one.sequence, one.updated_at) for one in before
    ]
    assert [one.number for one in desk.live(course)] == [2, 3, 4]
    assert desk.tasks(MISSED_TASK) == []
    assert desk.taken_by(made.appointment.id)


def test_one_message_tells_the_patient_of_the_new_session_alone(desk):
    course, second = missed_second(desk)
    desk.clock.now += timedelta(minutes=5)
    made = chosen(desk, second, Choice.APPEND, by=desk.clinician)
    with desk.store.begin(SITE_ID) as uow:
        waiting = [one for one in uow.notices.keep(patient_id=course.patient_id) if one.created_at == desk.clock.now]
    assert [(one.kind, one.facts["added"]) for one in waiting] == [("booked", [str(made.appointment.id)])]


def test_another_choice_than_the_policys_is_a_clinicians(desk):
    course, second = missed_second(desk)
    with pytest.raises(Forbidden):
        chosen(desk, second, Choice.APPEND)
    assert len(desk.live(course)) == 2
    chosen(desk, second, Choice.APPEND, by=desk.clinician)
    assert desk.walls(course) == ["01-12 10:00", "01-14 10:00", "01-19 10:00"]


def test_a_clinician_alone_chooses_where_the_policy_is_to_ask(desk):
    course, second = missed_second(desk)
    policy(desk, MissedPolicy.ASK)
    with pytest.raises(Forbidden):
        chosen(desk, second, Choice.MAKE_UP)
    chosen(desk, second, Choice.MAKE_UP, by=desk.clinician)
    assert len(desk.live(course)) == 3


def test_a_session_that_was_made_up_is_made_up_once(desk):
    _, second = missed_second(desk)
    shown = missing.options(desk.scheduler, appointment_id=second.id)
    chosen(desk, second, Choice.MAKE_UP)
    found = missing.options(desk.scheduler, appointment_id=second.id)
    assert (found.lacks, found.remedies) == (0, ())
    with pytest.raises(InvalidMove):
        missing.make_up(
            desk.scheduler, appointment_id=second.id, choice=Choice.MAKE_UP, version=found.course.version,
            shown=missing.Shown(shown.remedies[0].fit.placed.start + timedelta(days=7)),
        )  # fmt: skip


def test_a_stale_page_is_refused(desk):
    course, second = missed_second(desk)
    with pytest.raises(Conflict):
        chosen(desk, second, Choice.MAKE_UP, version=1)
    with pytest.raises(Conflict):
        chosen(desk, second, Choice.MAKE_UP, shown=missing.Shown(at("01-11", "10:00")))
    assert len(desk.live(course)) == 2


def test_a_start_that_somebody_else_took_meanwhile_is_refused(desk):
    course, second = missed_second(desk)
    shown = missing.options(desk.scheduler, appointment_id=second.id)
    start = shown.remedies[0].fit.placed.start
    calendar.close(desk.scheduler, span=Span(start, start + timedelta(hours=1)), reason="a burst pipe")
    with pytest.raises(Conflict):
        missing.make_up(
            desk.scheduler, appointment_id=second.id, choice=Choice.MAKE_UP, version=shown.course.version,
            shown=missing.Shown(start),
        )  # fmt: skip
    assert len(desk.live(course)) == 2


def test_a_make_up_is_undone_within_ten_seconds_and_the_task_is_there_again(desk):
    course, second = missed_second(desk)
    made = chosen(desk, second, Choice.MAKE_UP)
    undoing.undo(desk.scheduler, undo_id=made.undo_id)
    assert desk.walls(course) == ["01-12 10:00", "01-14 10:00"]
    assert len(desk.tasks(MISSED_TASK)) == 1
    assert not desk.taken_by(made.appointment.id)
    (gone,) = [one for one in desk.records(course) if one.id == made.appointment.id]
    assert (gone.status, gone.told_at) == (AppointmentStatus.CANCELLED, None)
    assert missing.options(desk.scheduler, appointment_id=second.id).lacks == 1


def test_an_order_that_books_the_missing_session_anew_leaves_nothing_to_make_up(desk):
    course, second = missed_second(desk)
    proposal = proposing.propose(desk.clinician, course_id=course.id, order=ChangePattern(at=time(11)))
    ordering.give(
        desk.clinician, course_id=course.id, order=ChangePattern(at=time(11)), reason="later in the day",
        version=proposal.course.version,
    )  # fmt: skip
    (task,) = every_task(desk, second)
    assert len(desk.live(course)) == 3
    assert task.done_reason == "booked in its place"


def test_a_course_that_is_stopped_leaves_nothing_to_make_up(desk):
    course, second = missed_second(desk)
    proposal = proposing.propose(desk.clinician, course_id=course.id, order=Stop())
    ordering.give(desk.clinician, course_id=course.id, order=Stop(), reason="no response", version=proposal.course.version)
    (task,) = every_task(desk, second)
    assert task.done_reason == "the course has ended"


def test_what_was_chosen_is_written_down(desk):
    _, second = missed_second(desk)
    made = chosen(desk, second, Choice.MAKE_UP)
    (entry,) = desk.audit("make-up")
    assert (entry.subject_id, entry.facts["choice"], entry.facts["new"]) == (second.id, "make-up", str(made.appointment.id))
