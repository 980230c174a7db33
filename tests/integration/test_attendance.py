"""Attendance: what is recorded of a visit, what it counts for, what it owes, and that it waits for nobody's calendar."""

from dataclasses import replace
from datetime import date, timedelta
from threading import Thread

import pytest

from builders import NEW_YORK, uid
from desks import EVALUATION, SINGLE, at, induction, open_desk
from planner.domain.attendance import MarkKind, Outcome
from planner.domain.course import AppointmentStatus, Gate
from planner.domain.errors import Conflict, InvalidMove, InvalidValue, NotFound
from planner.domain.protocol import DrivingRule
from planner.services import attendance, booking, clinics, courses, sweeping, visits
from planner.services.writing import OUTCOME_TASK

K = MarkKind
TUESDAY = date(2027, 1, 5)


class Visit:
    """One appointment, and what is recorded of it as the day goes on."""

    def __init__(self, desk, appointment):
        self.desk, self.id = desk, appointment.id

    @property
    def now(self):
        with self.desk.store.read(self.desk.clinic_id) as uow:
            return uow.appointments.get(self.id)

    def mark(self, kind, time, **more):
        """Record it at a wall time of the fifth of January, when it happens."""
        self.desk.clock.now = at("01-05", time)
        return attendance.record(self.desk.scheduler, appointment_id=self.id, kind=kind, version=self.now.version, **more)

    def correct(self, kind, **more):
        mark = [one for one in attendance.marks_of(self.desk.scheduler, self.id) if one.kind is kind][-1]
        return attendance.correct(
            self.desk.scheduler, appointment_id=self.id, mark_id=mark.id,
            **{"version": self.now.version, "reason": "wrong button", **more},
        )  # fmt: skip

    def notices(self):
        with self.desk.store.read(self.desk.clinic_id) as uow:
            return [one for one in uow.notices.of_appointment(self.id) if one.kind.startswith("no-driving")]

    def owed(self):
        """What is still owed: kind and when it is due, New York time."""
        open_ones = sorted((one.due_at, one.kind) for one in self.notices() if one.open)
        return [f"{kind.removeprefix('no-driving-')} {due.astimezone(NEW_YORK):%d %H:%M}" for due, kind in open_ones]

    def given(self):
        with self.desk.store.read(self.desk.clinic_id) as uow:
            return [one.day for one in uow.given.of_course(self.now.course_id)]

    def send(self, kind):
        """Send what is owed of a kind, as the worker would."""
        with self.desk.store.begin(self.desk.clinic_id) as uow:
            (notice,) = [one for one in uow.notices.of_appointment(self.id) if one.kind == f"no-driving-{kind}" and one.open]
            uow.notices.settle(replace(notice, sent_at=self.desk.clock.now), notice.next_attempt_at)


@pytest.fixture
def desk(store):
    return open_desk(store)


@pytest.fixture
def course(desk):
    return desk.begin(days="Tue Thu")


@pytest.fixture
def visit(desk, course):
    """The first of four sessions: Tuesday 10:00 to 12:35."""
    desk.book(course)
    return Visit(desk, desk.live(course)[0])


def test_a_whole_visit_is_recorded_and_nothing_that_calendars_see_changes(visit):
    before, taken = visit.now, visit.desk.taken_by(visit.id)
    visit.mark(K.ARRIVED, "09:50")
    visit.mark(K.DOSED, "10:20", facts={"devices": 3})
    after = visit.mark(K.DISCHARGED, "12:40")
    times = (after.arrived_at, after.dosed_at, after.discharged_at)
    assert times == tuple(at("01-05", time) for time in ("09:50", "10:20", "12:40"))
    assert (after.outcome, after.status) == (Outcome.GIVEN, AppointmentStatus.FULFILLED)
    assert (after.sequence, after.updated_at) == (before.sequence, before.updated_at)
    assert after.version == before.version + 3
    assert visit.desk.taken_by(visit.id) == taken


