"""The outbox at the desk, on both databases: lists, histories, and what a person sends again or takes back."""

import re
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest

from desks import at
from planner.domain.attendance import MarkKind
from planner.domain.channels import Channel
from planner.domain.errors import Conflict, InvalidMove, InvalidValue, NotFound
from planner.domain.outbox import Standing
from planner.domain.replies import ReplyKind, Ride, RideKind
from planner.domain.turns import PATIENCE
from planner.notify.dispatcher import dispatch
from planner.notify.rereading import reread
from planner.notify.routing import turn_of
from planner.services import attendance, boards, booking, outbox, policies, replying, resending, tasks
from planner.services.bearing import bearer_of
from planner.services.board_cards import Filters
from planner.services.message_history import history as history_of
from planner.services.metrics import measure
from planner.services.outbox import PER_PAGE, Wanted
from planner.storage.link_records import Correspondence
from planner.storage.message_records import Attempt, Consent
from postroom import Mailbox, address, enter, notices, open_post, owe, transport_to

ALL = Wanted()
TURN = partial(turn_of, configured={Channel.MAIL, Channel.SMS})


@pytest.fixture
def desk(store):
    return open_post(store)


def sent_by(desk, answers=None):
    """Send what is due to a mail server, and give what it took."""
    with Mailbox(answers) as mailbox:
        dispatch(desk.store, desk.clock, transport_to(mailbox))
    return mailbox.mails()


def booked(desk):
    """Book a course and send its message."""
    desk.book(desk.begin())
    desk.clock.now += timedelta(seconds=11)
    (mail,) = sent_by(desk)
    return notices(desk)[0], mail


def listed(desk, wanted=ALL, page=1):
    return [line.notice for line in outbox.listing(desk.scheduler, TURN, wanted, page).lines]


def history(desk, notice):
    return history_of(desk.scheduler, notice.id, reread, TURN)


def dosed(desk):
    """Give a dose and discharge the patient; gives the reminder that is due now, not sent yet."""
    first = desk.book(desk.begin()).appointments[0]
    for kind, time_of_day in ((MarkKind.ARRIVED, "09:50"), (MarkKind.DOSED, "10:10"), (MarkKind.DISCHARGED, "12:30")):
        desk.clock.now = at("01-05", time_of_day)
        first = attendance.record(desk.scheduler, appointment_id=first.id, kind=kind, version=first.version)
    return next(one for one in notices(desk) if one.kind == "no-driving-discharge")


def test_what_is_owed_is_listed_with_the_earliest_due_first_and_all_else_with_the_latest(desk):
    owe(desk, 2)
    first, second = (one for one in notices(desk) if one.open)
    with desk.store.begin(desk.clinic_id) as uow:
        uow.notices.hasten(second.id, desk.clock.now - timedelta(hours=1))
    assert [one.id for one in listed(desk, Wanted(Standing.OWED))] == [second.id, first.id]
    assert [one.id for one in listed(desk) if one.open] == [first.id, second.id]


def test_messages_are_found_by_where_they_stand_kind_way_patient_and_day(desk):
    sent, _ = booked(desk)
    other = enter(desk, "Grace Hopper")
    tomorrow = desk.clock.now + timedelta(days=1)
    owed = replace(
        sent, id=uuid4(), key="other", kind="prepare", patient_id=other, due_at=tomorrow, sent_at=None, outcome=None,
    )  # fmt: skip
    with desk.store.begin(desk.clinic_id) as uow:
        uow.notices.put(owed)
    for wanted in (
        Wanted(Standing.OWED), Wanted(kind="prepare"), Wanted(patient_id=other),
        Wanted(day=at("01-05").date()),
    ):  # fmt: skip
        assert [one.id for one in listed(desk, wanted)] == [owed.id], wanted
    assert [one.id for one in listed(desk, Wanted(Standing.SENT, channel=Channel.MAIL))] == [sent.id]


