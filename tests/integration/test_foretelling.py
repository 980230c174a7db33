"""Reminders before a visit: owed with the booking, owed anew when anything changes, sent from the facts of their moment."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from builders import NEW_YORK, esketamine
from desks import SITE_ID, at
from planner.domain.channels import MessagePolicy, Quiet
from planner.domain.course import AppointmentStatus
from planner.domain.neutral import forbidden_in
from planner.domain.notices import BEFORE
from planner.domain.protocol import Instruction
from planner.domain.reaching import Delivery, Language
from planner.domain.replies import ReplyKind, Ride, RideKind, RidePolicy
from planner.notify.dispatcher import dispatch
from planner.notify.letters import write
from planner.notify.matters import matter_of
from planner.notify.transports import TransportError
from planner.services import booking, correspondence, foretelling, policies, replying, undoing, visits, wishes
from planner.services.ride_tasks import owe_ride_tasks
from planner.services.sweeping import sweep
from planner.services.visits import VisitKind
from planner.services.writing import REFUSED_RIDE, RIDE_TASK
from postroom import Mailbox, notices, open_post, transport_to

RIDE = Ride(RideKind.ADULT, "Jo", "+1 212 555 0111")


def remind(desk, wanted=True):
    """Let the clinic remind, or not."""
    with desk.store.begin(desk.clinic_id) as uow:
        uow.calendar.lock(now := desk.clock())
        uow.clinics.save(replace(uow.clinics.get(now), reminds=wanted))


@pytest.fixture
def desk(store):
    found = open_post(store)
    remind(found)
    return found


class Refusing:
    """A mail server that knows nobody."""

    refused = 0

    def deliver(self, _letter):
        self.refused += 1
        raise TransportError("550 no such user", permanent=True)


def due(desk, one=None):
    """What waits before the visits, or before one: kind, and when by New York's wall."""
    waiting = [notice for notice in notices(desk) if notice.open and notice.kind in BEFORE]
    mine = [notice for notice in waiting if one is None or notice.appointment_id == one.id]
    return [(notice.kind, f"{notice.due_at.astimezone(NEW_YORK):%m-%d %H:%M}") for notice in mine]


def letter(desk, notice, now):
    with desk.store.read(SITE_ID) as uow:
        matter = matter_of(uow, notice, now)
        return None if matter is None else write(uow, notice, matter)


def waiting_of(desk, one, kind):
    (found,) = [n for n in notices(desk) if n.open and n.kind == kind and n.appointment_id == one.id]
    return found


def booked(desk, **wish):
    course = desk.begin(**wish)
    return course, desk.book(course).appointments


def test_a_booked_series_owes_its_reminders_and_nothing_that_would_have_been_due(desk):
    _, (first, second, *_) = booked(desk)
    assert due(desk, second) == [("ride", "01-04 09:00"), ("ride-again", "01-06 09:00"), ("prepare", "01-06 19:00")]
    assert due(desk, first) == [("ride-again", "01-04 09:00"), ("prepare", "01-04 19:00")]


def test_a_move_owes_them_anew_and_voids_what_waits(desk):
    _, (_, second, *_) = booked(desk)
    booking.move(desk.scheduler, appointment_id=second.id, start=at("01-08"), version=second.version)
    assert due(desk, second) == [("ride", "01-05 09:00"), ("ride-again", "01-07 09:00"), ("prepare", "01-07 19:00")]


def test_a_move_that_is_undone_owes_them_as_they_were(desk):
    _, (_, second, *_) = booked(desk)
    before = due(desk, second)
    done = booking.move(desk.scheduler, appointment_id=second.id, start=at("01-08"), version=second.version)
    undoing.undo(desk.scheduler, undo_id=done.undo_id)
    assert due(desk, second) == before


def test_what_is_cancelled_owes_nothing(desk):
    _, (_, second, *_) = booked(desk)
    booking.cancel(desk.scheduler, appointment_id=second.id, version=second.version, reason="a cold")
    assert due(desk, second) == []


def test_a_ride_that_is_named_is_not_asked_for_again(desk):
    _, (_, second, *_) = booked(desk)
    replying.reply_for(desk.scheduler, appointment_id=second.id, kind=ReplyKind.RIDE, ride=RIDE)
    assert [kind for kind, _ in due(desk, second)] == ["ride", "prepare"]


