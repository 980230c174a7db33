"""Booking a whole series: all or nothing, exactly as it was shown, and only what is still true."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest

from builders import uid
from desks import at, open_desk
from planner.domain.course import CourseStatus, Gate, Given
from planner.domain.errors import Code, Conflict, Forbidden, InvalidMove, InvalidValue, NotFound, RuleViolated
from planner.domain.span import Span, minute_of
from planner.services import booking, calendar, clinics, courses, visits
from planner.services.booking import PlanChanged
from planner.services.visits import VisitKind


@pytest.fixture
def desk(store):
    return open_desk(store)


CHAIRS = {uid("chair 1"), uid("chair 2")}
DATES = ["01-05 10:00", "01-07 10:00", "01-12 10:00", "01-14 10:00"]


def test_a_series_is_booked_exactly_as_it_was_shown(desk):
    course = desk.begin()
    shown = desk.shown(course)
    done = desk.book(course, shown, version=course.version)
    assert desk.walls(course) == DATES
    assert [one.start_at for one in done.appointments] == [one.start for one in shown]
    assert [one.number for one in done.appointments] == [1, 2, 3, 4]
    for booked, seen in zip(done.appointments, shown, strict=True):
        assert set(seen.preferred.values()) <= desk.taken_by(booked.id)
    assert desk.course(course).status is CourseStatus.ACTIVE
    assert done.course_version == desk.course(course).version > course.version
    assert desk.overlaps() == 0


def test_without_anything_shown_it_is_planned_under_the_lock(desk):
    course = desk.begin()
    desk.book(course)
    assert desk.walls(course) == DATES


def test_an_edited_start_is_booked_and_kept_apart_from_the_rest(desk):
    course = desk.begin()
    desk.book(course, desk.shown(course, pinned={2: at("01-08", "13:00")}))
    assert desk.walls(course)[:2] == ["01-05 10:00", "01-08 13:00"]


def test_where_one_session_breaks_a_rule_nothing_is_booked(desk):
    course = desk.begin()
    shown = desk.shown(course)
    with pytest.raises(PlanChanged) as refused:
        desk.book(course, [*shown[:3], replace(shown[3], start=at("01-13"))])
    assert {number: [v.code for v in broken] for number, broken in refused.value.broken.items()} == {4: [Code.MIN_DAYS]}
    assert (desk.records(course), desk.audit("book-series"), desk.tasks("review")) == ([], [], [])
    assert desk.course(course) == course


def test_a_chair_taken_meanwhile_gives_way_silently_to_another(desk):
    course, other = desk.begin(), desk.begin(patient="Grace")
    shown = desk.shown(course)
    desk.book(other, desk.shown(other))
    done = desk.book(course, shown)
    assert desk.walls(course) == DATES
    first, second = (desk.live(one)[0] for one in (other, course))
    assert (desk.taken_by(first.id) | desk.taken_by(second.id)) >= CHAIRS
    assert len(done.appointments) == 4


def test_a_plan_gone_stale_is_refused_with_what_is_broken_and_a_fresh_one_that_keeps_rows_by_hand(desk):
    course = desk.begin()
    shown = desk.shown(course, pinned={2: at("01-08", "13:00")})
    for patient in ("Grace", "Edith"):
        desk.book(desk.begin(patient=patient), None)
    with pytest.raises(PlanChanged) as refused:
        desk.book(course, shown)
    changed = refused.value
    assert changed.broken.keys() == {1, 3, 4}
    assert {violation.code for violation in changed.broken[1]} == {Code.RESOURCE}
    assert changed.fresh.complete
    assert changed.fresh.placed[1].start == at("01-08", "13:00")
    assert desk.records(course) == []
    booked = desk.book(course, booking.shown_of(changed.fresh, [2]))
    assert len(booked.appointments) == 4


def test_the_nearest_time_of_a_broken_session_is_really_free(desk):
    course = desk.begin()
    shown = desk.shown(course)
    for patient in ("Grace", "Edith", "Joan", "Mary"):
        desk.book(desk.begin(patient=patient), None)
    with pytest.raises(PlanChanged) as refused:
        desk.book(course, shown)
    (nearest,) = (v.nearest for v in refused.value.broken[1] if v.facts["kind"] == "chair")
    with desk.store.read(desk.clinic_id) as uow:
        until = minute_of(nearest) + shown_minutes(course)
        rows = [row for row in uow.occupancy.rows(minute_of(nearest), until) if row.subject_id in CHAIRS]
    assert len({row.subject_id for row in rows}) < 2


def shown_minutes(course):
    return course.protocol.visits["spravato"].held_minutes


def test_a_stale_course_page_is_refused(desk):
    course = desk.begin()
    shown = desk.shown(course)
    desk.book(course, shown, version=course.version)
    with pytest.raises(Conflict, match="course"):
        desk.book(course, shown, version=course.version)


def test_a_page_from_before_a_move_by_somebody_else_is_stale(desk):
    course = desk.begin()
    done = desk.book(course)
    seen = desk.course(course)
    shown = desk.shown(course)
    last = done.appointments[-1]
    booking.move(desk.scheduler, appointment_id=last.id, start=at("01-15"), version=last.version)
    with pytest.raises(Conflict):
        desk.book(course, shown, version=seen.version)
    assert desk.walls(course)[-1] == "01-15 10:00"


def test_sessions_shown_twice_or_out_of_number_are_refused(desk):
    course = desk.begin()
    shown = desk.shown(course)
    for wrong in ([shown[0], replace(shown[1], number=1)], [shown[0], shown[2]], [*shown, replace(shown[3], number=5)]):
        with pytest.raises(PlanChanged):
            desk.book(course, wrong)
    assert desk.records(course) == []


def test_an_empty_series_is_not_a_booking(desk):
    course = desk.begin()
    desk.book(course)
    with pytest.raises(InvalidValue):
        desk.book(course, [])
    assert len(desk.live(course)) == 4


def test_part_of_a_course_can_be_booked_and_goes_on_later(desk):
    course = desk.begin()
    desk.book(course, desk.shown(course)[:2])
    assert desk.walls(course) == DATES[:2]
    desk.book(course, desk.shown(course))
    assert desk.walls(course) == DATES


def test_a_weekday_on_which_the_clinic_is_closed_is_refused_where_nobody_looked(desk):
    course = desk.begin(days="Sun Wed")
    with pytest.raises(RuleViolated) as refused:
        desk.book(course)
    assert Code.PATTERN_CLOSED in {violation.code for violation in refused.value.violations}


def test_a_course_for_which_there_is_no_room_is_refused_and_says_how_far_it_goes(desk):
    course = desk.begin()
    calendar.close(desk.scheduler, span=Span(at("01-08", "00:00"), at("03-30", "00:00")), reason="flood")
    with pytest.raises(PlanChanged) as refused:
        desk.book(course)
    assert not refused.value.fresh.complete
    assert len(refused.value.fresh.placed) == 2
    assert desk.records(course) == []


def test_a_gate_that_is_not_met_blocks_the_whole_series(desk):
    desk.publish(replace(desk.begin().protocol, name="gated", gates=("screening",)))
    course = desk.begin("gated", patient="Grace")
    with pytest.raises(PlanChanged):
        desk.book(course)
    shown = desk.shown(desk.begin(patient="Edith"))
    with pytest.raises(PlanChanged) as refused:
        desk.book(course, shown)
    assert {v.code for v in refused.value.broken[1]} == {Code.GATE}
    clinics.set_gate(desk.scheduler, Gate("screening"), desk.patient("Grace"))
    desk.book(course, shown)
    assert desk.walls(course) == DATES


def test_a_gate_of_the_clinic_serves_every_patient_until_it_runs_out(desk):
    desk.publish(replace(desk.begin().protocol, name="gated", gates=("certification",)))
    clinics.set_gate(desk.scheduler, Gate("certification", until=date(2027, 1, 8)))
    course = desk.begin("gated", patient="Grace")
    assert [one.number for one in desk.shown(course)] == [1, 2]


def test_two_courses_of_a_patient_keep_the_smaller_gap_and_never_less_than_two_days(desk):
    desk.book(desk.begin())
    infusions = desk.begin("infusions", days="Mon Wed Fri")
    desk.book(infusions)
    both = sorted(desk.walls(infusions) + DATES)
    days = [int(wall[3:5]) for wall in both if wall.startswith("01-")]
    assert all(second - first >= 2 for first, second in pairwise(days))


def test_a_clinician_may_enter_other_days_between_two_courses_and_a_scheduler_may_not(desk):
    desk.book(desk.begin())
    with pytest.raises(Forbidden):
        desk.begin("infusions", other_course_days=1)
    course = desk.begin("infusions", days="Mon Wed Fri", by=desk.clinician, other_course_days=1)
    assert "01-06 10:00" in [one.start.strftime("%m-%d ") + "10:00" for one in desk.shown(course)]
    far = desk.begin("infusions", date(2027, 1, 15), "Mon Wed Fri", by=desk.clinician, other_course_days=7)
    assert desk.shown(far)[0].start == at("01-22")


def test_what_was_entered_for_one_course_holds_for_the_other_as_well(desk):
    wide = desk.begin("infusions", days="Mon Wed Fri", by=desk.clinician, other_course_days=7)
    desk.book(wide)
    assert desk.walls(wide)[-1] == "01-18 10:00"
    assert desk.shown(desk.begin(start=date(2027, 1, 19)))[0].start == at("01-26")


def test_a_review_is_owed_once_when_the_phase_ends_and_moves_along(desk):
    course = desk.begin()
    desk.book(course)
    (review,) = desk.tasks("review")
    last = desk.live(course)[-1]
    assert (review.due_at, review.facts["phase"]) == (last.end_at, "induction")
    desk.book(course, desk.shown(course))
    assert desk.tasks("review") == [review]
    again = desk.live(course)[-1]
    moved = booking.move(desk.scheduler, appointment_id=last.id, start=at("01-15"), version=again.version).appointment
    (later,) = desk.tasks("review")
    assert later.due_at == moved.end_at
    first = desk.live(course)[0]
    booking.cancel(
        desk.scheduler, appointment_id=first.id, version=first.version, reason="ill", scope=booking.Scope.COURSE
    )
    assert desk.tasks("review") == []


def test_a_course_that_has_ended_takes_no_booking(desk):
    course = desk.begin()
    with desk.store.begin(desk.clinic_id) as uow:
        uow.courses.save(replace(course, status=CourseStatus.COMPLETED))
    with pytest.raises(InvalidMove):
        desk.book(course)


def test_enrolment_in_the_middle_counts_what_was_given_here_and_elsewhere(desk):
    given = [Given("induction", date(2026, 12, day), elsewhere=day < 20) for day in (1, 3, 8, 10, 15, 17, 22, 24)]
    given += [Given("weekly", date(2026, 12, 31))]
    course = desk.begin("esketamine", given=given)
    done = desk.book(course)
    assert [(one.number, one.phase) for one in done.appointments[:4]] == [
        (10, "weekly"), (11, "weekly"), (12, "weekly"), (13, "fortnightly"),
    ]  # fmt: skip
    assert desk.walls(course)[0] == "01-07 10:00"
    with desk.store.read(desk.clinic_id) as uow:
        assert [one.elsewhere for one in uow.given.of_course(course.id)] == [True] * 6 + [False] * 3


@pytest.mark.parametrize(
    ("phase", "day", "named"),
    [("induction", "2027-01-05", "given.0.day"), ("tapering", "2026-12-01", "given.0.phase")],
)
def test_what_cannot_have_been_given_is_refused(desk, phase, day, named):
    with pytest.raises(InvalidValue) as refused:
        desk.begin(given=[Given(phase, date.fromisoformat(day))])
    assert refused.value.path == named


def test_more_sessions_than_a_phase_has_cannot_have_been_given(desk):
    with pytest.raises(InvalidValue, match="only 4"):
        desk.begin(given=[Given("induction", date(2026, 12, day)) for day in range(1, 6)])


def test_a_session_that_has_begun_counts_although_nobody_has_recorded_it(desk):
    course = desk.begin()
    desk.book(course)
    desk.clock.now = at("01-07", "11:00")
    assert [one.number for one in desk.shown(course)] == [3, 4]
    desk.book(course, desk.shown(course))
    assert desk.walls(course) == DATES


def test_holds_are_taken_over_by_the_series_and_an_expired_one_is_not_found(desk):
    course = desk.begin("infusions", days="Tue Thu", start=at("01-05").date())
    kind = VisitKind("infusions", "infusion")
    held = visits.hold(desk.scheduler, patient_id=desk.patient(), kind=kind, start=at("01-05"))
    with pytest.raises(PlanChanged):
        desk.book(course, [booking.Shown(1, at("01-05"))])
    done = desk.book(course, [booking.Shown(1, at("01-05"))], hold_ids=[held.id])
    assert done.appointments[0].start_at == at("01-05")
    with pytest.raises(NotFound):
        desk.book(course, [booking.Shown(1, at("01-05"))], hold_ids=[held.id])
    theirs = visits.hold(desk.scheduler, patient_id=desk.patient("Grace"), kind=kind, start=at("01-06"))
    with pytest.raises(InvalidValue):
        desk.book(course, [booking.Shown(1, at("01-05"))], hold_ids=[theirs.id])


def test_what_was_booked_is_shown_where_and_with_whom_it_is_booked(desk):
    other, course = desk.begin(patient="Grace"), desk.begin()
    desk.book(other)
    desk.book(course)
    seen = courses.booked(desk.scheduler, course_id=course.id).plan
    records = desk.live(course)
    assert [one.start for one in seen.placed] == [one.start_at for one in records]
    for placed, record in zip(seen.placed, records, strict=True):
        assert {one.resource_id for one in placed.assignments} == desk.taken_by(record.id) - {record.patient_id}


def test_instants_without_a_zone_or_far_away_are_refused(desk):
    for wrong in (datetime(2027, 1, 5, 10), datetime(9999, 1, 1, tzinfo=UTC), datetime(1900, 1, 1, tzinfo=UTC)):  # noqa: DTZ001
        with pytest.raises(InvalidValue):
            booking.Shown(1, wrong)
        with pytest.raises(InvalidValue):
            courses.preview(desk.scheduler, course_id=desk.begin().id, wish=courses.Wish(pinned={1: wrong}))
