"""A post room for tests: a clinic whose mails can go out, and a real SMTP server on loopback that answers as it is told."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from time import monotonic, sleep

from aiosmtpd.controller import Controller
from sqlalchemy import text

from desks import Desk, open_desk
from planner.clock import system_clock
from planner.notify.transports import SmtpTransport
from planner.services import clinics
from planner.services.letterhead import change_letterhead
from workers import PATIENCE

LOST = "lost"
"""An answer that never comes: the connection ends after the mail was taken."""


@dataclass(frozen=True)
class Taken:
    """The mail is taken, and the answer comes so many seconds later; a number alone: it is taken if somebody still waits."""

    late: float


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
        if answer == LOST or isinstance(answer, Taken) or answer.startswith("250"):
            self.taken.append((to, envelope.content))
        if self.on_mail:
            self.on_mail(to)
        if isinstance(answer, Taken):
            await asyncio.sleep(answer.late)
            return "250 OK"
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
    """Register a patient with a mail address; gives the id."""
    return _enter(desk, clinics.NewPatient(name, email=email or f"{name.split()[0].lower()}@mail.example"))[0]


def _enter(desk, *new):
    made = clinics.register_patients(desk.scheduler, new)
    desk.people |= {one.name: one.id for one in made}
    return [one.id for one in made]


def notices(desk):
    """All that the clinic ever owed to its patients, oldest first."""
    with desk.store.read(desk.clinic_id) as uow:
        return sorted(uow.notices._list(), key=lambda one: one.due_at)


def owe(desk, count, **changed):
    """Owe one mail to each of so many patients, due now: copies of a real one, which is taken back."""
    desk.book(desk.begin(start=desk.clock().date() + timedelta(days=1)))
    (real,) = notices(desk)
    patients = [clinics.NewPatient(f"patient{number} of many", email=address(number)) for number in range(count)]
    mine = list(enumerate(_enter(desk, *patients)))
    now = {"due_at": real.created_at, "next_attempt_at": real.created_at, **changed}
    with desk.store.begin(desk.clinic_id) as uow:
        uow.notices.withdraw([real.id], desk.clock(), "copied")
        uow.notices.put(*(replace(real, id=key, key=f"copy {number}", patient_id=key, **now) for number, key in mine))


def still_owed(desk):
    return [one for one in notices(desk) if one.open]


def owed(desk):
    """Count what is still owed: cheap, since it is asked again and again."""
    with desk.store.engine.connect() as connection:
        return connection.execute(_OPEN).scalar()


_OPEN = text("SELECT count(*) FROM notice WHERE sent_at IS NULL AND given_up_at IS NULL AND withdrawn_at IS NULL")


def address(number):
    return f"patient{number}@mail.example"


def post_of_today(store):
    """Open it on this machine's own clock, for a worker that runs beside the test."""
    desk = open_post(store)
    desk.clock = system_clock
    return desk


def until(done, seconds=PATIENCE):
    """Wait for something that another thread or process does."""
    end = monotonic() + seconds
    while not done():
        assert monotonic() < end, "it never came"
        sleep(0.02)
