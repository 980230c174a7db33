"""The board, the week and the list on both databases: states as the day goes on, units of staff, and who is left out."""

from dataclasses import replace
from datetime import date, time

import pytest

from builders import clinic, hours, phase, protocol, resources, spravato, uid
from desks import EVALUATION, TUESDAY, at, open_desk
from planner.domain.attendance import MarkKind
from planner.domain.clinic import Shift, WeeklyHours
from planner.domain.errors import InvalidValue
from planner.domain.progress import Level, State, What
from planner.domain.span import Span
from planner.services import attendance, boards, booking, calendar, visits
from planner.services.board_cards import Filters

K = MarkKind


@pytest.fixture
def desk(store):
    return open_desk(store)


@pytest.fixture
def first(desk):
    """The first session of a course, on Tuesday at ten."""
    return desk.book(desk.begin()).appointments[0]


def board(desk, day=TUESDAY, **wanted):
    return boards.day(desk.scheduler, day=day, filters=Filters(**wanted))


def card(desk, appointment):
    return next(one for one in board(desk).cards if one.id == appointment.id)


def mark(desk, appointment, kind, time_of_day, **more):
    """Record it when it happens."""
    desk.clock.now = at("01-05", time_of_day)
    seen = card(desk, appointment)
    attendance.record(desk.scheduler, appointment_id=appointment.id, kind=kind, version=seen.version, **more)


def test_a_visit_is_on_the_row_of_its_chair_to_scale(desk, first):
    lane = next(lane for lane in board(desk).lanes if lane.blocks)
    (block,) = lane.blocks
    assert lane.resource.id in desk.taken_by(first.id)
    assert (lane.resource.kind, block.at.at, block.at.length, block.lead.length) == ("chair", 12, 33, 3)
    assert sum(length for _, length in block.parts) == block.at.length


def test_states_follow_what_is_recorded_as_the_day_goes_on(desk, first):
    seen = [card(desk, first).state]
    for kind, time_of_day in ((K.ARRIVED, "09:50"), (K.DOSED, "10:20")):
        mark(desk, first, kind, time_of_day)
        seen.append(card(desk, first).state)
    for time_of_day in ("10:30", "12:30"):
        desk.clock.now = at("01-05", time_of_day)
        seen.append(card(desk, first).state)
    mark(desk, first, K.DISCHARGED, "12:50")
    seen.append(card(desk, first).state)
    assert seen == [State.DUE, State.ARRIVED, State.DOSING, State.OBSERVING, State.READY, State.LEFT]


def test_what_was_recorded_moves_no_block(desk, first):
    before = board(desk).lanes[0].blocks[0].at
    mark(desk, first, K.ARRIVED, "10:20")
    assert board(desk).lanes[0].blocks[0].at == before


def test_a_discharge_that_is_overdue_rises_to_the_top(desk, first):
    desk.book(desk.begin(patient="Grace Hopper", at="13:30"))
    mark(desk, first, K.ARRIVED, "09:50")
    mark(desk, first, K.DOSED, "10:15")
    desk.clock.now = at("01-05", "13:20")
    due = board(desk).due
    assert [(one.next.what, one.level, one.next.over) for one in due] == [
        (What.DISCHARGE, Level.LATE, 45), (What.CHECK_IN, Level.CARE, 5),
    ]  # fmt: skip


def test_a_visit_without_an_outcome_is_flagged_after_its_planned_end(desk, first):
    desk.clock.now = at("01-05", "12:34")
    assert card(desk, first).next.what is What.CHECK_IN
    desk.clock.now = at("01-05", "12:35")
    assert (card(desk, first).next.what, card(desk, first).level) == (What.OUTCOME, Level.LATE)


def test_whoever_stays_until_the_next_one_needs_the_chair_is_looked_after(store):
    site = clinic(resources("chair", 1), resources("nurse", 2, 4, hours()), resources("prescriber", 1, 1, hours()))
    desk = open_desk(store, site)
    first = desk.book(desk.begin(at="10:00")).appointments[0]
    desk.book(desk.begin(patient="Grace Hopper", at="12:45"))
    mark(desk, first, K.ARRIVED, "10:30")
    mark(desk, first, K.DOSED, "10:45")
    seen = card(desk, first)
    assert (seen.needed_at, seen.level) == (at("01-05", "12:45"), Level.CARE)


def test_an_infusion_that_really_ended_later_is_observed_for_longer(desk):
    first = desk.book(desk.begin("infusions", date(2027, 1, 4), at="10:00", days="Mon Wed Fri")).appointments[0]
    monday = board(desk, date(2027, 1, 4)).cards[0]
    desk.clock.now = at("01-04", "10:00")
    saved = attendance.record(desk.scheduler, appointment_id=first.id, kind=K.ARRIVED, version=monday.version)
    desk.clock.now = at("01-04", "11:30")
    with desk.store.begin(desk.clinic_id) as uow:
        course = uow.courses.get(first.course_id)
        uow.courses.save(replace(course, protocol=replace(course.protocol, modality="ketamine-iv")))
    attendance.record(
        desk.scheduler, appointment_id=first.id, kind=K.DOSED, version=saved.version, at=at("01-04", "10:15"),
        facts={"infusion_end": at("01-04", "11:20")},
    )  # fmt: skip
    (seen,) = board(desk, date(2027, 1, 4)).cards
    assert (seen.clocks.watch_end, seen.notes) == (at("01-04", "12:20"), "infusion")


