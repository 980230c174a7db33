"""Links to the patient's own page: at the desk, and by a mail whose link opens the page once."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from builders import uid
from desks import Desk, open_desk
from planner.domain.errors import Forbidden, InvalidMove, InvalidValue, NotFound
from planner.domain.neutral import forbidden_in
from planner.domain.reaching import Audience, Delivery, Language, Purpose
from planner.domain.replies import ReplyKind
from planner.domain.subscribing import MOST_LINKS, Wanted
from planner.notify.dispatcher import dispatch
from planner.services import changing, correspondence, feeds, page_links, replying
from planner.services.bearing import bearer_of
from postroom import LOST, Mailbox, enter, notices, open_post, transport_to

BASE = "https://desk.example"
ADDRESS = re.compile(rf"^{BASE}/answer/([\w-]{{43}})\r?$", re.MULTILINE)
TO = "ada@mail.example"


@pytest.fixture
def desk(store):
    return open_post(store)


def sent(desk, mailbox):
    return dispatch(desk.store, desk.clock, transport_to(mailbox), base_url=BASE)


def text_of(mailbox, number=-1):
    """The words of a mail that was taken."""
    return mailbox.mails()[number].get_content()


def token_in(mailbox, number=-1):
    (token,) = ADDRESS.findall(text_of(mailbox, number))
    return token


def mailed(desk):
    """Send Ada a mail with a link, and give its token."""
    page_links.send(desk.scheduler, patient_id=desk.patient())
    with Mailbox() as mailbox:
        assert sent(desk, mailbox).sent == 1
        return token_in(mailbox)


def bearer(desk, token):
    return bearer_of(desk.store, desk.clock, token)


def test_who_came_before_the_link_was_switched_off_writes_nothing_after(desk):
    """A write may wait for others: the link is asked once more at its end."""
    patient, wanted = desk.patient(), Wanted("a thief's phone")
    visit = desk.book(desk.begin()).appointments[0]
    desk.clock.now += timedelta(minutes=1)
    made = page_links.create(desk.scheduler, patient_id=patient, label="phone")
    link = feeds.create(desk.scheduler, Wanted("own phone"), patient_id=patient).link
    came = bearer(desk, made.token)
    page_links.revoke(desk.scheduler, link_id=made.link.id)
    for late in (
        lambda: feeds.create_own(came, wanted),
        lambda: feeds.rotate_own(came, link.id), lambda: feeds.stop_own(came, link.id),
        lambda: correspondence.choose(came, language=Language.SPANISH, delivery=Delivery.NEITHER, wording="", version=0),
        lambda: replying.reply(came, appointment_id=visit.id, kind=ReplyKind.COME),
        lambda: changing.change(came, appointment_id=visit.id, start=None, version=visit.version),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            late()
    assert feeds.list_of(desk.scheduler, patient_id=patient) == [link]
    assert correspondence.chosen_for(desk.scheduler, patient).version == 0
    assert desk.audit("reply") == desk.audit("ask-change") == []


def at_once(*wanted):
    """Do things in threads of their own; gives what each was refused with, None where it was done."""
    gate = Barrier(len(wanted))

    def tried(do):
        gate.wait()
        try:
            do()
        except InvalidMove as refusal:
            return refusal
        return None

    with ThreadPoolExecutor(len(wanted)) as pool:
        return list(pool.map(tried, wanted))


def test_a_double_click_sends_one_mail(desk):
    patient = desk.patient()
    said = at_once(*[lambda: page_links.send(desk.scheduler, patient_id=patient)] * 4)
    assert said.count(None) == 1


@pytest.mark.parametrize("audience", [None, Audience.CARER, Audience.ROOM])
def test_no_more_links_are_made_at_once_than_there_may_be(desk, audience):
    patient, chair, wanted = desk.patient(), uid("chair 1"), Wanted("phone", audience or Audience.PATIENT)
    ways = {
        None: lambda: page_links.create(desk.scheduler, patient_id=patient, label="phone"),
        Audience.CARER: lambda: feeds.create(desk.scheduler, wanted, patient_id=patient, agreed=True),
        Audience.ROOM: lambda: feeds.create_for_resource(desk.admin, wanted, resource_id=chair),
    }
    for _ in range(MOST_LINKS - 1):
        ways[audience]()
    assert at_once(*[ways[audience]] * 4).count(None) == 1


def test_a_mail_with_a_link_opens_the_page_once(desk):
    token = mailed(desk)
    came = bearer(desk, token)
    assert (came.link.purpose, came.link.patient_id) == (Purpose.OPEN, desk.patient())
    made = page_links.open_page(came)
    assert bearer(desk, made.token).link.purpose is Purpose.PAGE
    with pytest.raises(NotFound):
        bearer(desk, token)
    with pytest.raises(NotFound):
        page_links.open_page(came)
    (entry,) = desk.audit("open-page")
    assert (entry.actor_id, entry.facts) == (came.link.id, {"link": str(made.link.id)})


def test_the_link_of_a_mail_ends_after_seven_days(desk):
    token = mailed(desk)
    desk.clock.now += timedelta(days=7) - timedelta(seconds=1)
    bearer(desk, token)
    desk.clock.now += timedelta(seconds=1)
    with pytest.raises(NotFound):
        bearer(desk, token)


def test_the_mail_is_neutral_and_its_subject_holds_neither_a_name_nor_the_secret(desk):
    page_links.send(desk.scheduler, patient_id=desk.patient())
    with Mailbox() as mailbox:
        sent(desk, mailbox)
        (mail,) = mailbox.mails()
    assert mail["Subject"] == "Your page at Harbor Rooms"
    assert "Ada" not in mail.get_content()
    assert not forbidden_in(f"{mail['Subject']}\n{mail.get_content()}")


def test_the_mail_is_in_the_patients_language(desk):
    wish = {"language": Language.SPANISH, "delivery": Delivery.FEED, "wording": "", "version": 0}
    correspondence.choose_for(desk.scheduler, patient_id=desk.patient(), **wish)
    page_links.send(desk.scheduler, patient_id=desk.patient())
    with Mailbox() as mailbox:
        sent(desk, mailbox)
        (mail,) = mailbox.mails()
    assert mail["Subject"] == "Su página en Harbor Rooms"
    assert "El enlace funciona una sola vez, durante 7 días." in mail.get_content()


def test_each_attempt_holds_another_link_and_those_of_the_last_three_stay_good_until_one_is_used(desk):
    page_links.send(desk.scheduler, patient_id=desk.patient())
    with Mailbox({TO: [LOST, LOST, LOST, "250 OK"]}) as mailbox:
        for _ in range(4):
            sent(desk, mailbox)
            desk.clock.now += timedelta(minutes=30)
        tokens = [token_in(mailbox, number) for number in range(4)]
    with pytest.raises(NotFound):
        bearer(desk, tokens[0])
    came = [bearer(desk, token) for token in tokens[1:]]
    page_links.open_page(came[1])
    for token in tokens:
        with pytest.raises(NotFound):
            bearer(desk, token)
    for late in came:
        with pytest.raises(NotFound):
            page_links.open_page(late)


def test_a_letter_that_cannot_be_written_leaves_no_link(sqlite_store):
    desk = open_desk(sqlite_store)
    page_links.send(desk.scheduler, patient_id=enter(desk, "Ada Lovelace"))
    with Mailbox() as mailbox:
        assert sent(desk, mailbox).later == 1
    assert links(desk) == []


def links(desk):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.page_links.all()


def test_who_cannot_be_reached_becomes_a_task(desk):
    page_links.send(desk.scheduler, patient_id=desk.patient())
    with Mailbox({TO: ["550 no such mailbox"]}) as mailbox:
        assert sent(desk, mailbox).failed == 1
    (task,) = desk.tasks("undeliverable")
    assert (task.patient_id, task.facts["kind"]) == (desk.patient(), "page-link")


def test_a_mail_that_nobody_could_take_for_a_day_becomes_a_task(desk):
    page_links.send(desk.scheduler, patient_id=desk.patient())
    desk.clock.now += timedelta(days=1)
    with Mailbox() as mailbox:
        assert sent(desk, mailbox).failed == 1
        assert mailbox.taken == []
    assert [notice.outcome for notice in notices(desk)] == ["expired"]
    assert len(desk.tasks("undeliverable")) == 1


def test_a_second_mail_waits_for_the_first_and_none_goes_to_who_has_no_address(desk):
    page_links.send(desk.scheduler, patient_id=desk.patient())
    with pytest.raises(InvalidMove, match="on its way already"):
        page_links.send(desk.scheduler, patient_id=desk.patient())
    with Mailbox() as mailbox:
        sent(desk, mailbox)
    page_links.send(desk.scheduler, patient_id=desk.patient())
    without = Desk(desk.store, desk.clock).patient("Grace Hopper")
    with pytest.raises(InvalidMove, match="no mail address"):
        page_links.send(desk.scheduler, patient_id=without)


def test_the_desk_replaces_a_link_and_the_old_one_opens_nothing(desk):
    first = page_links.create(desk.scheduler, patient_id=desk.patient(), label="phone")
    second = page_links.rotate(desk.scheduler, link_id=first.link.id)
    assert second.link.label == "phone"
    with pytest.raises(NotFound):
        bearer(desk, first.token)
    page_links.revoke(desk.scheduler, link_id=second.link.id)
    with pytest.raises(NotFound):
        bearer(desk, second.token)
    for act in (page_links.rotate, page_links.revoke):
        with pytest.raises(InvalidMove):
            act(desk.scheduler, link_id=second.link.id)


def test_only_links_to_the_page_are_listed_and_replaced(desk):
    mailed(desk)
    (single,) = links(desk)
    assert page_links.list_of(desk.scheduler, patient_id=desk.patient()) == []
    with pytest.raises(NotFound):
        page_links.rotate(desk.scheduler, link_id=single.id)
    assert page_links.revoke(desk.scheduler, link_id=single.id).revoked_at


@pytest.mark.parametrize("label", ["", "x" * 61, "a\nb", "a\u202eb", "Spravato phone"])
def test_a_label_is_one_short_neutral_line(sqlite_store, label):
    desk = open_desk(sqlite_store)
    with pytest.raises(InvalidValue) as refused:
        page_links.create(desk.scheduler, patient_id=desk.patient(), label=label)
    assert refused.value.path == "label"


def test_nobody_has_more_than_twenty_pages_that_are_on(sqlite_store):
    desk = open_desk(sqlite_store)
    for number in range(MOST_LINKS):
        page_links.create(desk.scheduler, patient_id=desk.patient(), label=f"no. {number}")
    with pytest.raises(InvalidMove, match="20 links are on already"):
        page_links.create(desk.scheduler, patient_id=desk.patient(), label="one more")


def test_who_holds_a_link_may_not_act_at_the_desk(sqlite_store):
    desk = open_desk(sqlite_store)
    made = page_links.create(desk.scheduler, patient_id=desk.patient(), label="phone")
    ctx = bearer(desk, made.token).ctx
    for act in (
        lambda: page_links.create(ctx, patient_id=desk.patient(), label="x"),
        lambda: page_links.send(ctx, patient_id=desk.patient()),
        lambda: page_links.revoke(ctx, link_id=made.link.id),
        lambda: page_links.list_of(ctx, patient_id=desk.patient()),
    ):
        with pytest.raises(Forbidden):
            act()