def test_marks_are_kept_with_who_recorded_them_and_when(visit):
    visit.mark(K.ARRIVED, "10:30", at=at("01-05", "09:55"))
    (mark,) = attendance.marks_of(visit.desk.scheduler, visit.id)
    assert (mark.at, mark.recorded_at) == (at("01-05", "09:55"), at("01-05", "10:30"))
    assert mark.recorded_by == visit.desk.scheduler.actor.id
    (entry,) = visit.desk.audit("attend")
    assert entry.facts == {"mark": "arrived"}


def test_a_dose_counts_as_a_session_on_its_day_and_owes_the_reminders(visit):
    visit.mark(K.ARRIVED, "09:50")
    assert (visit.given(), visit.owed()) == ([], [])
    visit.mark(K.DOSED, "10:20")
    assert visit.given() == [TUESDAY]
    assert visit.owed() == ["discharge 05 12:35", "evening 05 20:00", "morning 06 08:00"]


def test_a_discharge_hastens_its_reminder_and_owes_no_second(visit):
    visit.mark(K.ARRIVED, "09:50")
    visit.mark(K.DOSED, "10:20")
    visit.mark(K.DISCHARGED, "12:10")
    assert visit.owed() == ["discharge 05 12:10", "evening 05 20:00", "morning 06 08:00"]
    assert len(visit.notices()) == 3


def test_a_late_discharge_after_the_reminder_was_sent_sends_no_second(visit):
    visit.mark(K.ARRIVED, "09:50")
    visit.mark(K.DOSED, "10:20")
    visit.desk.clock.now = at("01-05", "12:36")
    visit.send("discharge")
    visit.mark(K.DISCHARGED, "13:20")
    assert visit.owed() == ["evening 05 20:00", "morning 06 08:00"]


def test_a_patient_who_leaves_after_eight_gets_no_evening_reminder(visit):
    visit.mark(K.ARRIVED, "09:50")
    visit.mark(K.DOSED, "10:20")
    visit.mark(K.DISCHARGED, "20:05")
    assert visit.owed() == ["discharge 05 12:35", "morning 06 08:00"]


def test_a_dose_that_is_marked_next_morning_owes_only_what_still_makes_sense(visit):
    visit.desk.clock.now = at("01-06", "09:00")
    ctx = visit.desk.scheduler
    for version, kind, time in ((1, K.ARRIVED, "09:50"), (2, K.DOSED, "10:20"), (3, K.DISCHARGED, "12:40")):
        attendance.record(ctx, appointment_id=visit.id, kind=kind, version=version, at=at("01-05", time))
    assert visit.owed() == ["morning 06 09:00"]


def test_a_dose_that_is_marked_after_eight_owes_one_message_for_this_evening(visit):
    visit.mark(K.ARRIVED, "09:50")
    visit.mark(K.DOSED, "20:30", at=at("01-05", "10:20"))
    assert visit.owed() == ["evening 05 20:30", "morning 06 08:00"]
    visit.send("evening")
    visit.mark(K.DISCHARGED, "20:40", at=at("01-05", "12:40"))
    assert visit.owed() == ["morning 06 08:00"]


def test_an_hours_rule_owes_another_when_its_bound_passes(desk):
    desk.publish(replace(induction(name="by-hours"), driving=DrivingRule(elapsed_hours=24)))
    course = desk.begin("by-hours", days="Tue Thu")
    desk.book(course)
    visit = Visit(desk, desk.live(course)[0])
    visit.mark(K.ARRIVED, "09:50")
    visit.mark(K.DOSED, "10:20")
    assert visit.owed()[2:] == ["morning 06 08:00", "bound 06 12:35"]
    visit.mark(K.DISCHARGED, "13:05")
    assert visit.owed()[2:] == ["morning 06 08:00", "bound 06 13:05"]


def test_a_single_dose_follows_the_rule_of_the_protocol_that_gives_it(desk):
    clinics.set_gate(desk.scheduler, Gate("screening"))
    booked = visits.book_visit(desk.scheduler, patient_id=desk.patient(), kind=SINGLE, start=at("01-05")).appointment
    visit = Visit(desk, booked)
    visit.mark(K.ARRIVED, "09:50")
    visit.mark(K.DOSED, "10:20")
    assert visit.owed() == ["discharge 05 12:35", "evening 05 20:00", "morning 06 08:00"]


