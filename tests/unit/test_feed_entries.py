"""What a patient's calendar shows, from plain values."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from builders import NEW_YORK, uid
from planner.domain.course import AppointmentStatus
from planner.domain.span import Span
from planner.feeds.entries import Dated, EntryStatus, Shows, list_entries, switched_off, window_start

START = datetime(2027, 3, 19, 14, tzinfo=UTC)
"""10:00 in New York."""
DATED = Dated(
    uid("sixth"), Span(START, START + timedelta(minutes=155)), 0, AppointmentStatus.BOOKED, told=True, dosing=True,
    created_at=datetime(2027, 1, 4, tzinfo=UTC), updated_at=datetime(2027, 1, 5, tzinfo=UTC),
)  # fmt: skip
PLAIN, FULL = Shows("Appointment", advice=False), Shows("Appointment", advice=True)


def shown(*dated, shows=PLAIN, now=START - timedelta(days=2)):
    return list_entries(dated, shows, NEW_YORK, now).entries


def cancelled(**more):
    return replace(DATED, status=AppointmentStatus.CANCELLED, sequence=1, **more)


def on_day(number):
    """The appointment so many days later, under another id."""
    return replace(DATED, id=uid(f"day {number}"), span=Span(START + timedelta(number), DATED.span.end + timedelta(number)))


def test_an_appointment_shows_when_it_is_and_the_chosen_words():
    (entry,) = shown(DATED, shows=Shows("Visit", advice=False))
    assert (entry.uid, entry.when, entry.title, entry.status) == (DATED.id, DATED.span, "Visit", EntryStatus.CONFIRMED)


def test_a_tentative_appointment_says_so():
    (entry,) = shown(replace(DATED, status=AppointmentStatus.TENTATIVE))
    assert (entry.status, entry.title) == (EntryStatus.TENTATIVE, "Appointment (provisional)")


def test_nobody_sees_whether_the_patient_came():
    plain = shown(DATED, shows=FULL)
    for status in (AppointmentStatus.ARRIVED, AppointmentStatus.FULFILLED, AppointmentStatus.NOSHOW):
        assert shown(replace(DATED, status=status), shows=FULL) == plain


def test_what_is_cancelled_says_so_and_takes_no_time():
    (entry,) = shown(cancelled())
    assert (entry.title, entry.status, entry.transparent) == ("Cancelled: Appointment", EntryStatus.CANCELLED, True)


def test_what_is_cancelled_stays_until_its_planned_end():
    assert len(shown(cancelled(), now=DATED.span.end - timedelta(microseconds=1))) == 1
    assert shown(cancelled(), now=DATED.span.end) == ()


def test_what_was_cancelled_before_the_patient_heard_of_it_is_not_shown():
    assert shown(cancelled(told=False)) == ()


def test_a_booking_that_the_patient_has_not_heard_of_yet_is_shown():
    assert len(shown(replace(DATED, told=False))) == 1


def test_the_day_of_a_dose_is_one_without_driving_and_takes_no_time():
    advice, appointment = shown(DATED, shows=FULL)
    assert (advice.when, advice.title, advice.transparent) == (date(2027, 3, 19), "No driving today", True)
    assert advice.uid != appointment.uid


def test_the_advice_is_for_the_local_day():
    late = Span(datetime(2027, 3, 20, 1, tzinfo=UTC), datetime(2027, 3, 20, 3, tzinfo=UTC))
    assert [entry.when for entry in shown(replace(DATED, span=late), shows=FULL)] == [date(2027, 3, 19), late]


def test_the_advice_moves_along_under_its_own_uid():
    moved = replace(DATED, span=Span(START + timedelta(days=1), DATED.span.end + timedelta(days=1)), sequence=1)
    before, after = shown(DATED, shows=FULL)[0], shown(moved, shows=FULL)[0]
    assert (after.uid, after.sequence, after.when) == (before.uid, 1, date(2027, 3, 20))


def test_the_advice_goes_with_its_appointment():
    assert [entry.title for entry in shown(cancelled(), shows=FULL)] == ["Cancelled: Appointment"]


def test_a_visit_without_a_dose_forbids_no_driving():
    assert [entry.title for entry in shown(replace(DATED, dosing=False), shows=FULL)] == ["Appointment"]


def test_entries_are_by_start_and_then_uid():
    twin, later = replace(DATED, id=uid("twin")), on_day(1)
    found = shown(later, twin, DATED)
    assert [entry.uid for entry in found] == [*sorted([DATED.id, twin.id], key=str), later.id]


def test_sixty_days_back_are_shown_from_a_local_midnight():
    now = datetime(2027, 5, 18, 12, tzinfo=UTC)
    assert window_start(now, NEW_YORK) == datetime(2027, 3, 19, 4, tzinfo=UTC)
    assert len(shown(DATED, now=now)) == 1
    assert shown(DATED, now=now + timedelta(days=1)) == ()


def test_a_thousand_entries_are_shown_at_most_the_nearest_first():
    days = [on_day(number) for number in range(1200)]
    found = shown(*reversed(days))
    assert [entry.uid for entry in found] == [one.id for one in days[:1000]]


def test_a_listing_holds_until_local_midnight():
    now = datetime(2027, 3, 14, 5, tzinfo=UTC)  # 00:00 on the day that has 23 hours
    assert list_entries([DATED], FULL, NEW_YORK, now).until == datetime(2027, 3, 15, 4, tzinfo=UTC)


def test_a_listing_holds_until_the_planned_end_of_what_is_cancelled():
    now = START - timedelta(hours=1)
    assert list_entries([cancelled()], FULL, NEW_YORK, now).until == DATED.span.end


def test_a_link_that_is_off_shows_one_entry_that_says_so():
    (entry,) = switched_off(uid("link"), START, NEW_YORK)
    assert (entry.title, entry.when, entry.transparent) == ("This calendar link was switched off", date(2027, 3, 19), True)
