"""How a letter leaves the house: over SMTP. A transport returns nothing, or raises TransportError."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import partial
from ssl import create_default_context
from time import monotonic
from typing import Protocol as Interface
from urllib.parse import unquote, urlsplit

from planner.clock import Clock, system_clock
from planner.domain.inviting import Method

MAIL = SMTP.clone(cte_type="7bit")
LONGEST = 20.0
"""Seconds that one delivery may take in all: a worker that is told to stop finishes the letter in hand within 30."""
NO_ANSWER = "no-answer"
"""The answer where there was none: whoever was asked may have taken the letter."""


class TransportError(Exception):
    """A letter was not taken. *permanent*: trying again would not help. *answer*: a word or a code, never an address."""

    def __init__(self, answer: str, *, permanent: bool) -> None:
        self.answer, self.permanent = answer, permanent
        super().__init__(answer)


@dataclass(frozen=True)
class Letter:
    """A message ready to go. *message_id* is the same at every attempt, so that a mailbox can drop a second copy.

    An invitation says the same in *html*, and has its *calendar* file, which asks a calendar program for a *method*.
    """

    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    message_id: str
    sender_name: str
    sender: str
    html: str = field(default="", repr=False)
    calendar: bytes = field(default=b"", repr=False)
    method: Method | None = None

    @property
    def outcome(self) -> str:
        """What has become of its notice when it is taken."""
        return self.method.outcome if self.method else "sent"


class Transport(Interface):
    """What takes letters."""

    def deliver(self, letter: Letter) -> None:
        """Hand a letter over; raises TransportError."""


def mail_of(letter: Letter) -> EmailMessage:
    """Write a letter as a mail; raises TransportError for an address or a header that cannot be one."""
    mail = EmailMessage(policy=MAIL)
    try:
        mail["From"] = _address(letter.sender_name, letter.sender)
        mail["To"] = _address("", letter.to)
        mail["Subject"] = _line(letter.subject)
        mail["Message-ID"] = f"<{letter.message_id}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        mail.set_content(letter.text)
        if letter.method:
            _invite(mail, letter, letter.method)
    except (MessageError, ValueError, IndexError):  # the address parser falls over the end of what it is given
        raise TransportError("bad-header", permanent=True) from None
    return mail


def _invite(mail: EmailMessage, letter: Letter, method: Method) -> None:
    """Add the calendar file as the last way to read the mail; an attachment beside it would show as a second invitation."""
    mail.add_alternative(letter.html, subtype="html")
    calendar, params = letter.calendar.decode(), {"method": method.value}
    mail.add_alternative(calendar, subtype="calendar", charset="utf-8", cte="base64", params=params)


def _line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("a header is one printable line")
    return text


def _address(name: str, address: str) -> Address:
    if not address.isascii() or not address.isprintable():
        raise ValueError("an address is printable ASCII")
    made = Address(_line(name), addr_spec=address)
    if made.addr_spec != address or not made.domain:
        raise ValueError("more than an address")
    return made


class SmtpTransport:
    """A mail server, one connection for each letter. *url*: smtp://, smtps://, or smtp://...?starttls=1."""

    def __init__(self, url: str, seconds: float = LONGEST, clock: Clock = system_clock) -> None:
        self._clock = clock
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 0
        self._tls, self._starttls = parts.scheme == "smtps", parts.scheme == "smtp" and parts.query == "starttls=1"
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._seconds = seconds

    def deliver(self, letter: Letter) -> None:
        """Hand a letter to the server; raises TransportError: 5xx is permanent, all else may work another time.

        A refused sign-in or greeting is a fault of the set-up, not of the letter: it waits until that is mended.
        """
        mail = mail_of(letter)
        mail["Date"] = format_datetime(self._clock())
        with _said():
            self._send(letter, mail.as_bytes())

    def greet(self) -> None:
        """Come as with a letter, secured and signed in, and leave without one; raises TransportError."""
        deadline = monotonic() + self._seconds
        with _said():
            client = self._connected()
            try:
                self._prepare(client, deadline)
                client.quit()
            finally:
                client.close()

    def _send(self, letter: Letter, content: bytes) -> None:
        deadline = monotonic() + self._seconds
        client = self._connected()
        try:
            self._prepare(client, deadline)
            for ask in (partial(client.mail, letter.sender), partial(client.rcpt, letter.to), partial(client.data, content)):
                _limit(client, deadline)
                _check(*ask())
            with suppress(OSError, smtplib.SMTPException):  # it is taken, whatever happens to the good-bye
                client.putcmd("quit")
        finally:
            client.close()

    def _connected(self) -> smtplib.SMTP:
        if self._tls:
            return smtplib.SMTP_SSL(self._host, self._port or 465, timeout=self._seconds, context=create_default_context())
        return smtplib.SMTP(self._host, self._port or (587 if self._starttls else 25), timeout=self._seconds)

    def _prepare(self, client: smtplib.SMTP, deadline: float) -> None:
        _limit(client, deadline)
        if self._starttls:
            client.starttls(context=create_default_context())
        client.ehlo_or_helo_if_needed()
        if self._user:
            _limit(client, deadline)
            client.login(self._user, self._password)


@contextmanager
def _said() -> Iterator[None]:
    """Give the server's answer, or that there was none, as a TransportError."""
    try:
        yield
    except smtplib.SMTPDataError as error:
        raise TransportError(str(error.smtp_code), permanent=500 <= error.smtp_code < 600) from None
    except smtplib.SMTPResponseException as error:
        raise TransportError(str(error.smtp_code), permanent=False) from None
    except (smtplib.SMTPException, OSError):
        raise TransportError(NO_ANSWER, permanent=False) from None


def _check(code: int, answer: bytes) -> None:
    """Refuse what the server refused: a sender, a recipient or the letter itself."""
    if code // 100 != 2:
        raise smtplib.SMTPDataError(code, answer)


def _limit(client: smtplib.SMTP, deadline: float) -> None:
    """Let the next question take no longer than what is left of the delivery's time."""
    left = deadline - monotonic()
    if left <= 0 or client.sock is None:
        raise TimeoutError
    client.sock.settimeout(left)
