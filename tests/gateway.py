"""A gateway for texts on loopback, which answers as it is told; and Ada, who is owed messages by several channels."""

import json
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep
from uuid import uuid4

from planner.domain.channels import Channel, MessagePolicy
from planner.notify.dispatcher import dispatch
from planner.notify.post import Post
from planner.notify.texting import TextTransport
from planner.storage.link_records import Correspondence
from planner.storage.message_records import Consent
from postroom import notices, transport_to

ADA, NUMBER = "Ada Lovelace", "+12125550101"
REFUSED = {"ada@mail.example": ["550 no such user"]}


class Gateway(ThreadingHTTPServer):
    """A web server; *answers*: the codes that it gives, one by one, the last for ever; a float is slow by so long.

    *said*: what it says with them. A number in *wrong* is answered 400.
    """

    daemon_threads = True

    def __init__(self, *answers, said=None, wrong=()):
        super().__init__(("127.0.0.1", 0), _Taker)
        self.answers, self.taken, self.tried = answers or (200,), [], 0
        self.said, self.wrong = json.dumps(said).encode() if said else b"", wrong

    def __enter__(self):
        Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    @property
    def url(self):
        return f"json://127.0.0.1:{self.server_port}/?:to={{to}}&cto=2&rto=2"

    def transport(self, seconds=3.0):
        return TextTransport(self.url, seconds)


class _Taker(BaseHTTPRequestHandler):
    def do_POST(self):
        gateway = self.server
        answer = gateway.answers[min(gateway.tried, len(gateway.answers) - 1)]
        gateway.tried += 1
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        said = json.loads(asked) if asked.startswith(b"{") else {}
        if said.get("to") in gateway.wrong:
            answer = 400
        if isinstance(answer, float):
            sleep(answer)
            answer = 200
        if answer == 200:
            gateway.taken.append((said["to"], said["message"]))
        self.send_response(answer)
        self.send_header("Content-Length", str(len(gateway.said)))
        self.end_headers()
        self.wfile.write(gateway.said)

    def log_message(self, *_):
        """Say nothing."""


def agree(desk, name, channel=Channel.SMS, *, given=True):
    with desk.store.begin(desk.clinic_id) as uow:
        uow.consents.add(Consent(uuid4(), desk.people[name], channel, given, desk.clock(), "on paper"))


def owe_one(desk):
    """Owe Ada, who has a telephone, the message of a booked course; the clock is set to when it is due.

    The clinic reminds from then on: what the tests put is all that is owed before a visit.
    """
    with desk.store.begin(desk.clinic_id) as uow:
        uow.people.save(replace(uow.people.get(desk.people[ADA]), phone="+1 212 555 0101"))
    desk.book(desk.begin())
    desk.clock.now += timedelta(seconds=11)
    change(desk, reminds=True)


def change(desk, **settings):
    with desk.store.begin(desk.clinic_id) as uow:
        uow.calendar.lock(desk.clock())
        uow.clinics.save(replace(uow.clinics.get(desk.clock()), **settings))


def choose(desk, **choices):
    with desk.store.begin(desk.clinic_id) as uow:
        uow.correspondence.keep(Correspondence(desk.people[ADA], **choices))


def set_policy(desk, **policy):
    change(desk, messaging=MessagePolicy(**policy))


def send(desk, mailbox, gateway=None, **limits):
    """Send what is due, a moment after all that was done before: what happens at one instant has no order."""
    desk.clock.now += timedelta(microseconds=1)
    transports = {Channel.MAIL: transport_to(mailbox)} | ({Channel.SMS: gateway.transport()} if gateway else {})
    return dispatch(desk.store, desk.clock, Post(transports, limits))


def attempts(desk):
    with desk.store.read(desk.clinic_id) as uow:
        return [(one.channel, one.outcome, one.final) for one in uow.attempts._list()]


def put(desk, **changed):
    """Owe something else to Ada: a copy of what is owed with another kind and time."""
    first, visit, key = notices(desk)[0], first_visit(desk), uuid4()
    standard = {
        "id": key, "key": str(key), "kind": "no-driving-evening", "facts": {"appointment": str(visit.id)}, "attempts": 0,
        "appointment_id": visit.id, "due_at": desk.clock.now, "sent_at": None, "withdrawn_at": None, "given_up_at": None,
        "expires_at": desk.clock.now + timedelta(hours=12),
    }  # fmt: skip
    values = standard | changed
    with desk.store.begin(desk.clinic_id) as uow:
        uow.notices.put(replace(first, **values, next_attempt_at=values["due_at"]))
    return key


def first_visit(desk):
    with desk.store.read(desk.clinic_id) as uow:
        (course_id,) = {one.course_id for one in uow.notices.of_patient(desk.people[ADA])} - {None}
        return uow.appointments.of_course(course_id)[0]


def dose(desk):
    with desk.store.begin(desk.clinic_id) as uow:
        visit = uow.appointments.get(first_visit(desk).id)
        uow.appointments.save(replace(visit, arrived_at=visit.start_at, dosed_at=visit.start_at))


def of(desk, key):
    return next(one for one in notices(desk) if one.id == key)


def merged(desk):
    """Owe Ada the message of a booking, now, and a no-driving message: two that are due at once."""
    owe_one(desk)
    dose(desk)
    return put(desk)