def test_what_is_owed_is_found_by_the_way_that_is_tried_next_whatever_it_was_meant_for(desk, monkeypatch):
    monkeypatch.setattr(outbox, "_AT_ONCE", 2)
    owe(desk, 4)
    texts_first, mail_is_down, told_no, as_meant = (one for one in notices(desk) if one.open)
    with desk.store.begin(desk.clinic_id) as uow:
        for one in (texts_first, mail_is_down):
            uow.people.save(replace(uow.people.get(one.patient_id), phone="+12125550101"))
            uow.consents.add(Consent(uuid4(), one.patient_id, Channel.SMS, True, desk.clock(), "on paper"))
        uow.correspondence.keep(Correspondence(texts_first.patient_id, channels=(Channel.SMS, Channel.MAIL)))
        uow.consents.add(Consent(uuid4(), told_no.patient_id, Channel.MAIL, False, desk.clock(), "by phone"))
        uow.notices.withdraw([mail_is_down.id], desk.clock(), "copied")
        uow.notices.put(again := replace(mail_is_down, id=uuid4(), key="again", attempts=PATIENCE))
        uow.attempts.add(*(Attempt(uuid4(), again.id, Channel.MAIL, desk.clock(), "451") for _ in range(PATIENCE)))
    expected = {Channel.SMS: {texts_first.id, again.id}, Channel.PHONE: {told_no.id}, Channel.MAIL: {as_meant.id}}
    for channel, ids in expected.items():
        for standing in (Standing.OWED, None):
            assert {one.id for one in listed(desk, Wanted(standing, channel=channel)) if one.open} == ids


def test_a_page_holds_fifty_and_says_that_there_are_more(desk):
    sent, _ = booked(desk)
    copies = [replace(sent, id=uuid4(), key=f"copy {number}") for number in range(PER_PAGE + 4)]
    with desk.store.begin(desk.clinic_id) as uow:
        uow.notices.put(*copies)
    pages = [outbox.listing(desk.scheduler, TURN, ALL, page) for page in (1, 2)]
    assert [(len(page.lines), page.more) for page in pages] == [(PER_PAGE, True), (5, False)]
    assert len({line.notice.id for page in pages for line in page.lines}) == PER_PAGE + 5
    assert pages[0].lately[Standing.SENT] == PER_PAGE + 5


def test_nothing_is_asked_of_a_patient_or_a_day_that_is_not_there(desk):
    with pytest.raises(NotFound):
        listed(desk, Wanted(patient_id=uuid4()))
    with pytest.raises(InvalidValue):
        listed(desk, Wanted(day=at("01-05").date().replace(year=9999)))


def test_a_message_is_late_when_it_has_been_due_for_two_minutes(desk):
    desk.book(desk.begin())
    for seconds, late in ((100, False), (131, True)):
        desk.clock.now = at("01-04", "07:00") + timedelta(seconds=seconds)
        assert [line.late for line in outbox.listing(desk.scheduler, TURN).lines] == [late]


def test_a_sent_message_reads_as_it_was_sent_but_for_its_links(desk):
    notice, mail = booked(desk)
    desk.clock.now += timedelta(days=3)
    shown = history(desk, notice)
    assert shown.text.subject == mail["Subject"]
    lines = [line for line in mail.get_content().splitlines() if not line.startswith("http")]
    assert lines == [line for line in shown.text.text.splitlines() if line != "[a private link]"]


def test_looking_at_a_message_makes_no_link_and_writes_nothing(desk):
    notice, _ = booked(desk)
    links, entries = len(history(desk, notice).links), len(desk.audit("resend"))
    history(desk, notice)
    assert (len(history(desk, notice).links), len(desk.audit("resend"))) == (links, entries)


def test_a_history_says_what_a_person_did_where_a_message_failed(desk):
    notice = dosed(desk)
    sent_by(desk, {"ada@mail.example": ["550 no such user"]})
    (task,) = desk.tasks("phone-no-driving")
    tasks.finish(desk.scheduler, task_id=task.id, reason="reached by phone")
    assert [one.done_reason for one in history(desk, notice).tasks] == ["reached by phone"]


def test_a_history_says_when_what_was_sent_is_no_longer_so(desk):
    notice, _ = booked(desk)
    assert not history(desk, notice).changed
    desk.clock.now += timedelta(minutes=1)
    last = next(one for one in reversed(booked_visits(desk, notice)))
    booking.cancel(desk.scheduler, appointment_id=last.id, version=last.version, reason="on holiday")
    assert history(desk, notice).changed


def test_a_no_driving_message_read_as_it_does_unless_a_mark_was_made_since(desk):
    notice = dosed(desk)
    sent_by(desk)
    before = history(desk, notice).changed
    desk.clock.now += timedelta(minutes=1)
    visit = UUID(notice.facts["appointment"])
    last = attendance.marks_of(desk.scheduler, visit)[-1]
    with desk.store.read(desk.clinic_id) as uow:
        version = uow.appointments.get(visit).version
    attendance.correct(
        desk.scheduler, appointment_id=visit, mark_id=last.id, version=version, at=last.at - timedelta(minutes=5),
        reason="typed",
    )  # fmt: skip
    assert (before, history(desk, notice).changed) == (False, True)


