"""A closure declared later: what it affects, planned before it is made, and made as a whole."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from builders import NEW_YORK, hours, uid
from closures import DROP_MONDAYS, A, B, C, monday_desk, on_the_wall
from desks import EVALUATION, TUESDAY, at, open_desk
from planner.domain.course import CourseStatus
from planner.domain.errors import Conflict, Forbidden, InvalidMove, NotFound
from planner.domain.orders import Hold
from planner.domain.relaxing import Rule
from planner.domain.rescheduling import BeAway, CloseClinic, PlanAgain, Retire
from planner.domain.roles import Role
from planner.domain.span import Span, day_start, local_day
from planner.services import booking, calendar, committing, ordering, previewing, rescheduling, resources, unresolved, visits
from planner.services.committing import ReplanChanged
from planner.services.rescheduling import ReplanStatus
from webroutes import neighbour

THURSDAY = Span(at("01-07", "00:00"), at("01-08", "00:00"))
CLOSED = CloseClinic(THURSDAY, "flood")


@pytest.fixture
def desk(store):
    return open_desk(store)


@pytest.fixture
def mondays(store):
    return monday_desk(store)


def lines(shown):
    return [(one.kind.value, one.was and on_the_wall(one.was)[4:9], one.will and on_the_wall(one.will)[4:9])
            for one in shown.part.outcome.lines]  # fmt: skip


def notices(desk, patient):
    with desk.store.read(desk.clinic_id) as uow:
        return [one for one in uow.notices.of_patient(desk.people[patient]) if one.open]


def sent(desk):
    """Let everything that is owed be as if it had been sent."""
    with desk.store.begin(desk.clinic_id) as uow:
        for patient in desk.people.values():
            for one in uow.notices.of_patient(patient):
                uow.notices.withdraw([one.id], desk.clock(), "a test")


class TestA8:
    def test_the_preview_is_as_the_scenario_says_and_nothing_is_touched(self, mondays):
        desk, courses = mondays
        before = {name: desk.walls(course) for name, course in courses.items()}
        made = rescheduling.draft(desk.admin, change=DROP_MONDAYS)
        assert (made.status, made.total, made.done) == (ReplanStatus.READY, 3, 3)
        shown = {one.patient.name: one for one in previewing.preview(desk.admin, replan_id=made.id).shown}
        assert lines(shown[B]) == [("move", "07-05", "07-06"), ("move", "07-12", "07-13"), ("move", "07-19", "07-20")]
        assert lines(shown[C]) == [
            ("keep", "07-01", "07-01"), ("move", "07-05", "07-06"), ("keep", "07-08", "07-08"), ("move", "07-12", "07-13"),
        ]  # fmt: skip
        outlook = shown[A].part.outcome.outlook
        assert [on_the_wall(start) for start in outlook.nearest] == ["Tue 07-13 10:00", "Wed 07-14 10:00", "Sat 07-10 10:00"]
        assert (outlook.keep_by, outlook.last_usable) == (date(2027, 7, 19), date(2027, 7, 17))
        assert set(outlook.rules) == {Rule.AVAILABILITY, Rule.HOURS}
        assert {name: desk.walls(course) for name, course in courses.items()} == before
        assert desk.audit("set-hours") == []
        assert shown[B].part.outcome.lines[0].gap == 8

    def test_the_commit_is_what_the_preview_showed_with_one_message_a_patient(self, mondays):
        desk, courses = mondays
        sent(desk)
        made = rescheduling.draft(desk.admin, change=DROP_MONDAYS)
        done = committing.commit(desk.admin, replan_id=made.id, version=made.version)
        assert desk.walls(courses[A]) == ["07-12 10:00"]
        assert desk.walls(courses[B]) == ["07-06 10:00", "07-13 10:00", "07-20 10:00"]
        assert desk.walls(courses[C]) == ["07-01 10:00", "07-06 10:00", "07-08 10:00", "07-13 10:00"]
        assert {name: len(notices(desk, name)) for name in (A, B, C)} == {A: 0, B: 1, C: 1}
        assert (done.told, done.phoned, done.replan.status) == (2, 0, ReplanStatus.COMMITTED)
        assert desk.overlaps() == 0
        (task,) = desk.tasks("move-or-cancel")
        assert task.appointment_id == desk.live(courses[A])[0].id
        assert len(desk.audit("move")) == 5

    def test_patterns_are_anchored_to_the_days_that_are_left(self, mondays):
        desk, courses = mondays
        made = rescheduling.draft(desk.admin, change=DROP_MONDAYS)
        committing.commit(desk.admin, replan_id=made.id, version=made.version)
        asked = {name: desk.course(one).preferences.weekdays for name, one in courses.items()}
        assert asked == {A: (0,), B: (1,), C: (1, 3)}
        assert rescheduling.draft(desk.admin, change=PlanAgain()).total == 1

    def test_a_stays_on_the_worklist_with_the_same_proposals(self, mondays):
        desk, _ = mondays
        made = rescheduling.draft(desk.admin, change=DROP_MONDAYS)
        committing.commit(desk.admin, replan_id=made.id, version=made.version)
        (left,) = unresolved.unresolved(desk.scheduler).items
        assert left.near == ()
        assert [on_the_wall(start)[4:9] for start in left.beyond] == ["07-13", "07-14", "07-10"]
        assert (left.keep_by, left.last_usable) == (date(2027, 7, 19), date(2027, 7, 17))

    def test_who_may_not_configure_may_not_drop_a_weekday(self, mondays):
        desk, _ = mondays
        with pytest.raises(Forbidden):
            rescheduling.draft(desk.scheduler, change=DROP_MONDAYS)


class TestOneDay:
    """Two patients' series on Tuesdays and Thursdays at 10:00, of which one Thursday is to be closed."""

    @pytest.fixture
    def series(self, desk):
        first, second = desk.begin(), desk.begin(patient="Grace Hopper", at="11:00")
        for one in (first, second):
            desk.book(one)
        return first, second

    def test_drafting_changes_nothing(self, desk, series):
        before = [desk.walls(one) for one in series]
        rescheduling.draft(desk.scheduler, change=CLOSED)
        assert [desk.walls(one) for one in series] == before
        assert desk.tasks("move-or-cancel") == []
        assert desk.audit("close") == []

    def test_a_commit_closes_the_day_and_moves_both(self, desk, series):
        made = rescheduling.draft(desk.scheduler, change=CLOSED)
        committing.commit(desk.scheduler, replan_id=made.id, version=made.version)
        assert [one[:5] for course in series for one in desk.walls(course) if one.startswith("01-07")] == []
        assert [len(desk.live(one)) for one in series] == [4, 4]
        assert desk.tasks("move-or-cancel") == []
        assert [entry.facts["courses"] for entry in desk.audit("close")] == [2]
        assert {entry.reason for entry in desk.audit("move")} == {"flood"}
        assert desk.overlaps() == 0

    def test_the_preview_equals_the_commit(self, desk, series):
        made = rescheduling.draft(desk.scheduler, change=CLOSED)
        shown = previewing.preview(desk.scheduler, replan_id=made.id).shown
        will = {one.part.course_id: sorted(line.will for line in one.part.outcome.lines if line.will) for one in shown}
        committing.commit(desk.scheduler, replan_id=made.id, version=made.version)
        assert {one.id: sorted(record.start_at for record in desk.live(one)) for one in series} == will

    @pytest.mark.usefixtures("series")
    def test_a_further_replan_without_new_facts_changes_nothing(self, desk):
        made = rescheduling.draft(desk.scheduler, change=CLOSED)
        committing.commit(desk.scheduler, replan_id=made.id, version=made.version)
        assert rescheduling.draft(desk.scheduler, change=CLOSED).total == 0

    def test_identity_is_kept_where_the_time_survives(self, desk, series):
        before = {one.id: one for one in desk.live(series[0])}
        made = rescheduling.draft(desk.scheduler, change=CLOSED)
        committing.commit(desk.scheduler, replan_id=made.id, version=made.version)
        after = desk.live(series[0])
        assert {one.id for one in after} == before.keys()
        same = [one for one in after if one.start_at == before[one.id].start_at]
        assert [one.sequence for one in same] == [0] * len(same)
        assert len(same) >= 1

    @pytest.mark.usefixtures("series")
    def test_it_can_be_made_once(self, desk):
        made = rescheduling.draft(desk.scheduler, change=CLOSED)
        done = committing.commit(desk.scheduler, replan_id=made.id, version=made.version)
        with pytest.raises(InvalidMove):
            committing.commit(desk.scheduler, replan_id=made.id, version=done.replan.version)

    @pytest.mark.usefixtures("series")
    def test_what_was_cancelled_is_not_made(self, desk):
        made = rescheduling.draft(desk.scheduler, change=CLOSED)
        assert rescheduling.cancel(desk.scheduler, replan_id=made.id).status is ReplanStatus.CANCELLED
        with pytest.raises(InvalidMove):
            committing.commit(desk.scheduler, replan_id=made.id, version=made.version + 1)
        assert rescheduling.running(desk.scheduler).replans == ()

    @pytest.mark.usefixtures("series")
    def test_a_stale_page_is_refused(self, desk):
        made = rescheduling.draft(desk.scheduler, change=CLOSED)
        with pytest.raises(Conflict):
            committing.commit(desk.scheduler, replan_id=made.id, version=made.version - 1)

    def test_what_no_longer_fits_is_planned_again_and_nothing_is_written(self, desk, series):
        made = rescheduling.draft(desk.scheduler, change=CLOSED)
        second = desk.live(series[1])[1]
        booking.move(desk.scheduler, appointment_id=second.id, start=at("01-07", "14:00"), version=second.version)
        with pytest.raises(ReplanChanged) as refused:
            committing.commit(desk.scheduler, replan_id=made.id, version=made.version)
        assert refused.value.before.keys() == {series[1].id}
        assert desk.audit("close") == []
        fresh = refused.value.fresh
        assert (fresh.status, fresh.done, fresh.total) == (ReplanStatus.READY, 2, 2)
        committing.commit(desk.scheduler, replan_id=fresh.id, version=fresh.version)
        assert all(not one.startswith("01-07") for course in series for one in desk.walls(course))

    @pytest.mark.usefixtures("series")
    def test_what_was_booked_since_on_the_closed_day_is_planned_too(self, desk):
        made = rescheduling.draft(desk.scheduler, change=CLOSED)
        third = desk.begin(patient="Mary Jackson", at="14:00")
        desk.book(third)
        with pytest.raises(ReplanChanged) as refused:
            committing.commit(desk.scheduler, replan_id=made.id, version=made.version)
        assert refused.value.before == {third.id: None}
        assert refused.value.fresh.total == 3

    def test_what_somebody_moved_off_the_day_by_hand_is_left_alone(self, desk, series):
        made = rescheduling.draft(desk.scheduler, change=CLOSED)
        second = desk.live(series[1])[1]
        booking.move(desk.scheduler, appointment_id=second.id, start=at("01-08", "14:00"), version=second.version)
        with pytest.raises(ReplanChanged) as refused:
            committing.commit(desk.scheduler, replan_id=made.id, version=made.version)
        assert refused.value.fresh.total == 1

    def test_a_single_visit_is_moved_as_itself(self, desk):
        booked = visits.book_visit(desk.scheduler, patient_id=desk.patient(), kind=EVALUATION, start=at("01-07"))
        record = booked.appointment
        made = rescheduling.draft(desk.scheduler, change=CLOSED)
        committing.commit(desk.scheduler, replan_id=made.id, version=made.version)
        with desk.store.read(desk.clinic_id) as uow:
            moved = uow.appointments.get(record.id)
        assert moved.wall_start == "2027-01-08T10:00"
        assert moved.sequence == 1

    @pytest.mark.usefixtures("series")
    def test_who_is_due_within_three_hours_is_phoned_and_written_to(self, desk):
        desk.clock.now = at("01-07", "07:30")
        made = rescheduling.draft(desk.scheduler, change=CLOSED)
        preview = previewing.preview(desk.scheduler, replan_id=made.id)
        assert {one.patient.name for one in preview.shown if one.phoned} == {"Ada Lovelace"}
        done = committing.commit(desk.scheduler, replan_id=made.id, version=made.version)
        (task,) = desk.tasks("phone-change")
        assert (task.patient_id, task.due_at) == (desk.patient(), desk.clock.now)
        assert (done.phoned, done.told) == (1, 2)

    def test_a_nurse_who_is_away_is_replaced_without_a_word(self, desk, series):
        nurse = next(iter(desk.taken_by(desk.live(series[0])[1].id) & {uid("nurse 1"), uid("nurse 2")}))
        made = rescheduling.draft(desk.scheduler, change=BeAway(nurse, THURSDAY, "leave"))
        assert (made.total, made.status) == (0, ReplanStatus.READY)
        assert made.reassigned
        done = committing.commit(desk.scheduler, replan_id=made.id, version=made.version)
        assert done.told == 0
        assert nurse not in desk.taken_by(desk.live(series[0])[1].id)
        assert desk.audit("move") == []

    def test_a_chair_that_is_away_moves_what_the_others_cannot_take(self, desk):
        courses = [desk.begin(patient=name) for name in ("Ada Lovelace", "Grace Hopper")]
        for one in courses:
            desk.book(one)
        made = rescheduling.draft(desk.scheduler, change=BeAway(uid("chair 1"), THURSDAY, "repair"))
        committing.commit(desk.scheduler, replan_id=made.id, version=made.version)
        thursdays = [one for course in courses for one in desk.live(course) if one.wall_start.startswith("2027-01-07")]
        assert all(uid("chair 1") not in desk.taken_by(one.id) for one in thursdays)
        assert desk.tasks("move-or-cancel") == []
        assert desk.overlaps() == 0

    def test_what_is_broken_already_is_planned_when_asked_again(self, desk, series):
        calendar.close(desk.scheduler, span=THURSDAY, reason="flood")
        assert len(desk.tasks("move-or-cancel")) == 2
        made = rescheduling.draft(desk.scheduler, change=PlanAgain())
        committing.commit(desk.scheduler, replan_id=made.id, version=made.version)
        assert desk.tasks("move-or-cancel") == []
        assert all(not one.startswith("01-07") for course in series for one in desk.walls(course))


