"""Invitations in tests: libical's word on whether they keep to iTIP, and a calendar program that is mailed them."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from planner.notify.dispatcher import dispatch
from planner.services import correspondence
from postroom import transport_to
from readers.reading import SYSTEM_PYTHON, lacks

_SCRIPT = str(Path(__file__).parent / "readers" / "restrictions.py")


@contextmanager
def restrictions() -> Iterator[Callable[[bytes], dict[str, Any]]]:
    """Give what asks libical about an invitation, until the block ends; skips without it, or fails if nothing may be."""
    if lacking := lacks("libical"):
        assert not os.environ.get("TESTS_NO_SKIPS"), lacking
        pytest.skip(lacking)
    with subprocess.Popen([SYSTEM_PYTHON, _SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:

        def asked(document: bytes) -> dict[str, Any]:
            running.stdin.write(json.dumps(document.decode()) + "\n")
            running.stdin.flush()
            return json.loads(running.stdout.readline())

        yield asked


def calendar_part(mail: EmailMessage) -> EmailMessage | None:
    """Give the part of a mail that a calendar program reads; None for a letter."""
    return next((one for one in mail.walk() if one.get_content_type() == "text/calendar"), None)


def calendar_in(mail: EmailMessage) -> bytes:
    """Give the calendar file in a mail."""
    content: bytes = calendar_part(mail).get_payload(decode=True)
    return content


def event_in(mail: EmailMessage) -> Any:
    """Give the one event of the calendar file in a mail."""
    (event,) = Calendar.from_ical(calendar_in(mail)).walk("VEVENT")
    return event


def choose(desk, delivery, patient="Ada Lovelace", **more):
    """Choose for a patient at the desk, and leave the rest as it is."""
    patient_id = desk.patient(patient)
    seen = correspondence.chosen_for(desk.scheduler, patient_id)
    wanted = {"language": seen.language, "wording": seen.wording, "version": seen.version, **more}
    return correspondence.choose_for(desk.scheduler, patient_id=patient_id, delivery=delivery, **wanted)


def send(desk, mailbox):
    """Let what is owed go out, once it can no longer be undone; gives the new mails."""
    before = len(mailbox.taken)
    desk.clock.now += timedelta(seconds=11)
    dispatch(desk.store, desk.clock, transport_to(mailbox), limit=100)
    return mailbox.mails()[before:]


def invitations(mails):
    return [one for one in mails if calendar_part(one) is not None]


def letters(mails):
    return [one for one in mails if calendar_part(one) is None]


def says(mail):
    """What the calendar file of a mail says: method, SEQUENCE, status."""
    event = event_in(mail)
    return str(Calendar.from_ical(calendar_in(mail))["METHOD"]), int(event["SEQUENCE"]), str(event["STATUS"])


@dataclass
class MailedCalendar:
    """A calendar that keeps what it is mailed: by UID, the highest SEQUENCE, and then the last DTSTAMP (RFC 5546, 2.1.5)."""

    known: dict[str, tuple[tuple[int, Any], str, Any]] = field(default_factory=dict)

    def receive(self, *mails: EmailMessage) -> None:
        for mail in mails:
            if calendar_part(mail) is not None:
                method = str(Calendar.from_ical(calendar_in(mail))["METHOD"])
                event = event_in(mail)
                uid, age = str(event["UID"]), (int(event["SEQUENCE"]), event["DTSTAMP"].dt)
                if uid not in self.known or self.known[uid][0] < age:
                    self.known[uid] = (age, method, event["DTSTART"].dt)

    def shows(self) -> dict[str, Any]:
        """The starts of what it holds, by UID."""
        return {uid: start for uid, (_, method, start) in self.known.items() if method == "REQUEST"}
