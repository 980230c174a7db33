"""Who takes a patient home is told when to pick up, where the patient agreed: once, and once that it is off."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from builders import NEW_YORK
from desks import SITE_ID, at
from gateway import Gateway, change, set_policy
from planner.domain.attendance import MarkKind
from planner.domain.channels import Channel, Quiet, Recipient
from planner.domain.neutral import forbidden_in
from planner.domain.notices import ESCORTED
from planner.domain.reaching import Language
from planner.domain.replies import ReplyKind, Ride, RideKind
from planner.notify.dispatcher import UNDELIVERABLE_TASK, Post, dispatch
from planner.notify.rendering import LONGEST_SMS
from planner.notify.rereading import reread
from planner.notify.transports import TransportError
from planner.services import attendance, booking, consents, replying, resending, undoing
from planner.services.letterhead import change_letterhead
from postroom import Mailbox, notices, open_post, transport_to

NUMBER, ANOTHER = "+12125550111", "+1 212 555 0112"
JO = Ride(RideKind.ADULT, "Jo", "+1 212 555 0111", contact=True)
SECONDS = timedelta(seconds=11)
EVENING = at("01-06", "19:00")


@pytest.fixture
def desk(store):
    found = open_post(store)
    change(found, reminds=False)
    return found


@pytest.fixture
def one(desk):
    """Ada's second session: Thursday 7 January at ten."""
    return desk.book(desk.begin()).appointments[1]


def name(desk, one, ride=JO):
    desk.clock.now += timedelta(seconds=1)
    replying.reply_for(desk.scheduler, appointment_id=one.id, kind=ReplyKind.RIDE, ride=ride)


def record(desk, one):
    with desk.store.read(SITE_ID) as uow:
        return uow.appointments.get(one.id)


def move(desk, one, start):
    return booking.move(desk.scheduler, appointment_id=one.id, start=start, version=record(desk, one).version)


def cancel(desk, one):
    version = record(desk, one).version
    return booking.cancel(desk.scheduler, appointment_id=one.id, version=version, reason="a cold")


def owed(desk):
    """What escorts are owed: kind, and when by New York's wall."""
    waiting = [one for one in notices(desk) if one.open and one.kind in ESCORTED]
    return [(one.kind, f"{one.due_at.astimezone(NEW_YORK):%m-%d %H:%M:%S}") for one in waiting]


def send(desk, gateway, at_time=None):
    """Send what is due to escorts; gives the texts by number, all that were ever taken."""
    desk.clock.now = at_time or desk.clock.now
    dispatch(desk.store, desk.clock, Post({Channel.SMS: gateway.transport()}))
    return [(to, text) for to, text in gateway.taken if "pick up" in text or "recoja" in text]


@pytest.fixture
def gateway():
    with Gateway() as found:
        yield found


@pytest.fixture
def told(desk, one, gateway):
    """Jo was told on the evening before."""
    name(desk, one)
    assert len(send(desk, gateway, EVENING)) == 1
    return one


def test_who_is_named_with_consent_is_told_on_the_evening_before(desk, one):
    name(desk, one)
    assert owed(desk) == [("pick-up", "01-06 19:00:00")]
    (notice,) = [n for n in notices(desk) if n.kind == "pick-up"]
    assert (notice.recipient, notice.appointment_id, notice.expires_at) == (Recipient.ESCORT, one.id, one.end_at)


def test_who_is_named_without_consent_is_told_nothing(desk, one):
    name(desk, one, replace(JO, contact=False))
    assert owed(desk) == []


def test_who_is_named_on_the_day_is_told_when_it_can_no_longer_be_undone(desk, one):
    desk.clock.now = at("01-07", "08:00")
    name(desk, one)
    assert owed(desk) == [("pick-up", "01-07 08:00:11")]


def test_the_text_says_whom_when_and_where_and_nothing_else(desk, one, gateway):
    harbor = {"public_name": "Harbor Rooms", "sender": "hello@harbor.example", "phone": "+1 212 555 0100"}
    change_letterhead(desk.admin, **harbor, address="12 Pier Street, New York", version=1)
    name(desk, one)
    ((to, text),) = send(desk, gateway, EVENING)
    assert to == NUMBER
    assert text == (
        "Harbor Rooms: please pick up A.L. on Thu, Jan 7, about 12:20 to 12:50 pm EST. Where: 12 Pier Street, New York. "
        "Questions: +1 212 555 0100. Reply STOP to end texts."
    )
    assert forbidden_in(text) == []


