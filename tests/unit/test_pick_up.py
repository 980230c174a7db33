"""When who takes a patient home is told, and when what they were told no longer holds."""

from datetime import UTC, datetime, timedelta

import pytest

from builders import NEW_YORK, uid
from planner.domain.errors import InvalidValue
from planner.domain.notices import UNDO_WINDOW
from planner.domain.pick_up import Told, escort_of, holds, owed_off, owed_pick_up, window
from planner.domain.reaching import Language
from planner.domain.replies import ReplyKind, Ride, RideKind
from planner.languages.speech import Speech
from planner.notify.escorts import window_in_words
from planner.storage.link_records import Reply

LEAVES = datetime(2027, 3, 15, 16, 50, tzinfo=UTC)  # 12:50 in New York, a day after its clocks went forward
BEFORE = datetime(2027, 3, 10, 15, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def said(name="first", phone="+1 212 555 0111", *, contact=True, sequence=0):
    ride = Ride(RideKind.ADULT, "Jo", phone, contact)
    return Reply(uid(name), uid("patient"), uid("visit"), ReplyKind.RIDE, sequence, BEFORE, uid("link"), ride)


TOLD = Told(uid("first"), LEAVES)


def test_it_is_due_at_seven_on_the_evening_before_and_makes_sense_until_the_patient_leaves():
    owed = owed_pick_up(LEAVES, NEW_YORK, BEFORE)
    assert (owed.due_at, owed.expires_at) == (datetime(2027, 3, 14, 23, tzinfo=UTC), LEAVES)


def test_after_that_evening_it_is_due_when_it_can_no_longer_be_undone():
    now = LEAVES - timedelta(hours=3)
    assert owed_pick_up(LEAVES, NEW_YORK, now).due_at == now + UNDO_WINDOW


@pytest.mark.parametrize("before", [timedelta(), UNDO_WINDOW])
def test_who_would_hear_of_it_too_late_is_owed_nothing(before):
    assert owed_pick_up(LEAVES, NEW_YORK, LEAVES - before) is None
    assert owed_off(LEAVES, LEAVES - before, BEFORE) is None


def test_that_it_is_off_waits_until_it_is_known_what_was_sent():
    assert owed_off(LEAVES, BEFORE, BEFORE).due_at == BEFORE + UNDO_WINDOW
    assert owed_off(LEAVES, BEFORE, BEFORE + timedelta(minutes=2)).due_at == BEFORE + timedelta(minutes=2)


def test_only_whom_the_patient_agreed_to_is_told():
    assert escort_of([said(contact=False)], 0) is None
    assert escort_of([said(), said("second", contact=False)], 0) is None
    assert escort_of([said(contact=False), said("second")], 0).id == uid("second")
    assert escort_of([said()], 1) is None


def test_what_was_told_holds_while_the_time_and_the_number_are_the_same():
    assert holds(TOLD, [said()], LEAVES)
    assert holds(TOLD, [said(), said("second", "+1 (212) 555-0111", sequence=1)], LEAVES)


@pytest.mark.parametrize("leaves_at", [None, LEAVES + SECOND])
def test_a_visit_that_is_cancelled_or_ends_otherwise_is_not_what_was_told(leaves_at):
    assert not holds(TOLD, [said()], leaves_at)


@pytest.mark.parametrize("last", [said("second", "+1 212 555 0112"), said("second", contact=False)])
def test_another_ride_or_no_agreement_any_more_ends_it(last):
    assert not holds(TOLD, [said(), last], LEAVES)


def test_nobody_can_be_told_without_a_number():
    with pytest.raises(InvalidValue, match="is needed"):
        Ride(RideKind.SHUTTLE, contact=True)


def test_the_window_is_a_quarter_of_an_hour_on_both_sides():
    assert [f"{one:%H:%M}" for one in window(LEAVES)] == ["16:35", "17:05"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (Language.ENGLISH, ("Mon, Mar 15", "12:35", "1:05 pm EDT")),
        (Language.SPANISH, ("lun 15 mar", "12:35", "1:05 p.m. EDT")),
    ],
)  # fmt: skip
def test_the_window_is_said_in_few_letters_with_its_day_and_zone(language, words):
    found = window_in_words(LEAVES, Speech(language, NEW_YORK))
    assert tuple(one.replace("\N{NO-BREAK SPACE}", " ") for one in found.values()) == words


def test_a_window_across_noon_names_both_halves_of_the_day():
    found = window_in_words(LEAVES - timedelta(minutes=55), Speech(Language.ENGLISH, NEW_YORK))
    assert (found["begins"], found["ends"][:5]) == ("11:40\N{NO-BREAK SPACE}am", "12:10")