def test_the_links_about_a_moved_appointment_do_not_call_it_the_next_one(desk):
    second = sorted(booked_visits(desk, booked(desk)[0]), key=lambda one: one.start_at)[1]
    later = second.start_at + timedelta(hours=1)
    booking.move(desk.scheduler, appointment_id=second.id, start=later, version=second.version)
    desk.clock.now += timedelta(seconds=11)
    (mail,) = sent_by(desk)
    text = mail.get_content()
    assert "These links are about your appointment on Thursday, January 7, 2027, 11:00" in text
    assert "next appointment" not in text


def booked_visits(desk, notice):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.appointments.of_course(notice.course_id)


def test_a_history_says_what_the_patient_answered_by_a_link_of_the_message(desk):
    notice, mail = booked(desk)
    token, appointment_id = re.search(r"/answer/([^/]+)/([^/]+)/come", mail.get_content()).groups()
    bearer = bearer_of(desk.store, desk.clock, token, "a test")
    replying.reply(bearer, appointment_id=UUID(appointment_id), kind=ReplyKind.COME)
    first = booked_visits(desk, notice)[0]
    replying.reply_for(
        desk.scheduler, appointment_id=first.id, kind=ReplyKind.RIDE, ride=Ride(RideKind.RIDESHARE)
    )
    assert [one.kind for one in history(desk, notice).answers] == [ReplyKind.COME]


def test_a_history_says_what_went_out_in_the_same_mail(desk):
    desk.book(desk.begin())
    desk.clock.now += timedelta(minutes=1)
    desk.book(desk.begin("infusions", start=at("01-18").date(), at="14:00"))
    desk.clock.now += timedelta(minutes=1)
    assert len(sent_by(desk)) == 1
    first, second = notices(desk)
    assert [one.id for one in history(desk, first).together] == [second.id]


def test_what_is_sent_again_is_a_new_message_with_what_is_true_now(desk):
    notice, first = booked(desk)
    desk.clock.now += timedelta(minutes=1)
    last = booked_visits(desk, notice)[-1]
    booking.cancel(desk.scheduler, appointment_id=last.id, version=last.version, reason="on holiday")
    desk.clock.now += timedelta(minutes=1)
    sent_by(desk)
    again = resending.resend(desk.scheduler, notice.id, reread)
    (mail,) = sent_by(desk)
    assert mail["Message-ID"] != first["Message-ID"]
    assert "January 14" in first.get_content()
    assert "January 14" not in mail.get_content()
    assert (history(desk, notice).again[0].id, history_of(desk.scheduler, again, reread, TURN).origin) == (again, notice.id)
    assert [entry.facts["again"] for entry in desk.audit("resend")] == [str(again)]


def test_nothing_is_sent_again_twice_at_once(desk):
    notice, _ = booked(desk)
    resending.resend(desk.scheduler, notice.id, reread)
    with pytest.raises(InvalidMove, match="on its way"):
        resending.resend(desk.scheduler, notice.id, reread)
    assert len(sent_by(desk)) == 1
    resending.resend(desk.scheduler, notice.id, reread)
    assert len(sent_by(desk)) == 1