def test_it_is_in_the_language_of_the_patient(desk, one, gateway):
    with desk.store.begin(SITE_ID) as uow:
        chosen = uow.correspondence.of_patient(one.patient_id)
        uow.correspondence.keep(replace(chosen, language=Language.SPANISH))
    name(desk, one)
    ((_, text),) = send(desk, gateway, EVENING)
    assert text.startswith("Harbor Rooms: por favor, recoja a A.L.: jue 7 ene, entre las 12:20")


def test_the_same_answer_again_tells_nobody_twice(desk, told, gateway):
    name(desk, told)
    name(desk, told, replace(JO, name="Jo Smith"))
    assert owed(desk) == []
    assert len(send(desk, gateway, at("01-07", "09:00"))) == 1


@pytest.mark.parametrize("undo", [move, cancel], ids=["move", "cancel"])
def test_what_waits_for_a_visit_that_changes_is_taken_back_and_nobody_hears_of_it(desk, one, gateway, undo):
    name(desk, one)
    undo(desk, one, *([at("01-08")] if undo is move else []))
    assert owed(desk) == []
    assert send(desk, gateway, EVENING) == []


def test_who_was_told_hears_once_that_a_moved_visit_needs_no_pick_up(desk, told, gateway):
    move(desk, told, at("01-08"))
    assert owed(desk) == [("pick-up-off", "01-06 19:00:10")]
    desk.clock.now += SECONDS
    (_, (to, text)) = send(desk, gateway)
    assert to == NUMBER
    assert text.startswith(
        "Harbor Rooms: no need any more to pick up A.L. on Thu, Jan 7, about 12:20 to 12:50 pm EST."
    )
    move(desk, told, at("01-08", "11:00"))
    assert owed(desk) == []


def test_who_was_told_hears_that_a_visit_is_cancelled(desk, told, gateway):
    cancel(desk, told)
    desk.clock.now += SECONDS
    assert "no need" in send(desk, gateway)[1][1]
    assert "changed" not in gateway.taken[-1][1]


def mark(desk, one, kind):
    return attendance.record(desk.scheduler, appointment_id=one.id, kind=kind, version=record(desk, one).version)


@pytest.mark.parametrize("kind", [MarkKind.NO_SHOW, MarkKind.LATE_CANCEL])
def test_who_was_told_hears_on_the_day_that_the_patient_does_not_come(desk, told, gateway, kind):
    desk.clock.now = at("01-07", "10:20")
    mark(desk, told, kind)
    assert owed(desk) == [("pick-up-off", "01-07 10:20:10")]
    desk.clock.now += SECONDS
    later = send(desk, gateway)[1:]
    assert [(to, "no need any more to pick up A.L. on Thu, Jan 7" in text) for to, text in later] == [(NUMBER, True)]


def test_who_was_told_nothing_hears_nothing_of_a_patient_who_does_not_come(desk, one):
    name(desk, one, replace(JO, contact=False))
    desk.clock.now = at("01-07", "10:20")
    mark(desk, one, MarkKind.NO_SHOW)
    assert owed(desk) == []


def test_that_a_patient_did_not_come_after_all_is_not_said_where_they_came(desk, told, gateway):
    desk.clock.now = at("01-07", "10:20")
    mark(desk, told, MarkKind.NO_SHOW)
    take_back(desk, told)
    assert owed(desk) == []


def test_who_heard_that_they_need_not_come_is_asked_again_where_that_was_a_mistake(desk, told, gateway):
    desk.clock.now = at("01-07", "10:20")
    mark(desk, told, MarkKind.NO_SHOW)
    desk.clock.now += SECONDS
    send(desk, gateway)
    take_back(desk, told)
    desk.clock.now += SECONDS
    assert ["please pick up" in text for _, text in send(desk, gateway)] == [True, False, True]


def take_back(desk, one):
    """Correct the mark that was made last."""
    with desk.store.read(SITE_ID) as uow:
        made = uow.marks.of_appointment(one.id)[-1]
    attendance.correct(
        desk.scheduler, appointment_id=one.id, mark_id=made.id, version=record(desk, one).version, reason="mistaken",
        withdraw=True,
    )  # fmt: skip


def test_a_text_that_could_not_go_the_evening_before_goes_while_the_patient_is_there(desk, one, gateway):
    name(desk, one)
    with Gateway(500) as broken:
        send(desk, broken, at("01-07", "09:30"))
    desk.clock.now = at("01-07", "10:00")
    mark(desk, one, MarkKind.ARRIVED)
    assert "please pick up" in send(desk, gateway, at("01-07", "10:10"))[0][1]