def test_a_move_asks_for_the_ride_again(desk):
    _, (_, second, *_) = booked(desk)
    replying.reply_for(desk.scheduler, appointment_id=second.id, kind=ReplyKind.RIDE, ride=RIDE)
    booking.move(desk.scheduler, appointment_id=second.id, start=at("01-08"), version=second.version)
    assert [kind for kind, _ in due(desk, second)] == ["ride", "ride-again", "prepare"]


def test_nothing_is_owed_twice_for_an_appointment_as_it_is(desk):
    course, (_, second, *_) = booked(desk)
    ride = waiting_of(desk, second, "ride")
    with desk.store.begin(SITE_ID) as uow:
        uow.notices.settle(replace(ride, sent_at=ride.due_at, outcome="sent"), ride.next_attempt_at)
    desk.book(course, desk.shown(course))
    assert [kind for kind, _ in due(desk, second)] == ["ride-again", "prepare"]


def test_the_desk_is_asked_once_to_phone_about_a_ride_that_nobody_has_named(desk):
    _, (_, second, *_) = booked(desk)
    for time_of_day in ("11:59", "12:00", "12:01"):
        desk.clock.now = at("01-06", time_of_day)
        sweep(desk.scheduler)
    (task,) = [one for one in desk.tasks(RIDE_TASK) if one.appointment_id == second.id]
    assert task.due_at == at("01-06", "12:00")
    replying.reply_for(desk.scheduler, appointment_id=second.id, kind=ReplyKind.RIDE, ride=RIDE)
    assert [one for one in desk.tasks(RIDE_TASK) if one.appointment_id == second.id] == []


def test_a_ride_that_is_not_accepted_any_more_is_asked_for_again_by_message_and_by_the_desk(desk):
    _, (_, second, *_) = booked(desk)
    replying.reply_for(desk.scheduler, appointment_id=second.id, kind=ReplyKind.RIDE, ride=Ride(RideKind.RIDESHARE))
    policies.set_rides(desk.admin, policy=RidePolicy((RideKind.ADULT,)))
    foretelling.catch_up(desk.scheduler)
    again = waiting_of(desk, second, "ride-again")
    assert "The clinic accepts: an adult whom you name." in letter(desk, again, again.due_at).text
    desk.clock.now = at("01-06", "12:01")
    for _ in range(2):
        sweep(desk.scheduler)
    (task,) = [one for one in desk.tasks(RIDE_TASK) if one.appointment_id == second.id]
    assert task.facts == {"sequence": 0, REFUSED_RIDE: "rideshare"}
    replying.reply_for(desk.scheduler, appointment_id=second.id, kind=ReplyKind.RIDE, ride=RIDE)
    sweep(desk.scheduler)
    assert [one for one in desk.tasks(RIDE_TASK) if one.appointment_id == second.id] == []
    assert letter(desk, again, again.due_at) is None


def test_a_ride_that_is_refused_after_the_desk_has_phoned_for_it_is_a_task_anew(desk):
    _, (_, second, *_) = booked(desk)
    desk.clock.now = at("01-06", "12:01")
    sweep(desk.scheduler)
    replying.reply_for(desk.scheduler, appointment_id=second.id, kind=ReplyKind.RIDE, ride=Ride(RideKind.RIDESHARE))
    policies.set_rides(desk.admin, policy=RidePolicy((RideKind.ADULT,)))
    sweep(desk.scheduler)
    assert [one.facts.get(REFUSED_RIDE) for one in desk.tasks(RIDE_TASK) if one.appointment_id == second.id] == ["rideshare"]


def test_two_workers_that_sweep_at_once_ask_the_desk_once(postgres_store):
    desk = open_post(postgres_store)
    _, (_, second, *_) = booked(desk)
    desk.clock.now = at("01-06", "12:00")
    with desk.store.begin(SITE_ID) as uow:
        assert owe_ride_tasks(uow, desk.clock.now) == 1
        with desk.store.begin(SITE_ID) as other:
            assert owe_ride_tasks(other, desk.clock.now) == 0
    assert len([one for one in desk.tasks(RIDE_TASK) if one.appointment_id == second.id]) == 1


def test_an_address_that_fails_is_one_task_however_much_is_owed_to_it(desk):
    booked(desk)
    post = Refusing()
    for when in (at("01-04"), at("01-06"), at("01-06", "19:00")):
        desk.clock.now = when
        dispatch(desk.store, desk.clock, post)
    assert post.refused > 2
    assert len(desk.tasks("undeliverable")) == 1


