"""A letter as a mail: plain headers, one recipient, no way to slip in another."""

from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import pytest

from planner.notify.transports import Letter, SmtpTransport, TransportError, mail_of

LETTER = Letter(
    "ada@mail.example", "Your appointments", "Hello,\n\n10:00.\n", "0af3@notice.invalid", "Harbor Rooms", "h@b.example"
)  # fmt: skip


def test_a_mail_has_the_letters_words_and_says_that_it_is_automatic():
    mail = message_from_bytes(mail_of(LETTER).as_bytes(), policy=default)
    assert {name: str(mail[name]) for name in ("From", "To", "Subject", "Message-ID", "Auto-Submitted")} == {
        "From": "Harbor Rooms <h@b.example>", "To": "ada@mail.example", "Subject": "Your appointments",
        "Message-ID": "<0af3@notice.invalid>", "Auto-Submitted": "auto-generated",
    }  # fmt: skip
    assert mail.get_content().replace("\r\n", "\n") == LETTER.text


def test_a_name_with_a_comma_stays_one_sender():
    mail = mail_of(replace(LETTER, sender_name="Harbor, Rooms <x@y.example>"))
    assert [one.addr_spec for one in mail["From"].addresses] == ["h@b.example"]


def test_a_mail_is_seven_bit_whatever_its_letters():
    assert mail_of(replace(LETTER, text="Zoë — 日本\n", subject="Żółw", sender_name="Ångström")).as_bytes().isascii()


@pytest.mark.parametrize(
    "to",
    [
        "", "ada", "ada@", "@mail.example", "a@b.example, c@d.example", "Ada <a@b.example>", "a@b.example (x)",
        "a@b.example\r\nBcc: e@x", "a@b.example\n", "a@b.example\x00", "é@b.example", "a@é.example",
        "a b@c.example", "<a@b.example>", "a@b.example\u202e",
    ],
)  # fmt: skip
def test_what_is_no_single_plain_address_is_refused_for_good(to):
    with pytest.raises(TransportError) as refused:
        mail_of(replace(LETTER, to=to))
    assert (refused.value.permanent, refused.value.answer) == (True, "bad-header")


@pytest.mark.parametrize("name", ["N\r\nBcc: e@x.example", "N\nBcc: e@x", "a\x00b", "a\u202eb", "a\u2028b"])
@pytest.mark.parametrize("field", ["sender_name", "subject"])
def test_a_header_of_more_than_one_plain_line_is_refused_for_good(field, name):
    with pytest.raises(TransportError) as refused:
        mail_of(replace(LETTER, **{field: name}))
    assert refused.value.permanent


def test_a_password_is_not_shown():
    transport = SmtpTransport("smtp://desk%40harbor:hu%2Fsh@mail.example:2525")
    assert "hu" not in repr(transport)
    assert (transport._user, transport._password, transport._port) == ("desk@harbor", "hu/sh", 2525)


@pytest.mark.parametrize(("url", "port"), [("smtp://m.example", 0), ("smtps://m.example", 0), ("smtp://m.example:26", 26)])
def test_a_port_is_what_the_address_says_or_the_usual_one(url, port):
    assert SmtpTransport(url)._port == port


def test_a_letter_does_not_show_to_whom_or_what():
    assert "ada" not in repr(LETTER)
    assert "10:00" not in repr(LETTER)
