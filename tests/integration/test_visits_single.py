"""Single visits, moves, holds and adoption: the same rules as a whole course."""

from datetime import date, datetime, timedelta

import pytest

from desks import EVALUATION, NOW, SINGLE, at, open_desk
from planner.domain.course import AppointmentStatus, CourseStatus, Gate, Override
from planner.domain.errors import Code, Conflict, Forbidden, InvalidMove, InvalidValue, NotFound, RuleViolated
from planner.domain.span import minute_of
from planner.services import booking, clinics, courses, visits
from planner.services.visits import VisitKind

INFUSION = VisitKind("infusions", "infusion")
DOSE = VisitKind("course", "spravato")


@pytest.fixture
def desk(store):
    return open_desk(store)


def book(desk, start, kind=EVALUATION, patient="Ada Lovelace", by=None, **more):
    who = desk.patient(patient)
    return visits.book_visit(by or desk.scheduler, patient_id=who, kind=kind, start=start, **more).appointment


def move(desk, record, start, by=None, **more):
    return booking.move(
        by or desk.scheduler, appointment_id=record.id, start=start, **{"version": record.version, **more}
    ).appointments  # fmt: skip


def codes(refused):
    return [violation.code for violation in refused.value.violations]


def test_an_evaluation_is_booked_without_a_course(desk):
    booked = book(desk, at("01-05", "11:00"))
    assert (booked.course_id, booked.wall_start, booked.end_at) == (None, "2027-01-05T11:00", at("01-05", "12:00"))
    assert len(desk.taken_by(booked.id)) == 2
    assert [entry.subject_id for entry in desk.audit("book-visit")] == [booked.id]


def test_two_evaluations_at_one_time_need_two_prescribers(desk):
    book(desk, at("01-05", "11:00"))
    with pytest.raises(RuleViolated) as refused:
        book(desk, at("01-05", "11:30"), patient="Grace")
    assert codes(refused) == [Code.RESOURCE]
    assert refused.value.nearest == at("01-05", "12:00")
    book(desk, refused.value.nearest, patient="Grace")


def test_a_visit_is_refused_with_everything_that_is_wrong_and_the_nearest_start_without_any(desk):
    book(desk, at("01-05", "16:00"))
    with pytest.raises(RuleViolated) as refused:
        book(desk, at("01-05", "16:30"))
    assert set(codes(refused)) == {Code.OUTSIDE_HOURS, Code.RESOURCE, Code.PATIENT_BUSY}
    assert refused.value.nearest == at("01-05", "15:00")


def test_an_unknown_visit_protocol_or_patient_is_refused(desk):
    with pytest.raises(InvalidValue):
        book(desk, at("01-05"), VisitKind("consultations", "surgery"))
    with pytest.raises(NotFound):
        book(desk, at("01-05"), VisitKind("surgery", "surgery"))
    with pytest.raises(NotFound):
        visits.book_visit(desk.scheduler, patient_id=desk.clinic_id, kind=EVALUATION, start=at("01-05"))


@pytest.mark.parametrize("wrong", [datetime(2027, 1, 5, 10), at("01-05").replace(year=9999)])  # noqa: DTZ001
def test_a_start_without_a_zone_or_far_away_is_refused(desk, wrong):
    booked = book(desk, at("01-05"))
    for refused in (
        lambda: book(desk, wrong),
        lambda: move(desk, booked, wrong),
        lambda: visits.hold(desk.scheduler, patient_id=desk.patient(), kind=EVALUATION, start=wrong),
    ):
        with pytest.raises(InvalidValue):
            refused()


def test_a_single_dose_waits_for_its_gates(desk):
    with pytest.raises(RuleViolated) as refused:
        book(desk, at("01-05"), SINGLE)
    assert codes(refused) == [Code.GATE]
    clinics.set_gate(desk.scheduler, Gate("screening"), desk.patient())
    assert book(desk, at("01-05"), SINGLE).profile.dosing


