"""What a mail server gets, and what it refuses: a sign-in is the set-up's fault, sender or recipient the letter's."""

from datetime import UTC, datetime

import pytest
from aiosmtpd.smtp import AuthResult

from planner.notify.transports import Letter, SmtpTransport, TransportError
from postroom import Mailbox

LETTER = Letter("ada@mail.example", "Hello", "Hello\n", "a1@notice.invalid", "Harbor", "h@harbor.example")


class Guarded(Mailbox):
    """A server that wants a sign-in."""

    def __init__(self):
        super().__init__()
        self.asked = []
        self.SMTP_kwargs |= {"authenticator": self.check, "auth_require_tls": False}

    def check(self, *asked):
        given = asked[-1]
        self.asked.append((given.login, given.password))
        return AuthResult(success=given.password == b"op/en @1", handled=False)


def refused_by(url):
    with pytest.raises(TransportError) as refused:
        SmtpTransport(url, 5.0).deliver(LETTER)
    return refused.value


@pytest.fixture
def server():
    with Guarded() as server:
        yield server


def test_a_sign_in_may_hold_any_character(server):
    SmtpTransport(f"smtp://desk%40harbor:op%2Fen%20%401@127.0.0.1:{server.port}", 5.0).deliver(LETTER)
    assert [to for to, _ in server.taken] == ["ada@mail.example"]
    assert server.asked[0] == (b"desk@harbor", b"op/en @1")


def test_a_mail_says_when_it_was_sent_since_it_passes_for_spam_without():
    sent_at = datetime(2027, 3, 2, 12, 50, tzinfo=UTC)
    with Mailbox() as server:
        SmtpTransport(server.url, clock=lambda: sent_at).deliver(LETTER)
    assert server.mails()[0]["Date"].datetime == sent_at


def test_a_wrong_password_may_be_mended_and_the_letter_waits(server):
    failure = refused_by(f"smtp://desk:wrong@127.0.0.1:{server.port}")
    assert (failure.permanent, failure.answer) == (False, "535")
    assert server.taken == []


def test_where_encryption_is_wanted_and_not_offered_nothing_is_said(server):
    failure = refused_by(f"smtp://desk:op%2Fen%20%401@127.0.0.1:{server.port}?starttls=1")
    assert (failure.permanent, server.asked, server.taken) == (False, [], [])


def test_a_server_that_does_not_speak_tls_at_all_is_tried_again(server):
    assert not refused_by(f"smtps://desk:x@127.0.0.1:{server.port}").permanent


def test_a_refused_sender_is_for_good():
    with Mailbox() as server:
        server.to_sender = "553 not your address"
        failure = refused_by(server.url)
    assert (failure.permanent, failure.answer) == (True, "553")


@pytest.mark.parametrize(("answer", "permanent"), [("550 none", True), ("450 full", False), ("421 closing", False)])
def test_a_refused_recipient_is_for_good_by_its_code(answer, permanent):
    with Mailbox() as server:
        server.to_recipient = answer
        failure = refused_by(server.url)
    assert (failure.permanent, failure.answer) == (permanent, answer[:3])