@pytest.mark.parametrize("marks", [(K.NOTHING_GIVEN,), (K.ARRIVED, K.NOTHING_GIVEN), (K.NO_SHOW,), (K.LATE_CANCEL,)])
def test_what_gave_no_dose_counts_for_nothing_and_owes_nothing(visit, marks):
    for minute, kind in enumerate(marks):
        visit.mark(kind, f"10:0{minute}")
    assert (visit.given(), visit.owed()) == ([], [])
    request = courses.preview(visit.desk.scheduler, course_id=visit.now.course_id).request
    assert request.given == ()


def test_a_session_that_was_lost_is_planned_again_and_one_of_which_nothing_is_known_is_not(visit):
    visit.desk.clock.now = at("01-05", "14:00")
    ctx, course_id = visit.desk.scheduler, visit.now.course_id
    assert [one.number for one in courses.preview(ctx, course_id=course_id).plan.placed] == [2, 3, 4]
    visit.mark(K.NO_SHOW, "14:00")
    assert [one.number for one in courses.preview(ctx, course_id=course_id).plan.placed] == [1, 2, 3, 4]


def test_a_patient_who_came_early_is_not_planned_again_before_the_start(visit):
    visit.mark(K.ARRIVED, "09:45")
    request = courses.preview(visit.desk.scheduler, course_id=visit.now.course_id).request
    assert len(request.given) == 1
    assert len(request.standing) == 3


def test_a_dose_given_the_day_after_counts_on_that_day(visit):
    visit.desk.clock.now = at("01-06", "11:00")
    ctx = visit.desk.scheduler
    attendance.record(ctx, appointment_id=visit.id, kind=K.ARRIVED, version=1, at=at("01-06", "09:50"))
    attendance.record(ctx, appointment_id=visit.id, kind=K.DOSED, version=2, at=at("01-06", "10:00"))
    assert visit.given() == [date(2027, 1, 6)]
    assert courses.preview(ctx, course_id=visit.now.course_id).request.given[0].day == date(2027, 1, 6)


def test_a_visit_without_a_dose_takes_place_and_owes_nothing(desk):
    booked = visits.book_visit(desk.scheduler, patient_id=desk.patient(), kind=EVALUATION, start=at("01-05")).appointment
    visit = Visit(desk, booked)
    visit.mark(K.ARRIVED, "09:50")
    visit.mark(K.DOSED, "10:00")
    assert (visit.now.outcome, visit.owed()) == (Outcome.GIVEN, [])
    with pytest.raises(InvalidValue):
        visit.mark(K.DISCHARGED, "11:00", facts={"devices": 2})


