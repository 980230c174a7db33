"""What carers, people and rooms see, and what each link adds for a patient, from plain values."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from builders import NEW_YORK, uid
from planner.domain.course import AppointmentStatus
from planner.domain.reaching import Language
from planner.domain.span import Span
from planner.feeds.entries import (
    PICK_UP_WINDOW,
    Dated,
    EntryStatus,
    Shows,
    list_busy,
    list_entries,
    list_pick_ups,
    list_visits,
    switched_off,
)

START = datetime(2027, 3, 19, 14, tzinfo=UTC)
END = START + timedelta(minutes=155)
BEFORE = START - timedelta(days=2)
CHAIR, NURSE = uid("chair 1"), uid("nurse 1")
DATED = Dated(
    uid("sixth"), Span(START, END), 0, AppointmentStatus.BOOKED, told=True, dosing=True,
    created_at=datetime(2027, 1, 4, tzinfo=UTC), updated_at=datetime(2027, 1, 5, tzinfo=UTC), initials="A.L.",
    place="Chair 1", taken=(Span(START, END + timedelta(minutes=10)),),
)  # fmt: skip
CANCELLED = replace(DATED, status=AppointmentStatus.CANCELLED, sequence=1)
TENTATIVE = replace(DATED, status=AppointmentStatus.TENTATIVE)
ADDRESS = "12 Harbor Street"
SHOWS = Shows("Appointment", place=ADDRESS)


def pick_ups(*dated, shows=SHOWS, now=BEFORE):
    return list_pick_ups(dated, shows, NEW_YORK, now).entries


def visits(*dated, shows=SHOWS, now=BEFORE, of=NURSE):
    return list_visits(dated, of, replace(shows, place=""), NEW_YORK, now).entries


def busy(*dated, shows=SHOWS, now=BEFORE, of=CHAIR):
    return list_busy(dated, of, replace(shows, place=""), NEW_YORK, now).entries


EVERYONE = {
    "patient": lambda *dated, **more: list_entries(dated, SHOWS, NEW_YORK, more.get("now", BEFORE)).entries,
    "carer": pick_ups, "clinician": visits, "room": busy,
}  # fmt: skip
everyone = pytest.mark.parametrize("listed", EVERYONE.values(), ids=EVERYONE)


def test_a_carer_is_asked_for_from_the_planned_end_on_for_half_an_hour():
    (entry,) = pick_ups(DATED)
    assert (entry.when, entry.title, entry.place) == (Span(END, END + PICK_UP_WINDOW), "Pick-up", ADDRESS)
    assert timedelta(minutes=30) == PICK_UP_WINDOW


def test_a_carer_sees_nothing_that_the_patient_has_not_heard_of():
    assert pick_ups(replace(DATED, told=False)) == ()


def test_a_carer_is_not_asked_for_after_a_visit_that_leaves_the_patient_fit_to_drive():
    assert pick_ups(replace(DATED, dosing=False)) == ()


def test_a_cancelled_pick_up_stays_until_the_end_of_its_own_window():
    until = END + PICK_UP_WINDOW
    (entry,) = pick_ups(CANCELLED, now=until - timedelta(seconds=1))
    assert (entry.title, entry.status, entry.transparent) == ("Cancelled: Pick-up", EntryStatus.CANCELLED, True)
    assert pick_ups(CANCELLED, now=until) == ()


def test_a_person_sees_whose_visit_it_is_and_where():
    (entry,) = visits(DATED)
    assert (entry.when, entry.title, entry.place) == (DATED.span, "A.L., Chair 1", "")


def test_a_visit_without_a_place_is_named_by_initials_alone():
    assert [entry.title for entry in visits(replace(DATED, place=""))] == ["A.L."]


def test_a_person_sees_what_is_provisional_and_what_is_cancelled():
    assert [(entry.title, entry.status) for entry in visits(TENTATIVE)] == [
        ("A.L., Chair 1 (provisional)", EntryStatus.TENTATIVE)
    ]
    assert [(entry.title, entry.transparent) for entry in visits(CANCELLED)] == [("Cancelled: A.L., Chair 1", True)]


def test_a_room_is_busy_for_as_long_as_it_is_taken_and_says_nothing_else():
    (entry,) = busy(DATED)
    assert (entry.when, entry.title) == (Span(START, END + timedelta(minutes=10)), "Busy")
    assert busy(TENTATIVE) == busy(DATED)


def test_a_room_that_a_visit_has_twice_is_busy_twice():
    again = Span(END + timedelta(hours=1), END + timedelta(hours=2))
    found = busy(replace(DATED, taken=(*DATED.taken, again)))
    assert ([entry.when for entry in found], len({entry.uid for entry in found})) == ([*DATED.taken, again], 2)


def test_a_room_is_cancelled_until_it_would_have_been_free_again():
    (end,) = (span.end for span in DATED.taken)
    (entry,) = busy(CANCELLED, now=end - timedelta(seconds=1))
    assert (entry.title, entry.status, entry.transparent) == ("Cancelled: Busy", EntryStatus.CANCELLED, True)
    assert busy(CANCELLED, now=end) == ()


@everyone
def test_nobody_sees_whether_the_patient_came(listed):
    for status in (AppointmentStatus.ARRIVED, AppointmentStatus.FULFILLED, AppointmentStatus.NOSHOW):
        assert listed(replace(DATED, status=status)) == listed(DATED) != ()


@everyone
def test_what_was_cancelled_before_anybody_heard_of_it_is_not_shown(listed):
    assert listed(replace(CANCELLED, told=False)) == ()


@everyone
def test_the_uid_stays_whatever_becomes_of_the_visit(listed):
    moved = replace(DATED, sequence=1, span=Span(START + timedelta(1), END + timedelta(1)))
    assert {entry.uid for one in (DATED, moved, CANCELLED, TENTATIVE) for entry in listed(one)} == {listed(DATED)[0].uid}


@everyone
def test_a_listing_is_the_same_in_whatever_order_rows_come(listed):
    many = [
        replace(DATED, id=UUID(int=number), span=Span(START + timedelta(number % 7), END + timedelta(number % 7)))
        for number in range(1, 30)
    ]
    assert listed(*many) == listed(*reversed(many)) == listed(*sorted(many, key=lambda one: str(one.id)[::-1]))


def test_no_two_calendars_of_one_person_share_a_uid():
    calendars = [*(listed(DATED) for listed in EVERYONE.values()), visits(DATED, of=uid("nurse 2")), busy(DATED, of=NURSE)]
    assert len({entry.uid for found in calendars for entry in found}) == len(calendars)


def test_a_link_may_show_where_and_ring_before():
    (entry,) = list_entries([DATED], Shows("Visit", place=ADDRESS, alarm_minutes=60), NEW_YORK, BEFORE).entries
    assert (entry.place, entry.alarm_minutes) == (ADDRESS, 60)


def test_nothing_rings_before_what_is_cancelled_or_takes_no_time():
    shows = Shows("Visit", advice=True, alarm_minutes=60)
    advice, visit = list_entries([DATED], shows, NEW_YORK, BEFORE).entries
    assert (advice.alarm_minutes, visit.alarm_minutes) == (None, 60)
    assert [entry.alarm_minutes for entry in list_entries([CANCELLED], shows, NEW_YORK, BEFORE).entries] == [None]


def test_the_advice_says_nothing_of_the_place():
    advice, _ = list_entries([DATED], Shows("Visit", advice=True, place=ADDRESS), NEW_YORK, BEFORE).entries
    assert advice.place == ""


def test_each_link_speaks_its_own_language():
    spanish = replace(SHOWS, wording="Cita", advice=True, language=Language.SPANISH)
    found = list_entries([CANCELLED, replace(TENTATIVE, id=uid("other"))], spanish, NEW_YORK, BEFORE).entries
    assert {entry.title for entry in found} == {"Cancelada: Cita", "Cita (provisional)", "Hoy no conduzca"}
    assert [entry.title for entry in pick_ups(CANCELLED, shows=spanish)] == ["Cancelada: Recogida"]
    assert [entry.title for entry in busy(DATED, shows=spanish)] == ["Ocupado"]
    (notice,) = switched_off(uid("link"), START, NEW_YORK, Language.SPANISH)
    assert notice.title == "Este enlace de calendario se ha desactivado"


def test_a_wording_with_a_percent_sign_is_shown_as_it_is():
    assert [entry.title for entry in list_entries([CANCELLED], Shows("100 %s"), NEW_YORK, BEFORE).entries] == [
        "Cancelled: 100 %s"
    ]