def test_single_doses_keep_two_days_from_each_other_and_from_a_course(desk):
    clinics.set_gate(desk.scheduler, Gate("screening"))
    book(desk, at("01-05"), SINGLE)
    with pytest.raises(RuleViolated) as refused:
        book(desk, at("01-06"), SINGLE)
    assert codes(refused) == [Code.OTHER_COURSE]
    course = desk.begin()
    assert desk.shown(course)[0].start == at("01-07")
    desk.book(course)
    with pytest.raises(RuleViolated):
        book(desk, at("01-08"), SINGLE)


def test_two_doses_on_one_day_have_no_override(desk):
    booked = desk.book(desk.begin()).appointments
    reason = Override("as discussed")
    with pytest.raises(RuleViolated):
        move(desk, booked[1], at("01-05", "13:00"), by=desk.clinician, override=reason)
    with pytest.raises(RuleViolated):
        move(desk, booked[2], at("01-06"), by=desk.clinician, override=reason)
    (moved,) = move(desk, booked[1], at("01-06", "13:00"), by=desk.clinician, override=reason)
    assert moved.wall_start == "2027-01-06T13:00"


def test_a_move_names_every_rule_it_breaks_and_the_nearest_start_without_any(desk):
    booked = desk.book(desk.begin()).appointments
    with pytest.raises(RuleViolated) as refused:
        move(desk, booked[1], at("01-11", "16:00"))
    assert set(codes(refused)) >= {Code.MIN_DAYS, Code.OUTSIDE_HOURS}
    with pytest.raises(RuleViolated) as refused:
        move(desk, booked[1], at("01-06"))
    assert codes(refused) == [Code.MIN_DAYS]
    assert refused.value.nearest == at("01-07")


def test_a_move_frees_the_old_time_and_tells_calendars_once(desk):
    course = desk.begin()
    second = desk.book(course).appointments[1]
    (moved,) = move(desk, second, at("01-08", "13:00"))
    assert (moved.id, moved.sequence, moved.wall_start) == (second.id, 1, "2027-01-08T13:00")
    assert desk.walls(course) == ["01-05 10:00", "01-08 13:00", "01-12 10:00", "01-14 10:00"]
    assert desk.overlaps() == 0
    with desk.store.read(desk.clinic_id) as uow:
        rows = uow.occupancy.of_appointments([second.id])[second.id]
    assert min(row.start for row in rows) == minute_of(at("01-08", "13:00"))


def test_a_move_keeps_its_chair_where_that_is_free(desk):
    course, other = desk.begin(), desk.begin(patient="Grace")
    desk.book(other)
    second = desk.book(course).appointments[1]
    before = desk.taken_by(second.id)
    first = desk.live(other)[1]
    booking.cancel(desk.scheduler, appointment_id=first.id, version=first.version, reason="ill")
    move(desk, second, at("01-08"))
    assert desk.taken_by(second.id) == before


def test_an_override_needs_its_permission_and_a_reason_and_lands_in_the_audit(desk):
    second = desk.book(desk.begin()).appointments[1]
    with pytest.raises(Forbidden):
        move(desk, second, at("01-06"), override=Override("as discussed"))
    with pytest.raises(InvalidValue):
        Override("  ")
    (moved,) = move(desk, second, at("01-06"), by=desk.clinician, override=Override("as discussed"))
    assert moved.wall_start == "2027-01-06T10:00"
    (entry,) = desk.audit("move")
    assert (entry.reason, entry.facts["overridden"], entry.actor_id) == ("as discussed", "min-days", desk.clinician.actor.id)
    assert (entry.facts["from"], entry.facts["to"]) == ("2027-01-07T10:00", "2027-01-06T10:00")


def test_physics_has_no_override(desk):
    booked = desk.book(desk.begin()).appointments
    for wrong in (at("01-09"), at("01-08", "16:00"), at("01-08", "10:07"), at("01-04", "06:00")):
        with pytest.raises(RuleViolated):
            move(desk, booked[1], wrong, by=desk.clinician, override=Override("as discussed"))
    assert desk.audit("move") == []


