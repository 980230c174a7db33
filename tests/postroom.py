"""A post room for tests: a clinic whose mails can go out, and a real SMTP server on loopback that answers as it is told."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import defaultdict
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from time import monotonic, sleep

from aiosmtpd.controller import Controller

from desks import Desk, open_desk
from planner.clock import system_clock
from planner.notify.transports import SmtpTransport
from planner.services import clinics
from planner.services.letterhead import change_letterhead

PATIENCE = 20.0
"""Seconds that a test waits for what another thread or process does."""
LOST = "lost"
"""An answer that never comes: the connection ends after the mail was taken."""


class Mailbox(Controller):
    """An SMTP server; *answers*: what a recipient's letters are told, try by try, the last for ever."""

    def __init__(self, answers=None, on_mail=None, port=0):
        super().__init__(self, hostname="127.0.0.1", port=port)
        self.answers, self.on_mail, self.on_sender = answers or {}, on_mail, None
        self.to_sender = self.to_recipient = "250 OK"
        self.taken, self.tried = [], defaultdict(int)

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802, ARG002 - the library's
        if self.on_sender:
            self.on_sender()
        envelope.mail_from = address
        return self.to_sender

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802, ARG002 - the library's
        envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, server, _, envelope):  # noqa: N802 - the library's name
        (to,) = envelope.rcpt_tos
        planned = self.answers.get(to, ["250 OK"])
        answer = planned[min(self.tried[to], len(planned) - 1)]
        self.tried[to] += 1
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            answer = "250 OK"
        if answer == LOST or answer.startswith("250"):
            self.taken.append((to, envelope.content))
        if self.on_mail:
            self.on_mail(to)
        if answer == LOST:
            server.transport.close()
        return answer

    def mails(self):
        return [message_from_bytes(content, policy=default) for _, content in self.taken]

    def ids(self):
        return [mail["Message-ID"] for mail in self.mails()]


def transport_to(mailbox, seconds=5.0):
    return SmtpTransport(mailbox.url, seconds)


def open_post(store, **more) -> Desk:
    """Open the desk of a clinic that has a letterhead, with a patient who has a mail address."""
    desk = open_desk(store, **more)
    harbor = {"public_name": "Harbor Rooms", "sender": "hello@harbor.example", "phone": "+1 212 555 0100"}
    change_letterhead(desk.admin, **harbor, version=None)
    enter(desk, "Ada Lovelace")
    return desk


def enter(desk, name, email=None):
    address = email or f"{name.split()[0].lower()}@mail.example"
    (made,) = clinics.register_patients(desk.scheduler, [clinics.NewPatient(name, email=address)])
    desk.people[name] = made.id
    return made.id


def notices(desk):
    """All that the clinic ever owed to its patients, oldest first."""
    with desk.store.read(desk.clinic_id) as uow:
        return sorted(uow.notices._list(), key=lambda one: one.due_at)


def owe(desk, count, **changed):
    """Owe one mail to each of so many patients, due now: copies of a real one, which is taken back."""
    desk.book(desk.begin(start=desk.clock().date() + timedelta(days=1)))
    (real,) = notices(desk)
    mine = [(number, enter(desk, f"patient{number} of many")) for number in range(count)]
    now = {"due_at": real.created_at, "next_attempt_at": real.created_at, **changed}
    with desk.store.begin(desk.clinic_id) as uow:
        uow.notices.withdraw([real.id], desk.clock(), "copied")
        uow.notices.put(*(replace(real, id=key, key=f"copy {number}", patient_id=key, **now) for number, key in mine))


def still_owed(desk):
    return [one for one in notices(desk) if one.open]


def address(number):
    return f"patient{number}@mail.example"


def post_of_today(store):
    """Open it on this machine's own clock, for a worker that runs beside the test."""
    desk = open_post(store)
    desk.clock = system_clock
    return desk


def until(done):
    """Wait for something that another thread does."""
    end = monotonic() + PATIENCE
    while not done():
        assert monotonic() < end, "it never came"
        sleep(0.02)


COMMAND = [sys.executable, "-c", "from planner.cli import main; main()", "worker"]


def start(url, mailbox, command=COMMAND):
    settings = {
        "PLANNER_DATABASE_URL": url, "PLANNER_SMTP_URL": mailbox.url, "PLANNER_LEASE_SECONDS": "1.5",
        "PLANNER_LOG_LEVEL": "INFO",
    }  # fmt: skip
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLANNER_")}
    return subprocess.Popen(
        command, env=kept | settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip


@contextmanager
def working(url, mailbox, command=COMMAND):
    """Run a worker while the block lasts; unless it was killed, it must end well within 30 s of being told."""
    running = start(url, mailbox, command)
    try:
        yield running
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) in {0, -signal.SIGKILL}
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
