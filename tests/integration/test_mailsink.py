"""The demo's mail server: on this machine only, in memory only, the last mails only."""

import pytest

from planner.demo.clinic import demo_clinic
from planner.demo.mailsink import MailSink
from planner.notify.transports import Letter, SmtpTransport


def letter(number):
    text, mark = "Grüße,\n\n10:00\n", f"a{number}@notice.invalid"
    return Letter(f"p{number}@mail.example", f"Żółw {number}", text, mark, "Harbor", "h@b.example")


@pytest.fixture
def sink():
    with MailSink(kept=3) as sink:
        yield sink


def test_a_mail_is_kept_as_it_can_be_read(sink):
    SmtpTransport(sink.url).deliver(letter(1))
    (mail,) = sink.received()
    assert (mail.to, mail.subject, mail.text) == ("p1@mail.example", "Żółw 1", "Grüße,\n\n10:00\n")


def test_the_last_ones_are_kept_the_oldest_first(sink):
    for number in range(5):
        SmtpTransport(sink.url).deliver(letter(number))
    assert [mail.to for mail in sink.received()] == ["p2@mail.example", "p3@mail.example", "p4@mail.example"]


def test_it_listens_on_this_machine_only(sink):
    assert sink.url.startswith("smtp://127.0.0.1:")


def test_the_demos_clinic_is_never_quiet_so_that_its_mails_can_be_read_at_any_hour():
    assert demo_clinic().messaging.quiet is None
