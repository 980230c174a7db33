"""A course before it is booked, on both databases: asked for otherwise, edited by hand, given up, booked beyond rules."""

from dataclasses import replace
from datetime import date

import pytest

from builders import uid, weekdays
from desks import at, open_desk
from planner.domain.course import CourseStatus, Given, Override
from planner.domain.editing import Edit
from planner.domain.errors import Code, Conflict, Forbidden, InvalidMove, InvalidValue, RuleViolated
from planner.domain.plan import Relaxation
from planner.domain.span import Span
from planner.services import booking, calendar, courses, drafts
from planner.services.courses import Wish
from planner.services.leave import Leave


@pytest.fixture
def desk(store):
    return open_desk(store)


def prefer(desk, course, **changed):
    asked = replace(course.preferences, **changed)
    return drafts.prefer(desk.scheduler, course_id=course.id, preferences=asked, version=course.version)


def test_a_draft_keeps_what_is_asked_for_now(desk):
    course = desk.begin()
    saved = prefer(desk, course, phase_weekdays={"induction": weekdays("Mon Wed")}, clinician_id=uid("prescriber 1"))
    assert desk.course(course) == saved
    assert (saved.clinician_id, saved.version) == (uid("prescriber 1"), 2)
    assert [entry.subject_id for entry in desk.audit("prefer")] == [course.id]


def test_of_two_wishes_from_one_page_the_second_is_a_conflict(desk):
    course = desk.begin()
    prefer(desk, course)
    with pytest.raises(Conflict):
        prefer(desk, course)


def test_a_booked_course_is_no_draft_any_more(desk):
    course = desk.begin()
    desk.book(course)
    with pytest.raises(InvalidMove):
        prefer(desk, desk.course(course))
    with pytest.raises(InvalidMove):
        drafts.discard(desk.scheduler, course_id=course.id, version=2)


@pytest.mark.parametrize(("field", "value"), [
    ("clinician_id", uid("nobody")), ("phase_weekdays", {"no-such-phase": (1,)}),
])  # fmt: skip
def test_a_wish_for_what_is_not_there_names_its_field(desk, field, value):
    with pytest.raises(InvalidValue, match=field):
        prefer(desk, desk.begin(), **{field: value})


def test_the_days_to_another_courses_doses_are_a_clinicians_to_change(desk):
    with pytest.raises(Forbidden):
        prefer(desk, desk.begin(), other_course_days=5)


def test_a_discarded_draft_stays_revoked_and_is_not_booked(desk):
    course = desk.begin()
    drafts.discard(desk.scheduler, course_id=course.id, version=1)
    assert desk.course(course).status is CourseStatus.REVOKED
    with pytest.raises(InvalidMove):
        desk.book(course)


def edit(desk, course, number, start, wish=None, *, keep=False):
    return drafts.edit_start(desk.scheduler, course_id=course.id, wish=wish or Wish(), edit=Edit(number, start, keep))


def test_an_edit_pins_its_row_and_lets_the_others_flow(desk):
    assert edit(desk, desk.begin(), 2, at("01-08")) == {2: at("01-08")}


def test_an_edit_that_keeps_the_others_pins_them_all(desk):
    kept = edit(desk, desk.begin(), 2, at("01-07", "13:00"), keep=True)
    assert kept == {1: at("01-05"), 2: at("01-07", "13:00"), 3: at("01-12"), 4: at("01-14")}


def test_a_second_edit_remembers_the_first(desk):
    first = edit(desk, course := desk.begin(), 2, at("01-08"))
    assert edit(desk, course, 4, at("01-15"), Wish(pinned=first)) == {2: at("01-08"), 4: at("01-15")}


def test_an_edit_beyond_the_gap_to_a_neighbour_that_stays_is_refused(desk):
    with pytest.raises(RuleViolated) as refusal:
        edit(desk, desk.begin(), 2, at("01-11"), keep=True)
    assert {violation.code for violation in refusal.value.violations} == {Code.MIN_DAYS}


