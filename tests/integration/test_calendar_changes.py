"""Changing when a clinic works: always accepted, what it breaks is listed, and kept as tasks until it is settled."""

from dataclasses import replace
from datetime import date, time

import pytest

from builders import clinic, hours, resources, uid
from desks import EVALUATION, at, open_desk
from planner.domain.clinic import Shift, WeeklyHours
from planner.domain.errors import Code, InvalidValue, NotFound, RuleViolated
from planner.domain.span import Span
from planner.services import booking, calendar, visits
from planner.storage.records import HolidayCalendar

DAY = Span(at("01-07", "00:00"), at("01-08", "00:00"))
TASK = "move-or-cancel"


@pytest.fixture
def desk(store):
    return open_desk(store)


@pytest.fixture
def series(desk):
    """Four sessions on Tuesdays and Thursdays at 10:00, from 5 January."""
    course = desk.begin()
    return desk.book(course).appointments


def tasks(desk):
    return {task.appointment_id for task in desk.tasks(TASK)}


def test_a_closed_day_lists_what_it_breaks_and_keeps_it_as_a_task(desk, series):
    (broken,) = calendar.close(desk.scheduler, span=DAY, reason="flood").broken
    assert broken.appointment == series[1]
    assert [(one.code, one.facts["reason"]) for one in broken.violations] == [(Code.CLOSED, "flood")]
    (task,) = desk.tasks(TASK)
    assert (task.appointment_id, task.due_at, task.facts["codes"]) == (series[1].id, series[1].start_at, "closed")
    assert [one.appointment.id for one in calendar.broken_appointments(desk.scheduler)] == [series[1].id]
    (entry,) = desk.audit("close")
    assert (entry.facts["broken"], entry.facts["from"]) == (1, DAY.start.isoformat())


@pytest.mark.parametrize(("start", "end", "breaks"), [("12:00", "13:00", 1), ("13:00", "17:00", 0), ("09:00", "10:00", 0)])
def test_a_closure_of_part_of_a_day_breaks_only_what_it_touches(desk, series, start, end, breaks):
    broken = calendar.close(desk.scheduler, span=Span(at("01-07", start), at("01-07", end)), reason="drill").broken
    assert len(broken) == breaks


def test_a_task_is_kept_until_moved(desk, series):
    calendar.close(desk.scheduler, span=DAY, reason="flood")
    calendar.close(desk.scheduler, span=Span(at("01-20", "00:00"), at("01-21", "00:00")), reason="party")
    assert tasks(desk) == {series[1].id}
    assert len(desk.tasks(TASK)) == 1
    booking.move(desk.scheduler, appointment_id=series[1].id, start=at("01-08"), version=series[1].version)
    assert tasks(desk) == set()


def test_a_task_is_kept_until_cancelled(desk, series):
    calendar.close(desk.scheduler, span=DAY, reason="flood")
    booking.cancel(desk.scheduler, appointment_id=series[1].id, version=series[1].version, reason="closed")
    assert tasks(desk) == set()


def test_a_task_is_kept_until_it_fits_again(desk, series):
    calendar.close(desk.scheduler, span=DAY, reason="flood")
    assert calendar.reopen(desk.scheduler, span=DAY).broken == ()
    assert tasks(desk) == set()
    with desk.store.read(desk.clinic_id) as uow:
        (task,) = uow.tasks.of_appointment(series[1].id)
    assert task.done_reason == "fits again"


def test_nothing_new_is_booked_into_a_closure(desk):
    calendar.close(desk.scheduler, span=DAY, reason="flood")
    assert at("01-07") not in [one.start for one in desk.shown(desk.begin())]
    with pytest.raises(RuleViolated) as refused:
        visits.book_visit(desk.scheduler, patient_id=desk.patient(), kind=EVALUATION, start=at("01-07"))
    assert Code.CLOSED in {violation.code for violation in refused.value.violations}


def test_hours_change_from_a_day_on(desk, series):
    until, since = date(2027, 1, 11), date(2027, 1, 12)
    old = tuple(replace(shift, last_day=until) for shift in hours().shifts)
    new = tuple(Shift(shift.weekday, time(13), time(17), first_day=since) for shift in hours().shifts)
    broken = calendar.set_hours(desk.admin, hours=WeeklyHours(old + new)).broken
    assert [one.appointment.id for one in broken] == [series[2].id, series[3].id]
    assert {one.code for found in broken for one in found.violations} == {Code.OUTSIDE_HOURS}
    assert calendar.set_hours(desk.admin, hours=hours()).broken == ()


def test_another_nurse_takes_over_silently(desk, series):
    nurses = {uid("nurse 1"), uid("nurse 2")}
    (before,) = desk.taken_by(series[1].id) & nurses
    away = Span(at("01-07", "00:00"), at("01-08", "00:00"))
    assert calendar.note_absence(desk.scheduler, resource_id=before, span=away, reason="leave").broken == ()
    assert desk.taken_by(series[1].id) & nurses == nurses - {before}
    assert tasks(desk) == set()
    assert desk.live(desk_course(desk))[1].sequence == 0
    assert desk.overlaps() == 0
    assert [entry.facts["reassigned"] for entry in desk.audit("absence")] == [1]