def test_who_has_left_is_not_to_be_picked_up(desk, one, gateway):
    name(desk, one)
    desk.clock.now = at("01-07", "10:00")
    for kind in (MarkKind.ARRIVED, MarkKind.DOSED, MarkKind.DISCHARGED):
        desk.clock.now += timedelta(minutes=10)
        mark(desk, one, kind)
    assert owed(desk) == []
    assert send(desk, gateway) == []


def test_who_has_left_with_who_was_told_hears_nothing_more(desk, told):
    desk.clock.now = at("01-07", "10:00")
    for kind in (MarkKind.ARRIVED, MarkKind.DOSED, MarkKind.DISCHARGED):
        desk.clock.now += timedelta(minutes=10)
        mark(desk, told, kind)
    assert owed(desk) == []


@pytest.fixture
def idle(desk, told):
    """Jo was told, and at 10:20 it is clear that nothing is given."""
    desk.clock.now = at("01-07", "10:00")
    mark(desk, told, MarkKind.ARRIVED)
    desk.clock.now = at("01-07", "10:20")
    mark(desk, told, MarkKind.NOTHING_GIVEN)
    return told


@pytest.mark.parametrize(
    ("language", "words"),
    [(Language.ENGLISH, "A.L. is ready and can be picked up now, before the time that we told you (Thu, Jan 7, about 12:20"),
     (Language.SPANISH, "ya puede recoger a A.L., antes de la hora que le dijimos (jue 7 ene, entre las 12:20 y las 12:50")],
)  # fmt: skip
def test_who_was_told_hears_that_they_can_come_already_where_nothing_was_given(desk, idle, gateway, language, words):
    with desk.store.begin(SITE_ID) as uow:
        uow.correspondence.keep(replace(uow.correspondence.of_patient(idle.patient_id), language=language))
    assert owed(desk) == [("pick-up-early", "01-07 10:20:10")]
    for _ in range(2):
        send(desk, gateway, at("01-07", "10:21"))
    (_, (to, text)) = gateway.taken
    assert (to, words in text.replace("\N{NO-BREAK SPACE}", " "), len(text) <= LONGEST_SMS) == (NUMBER, True, True)
    assert forbidden_in(text) == []


def test_a_patient_who_has_left_by_then_is_not_to_be_picked_up_sooner(desk, idle, gateway):
    mark(desk, idle, MarkKind.DISCHARGED)
    assert owed(desk) == []


def test_who_would_be_there_by_then_hears_nothing_of_it(desk, idle, gateway):
    with Gateway(500) as broken:
        send(desk, broken, at("01-07", "10:21"))
    send(desk, gateway, at("01-07", "12:20"))
    assert len(gateway.taken) == 1
    assert [task.facts["kind"] for task in desk.tasks(UNDELIVERABLE_TASK)] == ["pick-up-early"]


@pytest.mark.parametrize(("contact", "said"), [(True, []), (False, ["pick-up-off"])])
def test_nobody_is_sent_for_sooner_where_the_patient_has_not_come_or_does_not_agree_any_more(desk, told, contact, said):
    name(desk, told, replace(JO, contact=contact))
    desk.clock.now += SECONDS
    for kind in (MarkKind.NOTHING_GIVEN,) if contact else (MarkKind.ARRIVED, MarkKind.NOTHING_GIVEN):
        mark(desk, told, kind)
    assert [kind for kind, _ in owed(desk)] == said


def test_that_nothing_was_given_by_mistake_is_not_said_or_where_it_was_the_time_is_said_again(desk, idle, gateway):
    take_back(desk, idle)
    assert owed(desk) == []
    mark(desk, idle, MarkKind.NOTHING_GIVEN)
    send(desk, gateway, at("01-07", "10:21"))
    take_back(desk, idle)
    send(desk, gateway, at("01-07", "10:22"))
    mark(desk, idle, MarkKind.NOTHING_GIVEN)
    send(desk, gateway, at("01-07", "10:23"))
    assert ["please pick up" in text for _, text in gateway.taken] == [True, False, True, False]


@pytest.mark.parametrize(
    ("language", "words"),
    [(Language.ENGLISH, "The time has changed: Thu, Jan 7, about 1:20 to 1:50 pm EST. Come then only if we ask you."),
     (Language.SPANISH, "La hora ha cambiado: jue 7 ene, entre la 1:20 y la 1:50 p.m. EST. Venga entonces solo si")],
)  # fmt: skip
def test_who_was_told_hears_when_a_moved_visit_ends_and_that_they_are_not_asked_yet(desk, told, gateway, language, words):
    with desk.store.begin(SITE_ID) as uow:
        uow.correspondence.keep(replace(uow.correspondence.of_patient(told.patient_id), language=language))
    move(desk, told, at("01-07", "11:00"))
    desk.clock.now += SECONDS
    send(desk, gateway)
    text = gateway.taken[-1][1]
    assert words in text.replace("\N{NO-BREAK SPACE}", " ")
    assert len(text) <= LONGEST_SMS
    assert forbidden_in(text) == []