def test_a_stale_or_cancelled_appointment_cannot_be_moved(desk):
    first, second, *_ = desk.book(desk.begin()).appointments
    (moved,) = move(desk, second, at("01-08"))
    with pytest.raises(Conflict):
        move(desk, second, at("01-07"))
    booking.cancel(desk.scheduler, appointment_id=moved.id, version=moved.version, reason="ill")
    for change in (
        lambda: move(desk, moved, at("01-07"), version=moved.version + 1),
        lambda: booking.cancel(desk.scheduler, appointment_id=moved.id, version=moved.version + 1, reason="ill"),
    ):
        with pytest.raises(InvalidMove):
            change()
    with pytest.raises(Conflict):
        booking.cancel(desk.scheduler, appointment_id=first.id, version=first.version + 1, reason="ill")


def test_a_past_start_is_refused(desk):
    second = desk.book(desk.begin()).appointments[1]
    desk.clock.now = at("01-06", "12:00")
    with pytest.raises(RuleViolated) as refused:
        move(desk, second, at("01-06", "11:00"))
    assert Code.BEFORE_START in codes(refused)


def test_a_late_patient_is_moved_to_the_afternoon(desk):
    first = desk.book(desk.begin()).appointments[0]
    desk.clock.now = at("01-05", "10:20")
    (moved,) = move(desk, first, at("01-05", "13:00"))
    assert moved.wall_start == "2027-01-05T13:00"


def test_a_single_visit_is_moved_and_cancelled(desk):
    booked = book(desk, at("01-05"))
    (moved,) = move(desk, booked, at("01-05", "10:30"))
    (gone,) = booking.cancel(
        desk.scheduler, appointment_id=booked.id, version=moved.version, reason="ill", scope=booking.Scope.COURSE
    ).appointments
    assert (gone.status, gone.sequence) == (AppointmentStatus.CANCELLED, 2)
    assert desk.taken_by(booked.id) == set()


def test_a_single_dose_can_be_moved_by_a_day(desk):
    clinics.set_gate(desk.scheduler, Gate("screening"))
    booked = book(desk, at("01-05"), SINGLE)
    (moved,) = move(desk, booked, at("01-06"))
    assert moved.wall_start == "2027-01-06T10:00"


def keep(desk, start=None, patient="Ada Lovelace", kind=EVALUATION, **more):
    return visits.hold(desk.scheduler, patient_id=desk.patient(patient), kind=kind, start=start or at("01-05"), **more)


def test_a_hold_keeps_others_off_until_it_expires(desk):
    keep(desk, lasting=timedelta(minutes=10))
    desk.clock.now = NOW + timedelta(minutes=9, seconds=59)
    with pytest.raises(RuleViolated) as refused:
        book(desk, at("01-05"), patient="Grace")
    assert codes(refused) == [Code.RESOURCE]
    desk.clock.now = NOW + timedelta(minutes=10)
    book(desk, at("01-05"), patient="Grace")


def test_a_preview_sees_a_hold_until_it_expires(desk):
    course = desk.begin()
    keep(desk, patient="Grace", kind=INFUSION)
    keep(desk, patient="Edith", kind=DOSE)
    assert desk.shown(course)[0].start != at("01-05")
    desk.clock.now = NOW + timedelta(minutes=11)
    assert desk.shown(course)[0].start == at("01-05")
    with desk.store.read(desk.clinic_id) as uow:
        assert len(uow.holds.all()) == 2


def test_a_hold_becomes_an_appointment_in_one_transaction(desk):
    kept = keep(desk)
    with pytest.raises(RuleViolated):
        book(desk, at("01-05"))
    booked = book(desk, at("01-05"), hold_id=kept.id)
    assert booked.wall_start == "2027-01-05T10:00"
    with desk.store.read(desk.clinic_id) as uow:
        assert uow.holds.all() == []
    with pytest.raises(NotFound):
        book(desk, at("01-06"), hold_id=kept.id)