def desk_course(desk):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.courses.of_patient(desk.patient())[0]


def test_what_no_nurse_can_cover_is_listed_until_one_is_back(desk, series):
    away = Span(at("01-07", "00:00"), at("01-08", "00:00"))
    nurses = uid("nurse 1"), uid("nurse 2")
    for nurse in nurses:
        broken = calendar.note_absence(desk.scheduler, resource_id=nurse, span=away, reason="leave").broken
    assert [one.appointment.id for one in broken] == [series[1].id]
    assert {one.facts["kind"] for one in broken[0].violations} == {"nurse"}
    assert calendar.end_absence(desk.scheduler, resource_id=nurses[1], span=away).broken == ()
    assert desk.taken_by(series[1].id) >= {nurses[1]}
    assert tasks(desk) == set()


def test_a_broken_chair_gives_way_to_another_or_is_listed(desk, series):
    other = desk.book(desk.begin(patient="Grace")).appointments
    away = Span(at("01-07", "00:00"), at("01-08", "00:00"))
    chairs = {uid("chair 1"), uid("chair 2")}
    (chair,) = desk.taken_by(series[1].id) & chairs
    broken = calendar.note_absence(desk.scheduler, resource_id=chair, span=away, reason="repair").broken
    assert [one.appointment.id for one in broken] == [series[1].id]
    booking.cancel(desk.scheduler, appointment_id=other[1].id, version=other[1].version, reason="ill")
    assert [one.appointment.id for one in calendar.broken_appointments(desk.scheduler)] == []


def test_a_shift_change_reassigns_and_lists_the_rest(desk, series):
    mornings = hours("Mon-Fri", "09:00", "12:00")
    assert calendar.set_shifts(desk.admin, resource_id=uid("nurse 1"), hours=mornings).broken == ()
    assert all(uid("nurse 2") in desk.taken_by(one.id) for one in series)
    broken = calendar.set_shifts(desk.admin, resource_id=uid("nurse 2"), hours=mornings).broken
    assert [one.appointment.id for one in broken] == [one.id for one in series]


def test_the_prescriber_on_site_is_missed_when_away(desk, series):
    broken = calendar.note_absence(desk.scheduler, resource_id=uid("prescriber 1"), span=DAY, reason="leave").broken
    assert [(v.facts["kind"], v.facts["mode"]) for v in broken[0].violations] == [("prescriber", "presence")] * 2


def test_public_holidays_are_kept_changed_and_given_up(store):
    desk = open_desk(store, calendar=HolidayCalendar("US", "NY", ("Martin Luther King Jr. Day",)))
    course = desk.begin(start=date(2027, 1, 18), days="Mon Wed")
    assert desk.shown(course)[0].start == at("01-18")
    desk.book(course)
    calendar.close(desk.scheduler, span=DAY, reason="flood")  # any change of the clinic in between
    broken = calendar.keep_holidays(desk.admin, calendar=HolidayCalendar("US", "NY")).broken
    assert [one.appointment.wall_start for one in broken] == ["2027-01-18T10:00"]
    assert broken[0].violations[0].facts["reason"] == "Martin Luther King Jr. Day"
    assert calendar.keep_holidays(desk.admin, calendar=None).broken == ()
    assert desk.shown(desk.begin(start=date(2027, 1, 18), days="Mon Wed", patient="Grace"))[0].start == at("01-18")
    with pytest.raises(InvalidValue):
        calendar.keep_holidays(desk.admin, calendar=HolidayCalendar("XX"))


def test_an_unknown_resource_is_not_found_and_nothing_is_written(desk):
    with pytest.raises(NotFound):
        calendar.note_absence(desk.scheduler, resource_id=uid("nobody"), span=DAY, reason="leave")
    assert desk.audit("absence") == []


def test_a_hold_is_left_alone_when_a_nurse_is_away(desk):
    kept = visits.hold(desk.scheduler, patient_id=desk.patient(), kind=EVALUATION, start=at("01-07"))
    assert calendar.close(desk.scheduler, span=DAY, reason="flood").broken == ()
    with desk.store.read(desk.clinic_id) as uow:
        assert [one.id for one in uow.holds.all()] == [kept.id]


def test_a_clinic_with_one_of_everything_lists_everything(store):
    people = resources("nurse", 1, 4, hours()), resources("prescriber", 1, 1, hours())
    desk = open_desk(store, clinic(resources("chair", 1), *people, resources("therapist", 1), resources("pump", 1)))
    booked = desk.book(desk.begin()).appointments
    whole = Span(at("01-01", "00:00"), at("12-31", "00:00"))
    broken = calendar.note_absence(desk.scheduler, resource_id=uid("chair 1"), span=whole, reason="stolen").broken
    assert [one.appointment.id for one in broken] == [one.id for one in booked]
    assert len(desk.tasks(TASK)) == 4