def test_who_is_asked_for_the_new_time_at_once_is_told_it_once(desk, told, gateway):
    move(desk, told, at("01-07", "11:00"))
    name(desk, told)
    desk.clock.now += SECONDS
    later = send(desk, gateway)[1:]
    assert sorted("changed" in text for _, text in later) == [False, False]
    assert sorted("no need" in text for _, text in later) == [False, True]


def test_what_waits_is_owed_again_when_a_move_is_undone(desk, one):
    name(desk, one)
    undoing.undo(desk.scheduler, undo_id=move(desk, one, at("01-08")).undo_id)
    assert owed(desk) == [("pick-up", "01-06 19:00:00")]


def test_a_move_that_is_undone_says_nothing_to_who_was_told(desk, told, gateway):
    done = move(desk, told, at("01-08"))
    undoing.undo(desk.scheduler, undo_id=done.undo_id)
    assert owed(desk) == []
    desk.clock.now += SECONDS
    assert len(send(desk, gateway)) == 1
    move(desk, told, at("01-08"))
    assert [kind for kind, _ in owed(desk)] == ["pick-up-off"]


def test_another_ride_tells_the_first_that_it_is_off_and_the_second_when_to_come(desk, told, gateway):
    name(desk, told, replace(JO, name="Sam", phone=ANOTHER))
    desk.clock.now += SECONDS
    later = send(desk, gateway)[1:]
    assert sorted((to, "no need" in text) for to, text in later) == [(NUMBER, True), ("+12125550112", False)]


def test_consent_that_is_taken_back_ends_it_and_given_again_begins_anew(desk, told, gateway):
    without = replace(JO, contact=False)
    for _ in range(2):
        name(desk, told, without)
        assert [kind for kind, _ in owed(desk)] == ["pick-up-off"]
        name(desk, told)
        assert owed(desk) == []
    name(desk, told, without)
    desk.clock.now += SECONDS
    assert len(send(desk, gateway)) == 2
    name(desk, told)
    assert [kind for kind, _ in owed(desk)] == ["pick-up"]


def test_after_a_move_the_ride_that_is_named_again_is_told_the_new_time(desk, told, gateway):
    move(desk, told, at("01-08"))
    desk.clock.now += SECONDS
    name(desk, told)
    assert owed(desk) == [("pick-up-off", "01-06 19:00:10"), ("pick-up", "01-07 19:00:00")]


def test_what_was_taken_back_while_it_was_on_its_way_is_called_off_all_the_same(desk, one, gateway):
    name(desk, one)
    desk.clock.now = EVENING
    until = EVENING + timedelta(minutes=2)
    with desk.store.begin_installation() as installation:
        (found,) = [one for one in installation.lease(EVENING, until, 9) if one.record.kind == "pick-up"]
    move(desk, one, at("01-08"))
    assert owed(desk) == [("pick-up-off", "01-06 19:02:00")]
    with desk.store.begin(SITE_ID) as uow:
        assert uow.notices.settle(replace(found.record, sent_at=EVENING, outcome="sent"), until)
    assert "no need" in send(desk, gateway, until)[-1][1]


class Unheard:
    """A way to a gateway on which its answers are lost."""

    def __init__(self, gateway):
        self.gateway = gateway

    def deliver(self, letter):
        self.gateway.transport().deliver(letter)
        raise TransportError("no-answer", permanent=False)


def test_what_may_have_come_though_no_answer_did_is_called_off(desk, one, gateway):
    name(desk, one)
    desk.clock.now = EVENING
    dispatch(desk.store, desk.clock, Post({Channel.SMS: Unheard(gateway)}))
    move(desk, one, at("01-08"))
    assert "no need" in send(desk, gateway, EVENING + timedelta(minutes=5))[-1][1]


def test_what_a_worker_that_died_may_have_sent_is_called_off(desk, one, gateway):
    name(desk, one)
    desk.clock.now = EVENING
    with desk.store.begin_installation() as installation:
        installation.lease(EVENING, EVENING + timedelta(minutes=2), 9)
    move(desk, one, at("01-08"))
    assert "no need" in send(desk, gateway, EVENING + timedelta(minutes=5))[-1][1]


def test_what_never_went_out_is_not_called_off(desk, one):
    name(desk, one)
    desk.clock.now = EVENING
    with Gateway(500) as broken:
        send(desk, broken)
        move(desk, one, at("01-08"))
        assert send(desk, broken, EVENING + timedelta(minutes=5)) == []
    assert owed(desk) == []