class TestTheWorker:
    @pytest.fixture
    def many(self, desk, monkeypatch):
        monkeypatch.setattr(rescheduling, "INLINE", 1)
        asked = (("Ada", "10:00"), ("Bea", "11:00"), ("Cid", "13:00"))
        courses = [desk.begin(patient=name, at=time) for name, time in asked]
        for one in courses:
            desk.book(one)
        return rescheduling.draft(desk.scheduler, change=CLOSED)

    def test_many_courses_wait_for_it(self, desk, many):
        assert (many.status, many.total, many.done) == (ReplanStatus.WAITING, 3, 0)
        assert rescheduling.compute_waiting(desk.acting(Role.SYSTEM), lambda: False) == 1
        done = previewing.progress(desk.scheduler, replan_id=many.id)
        assert (done.status, done.done) == (ReplanStatus.READY, 3)

    def test_told_to_stop_it_ends_between_two_courses_and_another_goes_on(self, desk, many):
        stops = iter([False, False, True, True, True, True])
        left = rescheduling.compute(desk.acting(Role.SYSTEM), replan_id=many.id, halted=lambda: next(stops))
        assert (left.status, left.leased_until) == (ReplanStatus.WAITING, None)
        assert 0 < left.done < 3
        done = rescheduling.compute(desk.acting(Role.SYSTEM), replan_id=many.id)
        assert (done.status, done.done) == (ReplanStatus.READY, 3)
        committing.commit(desk.scheduler, replan_id=many.id, version=done.version)
        assert desk.overlaps() == 0

    def test_a_lease_that_is_held_keeps_others_off_until_it_runs_out(self, desk, many):
        with desk.store.begin(desk.clinic_id) as uow:
            held = replace(many, status=ReplanStatus.COMPUTING, leased_until=desk.clock.now + timedelta(seconds=30))
            uow.replans.save(held)
        assert rescheduling.compute_waiting(desk.acting(Role.SYSTEM), lambda: False) == 0
        assert rescheduling.compute(desk.acting(Role.SYSTEM), replan_id=many.id).done == 0
        desk.clock.now += timedelta(seconds=31)
        assert rescheduling.compute_waiting(desk.acting(Role.SYSTEM), lambda: False) == 1
        assert previewing.progress(desk.scheduler, replan_id=many.id).status is ReplanStatus.READY

    def test_one_about_something_that_is_gone_fails_once_and_for_all(self, desk, monkeypatch):
        monkeypatch.setattr(rescheduling, "INLINE", -1)
        made = rescheduling.draft(desk.scheduler, change=BeAway(uid("pump 1"), THURSDAY, "repair"))
        resources.retire_resource(desk.admin, resource_id=uid("pump 1"))
        with pytest.raises(NotFound):
            rescheduling.compute_waiting(desk.acting(Role.SYSTEM), lambda: False)
        assert previewing.progress(desk.scheduler, replan_id=made.id).status is ReplanStatus.FAILED
        assert rescheduling.compute_waiting(desk.acting(Role.SYSTEM), lambda: False) == 0

    def test_a_cancelled_one_is_left_between_two_courses(self, desk, many):
        asked = iter([None, rescheduling.cancel])

        def halted():
            if step := next(asked, None):
                step(desk.scheduler, replan_id=many.id)
            return False

        left = rescheduling.compute(desk.acting(Role.SYSTEM), replan_id=many.id, halted=halted)
        assert left.status is ReplanStatus.CANCELLED
        assert left.done < 3


