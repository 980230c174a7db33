"""The waitlist: a freed time goes to whom it suits, one offer at a time, and a hold keeps it until it is answered."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, time, timedelta
from threading import Barrier

import pytest

from builders import clinic, hours, phase, protocol, resources
from desks import EVALUATION, at, open_desk
from planner.domain.course import Given
from planner.domain.errors import Conflict, Forbidden, InvalidMove, InvalidValue, NotFound, PlannerError, RuleViolated
from planner.domain.orders import ChangePattern
from planner.domain.waitlist import Unsuited
from planner.services import booking, freed, ordering, undoing, visits, waitlist
from planner.storage.worklist_records import Answer
from postroom import notices

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SLOT = at("01-07")


@pytest.fixture
def desk(store):
    """A clinic with one chair that prescribes a weekly course."""
    people = resources("nurse", 2, 4, hours()), resources("prescriber", 1, 1, hours()), resources("therapist", 1)
    made = open_desk(store, clinic(resources("chair", 1), *people, resources("pump", 1)))
    made.publish(replace(protocol(phase("weekly", 3, (5, 7, 9))), name="weekly"))
    return made


def booked(desk, patient, start, at="10:00"):
    """The first appointment of a weekly course."""
    course = desk.begin("weekly", start, patient=patient, at=at)
    desk.book(course)
    return desk.live(course)[0]


@pytest.fixture
def left(desk):
    """Thursday 7 January at ten is free: Fay has cancelled. Ada comes on Friday and Grace on Monday, both would sooner."""
    gone = booked(desk, "Fay", date(2027, 1, 7))
    desk.clock.now += MINUTE
    booking.cancel(desk.scheduler, appointment_id=gone.id, version=gone.version, reason="flu")
    return gone


def waits(desk, patient, start, **more):
    one = booked(desk, patient, start)
    desk.clock.now += MINUTE
    return waitlist.add(desk.scheduler, appointment_id=one.id, **more)


@pytest.fixture
def ada(desk, left):
    return waits(desk, "Ada Lovelace", date(2027, 1, 8))


@pytest.fixture
def grace(desk, left, ada):
    return waits(desk, "Grace Hopper", date(2027, 1, 11))


def names(found):
    return [one.patient.name for one in found]


def ranked(desk):
    return freed.candidates(desk.scheduler, start=SLOT)


def against(desk, name):
    return next(one for one in ranked(desk).others if one.patient.name == name)


def entry(desk, one):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.waiting.get(one.id)


def offer_of(desk, one):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.offers.get(one.id)


def start_of(desk, one):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.appointments.get(one.appointment_id).start_at


def is_free(desk, start=SLOT):
    """Whether somebody else could be booked then."""
    kind = visits.VisitKind("course", "spravato")
    try:
        visits.hold(desk.scheduler, patient_id=desk.patient("Nobody"), kind=kind, start=start)
    except RuleViolated:
        return False
    return True


def test_who_waited_longest_comes_first_where_nobody_has_a_deadline(desk, ada, grace):
    assert names(ranked(desk).fitting) == ["Ada Lovelace", "Grace Hopper"]


def test_who_has_a_deadline_comes_before_who_waited_longer(desk, ada, grace):
    course = desk.begin("weekly", date(2027, 1, 4), patient="Mary", at="10:00", given=(Given("weekly", date(2027, 1, 2)),))
    desk.book(course)
    waitlist.add(desk.scheduler, appointment_id=desk.live(course)[0].id)
    assert names(ranked(desk).fitting) == ["Mary", "Ada Lovelace", "Grace Hopper"]


def test_a_rule_that_a_time_would_break_speaks_against_it(desk, left):
    course = desk.begin("weekly", date(2027, 1, 4), patient="Mary", at="09:00")
    desk.book(course)
    second = desk.live(course)[1]
    desk.clock.now = at("01-05", "12:00")
    waitlist.add(desk.scheduler, appointment_id=second.id)
    assert [one.code for one in against(desk, "Mary").violations] == ["min-days"]  # three days after her first


def test_notice_days_and_what_is_no_sooner_speak_against_a_time(desk, left):
    waits(desk, "Needs a week", date(2027, 1, 8), notice_hours=7 * 24)
    waits(desk, "Not that day", date(2027, 1, 12), from_day=date(2027, 1, 11))
    waits(desk, "Comes before", date(2027, 1, 6))
    assert ranked(desk).fitting == ()
    assert against(desk, "Needs a week").against == (Unsuited.NOTICE,)
    assert against(desk, "Not that day").against == (Unsuited.DAYS,)
    assert against(desk, "Comes before").against == (Unsuited.NOT_SOONER,)


def test_what_was_freed_is_listed_while_it_is_to_come_and_free(desk, ada, grace):
    board = freed.wait_board(desk.scheduler)
    assert [one.start for one in board.times][:1] == [SLOT]
    assert names(one for one in board.times[0].fitting) == ["Ada Lovelace", "Grace Hopper"]
    booked(desk, "Somebody else", date(2027, 1, 7))
    assert SLOT not in [one.start for one in freed.wait_board(desk.scheduler).times]


def test_a_time_that_was_moved_away_from_is_freed_as_well(desk, ada):
    one = booked(desk, "Mary", date(2027, 1, 6))
    booking.move(desk.scheduler, appointment_id=one.id, start=at("01-06", "13:00"), version=one.version)
    found = {time.start: time.freed.moved for time in freed.wait_board(desk.scheduler).times}
    assert found[at("01-06")] is True
    assert found[SLOT] is False


def test_times_that_an_order_moved_a_course_away_from_are_freed_as_well(desk, ada):
    order = ChangePattern((2,), time(9))
    course = desk.begin("weekly", date(2027, 1, 12), patient="Mary")
    desk.book(course)
    desk.clock.now += MINUTE
    ordering.give(desk.clinician, course_id=course.id, order=order, reason="works", version=desk.course(course).version)
    found = {time.start for time in freed.wait_board(desk.scheduler).times if time.freed.moved}
    assert found == {at("01-12"), at("01-19"), at("01-26")}


def test_an_offer_keeps_the_time_from_everybody_else(desk, ada, grace):
    made = waitlist.offer(desk.scheduler, waiting_id=ada.id, start=SLOT)
    assert made.expires_at == desk.clock.now + HOUR
    assert not is_free(desk)
    with pytest.raises(Conflict):
        waitlist.offer(desk.scheduler, waiting_id=grace.id, start=SLOT)
    assert [one.entry.patient.name for one in freed.wait_board(desk.scheduler).offers] == ["Ada Lovelace"]


def test_a_patient_has_one_offer_at_a_time(desk, ada):
    waitlist.offer(desk.scheduler, waiting_id=ada.id, start=SLOT)
    with pytest.raises(Conflict):
        waitlist.offer(desk.scheduler, waiting_id=ada.id, start=at("01-06"))


def test_accepting_moves_the_appointment_into_the_time_that_was_kept(desk, ada):
    made = waitlist.offer(desk.scheduler, waiting_id=ada.id, start=SLOT)
    changed = waitlist.accept(desk.scheduler, offer_id=made.id, version=made.version)
    assert (changed.appointment.id, changed.appointment.start_at) == (ada.appointment_id, SLOT)
    assert entry(desk, ada).closed_reason == "moved"
    assert offer_of(desk, made).answer is Answer.ACCEPTED
    with desk.store.read(desk.clinic_id) as uow:
        assert uow.holds.all() == []
    assert desk.overlaps() == 0


def test_accepting_tells_the_patient_once_and_frees_the_time_they_leave(desk, ada, grace):
    before = {one.id for one in notices(desk)}
    made = waitlist.offer(desk.scheduler, waiting_id=ada.id, start=SLOT)
    waitlist.accept(desk.scheduler, offer_id=made.id, version=made.version)
    (notice,) = [one for one in notices(desk) if one.id not in before]
    assert notice.patient_id == desk.patient("Ada Lovelace")
    assert str(ada.appointment_id) in notice.facts["appointments"]
    board = freed.wait_board(desk.scheduler)
    assert [one.start for one in board.times] == [at("01-08")]
    assert names(board.times[0].fitting) == ["Grace Hopper"]


def test_what_was_accepted_can_be_undone_and_the_patient_waits_again(desk, ada):
    made = waitlist.offer(desk.scheduler, waiting_id=ada.id, start=SLOT)
    changed = waitlist.accept(desk.scheduler, offer_id=made.id, version=made.version)
    undoing.undo(desk.scheduler, undo_id=changed.undo_id)
    assert start_of(desk, ada) == at("01-08")
    assert entry(desk, ada).closed_at is None


def test_declining_frees_the_time_for_the_next_and_never_offers_it_again(desk, ada, grace):
    made = waitlist.offer(desk.scheduler, waiting_id=ada.id, start=SLOT)
    waitlist.decline(desk.scheduler, offer_id=made.id, version=made.version)
    assert names(ranked(desk).fitting) == ["Grace Hopper"]
    assert against(desk, "Ada Lovelace").against == (Unsuited.DECLINED,)
    assert waitlist.offer(desk.scheduler, waiting_id=grace.id, start=SLOT).waiting_id == grace.id


def test_an_offer_that_ran_out_lets_the_time_go_to_the_next(desk, ada, grace):
    made = waitlist.offer(desk.scheduler, waiting_id=ada.id, start=SLOT)
    desk.clock.now += HOUR
    assert freed.wait_board(desk.scheduler).offers[0].ended
    assert names(ranked(desk).fitting) == ["Grace Hopper", "Ada Lovelace"]
    waitlist.offer(desk.scheduler, waiting_id=grace.id, start=SLOT)
    assert offer_of(desk, made).answer is Answer.EXPIRED


def test_nobody_accepts_an_offer_that_ran_out(desk, ada):
    made = waitlist.offer(desk.scheduler, waiting_id=ada.id, start=SLOT, minutes=5)
    desk.clock.now += timedelta(minutes=5)
    with pytest.raises(Conflict):
        waitlist.accept(desk.scheduler, offer_id=made.id, version=made.version)
    assert start_of(desk, ada) == at("01-08")


def test_the_tick_writes_down_that_an_offer_ran_out_once(desk, ada):
    made = waitlist.offer(desk.scheduler, waiting_id=ada.id, start=SLOT)
    assert waitlist.settle(desk.scheduler) == 0
    desk.clock.now += HOUR
    assert [waitlist.settle(desk.scheduler), waitlist.settle(desk.scheduler)] == [1, 0]
    assert offer_of(desk, made).answer is Answer.EXPIRED
    assert len(desk.audit("expire")) == 1


def test_who_no_longer_has_the_appointment_is_taken_off_with_what_is_offered(desk, ada):
    made = waitlist.offer(desk.scheduler, waiting_id=ada.id, start=SLOT)
    booking.cancel(desk.scheduler, appointment_id=ada.appointment_id, version=1, reason="flu")
    assert freed.wait_board(desk.scheduler).entries == ()
    waitlist.settle(desk.scheduler)
    assert entry(desk, ada).closed_at
    assert offer_of(desk, made).answer is Answer.WITHDRAWN
    assert is_free(desk)


def test_an_offer_is_answered_once(desk, ada):
    made = waitlist.offer(desk.scheduler, waiting_id=ada.id, start=SLOT)
    waitlist.decline(desk.scheduler, offer_id=made.id, version=made.version)
    with pytest.raises(Conflict):
        waitlist.accept(desk.scheduler, offer_id=made.id, version=made.version)


def test_a_time_that_breaks_a_rule_is_not_offered(desk, left):
    course = desk.begin("weekly", date(2027, 1, 4), patient="Mary")
    desk.book(course)
    second = waitlist.add(desk.scheduler, appointment_id=desk.live(course)[1].id)
    with pytest.raises(RuleViolated) as refused:
        waitlist.offer(desk.scheduler, waiting_id=second.id, start=SLOT)
    assert [one.code for one in refused.value.violations] == ["min-days"]


def test_an_offer_that_a_rule_has_come_in_the_way_of_is_refused_and_stands(desk, left):
    course = desk.begin("weekly", date(2027, 1, 8), patient="Mary")
    desk.book(course)
    one = waitlist.add(desk.scheduler, appointment_id=desk.live(course)[0].id)
    made = waitlist.offer(desk.scheduler, waiting_id=one.id, start=SLOT)
    visits.book_visit(
        desk.scheduler, patient_id=desk.patient("Mary"), kind=visits.VisitKind("course", "spravato"), start=at("01-06")
    )
    with pytest.raises(RuleViolated):
        waitlist.accept(desk.scheduler, offer_id=made.id, version=made.version)
    assert offer_of(desk, made).answer is None


def test_of_many_desks_that_offer_one_time_exactly_one_does(desk, left):
    entries = [waits(desk, f"P {number}", date(2027, 1, 8) + timedelta(days=number % 2 * 3)) for number in range(2)]
    entries += [waits(desk, f"P {number}", date(2027, 1, 8 + number)) for number in range(4, 8)]
    together = Barrier(len(entries))

    def race(one):
        together.wait(20)
        try:
            return waitlist.offer(desk.scheduler, waiting_id=one.id, start=SLOT).waiting_id
        except PlannerError as refused:
            return type(refused).__name__

    with ThreadPoolExecutor(len(entries)) as pool:
        outcomes = list(pool.map(race, entries))
    assert outcomes.count("Conflict") == len(entries) - 1
    with desk.store.read(desk.clinic_id) as uow:
        assert len(uow.holds.all()) == len(uow.offers.open()) == 1
    assert desk.overlaps() == 0


def test_of_two_desks_that_accept_one_offer_exactly_one_does(desk, ada):
    made, together = waitlist.offer(desk.scheduler, waiting_id=ada.id, start=SLOT), Barrier(2)

    def race(_):
        together.wait(20)
        try:
            return waitlist.accept(desk.scheduler, offer_id=made.id, version=made.version).appointment.start_at
        except PlannerError as refused:
            return type(refused).__name__

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(race, range(2)))
    assert sorted(map(str, outcomes)) == sorted([str(SLOT), "Conflict"])


def test_a_visit_without_a_course_can_wait_too(desk, left):
    one = visits.book_visit(desk.scheduler, patient_id=desk.patient(), kind=EVALUATION, start=at("02-03")).appointment
    entry = waitlist.add(desk.scheduler, appointment_id=one.id)
    assert names(ranked(desk).fitting) == ["Ada Lovelace"]
    made = waitlist.offer(desk.scheduler, waiting_id=entry.id, start=SLOT)
    waitlist.accept(desk.scheduler, offer_id=made.id, version=made.version)
    assert start_of(desk, entry) == SLOT


def test_a_dose_takes_what_follows_it_along(desk, left):
    course = desk.begin("psychotherapy", date(2027, 1, 18))
    desk.book(course)
    dose, talk = desk.live(course)[:2]
    entry = waitlist.add(desk.scheduler, appointment_id=dose.id)
    with pytest.raises(InvalidMove):
        waitlist.add(desk.scheduler, appointment_id=talk.id)
    start = dose.start_at - timedelta(days=3)
    made = waitlist.offer(desk.scheduler, waiting_id=entry.id, start=start)
    changed = waitlist.accept(desk.scheduler, offer_id=made.id, version=made.version).appointments
    assert [one.id for one in changed] == [dose.id, talk.id]
    assert timedelta(hours=24) <= changed[1].start_at - start <= timedelta(hours=73)
    assert desk.overlaps() == 0


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"notice_hours": -1}, "notice_hours"),
        ({"notice_hours": 10_000}, "notice_hours"),
        ({"from_day": date(2027, 1, 9), "until_day": date(2027, 1, 8)}, "until_day"),
        ({"from_day": date(9999, 1, 1)}, "from_day"),
    ],
)
def test_what_cannot_be_waited_for_names_its_field(desk, left, asked, field):
    one = booked(desk, "Mary", date(2027, 1, 8))
    with pytest.raises(InvalidValue) as refused:
        waitlist.add(desk.scheduler, appointment_id=one.id, **asked)
    assert refused.value.path == field


def test_an_appointment_waits_once(desk, ada):
    with pytest.raises(Conflict):
        waitlist.add(desk.scheduler, appointment_id=ada.appointment_id)
    waitlist.close(desk.scheduler, waiting_id=ada.id, version=ada.version, reason="no longer")
    assert waitlist.add(desk.scheduler, appointment_id=ada.appointment_id).id != ada.id


def test_what_is_over_or_cancelled_cannot_be_waited_for(desk, left):
    with pytest.raises(InvalidMove):
        waitlist.add(desk.scheduler, appointment_id=left.id)


def test_closing_an_entry_takes_back_what_is_offered(desk, ada):
    made = waitlist.offer(desk.scheduler, waiting_id=ada.id, start=SLOT)
    waitlist.close(desk.scheduler, waiting_id=ada.id, version=ada.version, reason="no longer")
    assert offer_of(desk, made).answer is Answer.WITHDRAWN
    assert is_free(desk)


def test_what_was_not_asked_for_is_not_offered(desk, ada):
    with pytest.raises(InvalidValue):
        waitlist.offer(desk.scheduler, waiting_id=ada.id, start=at("01-12"))
    with pytest.raises(InvalidValue):
        waitlist.offer(desk.scheduler, waiting_id=ada.id, start=SLOT, minutes=0)


def test_another_clinics_waitlist_is_not_there_and_an_administrator_offers_nothing(desk, ada):
    with pytest.raises(Forbidden):
        waitlist.offer(desk.admin, waiting_id=ada.id, start=SLOT)
    with pytest.raises(NotFound):
        waitlist.offer(desk.scheduler, waiting_id=ada.appointment_id, start=SLOT)