class TestCorrections:
    @pytest.fixture
    def dosed(self, visit):
        visit.mark(K.ARRIVED, "09:50")
        visit.mark(K.DOSED, "10:20", facts={"devices": 2})
        return visit

    def test_another_time_replaces_the_first_and_both_are_kept(self, dosed):
        dosed.correct(K.DOSED, at=at("01-05", "10:15"))
        assert dosed.now.dosed_at == at("01-05", "10:15")
        kept = [one for one in attendance.marks_of(dosed.desk.scheduler, dosed.id) if one.kind is K.DOSED]
        assert [(one.at, one.facts, one.reason) for one in kept] == [
            (at("01-05", "10:20"), {"devices": 2}, None), (at("01-05", "10:15"), {"devices": 2}, "wrong button"),
        ]  # fmt: skip
        (entry,) = dosed.desk.audit("correct")
        assert entry.reason == "wrong button"

    def test_other_facts_leave_the_time(self, dosed):
        dosed.correct(K.DOSED, facts={"devices": 3})
        assert dosed.now.dosed_at == at("01-05", "10:20")
        assert attendance.marks_of(dosed.desk.scheduler, dosed.id)[-1].facts == {"devices": 3}

    def test_a_dose_taken_back_counts_no_more_and_withdraws_what_it_owed(self, dosed):
        dosed.correct(K.DOSED, withdraw=True)
        assert (dosed.given(), dosed.owed()) == ([], [])
        assert {one.outcome for one in dosed.notices()} == {"no-dose"}
        assert (dosed.now.outcome, dosed.now.status) == (None, AppointmentStatus.ARRIVED)

    def test_a_dose_marked_again_owes_anew_what_was_not_sent(self, dosed):
        dosed.desk.clock.now = at("01-05", "12:36")
        dosed.send("discharge")
        dosed.correct(K.DOSED, withdraw=True, reason="another patient")
        dosed.mark(K.DOSED, "12:38")
        assert dosed.owed() == ["evening 05 20:00", "morning 06 08:00"]
        assert sum(one.sent_at is not None for one in dosed.notices()) == 1

    def test_a_dose_corrected_to_another_day_counts_on_that_day_and_owes_for_that_day(self, dosed):
        dosed.desk.clock.now = at("01-06", "07:00")
        dosed.correct(K.DOSED, at=at("01-06", "06:30"))
        assert dosed.given() == [date(2027, 1, 6)]
        assert "morning 07 08:00" in dosed.owed()

    def test_an_arrival_is_not_taken_from_under_a_dose(self, dosed):
        with pytest.raises(InvalidMove, match="taken back first"):
            dosed.correct(K.ARRIVED, withdraw=True)
        with pytest.raises(InvalidValue) as refused:
            dosed.correct(K.ARRIVED, at=at("01-05", "10:20") + timedelta(seconds=1))
        assert refused.value.path == "at"

    def test_without_a_reason_or_a_change_nothing_is_corrected(self, dosed):
        version = dosed.now.version
        for more, field in (({"reason": " "}, "reason"), ({}, "at"), ({"reason": "a\nb", "withdraw": True}, "reason")):
            with pytest.raises(InvalidValue) as refused:
                dosed.correct(K.DOSED, **more)
            assert refused.value.path == field
        assert dosed.now.version == version

    def test_a_mark_is_corrected_once_and_then_its_correction_is(self, dosed):
        first = attendance.marks_of(dosed.desk.scheduler, dosed.id)[-1]
        dosed.correct(K.DOSED, at=at("01-05", "10:15"))
        for mark_id, refusal in ((first.id, Conflict), (uid("none"), NotFound)):
            with pytest.raises(refusal):
                attendance.correct(
                    dosed.desk.scheduler, appointment_id=dosed.id, mark_id=mark_id, version=dosed.now.version, reason="no",
                    withdraw=True,
                )  # fmt: skip
        dosed.correct(K.DOSED, withdraw=True)
        assert dosed.now.dosed_at is None

    def test_a_no_show_who_comes_after_all_is_taken_back(self, visit):
        visit.mark(K.NO_SHOW, "10:20")
        visit.correct(K.NO_SHOW, withdraw=True)
        assert visit.now.status is AppointmentStatus.BOOKED
        assert visit.mark(K.ARRIVED, "10:40").status is AppointmentStatus.ARRIVED


class TestRefusals:
    @pytest.mark.parametrize(
        ("more", "refusal"),
        [
            ({"version": 7}, Conflict), ({"kind": K.DOSED}, InvalidMove), ({"at": at("01-05", "10:01")}, InvalidValue),
            ({"at": at("01-03")}, InvalidValue), ({"appointment_id": uid("none")}, NotFound),
            ({"reason": "x" * 501}, InvalidValue), ({"facts": {"devices": 2}}, InvalidValue),
        ],
    )  # fmt: skip
    def test_what_cannot_be_is_refused_and_nothing_is_stored(self, visit, more, refusal):
        visit.desk.clock.now = at("01-05", "10:00")
        asked = {"appointment_id": visit.id, "kind": K.ARRIVED, "version": 1, **more}
        with pytest.raises(refusal):
            attendance.record(visit.desk.scheduler, **asked)
        assert attendance.marks_of(visit.desk.scheduler, visit.id) == []
        assert (visit.now.version, visit.desk.audit("attend")) == (1, [])

    def test_a_cancelled_appointment_does_not_take_place(self, visit):
        booking.cancel(visit.desk.scheduler, appointment_id=visit.id, version=1, reason="ill")
        with pytest.raises(InvalidMove):
            visit.mark(K.ARRIVED, "10:00")

    def test_one_who_has_arrived_is_neither_moved_nor_cancelled(self, visit):
        visit.mark(K.ARRIVED, "09:50")
        with pytest.raises(InvalidMove):
            booking.cancel(visit.desk.scheduler, appointment_id=visit.id, version=visit.now.version, reason="ill")