def test_a_clinic_that_wants_no_reminders_owes_none(desk):
    remind(desk, wanted=False)
    booked(desk)
    assert due(desk) == []


def test_what_waits_when_reminders_are_switched_off_is_withdrawn_for_that(desk):
    booked(desk)
    none = wishes.Wish((wishes.Channel.MAIL, wishes.Channel.PHONE), None, reminders=False, version=0)
    wishes.wish_for(desk.scheduler, desk.patient(), none)
    assert {one.outcome for one in notices(desk) if one.kind in BEFORE} == {"reminders-off"}


def wish_quiet(desk, quiet, version=0):
    wanted = wishes.Wish((wishes.Channel.MAIL, wishes.Channel.PHONE), quiet, reminders=True, version=version)
    wishes.wish_for(desk.scheduler, desk.patient(), wanted)


def test_who_is_left_alone_in_the_evening_hears_how_to_prepare_before_that_and_nobody_has_to_phone(desk):
    wish_quiet(desk, Quiet(time(18), time(9)))
    _, (_, second, *_) = booked(desk)
    assert due(desk, second)[1:] == [("ride-again", "01-06 09:00"), ("prepare", "01-06 17:30")]
    prepare = waiting_of(desk, second, "prepare")
    with Mailbox() as mailbox:
        for when in (at("01-05"), at("01-06", "09:00"), at("01-06", "17:30")):
            desk.clock.now = when
            dispatch(desk.store, desk.clock, transport_to(mailbox))
    (sent,) = [one for one in notices(desk) if one.id == prepare.id]
    assert (sent.sent_at, due(desk, second)) == (at("01-06", "17:30"), [])
    wish_quiet(desk, None, version=1)  # it is not owed again for seven
    assert due(desk, second) == []


def test_reminders_follow_the_hours_that_the_patient_wishes(desk):
    _, (_, second, *_) = booked(desk)
    shown = []
    for version, quiet in enumerate((Quiet(time(19), time(8)), Quiet(time(6), time(14)), None)):
        wish_quiet(desk, quiet, version)
        shown.append([when for _, when in due(desk, second)])
    assert shown == [
        ["01-04 09:00", "01-06 09:00", "01-06 18:30"], ["01-04 14:00", "01-06 05:30", "01-06 19:00"],
        ["01-04 09:00", "01-06 09:00", "01-06 19:00"],
    ]  # fmt: skip


def test_hours_wished_too_late_for_that_leave_what_is_owed_and_one_that_waits_is_not_lost(desk):
    _, (_, second, *_) = booked(desk)
    desk.clock.now = at("01-06", "17:45")
    wish_quiet(desk, Quiet(time(18), time(9)))
    assert due(desk, second)[-1:] == [("prepare", "01-06 19:00")]
    wish_quiet(desk, Quiet(time(18, 30), time(19, 30)), version=1)
    desk.clock.now = at("01-06", "19:10")
    wish_quiet(desk, None, version=2)
    assert due(desk, second)[-1:] == [("prepare", "01-06 19:30")]


def test_the_night_puts_what_waits_where_the_clinics_new_hours_allow_it(desk):
    _, (_, second, *_) = booked(desk)
    policies.set_messaging(desk.admin, wanted=MessagePolicy(Quiet(time(19), time(8))))
    assert foretelling.catch_up(desk.scheduler) > 0
    assert due(desk, second)[-1] == ("prepare", "01-06 18:30")
    assert foretelling.catch_up(desk.scheduler) == 0


def test_the_night_owes_what_was_booked_before_the_clinic_reminded(desk):
    policies.set_reminders(desk.admin, wanted=False)
    _, (_, second, *_) = booked(desk)
    policies.set_reminders(desk.admin, wanted=True)
    assert due(desk, second) == []
    assert foretelling.catch_up(desk.scheduler) > 0
    assert [kind for kind, _ in due(desk, second)] == ["ride", "ride-again", "prepare"]
    assert foretelling.catch_up(desk.scheduler) == 0


def test_what_was_owed_is_dropped_once_the_clinic_reminds_no_more(desk):
    _, (_, second, *_) = booked(desk)
    notice = waiting_of(desk, second, "prepare")
    policies.set_reminders(desk.admin, wanted=False)
    assert letter(desk, notice, notice.due_at) is None


