"""Mails that come back: the message has failed, and goes another way or to a person; nothing else is touched."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from gateway import ADA, Gateway, agree, attempts, merged, owe_one, send
from planner.domain.channels import Channel
from planner.notify.bounces import Bounce, bounce_of, take_back
from planner.notify.dispatcher import dispatch
from planner.notify.letters import message_id
from planner.notify.post import Post
from postroom import Mailbox, notices, open_post, still_owed, transport_to
from returned import report


@pytest.fixture
def desk(store):
    return open_post(store)


def sent_one(desk):
    owe_one(desk)
    with Mailbox() as mailbox:
        assert send(desk, mailbox).sent == 1
    desk.clock.now += timedelta(minutes=3)
    return notices(desk)[0]


@pytest.mark.parametrize("kind", [b"message/rfc822", b"text/rfc822-headers"])
def test_a_mail_that_came_back_is_a_failure_with_its_task(desk, kind):
    notice = sent_one(desk)
    found = bounce_of(report(message_id(notice), kind=kind))
    assert found == Bounce(notice.id, "5.1.1")
    assert take_back(desk.store, desk.clock, found) == 1
    with Mailbox() as mailbox:
        assert (send(desk, mailbox).failed, mailbox.taken) == (1, [])
    assert [task.facts["notice"] for task in desk.tasks("undeliverable")] == [str(notice.id)]
    (kept,) = notices(desk)
    assert (kept.outcome, kept.sent_at, bool(kept.given_up_at)) == ("bounced 5.1.1", None, True)
    assert attempts(desk)[-1] == ("mail", "bounced 5.1.1", True)


def test_a_mail_that_came_back_goes_as_a_text_where_it_can(desk):
    notice = sent_one(desk)
    agree(desk, ADA)
    take_back(desk.store, desk.clock, Bounce(notice.id, "5.1.1"))
    with Mailbox() as mailbox, Gateway() as gateway:
        assert send(desk, mailbox, gateway).sent == 1
        assert take_back(desk.store, desk.clock, Bounce(notice.id, "5.1.1")) == 0
    assert (len(gateway.taken), mailbox.taken, still_owed(desk)) == (1, [], [])


def test_all_that_went_in_one_mail_comes_back_with_it(desk):
    merged(desk)
    with Mailbox() as mailbox:
        send(desk, mailbox)
        (mail,) = mailbox.mails()
    assert take_back(desk.store, desk.clock, bounce_of(report(mail["Message-ID"].strip("<>")))) == 2
    with Mailbox() as mailbox:
        dispatch(desk.store, desk.clock, Post({Channel.MAIL: transport_to(mailbox)}))
    assert (len(desk.tasks("undeliverable")), len(desk.tasks("phone-no-driving"))) == (1, 1)


ID = "0af3" * 8 + "@notice.invalid"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\x00", b"Subject: hello\n\nI will be late.\n", report(ID, action=b"delayed", status=b"4.4.1"),
        report(ID, action=b"delivered", status=b"2.0.0"), report("other@mail.example"), report("x" + ID),
        report(ID).replace(b"multipart/report", b"multipart/mixed"), report(ID)[:200],
    ],
)  # fmt: skip
def test_what_is_no_report_of_a_failure_of_ours_is_left_alone(content):
    assert bounce_of(content) is None


def test_a_message_that_is_not_known_or_was_not_sent_is_left_alone(desk):
    owe_one(desk)
    (waiting,) = notices(desk)
    for key in (waiting.id, desk.clinic_id):
        assert take_back(desk.store, desk.clock, Bounce(key, "5.1.1")) == 0
    assert notices(desk) == [waiting]


def piped(url, mail):
    """Run the command as a mail server does."""
    command = [sys.executable, "-c", "from planner.cli import main; main()", "bounce"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLANNER_")}
    return subprocess.run(command, input=mail, env=kept | {"PLANNER_DATABASE_URL": url}, capture_output=True, check=False)


def test_the_command_reads_what_a_mail_server_pipes_to_it(sqlite_store):
    desk = open_post(sqlite_store)
    notice = sent_one(desk)
    done = piped(str(sqlite_store.engine.url), report(message_id(notice)))
    assert (done.returncode, done.stdout) == (0, b"1 message is owed again\n")


def test_where_the_database_is_away_a_mail_server_is_told_to_try_again(tmp_path):
    done = piped(f"sqlite:///{tmp_path}/none.db", report(f"{'0af3' * 8}@notice.invalid"))
    assert (done.returncode, done.stderr.startswith(b"planner: ")) == (os.EX_TEMPFAIL, True)
