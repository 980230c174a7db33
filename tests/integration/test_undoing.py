"""Undo for ten seconds: all as it was, nothing is sent, and never over what has happened since."""

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest

from builders import uid
from desks import EVALUATION, SINGLE, at, open_desk
from planner.domain.attendance import MarkKind
from planner.domain.course import AppointmentStatus, CourseStatus, Gate
from planner.domain.errors import Conflict, NotFound, PlannerError
from planner.domain.span import Span
from planner.services import attendance, booking, calendar, clinics, sweeping, undoing, visits
from planner.services.writing import CHANGE_TASK

S = AppointmentStatus


@pytest.fixture
def desk(store):
    return open_desk(store)


@pytest.fixture
def course(desk):
    return desk.begin(days="Tue Thu")


def owed(desk):
    with desk.store.read(desk.clinic_id) as uow:
        return {one.id for one in uow.notices.of_patient(desk.patient()) if one.open}


def undo(desk, undo_id, seconds=3):
    desk.clock.now += timedelta(seconds=seconds)
    return undoing.undo(desk.scheduler, undo_id=undo_id)


def now(desk, appointment):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.appointments.get(appointment.id)


def move(desk, appointment, start, **more):
    return booking.move(desk.scheduler, appointment_id=appointment.id, start=start, version=appointment.version, **more)


def cancel(desk, appointment, **more):
    version = appointment.version
    return booking.cancel(desk.scheduler, appointment_id=appointment.id, version=version, reason="ill", **more)


def as_was(appointment):
    """All of it that a person sees."""
    return replace(appointment, version=0, sequence=0, updated_at=appointment.created_at)


class TestBookings:
    def test_a_series_is_cancelled_and_never_told(self, desk, course):
        booked = desk.book(course)
        undo(desk, booked.undo_id)
        assert {(one.status, one.told_at, one.sequence) for one in desk.records(course)} == {(S.CANCELLED, None, 1)}
        assert not any(desk.taken_by(one.id) for one in booked.appointments)
        assert owed(desk) == set()
        assert desk.course(course).status is CourseStatus.DRAFT
        assert desk.tasks("review") == []

    def test_a_series_can_be_booked_again(self, desk, course):
        undo(desk, desk.book(course).undo_id)
        desk.book(course)
        assert desk.walls(course) == ["01-05 10:00", "01-07 10:00", "01-12 10:00", "01-14 10:00"]

    def test_a_visit_is_cancelled_and_never_told(self, desk):
        booked = visits.book_visit(desk.scheduler, patient_id=desk.patient(), kind=EVALUATION, start=at("01-05"))
        undo(desk, booked.undo_id)
        found = now(desk, booked.appointment)
        assert (found.status, found.told_at, owed(desk)) == (S.CANCELLED, None, set())

    def test_a_replan_is_the_series_that_it_was(self, desk, course):
        desk.book(course)
        before, waiting = desk.records(course), owed(desk)
        shown = desk.shown(course)
        desk.clock.now += timedelta(seconds=1)
        again = desk.book(course, [shown[0], replace(shown[1], start=at("01-08"), pinned=True), shown[2]])
        undo(desk, again.undo_id)
        assert [as_was(one) for one in desk.records(course)] == [as_was(one) for one in before]
        assert owed(desk) == waiting
        assert desk.course(course).status is CourseStatus.ACTIVE
        (review,) = desk.tasks("review")
        assert review.due_at == before[-1].end_at
        assert desk.overlaps() == 0


class TestMoves:
    @pytest.fixture
    def second(self, desk, course):
        return desk.book(course).appointments[1]

    def test_a_move_goes_back_with_its_resources_and_calendars_hear_of_it(self, desk, second):
        taken = desk.taken_by(second.id)
        undo(desk, move(desk, second, at("01-08", "13:00")).undo_id)
        back = now(desk, second)
        assert as_was(back) == as_was(second)
        assert (back.sequence, back.updated_at) == (2, desk.clock.now)
        assert desk.taken_by(second.id) == taken

    def test_what_was_owed_before_the_move_is_owed_again(self, desk, second):
        waiting = owed(desk)
        changed = move(desk, second, at("01-08"))
        assert owed(desk) != waiting
        undo(desk, changed.undo_id)
        assert owed(desk) == waiting

    def test_a_move_whose_old_place_was_taken_stays(self, desk, second):
        clinics.set_gate(desk.scheduler, Gate("screening"))
        changed = move(desk, second, at("01-08"))
        for name in ("Grace", "Edith"):
            visits.book_visit(desk.scheduler, patient_id=desk.patient(name), kind=SINGLE, start=at("01-07", "10:15"))
        with pytest.raises(Conflict, match="taken"):
            undo(desk, changed.undo_id)
        assert now(desk, second) == changed.appointment
        assert len(owed(desk)) == 1

    def test_a_conversation_goes_back_with_its_dose(self, desk):
        course = desk.begin("psychotherapy", at="13:00")
        booked = desk.book(course).appointments
        dose = next(one for one in booked if one.linked_to is None)
        changed = move(desk, dose, at("01-07", "13:00"))
        assert len(changed.appointments) == 2
        undo(desk, changed.undo_id)
        assert [as_was(one) for one in desk.records(course)] == [as_was(one) for one in booked]

    def test_after_another_change_of_the_same_appointment_it_is_refused(self, desk, second):
        first = move(desk, second, at("01-08"))
        again = move(desk, first.appointment, at("01-08", "13:00"))
        with pytest.raises(Conflict, match="changed since"):
            undo(desk, first.undo_id)
        undo(desk, again.undo_id)
        assert now(desk, second).start_at == at("01-08")

    def test_after_another_appointment_of_the_patient_was_booked_it_is_refused(self, desk, second):
        changed = move(desk, second, at("01-08"))
        desk.clock.now += timedelta(seconds=1)
        visits.book_visit(desk.scheduler, patient_id=desk.patient(), kind=EVALUATION, start=at("01-06"))
        with pytest.raises(Conflict, match="another appointment"):
            undo(desk, changed.undo_id)

    def test_after_the_clinic_closed_it_is_refused(self, desk, second):
        changed = move(desk, second, at("01-08"))
        calendar.close(desk.scheduler, span=Span(at("01-07", "00:00"), at("01-08", "00:00")), reason="flood")
        with pytest.raises(Conflict, match="calendar"):
            undo(desk, changed.undo_id)


