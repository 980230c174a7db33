"""A patient's calendar from the desk to the bytes: scenario A12, links and their ends, and who fetched."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from builders import clinic, closure, hours
from desks import NOW, Desk, open_desk
from planner.config import Settings
from planner.domain.attendance import MarkKind
from planner.domain.course import CourseStatus
from planner.domain.errors import InvalidMove, InvalidValue, NotFound
from planner.domain.subscribing import Wanted
from planner.services import attendance, booking, calendar, feeds, fetching
from planner.storage.desk_records import Letterhead
from planner.storage.engine import open_engine
from planner.storage.unit_of_work import Store
from subscribing import Subscriber, seen, subscribe

THURSDAY = date(2027, 3, 18)
FORBIDDEN = (
    "ketamine", "esketamine", "spravato", "infusion", "dose", "mg", "depress", "psych", "PHQ", "MADRS", "REMS", "Lovelace",
)  # fmt: skip


@pytest.fixture
def desk(store):
    """A clinic in New York that is closed on Sundays and Mondays."""
    return open_desk(store, clinic(opening=hours("Tue-Sat")))


def booked(desk, **more):
    course = desk.begin("esketamine", date(2027, 3, 2), "Tue Thu")
    desk.book(course, **more)
    return course


def at(instant):
    return datetime.fromisoformat(instant).replace(tzinfo=UTC)


def test_a12_a_session_is_published_moved_cancelled_and_dropped_under_one_uid(desk):
    sixth = desk.records(booked(desk))[5]
    reader = subscribe(desk)
    shown = reader.event(sixth)
    assert seen(shown) == ["03-18 14:00", "03-18 16:35", "0", "Appointment", "CONFIRMED", "OPAQUE", "PRIVATE"]
    desk.clock.now = at("2027-03-17T13:00")
    calendar.close(desk.scheduler, span=closure(THURSDAY).span, reason="closed")
    moved = booking.move(desk.scheduler, appointment_id=sixth.id, start=at("2027-03-19T14:00"), version=sixth.version)
    shown = reader.event(sixth)
    assert seen(shown) == ["03-19 14:00", "03-19 16:35", "1", "Appointment", "CONFIRMED", "OPAQUE", "PRIVATE"]
    (now,) = [one for one in moved.appointments if one.id == sixth.id]
    booking.cancel(desk.scheduler, appointment_id=sixth.id, version=now.version, reason="cold")
    gone = ["03-19 14:00", "03-19 16:35", "2", "Cancelled: Appointment", "CANCELLED", "TRANSPARENT", "PRIVATE"]
    assert seen(reader.event(sixth)) == gone
    desk.clock.now = at("2027-03-19T16:34:59")
    assert seen(reader.event(sixth)) == gone
    desk.clock.now = at("2027-03-19T16:35")
    assert reader.event(sixth) is None


def test_a12_no_forbidden_word_is_in_the_whole_document(desk):
    booked(desk)
    whole = subscribe(desk, shows_advice=True).page().body.decode()
    assert [word for word in FORBIDDEN if re.search(rf"\b{word}\b", whole, re.IGNORECASE)] == []


def test_a12_an_unchanged_plan_gives_the_same_tag_in_every_process(desk):
    booked(desk)
    reader = subscribe(desk)
    first = reader.page()
    desk.clock.now += timedelta(hours=9)
    assert reader.page().tag == first.tag
    assert Subscriber(desk, reader.token).page().tag == first.tag


def test_a12_a_rotated_address_shows_the_plan_and_the_old_one_says_that_it_is_off(desk):
    booked(desk)
    old = feeds.create(desk.scheduler, Wanted("phone", wording="Visit", shows_advice=False), patient_id=desk.patient())
    before = Subscriber(desk, old.token)
    plan = before.titles()
    new = feeds.rotate(desk.scheduler, link_id=old.link.id)
    assert before.titles() == ["This calendar link was switched off"]
    assert Subscriber(desk, new.token).titles() == plan == ["Visit"] * 20
    assert (new.link.label, new.link.wording, new.link.shows_advice) == ("phone", "Visit", False)


def test_a12_an_unknown_address_is_not_found(desk):
    for token in ("", "x" * 43, "\x00", "ü" * 5000):
        with pytest.raises(NotFound):
            Subscriber(desk, token).page()


def test_a_process_that_keeps_bytes_sees_what_another_has_changed(desk):
    course = booked(desk)
    reader = subscribe(desk)
    assert len(reader.events()) == 20
    last = desk.records(course)[-1]
    booking.cancel(desk.scheduler, appointment_id=last.id, version=last.version, reason="cold")
    assert reader.titles()[-1] == "Cancelled: Appointment"


def test_the_advice_is_on_the_day_of_each_dose_and_goes_when_it_is_cancelled(desk):
    course = booked(desk)
    reader = subscribe(desk, shows_advice=True)
    days = [event["DTSTART"].dt for event in reader.events() if event["SUMMARY"] == "No driving today"]
    records = desk.records(course)
    assert [f"{day}" for day in days] == [one.wall_start[:10] for one in records]
    booking.cancel(desk.scheduler, appointment_id=records[0].id, version=records[0].version, reason="cold")
    assert reader.titles().count("No driving today") == 19


def test_a_late_cancellation_and_its_correction_each_raise_the_sequence(desk):
    first = desk.records(booked(desk))[0]
    reader = subscribe(desk)
    desk.clock.now = first.start_at
    late = attendance.record(desk.scheduler, appointment_id=first.id, kind=MarkKind.LATE_CANCEL, version=first.version)
    assert seen(reader.event(first))[2:5] == ["1", "Cancelled: Appointment", "CANCELLED"]
    (mark,) = attendance.marks_of(desk.scheduler, first.id)
    withdrawn = {"mark_id": mark.id, "withdraw": True, "reason": "another patient", "version": late.version}
    attendance.correct(desk.scheduler, appointment_id=first.id, **withdrawn)
    assert seen(reader.event(first))[2:5] == ["2", "Appointment", "CONFIRMED"]


@pytest.mark.parametrize("kinds", [["no-show"], ["arrived", "nothing-given"], ["arrived", "dosed"]])
def test_what_happened_at_a_visit_changes_no_byte(desk, kinds):
    record = desk.records(booked(desk))[0]
    reader = subscribe(desk, shows_advice=True)
    desk.clock.now = record.start_at
    tag = reader.page().tag
    for kind in kinds:
        record = attendance.record(desk.scheduler, appointment_id=record.id, kind=MarkKind(kind), version=record.version)
    assert reader.page().tag == tag


def test_what_was_never_said_to_the_patient_vanishes_when_it_is_cancelled(desk):
    course = booked(desk, told=False)
    reader = subscribe(desk)
    last = desk.records(course)[-1]
    booking.cancel(desk.scheduler, appointment_id=last.id, version=last.version, reason="cold", told=False)
    assert reader.titles() == ["Appointment"] * 19


def test_the_calendar_bears_the_clinics_public_name(desk):
    reader = subscribe(desk)
    assert b"NAME:Appointments\r\n" in reader.page().body
    with desk.store.begin(desk.clinic_id) as uow:
        uow.letterheads.save(Letterhead("Harbor, Street", "desk@clinic.example", "555-0100"))
    assert b"X-WR-CALNAME:Harbor\\, Street\r\n" in reader.page().body


def test_a_link_that_is_off_says_so_for_ninety_days_and_is_then_unknown(desk):
    minted = feeds.create(desk.scheduler, Wanted("phone"), patient_id=desk.patient())
    reader = Subscriber(desk, minted.token)
    feeds.revoke(desk.scheduler, link_id=minted.link.id)
    first = reader.page()
    desk.clock.now = NOW + timedelta(days=90) - timedelta(seconds=1)
    assert reader.page().tag == first.tag
    desk.clock.now = NOW + timedelta(days=90)
    with pytest.raises(NotFound):
        reader.page()


def test_a_link_is_switched_off_once(desk):
    minted = feeds.create(desk.scheduler, Wanted("phone"), patient_id=desk.patient())
    feeds.revoke(desk.scheduler, link_id=minted.link.id)
    for again in (feeds.revoke, feeds.rotate):
        with pytest.raises(InvalidMove):
            again(desk.scheduler, link_id=minted.link.id)
    assert len(feeds.list_of(desk.scheduler, patient_id=desk.patient())) == 1


def test_a_calendar_ends_ninety_days_after_its_course(desk):
    course = booked(desk)
    reader = subscribe(desk)
    last = desk.records(course)[-1].end_at
    desk.clock.now = last + timedelta(days=50)
    assert "Appointment" in reader.titles()
    with desk.store.begin(desk.clinic_id) as uow:
        uow.courses.save(replace(uow.courses.get(course.id), status=CourseStatus.COMPLETED))
    desk.clock.now = last + timedelta(days=90) - timedelta(minutes=61)
    assert "This calendar link was switched off" not in reader.titles()
    assert feeds.list_of(desk.scheduler, patient_id=desk.patient())[0].expires_at == last + timedelta(days=90)
    desk.clock.now = last + timedelta(days=90)
    assert reader.titles() == ["This calendar link was switched off"]
    desk.clock.now = last + timedelta(days=180)
    with pytest.raises(NotFound):
        reader.page()


def test_a_new_course_brings_an_ended_calendar_back(desk):
    reader = subscribe(desk)
    desk.clock.now = NOW + timedelta(days=100)
    assert reader.titles() == ["This calendar link was switched off"]
    desk.begin("esketamine", date(2027, 5, 4), "Tue Thu")
    desk.clock.now += timedelta(hours=1)
    assert reader.titles() == []


def test_a_fetch_is_written_down_once_an_hour_and_changes_no_byte(desk):
    booked(desk)
    reader = subscribe(desk)
    reader.agent = "Calendar\x00Program/7 " + "x" * 500
    tag = reader.page().tag
    (link,) = feeds.list_of(desk.scheduler, patient_id=desk.patient())
    assert (link.fetched_at, link.fetched_by) == (NOW, ("CalendarProgram/7 " + "x" * 500)[:80])
    reader.agent, desk.clock.now = "Other", NOW + timedelta(minutes=59)
    reader.page()
    assert feeds.list_of(desk.scheduler, patient_id=desk.patient()) == [link]
    desk.clock.now = NOW + timedelta(hours=1)
    assert reader.page().tag == tag
    assert feeds.list_of(desk.scheduler, patient_id=desk.patient())[0].fetched_by == "Other"


def test_a_program_gone_wild_is_held_back_until_the_next_minute(desk):
    reader = subscribe(desk)
    for _ in range(70):
        reader.page()
    with pytest.raises(fetching.TooOften):
        reader.page()
    desk.clock.now += timedelta(minutes=1)
    reader.page()


def test_a_calendar_goes_on_when_the_fetch_cannot_be_written_down(sqlite_url):
    impatient = Settings(database_url=sqlite_url, busy_timeout_seconds=0.05)
    desk = open_desk(Store(open_engine(impatient)))
    reader = subscribe(desk)
    with desk.store.begin(desk.clinic_id):
        assert reader.titles() == []
    assert feeds.list_of(desk.scheduler, patient_id=desk.patient())[0].fetched_at is None
    desk.store.close()


@pytest.mark.parametrize(
    ("field", "words"),
    [("wording", "Ketamine"), ("wording", ""), ("wording", "x" * 61), ("wording", "A\nB"), ("wording", "A\u202eB"),
     ("label", " "), ("label", "A\x00")],
)  # fmt: skip
def test_unusable_words_are_refused_by_their_field(sqlite_store, field, words):
    desk = open_desk(sqlite_store)
    with pytest.raises(InvalidValue) as refused:
        subscribe(desk, **{field: words})
    assert refused.value.path == field
    assert feeds.list_of(desk.scheduler, patient_id=desk.patient()) == []


def test_what_is_done_to_a_link_is_audited_without_its_secret(desk):
    minted = feeds.create(desk.scheduler, Wanted("phone"), patient_id=desk.patient())
    again = feeds.rotate(desk.scheduler, link_id=minted.link.id)
    feeds.revoke(desk.scheduler, link_id=again.link.id)
    entries = [entry for action in ("create-link", "rotate-link", "revoke-link") for entry in desk.audit(action)]
    assert [entry.subject_id for entry in entries] == [desk.patient()] * 3
    assert not any(minted.token in repr(entry) or again.token in repr(entry) for entry in [*entries, minted, again])


def test_a_link_of_another_clinic_does_not_exist(sqlite_store):
    desk = open_desk(sqlite_store)
    minted = feeds.create(desk.admin, Wanted("phone"), patient_id=desk.patient())
    other = Desk(sqlite_store, clinic_id=UUID(int=7))
    with pytest.raises(NotFound):
        feeds.rotate(other.scheduler, link_id=minted.link.id)
    with pytest.raises(NotFound):
        feeds.revoke(other.scheduler, link_id=minted.link.id)
    with pytest.raises(NotFound):
        feeds.create(other.scheduler, Wanted("phone"), patient_id=desk.patient())