def test_a_number_that_answered_stop_gets_nothing_more_and_a_person_phones(desk, told, gateway):
    consents.receive(desk.store, desk.clock, NUMBER, "STOP", desk.clock())
    cancel(desk, told)
    desk.clock.now += SECONDS
    assert len(send(desk, gateway)) == 1
    (task,) = [one for one in desk.tasks(UNDELIVERABLE_TASK) if one.facts["kind"] in ESCORTED]
    assert task.facts["kind"] == "pick-up-off"


def test_a_number_that_says_start_is_told_again(desk, one, gateway):
    consents.receive(desk.store, desk.clock, NUMBER, "STOP", desk.clock())
    desk.clock.now += SECONDS
    consents.receive(desk.store, desk.clock, NUMBER, "START", desk.clock())
    name(desk, one)
    assert len(send(desk, gateway, EVENING)) == 1


@pytest.mark.parametrize("phone", ["555-0111", "+1 212 555 0111"])
def test_where_no_text_can_go_a_person_phones(desk, one, gateway, phone):
    name(desk, one, replace(JO, phone=phone))
    desk.clock.now = EVENING
    dispatch(desk.store, desk.clock, Post({Channel.SMS: gateway.transport()} if phone[0] != "+" else {}))
    assert gateway.taken == [] or all("pick up" not in text for _, text in gateway.taken)
    assert "pick-up" in [one.facts["kind"] for one in desk.tasks(UNDELIVERABLE_TASK)]


def test_the_clinics_quiet_hours_hold_for_it(desk, one, gateway):
    set_policy(desk, quiet=Quiet(time(18), time(8)))
    name(desk, one)
    assert send(desk, gateway, EVENING) == []
    assert len(send(desk, gateway, at("01-07", "08:00"))) == 1


def test_who_was_told_twice_by_hand_hears_once_that_it_is_off(desk, told, gateway):
    (notice,) = [one for one in notices(desk) if one.kind == "pick-up"]
    resending.resend(desk.scheduler, notice.id, reread)
    assert len(send(desk, gateway)) == 2
    cancel(desk, told)
    assert [kind for kind, _ in owed(desk)] == ["pick-up-off"]


def test_what_a_person_took_back_is_not_owed_again(desk, one):
    name(desk, one)
    (notice,) = [one for one in notices(desk) if one.kind == "pick-up"]
    resending.withdraw(desk.scheduler, notice.id, "they know")
    name(desk, one, replace(JO, name="Jo Smith"))
    assert owed(desk) == []


def test_the_desk_reads_what_a_person_is_to_say_by_phone(desk, one):
    name(desk, one)
    (notice,) = [one for one in notices(desk) if one.kind == "pick-up"]
    with desk.store.read(SITE_ID) as uow:
        assert "please pick up A.L." in reread(uow, notice, EVENING, Channel.PHONE).text
        assert reread(uow, notice, EVENING, Channel.MAIL).unwritable == "by-sms-only"


def test_the_patients_own_quiet_hours_are_not_those_of_who_takes_them_home(desk, one, gateway):
    with desk.store.begin(SITE_ID) as uow:
        chosen = uow.correspondence.of_patient(one.patient_id)
        uow.correspondence.keep(replace(chosen, quiet=Quiet(time(18), time(8))))
    name(desk, one)
    assert len(send(desk, gateway, EVENING)) == 1


def test_a_wrong_number_of_who_takes_the_patient_home_is_a_persons_at_the_third_refusal(desk, one):
    name(desk, one)
    with Gateway(wrong={NUMBER}) as gateway:
        for minutes in (0, 1, 6, 21):
            send(desk, gateway, EVENING + timedelta(minutes=minutes))
    assert gateway.tried == 3
    assert [task.facts["kind"] for task in desk.tasks(UNDELIVERABLE_TASK)] == ["pick-up"]


def test_of_two_who_are_told_of_one_visit_only_the_one_who_is_refused_is_a_persons(desk, one, gateway):
    name(desk, one)
    desk.clock.now = EVENING
    with Mailbox({"ada@mail.example": ["550 no such user"]}) as mailbox:
        dispatch(desk.store, desk.clock, Post({Channel.MAIL: transport_to(mailbox), Channel.SMS: gateway.transport()}))
    assert {n.recipient: n.outcome for n in notices(desk)} == {Recipient.PATIENT: "550", Recipient.ESCORT: "sent"}
    assert {task.facts["kind"] for task in desk.tasks(UNDELIVERABLE_TASK)} == {"booked"}