class TestCancellations:
    def test_a_cancelled_course_stands_again(self, desk, course):
        booked = desk.book(course).appointments
        changed = cancel(desk, booked[1], scope=booking.Scope.COURSE)
        assert changed.appointment.id == booked[1].id
        undo(desk, changed.undo_id)
        assert [as_was(one) for one in desk.live(course)] == [as_was(one) for one in booked]
        assert {one.sequence for one in desk.live(course)} == {2}
        assert all(desk.taken_by(one.id) for one in booked)
        assert len(desk.tasks("review")) == 1

    def test_a_task_that_the_cancellation_finished_is_open_again(self, desk, course):
        booked = desk.book(course).appointments
        calendar.close(desk.scheduler, span=Span(at("01-07", "00:00"), at("01-08", "00:00")), reason="flood")
        (task,) = desk.tasks(CHANGE_TASK)
        changed = cancel(desk, booked[1])
        assert desk.tasks(CHANGE_TASK) == []
        undo(desk, changed.undo_id)
        assert desk.tasks(CHANGE_TASK) == [task]


class TestTime:
    @pytest.mark.parametrize("seconds", [0, 10, 12])
    def test_within_ten_seconds_and_two_of_grace_it_is_undone_once(self, desk, course, seconds):
        booked = desk.book(course)
        assert undo(desk, booked.undo_id, seconds).action == "book-series"
        with pytest.raises(Conflict, match="undone already"):
            undo(desk, booked.undo_id, 0)

    def test_later_it_is_refused_and_all_stands(self, desk, course):
        booked = desk.book(course)
        with pytest.raises(Conflict, match="too late"):
            undo(desk, booked.undo_id, 13)
        assert len(desk.live(course)) == 4
        assert len(owed(desk)) == 1

    def test_what_the_patient_may_have_read_is_not_undone(self, desk, course):
        booked = desk.book(course)
        desk.clock.now += timedelta(seconds=10)
        with desk.store.begin_installation() as installation:
            assert installation.lease(desk.clock.now, desk.clock.now + timedelta(minutes=2), 5)
        with pytest.raises(Conflict, match="told already"):
            undo(desk, booked.undo_id, 1)
        assert len(desk.live(course)) == 4

    def test_a_sweep_forgets_the_next_day_what_can_no_longer_be_undone(self, desk, course):
        booked = desk.book(course)
        desk.clock.now += timedelta(hours=13)
        sweeping.sweep(desk.scheduler)
        with pytest.raises(NotFound):
            undo(desk, booked.undo_id, 0)


def test_a_patient_who_has_arrived_stays(desk, course):
    desk.clock.now = at("01-05", "09:49") + timedelta(seconds=55)
    booked = desk.book(course)
    first = booked.appointments[0]
    desk.clock.now = at("01-05", "09:50")
    attendance.record(desk.scheduler, appointment_id=first.id, kind=MarkKind.ARRIVED, version=1)
    with pytest.raises(Conflict):
        undo(desk, booked.undo_id, 1)
    assert now(desk, first).status is S.ARRIVED


def test_an_undo_is_written_down(desk, course):
    booked = desk.book(course)
    undo(desk, booked.undo_id)
    (entry,) = desk.audit("undo")
    assert (entry.facts["action"], entry.facts["appointments"]) == ("book-series", 4)
    assert set(entry.facts["undone_ids"].split()) == {str(one.id) for one in desk.records(course)}


def test_what_was_never_done_cannot_be_undone(desk):
    with pytest.raises(NotFound):
        undo(desk, uuid4())


@pytest.mark.parametrize("number", range(3))
def test_undo_and_a_booking_of_the_freed_place_never_both_win(desk, course, number):
    """One chair is left at that time: either the move goes back, or somebody else sits there."""
    clinics.set_gate(desk.scheduler, Gate("screening"))
    second = desk.book(course).appointments[1]
    visits.book_visit(desk.scheduler, patient_id=desk.patient("Grace"), kind=SINGLE, start=second.start_at)
    changed, edith = move(desk, second, at("01-08")), desk.patient("Edith")
    outcomes, barrier = [], Barrier(2)

    def attempt(use_case):
        barrier.wait()
        try:
            use_case()
        except PlannerError as refused:
            outcomes.append(type(refused).__name__)
        else:
            outcomes.append("won")

    both = [
        lambda: undoing.undo(desk.scheduler, undo_id=changed.undo_id),
        lambda: visits.book_visit(desk.scheduler, patient_id=edith, kind=SINGLE, start=at("01-07", "10:15")),
    ]
    threads = [Thread(target=attempt, args=(use_case,)) for use_case in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("won") == 1
    assert set(outcomes) - {"won"} <= {"Conflict", "RuleViolated"}
    assert desk.overlaps() == 0


def test_another_clinics_undo_does_not_exist(desk, course, store):
    booked = desk.book(course)
    elsewhere = open_desk(store, replace(clinics.the_clinic(desk.scheduler), id=uid("elsewhere"), resources=()))
    with pytest.raises(NotFound):
        undoing.undo(elsewhere.scheduler, undo_id=booked.undo_id)