def test_units_in_use_and_on_duty_are_counted_by_quarter_hours(desk, first):
    desk.book(desk.begin(patient="Grace Hopper", at="10:15"))
    shown = board(desk)
    found = {f"{shown.scale.instant(one.column):%H:%M}": (one.used, one.on_duty) for one in shown.nurses}
    assert [found[at_utc] for at_utc in ("14:45", "15:00", "15:15", "15:30")] == [(0, 8), (2, 8), (4, 8), (3, 8)]


def test_a_cancelled_visit_stays_in_view_unless_the_patient_never_heard_of_it(desk, first):
    booking.cancel(desk.scheduler, appointment_id=first.id, version=first.version, reason="ill")
    assert [(one.state, one.place) for one in board(desk).cards] == [(State.CANCELLED, None)]
    assert board(desk).lanes[-1].name == "Cancelled"
    with desk.store.begin(desk.clinic_id) as uow:
        uow.appointments.save(replace(uow.appointments.get(first.id), told_at=None))
    assert board(desk).cards == ()


def test_a_no_show_keeps_its_chair_on_the_board(desk, first):
    mark(desk, first, K.NO_SHOW, "10:30")
    assert (card(desk, first).state, card(desk, first).place.kind) == (State.NO_SHOW, "chair")


def test_a_session_says_its_number_in_its_phase(desk):
    whole = protocol(phase("first", 2, (2, 3, 5), pattern="Tue Thu"), phase("second", 4, (5, 7, 10)))
    desk.publish(replace(whole, name="phases"))
    desk.book(desk.begin("phases"))
    cards = boards.listing(desk.scheduler, first=TUESDAY, last=date(2027, 2, 28)).cards
    assert [(one.number, one.total) for one in cards] == [(1, 2), (2, 2), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_session_that_was_missed_is_not_counted(desk):
    appointments = desk.book(desk.begin()).appointments
    mark(desk, appointments[0], K.NO_SHOW, "10:30")
    (later,) = board(desk, date(2027, 1, 7)).cards
    assert later.number == 1


def test_filters_leave_out_and_counts_stay(desk, first):
    desk.book(desk.begin("infusions", at="13:00", days="Tue Thu", patient="Grace Hopper"))
    mark(desk, first, K.ARRIVED, "09:50")
    shown = board(desk, state=State.ARRIVED)
    assert ([one.id for one in shown.cards], shown.total) == ([first.id], 2)
    assert shown.counts == {State.DUE: 1, State.ARRIVED: 1}
    assert board(desk, protocol="nothing").cards == ()


def test_a_person_has_a_row_where_a_visit_needs_no_chair(desk):
    visits.book_visit(desk.scheduler, kind=EVALUATION, patient_id=desk.patient(), start=at("01-05"))
    (lane,) = [lane for lane in board(desk).lanes if lane.blocks]
    assert lane.resource.kind not in {"chair", "room"}


def test_a_closed_day_says_why_and_where_to_go_on(desk):
    calendar.close(desk.scheduler, span=Span(at("01-05", "00:00"), at("01-06", "00:00")), reason="snow")
    shown = board(desk)
    assert (shown.is_open, shown.reasons, shown.next_open, shown.previous_open) == (
        False, ("snow",), date(2027, 1, 6), date(2027, 1, 4),
    )  # fmt: skip


def test_a_week_counts_visits_and_the_share_of_chairs_in_use(desk, first):
    days = boards.week(desk.scheduler, first=date(2027, 1, 7)).days
    assert [len(one.cards) for one in days] == [0, 1, 0, 1, 0, 0, 0]
    assert days[1].used == pytest.approx(165 / (2 * 8 * 60))
    assert (days[5].is_open, days[5].used) == (False, None)


def test_the_night_on_which_the_clocks_change_is_drawn_by_elapsed_time(store):
    night = WeeklyHours((Shift(6, time(0), time(8)),))
    people = resources("nurse", 1, 4), resources("prescriber", 1)
    desk = open_desk(store, clinic(resources("chair", 1), *people, opening=night))
    rows = phase("nights", 1, (7, 7, 14), pattern="Sun")
    desk.publish(replace(protocol(rows, visits=(spravato(),)), name="nights"))
    sunday = date(2027, 3, 14)
    desk.book(desk.begin("nights", sunday, at="01:00"))
    shown = board(desk, sunday)
    (block,) = next(lane for lane in shown.lanes if lane.blocks).blocks
    assert (shown.scale.columns, block.at.at, block.at.length) == (84, 12, 33)
    assert shown.scale.instant(block.at.at + 24) == at("03-14", "04:00")


def test_too_long_a_list_is_refused(desk):
    with pytest.raises(InvalidValue, match="last"):
        boards.listing(desk.scheduler, first=TUESDAY, last=date(2027, 6, 1))


def test_another_clinics_visits_are_not_there(desk, first, store):
    others = tuple(replace(one, id=uid(f"other {one.name}")) for one in clinic().resources)
    other = open_desk(store, replace(clinic(), id=uid("other"), resources=others))
    assert boards.day(other.scheduler, day=TUESDAY).cards == ()