def test_an_edit_that_leaves_later_sessions_without_a_date_is_refused(desk):
    calendar.close(desk.scheduler, span=Span(at("01-14", "00:00"), at("03-01", "00:00")), reason="Works")
    course = desk.begin()
    wish = Wish(relaxation=Relaxation(overrun_days=42))
    with pytest.raises(RuleViolated) as refusal:
        edit(desk, course, 3, at("01-13", "16:45"), wish)
    assert refusal.value.violations


def test_a_row_that_the_plan_does_not_have_is_no_row(desk):
    with pytest.raises(InvalidValue, match="number"):
        edit(desk, desk.begin(), 9, at("01-08"))


RELAXED = Relaxation(overrun_days=30)


def shown_beyond(desk):
    """A course that has dates only where a clinician lets it begin later, or a gap be longer."""
    calendar.close(desk.scheduler, span=Span(at("01-11", "00:00"), at("02-15", "00:00")), reason="Works")
    course = desk.begin()
    return course, desk.shown(course, relaxation=RELAXED)


def test_a_series_beyond_the_rules_is_booked_with_a_clinicians_reason(desk):
    course, shown = shown_beyond(desk)
    leave = Leave(RELAXED, Override("Stable since October"))
    made = booking.book_series(desk.clinician, course_id=course.id, shown=shown, leave=leave)
    assert len(made.appointments) == 4
    (entry,) = desk.audit("book-series")
    assert (entry.facts["overrun_days"], entry.reason) == (30, "Stable since October")


def test_without_leave_the_same_plan_is_refused(desk):
    course, shown = shown_beyond(desk)
    with pytest.raises(booking.PlanChanged) as refusal:
        booking.book_series(desk.clinician, course_id=course.id, shown=shown)
    assert [violation.code for violation in refusal.value.broken[1]] == [Code.FIRST_TOO_LATE]


def test_a_scheduler_cannot_go_beyond_a_gap_and_nobody_without_a_reason(desk):
    course, shown = shown_beyond(desk)
    with pytest.raises(Forbidden):
        booking.book_series(desk.scheduler, course_id=course.id, shown=shown, leave=Leave(RELAXED, Override("so")))
    with pytest.raises(InvalidValue, match="reason"):
        booking.book_series(desk.clinician, course_id=course.id, shown=shown, leave=Leave(RELAXED))
    assert desk.records(course) == []


def test_longer_hours_are_nobodys_to_wave_through(desk):
    course = desk.begin()
    with pytest.raises(InvalidValue, match="relax"):
        booking.book_series(desk.clinician, course_id=course.id, leave=Leave(Relaxation(hours_minutes=60), Override("so")))


def test_a_preview_says_which_sessions_are_there_only_by_a_relaxation(desk):
    course, _ = shown_beyond(desk)
    preview = courses.preview(desk.scheduler, course_id=course.id, wish=Wish(relaxation=RELAXED))
    assert {number: [one.code for one in broken] for number, broken in preview.beyond.items()} == {1: [Code.FIRST_TOO_LATE]}


def test_what_can_be_begun_lists_the_courses_under_way(desk):
    draft, gone = desk.begin(), desk.begin(at="11:00")
    drafts.discard(desk.scheduler, course_id=gone.id, version=1)
    assert [one.id for one in drafts.offer(desk.scheduler, patient_id=desk.patient()).courses] == [draft.id]


def test_a_form_that_is_sent_twice_begins_one_course(desk):
    assert desk.begin().id == desk.begin().id
    assert len(desk.audit("begin")) == 1


def test_what_differs_in_anything_is_another_course(desk):
    given = [Given("induction", date(2026, 12, 30))]
    begun = [desk.begin(), desk.begin(at="11:00"), desk.begin(given=given), desk.begin(patient="Grace Hopper")]
    assert len({one.id for one in begun}) == 4


def test_a_course_that_is_booked_can_be_begun_once_more(desk):
    first = desk.begin()
    desk.book(first)
    assert desk.begin().id != first.id