def test_a_booking_that_is_refused_leaves_its_hold(desk):
    kept = keep(desk)
    with pytest.raises(RuleViolated):
        book(desk, at("01-05", "16:30"), hold_id=kept.id)
    assert book(desk, at("01-05"), hold_id=kept.id)


def test_an_expired_hold_and_another_patients_are_of_no_use(desk):
    kept = keep(desk)
    with pytest.raises(InvalidValue):
        book(desk, at("01-05"), patient="Grace", hold_id=kept.id)
    desk.clock.now = NOW + timedelta(minutes=10)
    with pytest.raises(NotFound):
        book(desk, at("01-05"), hold_id=kept.id)


def test_a_hold_is_given_up_and_written_down(desk):
    kept = keep(desk)
    visits.release(desk.scheduler, hold_ids=[kept.id])
    visits.release(desk.scheduler, hold_ids=[kept.id])
    book(desk, at("01-05"), patient="Grace")
    assert [entry.subject_id for entry in (*desk.audit("hold"), *desk.audit("release"))] == [kept.id, kept.id]


@pytest.mark.parametrize("lasting", [timedelta(0), timedelta(minutes=61), timedelta(seconds=-1)])
def test_a_hold_lasts_for_minutes(desk, lasting):
    with pytest.raises(InvalidValue):
        keep(desk, lasting=lasting)


def adopt(desk, record, course, **more):
    asked = {"appointment_id": record.id, "course_id": course.id, "version": record.version, **more}
    return visits.adopt(desk.scheduler, **asked)


def test_an_appointment_from_before_the_course_becomes_its_next_session(desk):
    booked = book(desk, at("01-05"), DOSE)
    course = desk.begin()
    adopted = adopt(desk, booked, course)
    assert (adopted.id, adopted.number, adopted.phase, adopted.sequence) == (booked.id, 1, "induction", 0)
    assert desk.course(course).status is CourseStatus.ACTIVE
    second = book(desk, at("01-19"), DOSE)
    assert adopt(desk, second, course).number == 2
    preview = courses.preview(desk.scheduler, course_id=course.id)
    assert booked.id in {change.booked.appointment_id for change in preview.diff.keep}
    assert len(desk.tasks("review")) == 1
    assert len(desk.audit("adopt")) == 2


def test_adoption_holds_the_rules_of_the_course(desk):
    course = desk.begin()
    first, second = book(desk, at("01-05"), DOSE), book(desk, at("01-07"), DOSE)
    adopt(desk, first, course)
    with pytest.raises(Conflict):
        adopt(desk, second, course, version=7)
    with pytest.raises(InvalidMove):
        adopt(desk, first, course, version=2)
    with pytest.raises(InvalidValue):
        adopt(desk, book(desk, at("01-11")), course)
    with pytest.raises(InvalidValue):
        adopt(desk, book(desk, at("01-08"), DOSE, patient="Grace"), course)
    late = book(desk, at("02-26"), DOSE)
    with pytest.raises(RuleViolated) as refused:
        adopt(desk, late, course)
    assert codes(refused) == [Code.GAP_OVERRUN]
    assert adopt(desk, second, course).number == 2


def test_a_course_without_a_session_left_adopts_nothing(desk):
    course = desk.begin()
    desk.book(course)
    with pytest.raises(InvalidValue):
        adopt(desk, book(desk, at("02-02"), DOSE), course)


def test_daylight_saving_keeps_the_promise_on_the_wall(desk):
    course = desk.begin(start=date(2027, 3, 9))
    desk.book(course)
    instants = [one.start_at.hour for one in desk.live(course)]
    assert desk.walls(course) == ["03-09 10:00", "03-11 10:00", "03-16 10:00", "03-18 10:00"]
    assert instants == [15, 15, 14, 14]