def test_a_letter_says_when_how_to_prepare_and_who_takes_one_home(desk):
    _, (_, second, *_) = booked(desk)
    notice = waiting_of(desk, second, "prepare")
    found = letter(desk, notice, notice.due_at)
    assert "Thursday, January 7, 2027, 10:00" in found.text
    assert "without a ride the appointment cannot take place" in found.text
    assert forbidden_in(f"{found.subject}\n{found.text}") == []


def test_a_letter_about_a_ride_is_dropped_once_the_ride_is_named(desk):
    _, (_, second, *_) = booked(desk)
    notice = waiting_of(desk, second, "ride-again")
    replying.reply_for(desk.scheduler, appointment_id=second.id, kind=ReplyKind.RIDE, ride=RIDE)
    assert letter(desk, notice, notice.due_at) is None


def with_instructions(desk, course, *wanted):
    with desk.store.begin(SITE_ID) as uow:
        kept = uow.courses.get(course.id)
        uow.courses.save(replace(kept, protocol=replace(kept.protocol, instructions=wanted)))


def test_what_begins_before_the_evening_is_said_three_days_before_and_with_its_day(desk):
    course, (_, second, *_) = booked(desk)
    with_instructions(desk, course, Instruction("Drink no wine.", 24 * 60), Instruction("Do not eat.", 60))
    ride, prepare = (waiting_of(desk, second, kind) for kind in ("ride", "prepare"))
    early, late = letter(desk, ride, ride.due_at).text, letter(desk, prepare, prepare.due_at).text
    assert "begins early" in early
    assert "From Wednesday, January 6, " in early
    assert "Do not eat." not in early
    assert "Drink no wine." in late
    assert "Do not eat." in late


def test_a_single_visit_says_how_to_prepare_as_the_protocols_that_give_it_do(desk):
    desk.publish(replace(esketamine(), name="whole", instructions=(Instruction("Do not eat.", 120),)))
    patient, kind = desk.patient("Ada Lovelace"), VisitKind("whole", "spravato")
    one = visits.book_visit(desk.scheduler, patient_id=patient, kind=kind, start=at("01-07", "14:00")).appointment
    notice = waiting_of(desk, one, "prepare")
    assert notice.expires_at == at("01-07", "11:45")
    found = letter(desk, notice, notice.due_at)
    assert "From 11:45" in found.text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_letter_says_that_there_is_more_to_do_than_it_may_say(desk):
    course, (_, second, *_) = booked(desk)
    with_instructions(desk, course, Instruction("Do not eat.", 60), Instruction("Bring the dose log."))
    notice = waiting_of(desk, second, "prepare")
    found = letter(desk, notice, notice.due_at)
    assert "There is more to do before this appointment than a mail may say." in found.text


def test_a_letter_sent_late_does_not_speak_of_tomorrow(desk):
    _, (_, second, *_) = booked(desk)
    notice = waiting_of(desk, second, "prepare")
    found = letter(desk, notice, at("01-07", "01:00"))
    assert "tomorrow" not in f"{found.subject}\n{found.text}".lower()
    assert "on Thursday, January 7" in found.subject


@pytest.mark.parametrize("kind", ["plan-rides", "ride", "ride-again", "prepare"])
def test_a_letter_says_that_a_date_is_provisional(desk, kind):
    desk.clock.now = desk.clock.now - timedelta(days=14)
    _, (first, *_) = booked(desk, start=date(2027, 1, 5))
    with desk.store.begin(SITE_ID) as uow:
        uow.appointments.save(replace(first, status=AppointmentStatus.TENTATIVE))
    notice = waiting_of(desk, first, kind)
    assert "rovisional" in letter(desk, notice, notice.due_at).text


@pytest.mark.parametrize("kind", ["plan-rides", "ride", "ride-again", "prepare"])
def test_letters_speak_the_patients_language(desk, kind):
    desk.clock.now = desk.clock.now - timedelta(days=14)
    _, appointments = booked(desk, start=date(2027, 1, 5))
    patient_id = appointments[0].patient_id
    correspondence.choose_for(
        desk.scheduler, patient_id=patient_id, language=Language.SPANISH, delivery=Delivery.FEED, wording="", version=0
    )  # fmt: skip
    notice = waiting_of(desk, appointments[0], kind)
    found = letter(desk, notice, notice.due_at)
    assert "Hola" in found.text
    assert forbidden_in(f"{found.subject}\n{found.text}") == []