def test_two_people_who_send_a_message_again_at_one_moment_send_it_once(desk):
    notice, _ = booked(desk)
    said, together = [], Barrier(2)

    def again():
        together.wait()
        try:
            resending.resend(desk.scheduler, notice.id, reread)
            said.append("sent")
        except (InvalidMove, Conflict):
            said.append("refused")

    people = [Thread(target=again) for _ in range(2)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert (sorted(said), len(sent_by(desk))) == (["refused", "sent"], 1)


def test_a_no_driving_message_that_failed_is_sent_again_until_it_would_mislead(desk):
    notice = dosed(desk)
    sent_by(desk, {"ada@mail.example": ["550 no such user"]})
    assert desk.tasks("phone-no-driving")
    resending.resend(desk.scheduler, notice.id, reread)
    assert "Do not drive" in sent_by(desk)[-1].get_content()
    assert len(desk.tasks("phone-no-driving")) == 1
    desk.clock.now = at("01-06", "00:00")
    with pytest.raises(InvalidMove, match="mislead"):
        resending.resend(desk.scheduler, notice.id, reread)


def test_a_no_driving_message_of_a_dosed_session_is_not_taken_back(desk):
    notice = dosed(desk)
    with pytest.raises(InvalidMove, match="never taken back"):
        resending.withdraw(desk.scheduler, notice.id, "she knows")
    assert next(one for one in notices(desk) if one.id == notice.id).open


def test_what_is_taken_back_is_not_sent_and_says_why(desk):
    desk.book(desk.begin())
    (notice,) = notices(desk)
    resending.withdraw(desk.scheduler, notice.id, "told at the desk")
    desk.clock.now += timedelta(minutes=1)
    assert sent_by(desk) == []
    shown = history(desk, notice)
    assert (shown.line.standing, [one.reason for one in shown.entries]) == (Standing.WITHDRAWN, ["told at the desk"])
    with pytest.raises(InvalidMove, match="no longer owed"):
        resending.withdraw(desk.scheduler, notice.id, "again")


def test_what_is_taken_back_by_hand_can_still_be_sent_but_not_what_was_replaced(desk):
    desk.book(desk.begin())
    (notice,) = notices(desk)
    resending.withdraw(desk.scheduler, notice.id, "told at the desk")
    resending.resend(desk.scheduler, notice.id, reread)
    assert len(sent_by(desk)) == 1
    with desk.store.begin(desk.clinic_id) as uow:
        uow.notices.put(replace(notice, id=uuid4(), key="other", withdrawn_at=desk.clock.now, outcome="replaced"))
    other = next(one for one in notices(desk) if one.outcome == "replaced")
    with pytest.raises(InvalidMove, match="message of its own"):
        resending.resend(desk.scheduler, other.id, reread)


def test_what_has_nothing_to_say_any_more_is_not_sent_again(desk):
    notice, _ = booked(desk)
    desk.clock.now += timedelta(minutes=1)
    first = booked_visits(desk, notice)[0]
    whole = booking.Scope.COURSE
    booking.cancel(desk.scheduler, appointment_id=first.id, version=first.version, reason="x", scope=whole)
    moved = replace(notice, id=uuid4(), key="moved", kind="moved", facts={**notice.facts, "from": {}})
    with desk.store.begin(desk.clinic_id) as uow:
        uow.notices.put(moved)
    assert history(desk, moved).not_again
    with pytest.raises(InvalidMove, match="nothing to say"):
        resending.resend(desk.scheduler, moved.id, reread)


@pytest.fixture
def reminded(desk):
    """A reminder of a visit and its ride, which is owed."""
    policies.set_reminders(desk.admin, wanted=True)
    desk.book(desk.begin(start=at("01-19").date()))
    return next(one for one in notices(desk) if one.kind == "ride")


def names_the_ride(desk, notice):
    ride = Ride(RideKind.RIDESHARE)
    replying.reply_for(desk.scheduler, appointment_id=notice.appointment_id, kind=ReplyKind.RIDE, ride=ride)


def kinds_owed(desk, notice):
    return [one.kind for one in notices(desk) if one.open and one.appointment_id == notice.appointment_id]


def test_a_reminder_that_was_taken_back_is_not_owed_again_by_an_answer(desk, reminded):
    resending.withdraw(desk.scheduler, reminded.id, "she is here every day")
    names_the_ride(desk, reminded)
    assert "ride" not in kinds_owed(desk, reminded)
    assert "prepare" in kinds_owed(desk, reminded)


def test_a_reminder_that_is_sent_again_outlasts_an_answer(desk, reminded):
    desk.clock.now = reminded.due_at
    sent_by(desk)
    resending.resend(desk.scheduler, reminded.id, reread)
    names_the_ride(desk, reminded)
    assert kinds_owed(desk, reminded).count("ride") == 1


def test_whom_to_phone_about_driving_is_on_the_board_of_any_day_until_it_is_done(desk):
    dosed(desk)
    sent_by(desk, {"ada@mail.example": ["550 no such user"]})
    desk.clock.now += timedelta(days=2)
    (call,) = boards.day(desk.scheduler, day=at("01-11").date(), filters=Filters(modality="none")).calls
    assert call.patient.name == "Ada Lovelace"
    tasks.finish(desk.scheduler, task_id=call.task_id, reason="phoned")
    assert boards.day(desk.scheduler, day=at("01-11").date()).calls == ()


def test_messages_and_failed_tries_are_counted_with_how_long_the_oldest_waits(desk):
    owe(desk, 3)
    sent_by(desk, {address(0): ["550 no"], address(1): ["451 later"]})
    with desk.store.begin_installation() as installation:
        installation.beat("worker", desk.clock.now)
    desk.clock.now += timedelta(seconds=30)
    found = measure(desk.store, desk.clock)
    counts = {standing: found.messages.get(("booked", standing), 0) for standing in Standing}
    assert counts == {Standing.OWED: 1, Standing.SENT: 1, Standing.FAILED: 1, Standing.WITHDRAWN: 1}
    assert found.failures == {Channel.MAIL: 2}
    assert (found.oldest_due, found.heartbeat) == (30, 30)


def test_with_nothing_owed_and_no_worker_there_is_nothing_to_count(desk):
    found = measure(desk.store, desk.clock)
    assert (found.messages, found.failures, found.oldest_due, found.heartbeat) == ({}, {}, 0, None)