class TestSweep:
    def sweep(self, visit, time):
        visit.desk.clock.now = at("01-05", time)
        return sweeping.sweep(visit.desk.scheduler)

    def test_who_arrived_and_is_forgotten_is_owed_the_reminders_at_the_planned_end(self, visit):
        visit.mark(K.ARRIVED, "09:50")
        assert self.sweep(visit, "12:34") == sweeping.Swept()
        assert self.sweep(visit, "12:35") == sweeping.Swept(3, 0)
        assert self.sweep(visit, "12:36") == sweeping.Swept()
        assert visit.owed() == ["discharge 05 12:35", "evening 05 20:00", "morning 06 08:00"]

    def test_a_dose_that_is_marked_late_owes_no_second_time(self, visit):
        visit.mark(K.ARRIVED, "09:50")
        self.sweep(visit, "12:35")
        visit.send("discharge")
        visit.mark(K.DOSED, "12:50", at=at("01-05", "10:20"))
        visit.mark(K.DISCHARGED, "12:55")
        assert visit.owed() == ["evening 05 20:00", "morning 06 08:00"]
        assert len(visit.notices()) == 3

    def test_nothing_given_withdraws_what_was_owed_provisionally(self, visit):
        visit.mark(K.ARRIVED, "09:50")
        self.sweep(visit, "12:40")
        visit.mark(K.NOTHING_GIVEN, "12:45")
        assert visit.owed() == []

    def test_who_never_arrived_is_owed_nothing(self, visit):
        assert self.sweep(visit, "12:50") == sweeping.Swept()

    def test_half_an_hour_after_the_planned_end_the_desk_is_asked_once(self, visit):
        assert self.sweep(visit, "13:04").tasks == 0
        assert self.sweep(visit, "13:05").tasks == 1
        assert self.sweep(visit, "13:06").tasks == 0
        (task,) = visit.desk.tasks(OUTCOME_TASK)
        assert (task.appointment_id, task.due_at) == (visit.id, at("01-05", "13:05"))

    def test_an_outcome_finishes_the_task_and_taking_it_back_asks_again(self, visit):
        self.sweep(visit, "13:05")
        visit.mark(K.NO_SHOW, "13:10")
        assert visit.desk.tasks(OUTCOME_TASK) == []
        visit.correct(K.NO_SHOW, withdraw=True)
        assert self.sweep(visit, "13:12").tasks == 1

    def test_a_task_that_a_person_has_ticked_off_does_not_come_back(self, visit):
        self.sweep(visit, "13:05")
        (task,) = visit.desk.tasks(OUTCOME_TASK)
        with visit.desk.store.begin(visit.desk.clinic_id) as uow:
            uow.tasks.finish(task.id, at=visit.desk.clock.now, reason="phoned")
        assert self.sweep(visit, "13:10").tasks == 0

    def test_yesterdays_forgotten_visits_are_asked_for_after_a_night_without_a_worker(self, visit):
        visit.desk.clock.now = at("01-06", "08:00")
        assert sweeping.sweep(visit.desk.scheduler).tasks == 1

    def test_two_workers_ask_once(self, visit):
        visit.desk.clock.now = at("01-05", "14:00")
        workers = [Thread(target=sweeping.sweep, args=(visit.desk.scheduler,)) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert len(visit.desk.tasks(OUTCOME_TASK)) == 1


def test_attendance_does_not_wait_for_a_calendar_that_somebody_holds(postgres_store):
    desk = open_desk(postgres_store)
    course = desk.begin(days="Tue Thu")
    desk.book(course)
    visit = Visit(desk, desk.live(course)[0])
    with postgres_store.begin(desk.clinic_id) as held:
        held.calendar.lock(desk.clock.now)
        held.courses.save(held.courses.get(course.id))
        visit.mark(K.ARRIVED, "09:50")
        visit.mark(K.DOSED, "10:20")
    assert visit.now.outcome is Outcome.GIVEN