class TestWhoIsAffected:
    def test_one_message_for_all_courses_of_a_patient(self, desk):
        first = desk.begin()
        desk.book(first)
        talks = desk.begin("consultations", date(2027, 1, 7), at="15:00")
        desk.book(talks)
        sent(desk)
        made = rescheduling.draft(desk.scheduler, change=CLOSED)
        assert made.total == 2
        done = committing.commit(desk.scheduler, replan_id=made.id, version=made.version)
        assert done.told == 1
        with desk.store.read(desk.clinic_id) as uow:
            (owed,) = [one for one in uow.notices.of_patient(desk.patient()) if one.open]
        assert len(owed.facts["appointments"]) >= 2
        assert desk.overlaps() == 0

    def test_a_dose_takes_its_conversation_along(self, desk):
        course = desk.begin("psychotherapy", TUESDAY, at="10:00")
        desk.book(course)
        dose, talk = desk.live(course)[:2]
        assert talk.linked_to == dose.id
        day = Span(*(day_start(local_day(dose.start_at, NEW_YORK) + timedelta(days=days), NEW_YORK) for days in (0, 1)))
        made = rescheduling.draft(desk.scheduler, change=CloseClinic(day, "flood"))
        committing.commit(desk.scheduler, replan_id=made.id, version=made.version)
        moved = {one.id: one for one in desk.live(course)}
        assert moved[dose.id].start_at > dose.start_at
        apart = moved[talk.id].start_at - moved[dose.id].start_at
        assert timedelta(hours=24) <= apart <= timedelta(hours=73)

    def test_a_course_that_is_on_hold_is_left_to_a_person(self, desk):
        course = desk.begin()
        desk.book(course)
        with desk.store.begin(desk.clinic_id) as uow:
            uow.courses.save(replace(uow.courses.get(course.id), status=CourseStatus.ON_HOLD))
        made = rescheduling.draft(desk.scheduler, change=CLOSED)
        (shown,) = previewing.preview(desk.scheduler, replan_id=made.id).shown
        assert (shown.part.outcome.resolved, shown.part.outcome.facts) == (False, {"status": "on-hold"})
        committing.commit(desk.scheduler, replan_id=made.id, version=made.version)
        assert [task.appointment_id for task in desk.tasks("move-or-cancel")] == [desk.live(course)[1].id]

    def test_a_course_that_is_held_until_a_day_is_planned_from_that_day_on(self, desk):
        course = desk.begin()
        desk.book(course)
        order, version = Hold(date(2027, 1, 12)), desk.course(course).version
        ordering.give(desk.clinician, course_id=course.id, order=order, reason="travels", version=version)
        day = CloseClinic(Span(at("01-12", "00:00"), at("01-13", "00:00")), "flood")
        made = rescheduling.draft(desk.scheduler, change=day)
        committing.commit(desk.scheduler, replan_id=made.id, version=made.version)
        assert len(desk.live(course)) == 4
        assert min(desk.walls(course)) > "01-13"
        assert desk.tasks("move-or-cancel") == []

    def test_who_is_treated_by_somebody_who_is_away_is_planned_with_another(self, desk):
        course = desk.begin("psychotherapy", TUESDAY)
        desk.book(course)
        before = desk.live(course)
        away = BeAway(before[0].clinician_id, Span(at("01-05", "00:00"), at("01-09", "00:00")), "ill")
        made = rescheduling.draft(desk.admin, change=away)
        committing.commit(desk.admin, replan_id=made.id, version=made.version)
        assert desk.walls(course) == ["01-05 10:00", "01-07 10:00", "01-12 10:00", "01-14 10:00"]
        assert [before[0].clinician_id in desk.taken_by(one.id) for one in desk.live(course)] == [False, False, True, True]

    def test_who_is_unresolved_and_due_soon_is_phoned(self, desk):
        course = desk.begin(hours=hours("Thu", "08:00", "18:00"), days="Thu", start=date(2027, 1, 7), at="10:00")
        with desk.store.begin(desk.clinic_id) as uow:
            uow.courses.save(replace(uow.courses.get(course.id), status=CourseStatus.ACTIVE))
        booked = visits.book_visit(desk.scheduler, patient_id=desk.patient(), kind=EVALUATION, start=at("01-07"))
        everything = CloseClinic(Span(at("01-07", "00:00"), at("12-31", "00:00")), "for good")
        desk.clock.now = at("01-07", "08:00")
        made = rescheduling.draft(desk.scheduler, change=everything)
        done = committing.commit(desk.scheduler, replan_id=made.id, version=made.version)
        (task,) = desk.tasks("phone-change")
        assert (task.appointment_id, done.phoned, done.told) == (booked.appointment.id, 1, 0)
        assert len(desk.tasks("move-or-cancel")) == 1

    def test_a_chair_taken_out_of_use_moves_what_the_other_cannot_take(self, desk):
        for name in ("Ada Lovelace", "Grace Hopper"):
            desk.book(desk.begin(patient=name))
        made = rescheduling.draft(desk.admin, change=Retire(uid("chair 1")))
        committing.commit(desk.admin, replan_id=made.id, version=made.version)
        with desk.store.read(desk.clinic_id) as uow:
            assert uow.clinics.get(desk.clock()).resource(uid("chair 1")) is None
        assert desk.tasks("move-or-cancel") == []
        assert desk.overlaps() == 0

    def test_another_clinics_replan_is_not_there(self, desk, store):
        made = rescheduling.draft(desk.scheduler, change=CLOSED)
        other = open_desk(store, site=neighbour())
        with pytest.raises(NotFound):
            committing.commit(other.scheduler, replan_id=made.id, version=made.version)
