"""What patients agree to, take back and wish: at the desk, on their page, by a text message; the last word stands."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from builders import uid
from desks import NOW, open_desk
from planner.domain.channels import Channel, Quiet
from planner.domain.errors import Conflict, Forbidden, InvalidValue, NotFound
from planner.domain.notices import BEFORE
from planner.domain.roles import Role
from planner.services import attendance, clinics, consents, page_links, patients, wishes
from planner.services.bearing import bearer_of
from planner.services.consents import STOPPED_TASK, WROTE_TASK
from planner.services.wishes import Wish
from postroom import notices
from webroutes import neighbour

MAIL, SMS, PHONE, PRINT = Channel
BOTH = {MAIL, SMS}
NUMBER = "+12125550100"
BOOKED = Quiet(time(22), time(7))


@pytest.fixture
def desk(store):
    return open_desk(store)


def enter(desk, name="Ada Lovelace", phone="+1 (212) 555-0100", email="ada@mail.example"):
    (made,) = clinics.register_patients(desk.scheduler, [clinics.NewPatient(name, email=email, phone=phone)])
    desk.people[name] = made.id
    return made.id


def agree(desk, patient_id, channel=SMS, *, given=True):
    return consents.say(desk.scheduler, patient_id, channel, given, "on paper")


def usable(desk, patient_id, configured=frozenset(BOTH)):
    with desk.store.read(desk.clinic_id) as uow:
        return consents.usable(uow, patient_id, configured)


def stop(desk, number=NUMBER):
    return consents.stop_by_number(desk.store, desk.clock, number)


def receive(desk, text, sent_at=None):
    return consents.receive(desk.store, desk.clock, NUMBER, text, sent_at or desk.clock())


def test_a_text_message_needs_an_agreement_that_was_recorded(desk):
    ada = enter(desk)
    assert usable(desk, ada) == {MAIL, PHONE, PRINT}
    agree(desk, ada)
    assert usable(desk, ada) == {MAIL, SMS, PHONE, PRINT}


def test_mail_holds_until_it_is_taken_back(desk):
    ada = enter(desk)
    agree(desk, ada, MAIL, given=False)
    assert usable(desk, ada) == {PHONE, PRINT}
    agree(desk, ada, MAIL)
    assert MAIL in usable(desk, ada)


def test_what_cannot_be_sent_to_is_not_agreed_to(desk):
    nobody = enter(desk, "Grace Hopper", phone="212 555 0100", email=None)
    for channel in (MAIL, SMS, PHONE):
        with pytest.raises(InvalidValue, match="channel"):
            agree(desk, nobody, channel)
    assert consents.standing_for(desk.scheduler, nobody).history == ()


def test_the_whole_history_stays_with_who_wrote_it_and_how(desk):
    ada = enter(desk)
    agree(desk, ada)
    desk.clock.now += timedelta(hours=1)
    agree(desk, ada, given=False)
    found = consents.standing_for(desk.scheduler, ada)
    assert [(one.given, one.how, one.by, one.at) for one in found.history] == [
        (False, "on paper", uid(Role.SCHEDULER), NOW + timedelta(hours=1)), (True, "on paper", uid(Role.SCHEDULER), NOW),
    ]  # fmt: skip
    assert found.given == {MAIL: True, SMS: False}
    assert found.number_ends == "0100"


def test_the_last_word_stands_even_where_the_clock_was_set_back(desk):
    ada = enter(desk)
    agree(desk, ada)
    desk.clock.now -= timedelta(hours=1)
    stop(desk)
    assert SMS not in usable(desk, ada)


def test_each_word_is_audited_without_a_number(desk):
    ada = enter(desk)
    agree(desk, ada)
    stop(desk)
    assert [entry.facts for entry in desk.audit("consent")] == [
        {"channel": "sms", "given": True}, {"channel": "sms", "given": False},
    ]  # fmt: skip


def test_stop_reaches_every_patient_with_the_number_in_every_clinic_and_asks_the_desk_to_phone(desk):
    other = open_desk(desk.store, site=neighbour())
    other.clock = desk.clock
    mine = [enter(desk), enter(desk, "Byron Lovelace", "+1 212.555.0100"), enter(other, "Ada Elsewhere")]
    for one, at in zip(mine, (desk, desk, other), strict=True):
        agree(at, one)
    assert stop(desk) == 3
    for one, at in zip(mine, (desk, desk, other), strict=True):
        assert SMS not in usable(at, one)
        assert MAIL in usable(at, one)
    assert {task.patient_id for task in desk.tasks(STOPPED_TASK)} == set(mine[:2])
    assert [task.patient_id for task in other.tasks(STOPPED_TASK)] == mine[2:]


def test_stop_leaves_alone_who_has_another_number(desk):
    grace = enter(desk, "Grace Hopper", "+1 212 555 0101")
    longer = enter(desk, "Alan Turing", "+44 12125550100")
    for one in (grace, longer):
        agree(desk, one)
    assert stop(desk) == 0
    assert SMS in usable(desk, grace) & usable(desk, longer)


def test_stop_twice_is_written_down_once(desk):
    ada = enter(desk)
    agree(desk, ada)
    stop(desk)
    stop(desk)
    assert len(desk.tasks(STOPPED_TASK)) == 1
    assert len(consents.standing_for(desk.scheduler, ada).history) == 2


def test_stop_before_any_agreement_is_kept_all_the_same(desk):
    ada = enter(desk)
    stop(desk)
    (said,) = consents.standing_for(desk.scheduler, ada).history
    assert (said.given, said.how, said.by) == (False, "STOP", None)


def test_start_takes_a_stop_back_and_the_task_with_it(desk):
    ada = enter(desk)
    agree(desk, ada)
    stop(desk)
    receive(desk, "START", desk.clock() + timedelta(seconds=1))
    assert SMS in usable(desk, ada)
    assert desk.tasks(STOPPED_TASK) == []


def test_an_earlier_start_that_is_played_again_changes_nothing(desk):
    ada = enter(desk)
    agree(desk, ada)
    stop(desk)
    receive(desk, "START", desk.clock() - timedelta(seconds=1))
    assert SMS not in usable(desk, ada)


def test_start_is_no_agreement_of_whoever_never_gave_one_or_took_it_back_at_the_desk(desk):
    ada, byron = enter(desk), enter(desk, "Byron Lovelace")
    agree(desk, byron)
    agree(desk, byron, given=False)
    stop(desk)
    receive(desk, "START", desk.clock() + timedelta(minutes=1))
    assert SMS not in usable(desk, ada) | usable(desk, byron)


@pytest.mark.parametrize("text", ["HELP", "I feel ill"])
def test_help_and_other_words_leave_one_task_and_no_words(desk, text):
    ada = enter(desk)
    receive(desk, text)
    receive(desk, text)
    (task,) = desk.tasks(WROTE_TASK)
    assert task.patient_id == ada
    assert text not in str(task)


def test_a_new_agreement_at_the_desk_ends_a_stop_and_its_task(desk):
    ada = enter(desk)
    stop(desk)
    agree(desk, ada)
    assert SMS in usable(desk, ada)
    assert desk.tasks(STOPPED_TASK) == []


def test_a_patient_agrees_and_takes_it_back_on_their_page(desk):
    ada = enter(desk)
    made = page_links.create(desk.scheduler, patient_id=ada, label="phone")
    bearer = bearer_of(desk.store, desk.clock, made.token)
    said = consents.say_own(bearer, SMS, given=True)
    assert (said.by, said.how) == (bearer.link.id, "page")
    assert SMS in usable(desk, ada)
    consents.say_own(bearer, SMS, given=False)
    assert SMS not in usable(desk, ada)


def correct(desk, patient_id, phone):
    seen = patients.find(desk.scheduler, patient_id).version
    changed = clinics.NewPatient("Ada Lovelace", phone=phone, email="ada@mail.example")
    patients.correct(desk.scheduler, patient_id=patient_id, version=seen, changed=changed)


def test_another_number_is_agreed_to_anew(desk):
    ada = enter(desk)
    agree(desk, ada)
    correct(desk, ada, "+1 212-555-0100")
    assert SMS in usable(desk, ada)
    correct(desk, ada, "+1 212 555 0101")
    assert SMS not in usable(desk, ada)
    assert consents.standing_for(desk.scheduler, ada).history[0].how == "number changed"
    correct(desk, ada, "+1 212 555 0100")
    assert SMS not in usable(desk, ada)


def test_another_clinics_patient_is_not_there(desk):
    other = open_desk(desk.store, site=neighbour())
    with pytest.raises(NotFound):
        agree(desk, enter(other))


def test_nobody_else_may_write_it_down(desk):
    ada = enter(desk)
    patient = replace(desk.scheduler, actor=replace(desk.scheduler.actor, role=Role.PATIENT))
    with pytest.raises(Forbidden):
        consents.say(patient, ada, SMS, True, "on paper")
    with pytest.raises(Forbidden):
        wishes.wish_for(patient, ada, Wish((MAIL, PHONE), None, reminders=True, version=0))


def remind(desk):
    with desk.store.begin(desk.clinic_id) as uow:
        uow.calendar.lock(desk.clock())
        uow.clinics.save(replace(uow.clinics.get(desk.clock()), reminds=True))


def reminders(desk):
    waiting = [one for one in notices(desk) if one.kind in BEFORE and one.open]
    return sorted(waiting, key=lambda one: (one.due_at, one.kind))  # what is due at once has no order


def test_reminders_that_are_not_wanted_are_withdrawn_and_owed_again_when_they_are(desk):
    enter(desk)
    remind(desk)
    desk.book(desk.begin(start=(NOW + timedelta(days=8)).date()))
    wanted = [(one.kind, one.due_at) for one in reminders(desk)]
    assert wanted
    wishes.wish_for(desk.scheduler, desk.patient(), Wish((SMS, MAIL, PRINT), BOOKED, reminders=False, version=0))
    assert reminders(desk) == []
    wishes.wish_for(desk.scheduler, desk.patient(), Wish((SMS, MAIL, PRINT), BOOKED, reminders=True, version=1))
    assert [(one.kind, one.due_at) for one in reminders(desk)] == wanted


def test_what_is_booked_later_reminds_nobody_who_wants_none(desk):
    enter(desk)
    remind(desk)
    wishes.wish_for(desk.scheduler, desk.patient(), Wish((MAIL, PHONE), None, reminders=False, version=0))
    desk.book(desk.begin(start=(NOW + timedelta(days=8)).date()))
    assert reminders(desk) == []


def test_the_reminder_not_to_drive_comes_in_any_case(desk):
    ada = enter(desk)
    course = desk.begin()
    desk.book(course)
    wishes.wish_for(desk.scheduler, ada, Wish((PHONE,), BOOKED, reminders=False, version=0))
    agree(desk, ada, MAIL, given=False)
    first = desk.live(course)[0]
    desk.clock.now = first.start_at
    for kind, facts in (("arrived", {}), ("dosed", {"devices": 2})):
        first = attendance.record(
            desk.scheduler, appointment_id=first.id, kind=attendance.MarkKind(kind), version=first.version, facts=facts
        )
    assert any(one.kind.startswith("no-driving") and one.open for one in notices(desk))


def test_a_stale_wish_is_refused(desk):
    ada = enter(desk)
    wishes.wish_for(desk.scheduler, ada, Wish((MAIL, PHONE), None, reminders=True, version=0))
    with pytest.raises(Conflict):
        wishes.wish_for(desk.scheduler, ada, Wish((SMS, PHONE), None, reminders=True, version=0))
