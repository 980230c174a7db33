"""A patient's calendar over HTTP, from kept bytes and as a 304, beside other ways to answer the same bytes.

Those are a Flask view that returns prepared bytes, one that builds them anew each time, and Radicale (the extra "bench").
"""

import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter
from uuid import uuid4

from flask import Flask, Response, request
from gunicorn.app.base import BaseApplication
from icalendar import Calendar, Event

import builders
from benchmarks.booking import NOW, context, databases, fill
from benchmarks.table import Table
from benchmarks.workload import SIZES, site
from planner.app import create_app
from planner.bootstrap import Parts, assemble, init_database
from planner.config import Settings
from planner.domain.subscribing import Wanted
from planner.feeds.entries import MOST_ENTRIES
from planner.services import clinics, feeds
from planner.storage.records import AppointmentRecord

EVENTS = (20, 200, 2000)
CONNECTIONS, BURST, SLOW_BURST = 4, 50, 3
RADICALE_PATH = "/bench/calendar/"
SECRET = "a-secret-of-the-benchmarks-0123456789"
PEERS = 4
"""Every so many rounds the slow peers are asked: the rebuilding view, and Radicale."""
HEADS = ("events stored", "database", "bytes", "prepared", "same, here", "kept feed", "share", "304 of it", "share",
         "rebuilt", "times", "Radicale", "times")  # fmt: skip
NOTE = """\
Answers a second of one process with eight threads, asked over four connections in bursts that alternate with those of a
bare Flask view, which returns bytes (or an empty 304) from memory; medians. Same, here: that view inside this application,
with its headers, its log and its sign-in. The feed looks at the database each time, writes down once an hour (here: every
500 answers) who fetched, and shows a thousand events at most. Share: of the bare view's answers. Rebuilt: a bare view that
writes the same entries with icalendar for each answer. Radicale: its own server, with as many events in one collection.
Times: how many times as many answers the kept feed gives."""


class Ticking:
    """A clock by which seven seconds pass between two looks: a link is never asked for too often."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=7)
        return self.now


class Server(BaseApplication):
    """The production server around an application that each process makes for itself."""

    def __init__(self, make: Callable[[], Flask], port: int) -> None:
        self.make, self.port = make, port
        super().__init__()

    def load_config(self) -> None:
        options = {"bind": f"127.0.0.1:{self.port}", "threads": 8, "worker_class": "gthread", "control_socket_disable": True,
                   "loglevel": "critical", "keepalive": 60}  # fmt: skip
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self.make()


@dataclass(frozen=True)
class Planner:
    """Our application on a database, made in the server's process, with a view beside it that returns so many bytes."""

    url: str
    prepared: int

    def __call__(self) -> Flask:
        settings = Settings(database_url=self.url, secret_key=SECRET)
        app = create_app(settings, Parts(assemble(settings).store, Ticking(NOW)), public=["prepared"])
        app.add_url_rule("/prepared.ics", "prepared", Prepared(bytes(self.prepared), "none").view)
        return app


@dataclass(frozen=True)
class Prepared:
    """A view that returns bytes, or says that they are known."""

    body: bytes
    tag: str

    def __call__(self) -> Flask:
        app = Flask("prepared")
        app.add_url_rule("/prepared.ics", "prepared", self.view)
        return app

    def view(self) -> Response:
        if request.if_none_match.contains_weak(self.tag):
            return Response(status=304, headers={"ETag": f'"{self.tag}"'})
        return Response(self.body, content_type="text/calendar", headers={"ETag": f'"{self.tag}"'})


@dataclass(frozen=True)
class Rebuilt:
    """A view that writes a calendar of so many events with icalendar, anew for each answer."""

    events: int

    def __call__(self) -> Flask:
        app, rows = Flask("rebuilt"), [(str(uuid4()), start, end) for start, end in _times(self.events)]
        app.add_url_rule("/prepared.ics", "rebuilt", lambda: Response(_written(rows), content_type="text/calendar"))
        return app


def _times(count: int) -> Iterator[tuple[datetime, datetime]]:
    starts = (NOW + timedelta(days=n + 30, hours=3) for n in range(count))
    return ((start, start + timedelta(minutes=155)) for start in starts)


def _written(rows: Sequence[tuple[str, datetime, datetime]]) -> bytes:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//benchmark//EN")
    for uid, start, end in rows:
        event = Event()
        values = {"uid": uid, "dtstamp": NOW, "last-modified": NOW, "created": NOW, "sequence": 0, "dtstart": start,
                  "dtend": end, "summary": "Appointment", "status": "CONFIRMED", "transp": "OPAQUE",
                  "class": "PRIVATE"}  # fmt: skip
        for name, value in values.items():
            event.add(name, value)
        calendar.add_component(event)
    return calendar.to_ical()


@contextmanager
def _radicale(events: int) -> Iterator[int]:
    """Serve a collection of so many events with Radicale's own server; gives its port."""
    with tempfile.TemporaryDirectory(prefix="planner-bench-", dir="/tmp") as folder:
        port = _free_port()
        options = {"server-hosts": f"127.0.0.1:{port}", "auth-type": "none", "rights-type": "authenticated",
                   "storage-filesystem-folder": folder, "logging-level": "error"}  # fmt: skip
        command = [sys.executable, "-m", "radicale", *(f"--{name}={value}" for name, value in options.items())]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
            _wait_for(port)
            _told_radicale(port, "MKCOL", "/bench/", b"")
            _told_radicale(port, "PUT", RADICALE_PATH, _written([(str(uuid4()), *times) for times in _times(events)]))
            yield port
            server.terminate()


def _told_radicale(port: int, method: str, path: str, body: bytes) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request(method, path, body, {"Content-Type": "text/calendar"})
    answer = connection.getresponse()
    assert answer.status == 201, (answer.status, answer.read())
    connection.close()


def section(*, quick: bool) -> Table:
    """Run the three sizes on both databases."""
    rounds = 4 if quick else 16
    with tempfile.TemporaryDirectory(prefix="planner-bench-", dir="/tmp") as folder, databases(Path(folder)) as urls:
        rows = [
            _row(name, url(number), events, rounds) for number, events in enumerate(EVENTS) for name, url in urls.items()
        ]
    return Table("Feeds", HEADS, tuple(rows), NOTE)


def _row(name: str, url: str, events: int, rounds: int) -> tuple[str, ...]:
    token, there = _publish(url, events), "/prepared.ics"
    path, shown = f"/calendar/{token}.ics", min(events, MOST_ENTRIES)
    with ExitStack() as servers:
        ours = servers.enter_context(_serving(Planner(url, 290 * shown)))
        body, tag = _first(ours, path)
        theirs = servers.enter_context(_serving(Prepared(body, tag)))
        rebuilt = servers.enter_context(_serving(Rebuilt(shown)))
        radicale = servers.enter_context(_radicale(shown))
        sides = [(theirs, there, ""), (ours, there, ""), (ours, path, ""), (theirs, there, tag), (ours, path, tag)]
        slow = [(rebuilt, there), (radicale, RADICALE_PATH)]
        rates, peers = [], []
        for number in range(rounds):
            rates.append([_rate(port, where, known) for port, where, known in sides])
            if number % PEERS == 0:
                peers.append([_rate(port, where, "", burst=SLOW_BURST) for port, where in slow])
    prepared, here, kept, prepared_304, kept_304 = (median(side) for side in zip(*rates, strict=True))
    anew, other = (median(side) for side in zip(*peers, strict=True))
    return (
        f"{events:,}", name, f"{len(body):,}", f"{prepared:,.0f}/s", f"{here:,.0f}/s", f"{kept:,.0f}/s",
        f"{kept / prepared:.0%}", f"{kept_304:,.0f}/s", f"{kept_304 / prepared_304:.0%}", f"{anew:,.3g}/s",
        f"{kept / anew:,.0f}", f"{other:,.3g}/s", f"{kept / other:,.0f}",
    )  # fmt: skip


def _publish(url: str, events: int) -> str:
    """Give a patient so many daily appointments, and a link; gives its secret."""
    init_database(Settings(database_url=url))
    place = site(SIZES[0])
    ctx = context(url, place.clinic.id)
    fill(ctx, place)
    (patient,) = clinics.register_patients(ctx, [clinics.NewPatient("A subscriber")])
    at, visit = (NOW + timedelta(days=n + 30, hours=3) for n in range(events)), builders.spravato()
    with ctx.store.begin(place.clinic.id) as uow:
        uow.appointments.add(*(
            AppointmentRecord(uuid4(), patient.id, start, start + timedelta(minutes=155), f"{start:%Y-%m-%dT%H:%M}", visit,
                              NOW, NOW, told_at=NOW)
            for start in at
        ))  # fmt: skip
    link = feeds.create(ctx, Wanted("bench", shows_advice=False), patient_id=patient.id)
    ctx.store.close()
    return link.token


@contextmanager
def _serving(make: Callable[[], Flask]) -> Iterator[int]:
    port = _free_port()
    process = get_context("spawn").Process(target=_serve, args=(make, port))
    process.start()
    _wait_for(port)
    yield port
    process.terminate()
    process.join()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_for(port: int) -> None:
    deadline = perf_counter() + 60
    while not _listens(port):
        if perf_counter() > deadline:
            raise AssertionError("the server did not start")


def _serve(make: Callable[[], Flask], port: int) -> None:
    Server(make, port).run()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _first(port: int, path: str) -> tuple[bytes, str]:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        head, body = _ask(connection, _request(path, ""))
    assert head.startswith(b"HTTP/1.1 200"), head
    return body, head.partition(b'ETag: "')[2].partition(b'"')[0].decode()


def _request(path: str, known: str) -> bytes:
    condition = f'If-None-Match: "{known}"\r\n' if known else ""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nUser-Agent: bench\r\n{condition}\r\n".encode()


def _ask(connection: socket.socket, sent: bytes) -> tuple[bytes, bytes]:
    """Ask once; a client as thin as can be, so that the server is what is measured."""
    connection.sendall(sent)
    answer = connection.recv(1 << 20)
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(1 << 20)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int((head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]) or 0)
    parts, missing = [body], length - len(body)
    while missing > 0:
        parts.append(connection.recv(1 << 20))
        missing -= len(parts[-1])
    return head, b"".join(parts)


def _rate(port: int, path: str, known: str, burst: int = BURST) -> float:
    """Ask in a burst over some connections; gives the answers a second. A server that hangs up is asked anew."""
    sent, status = _request(path, known), b" 304 " if known else b" 200 "

    def ask(_: int) -> None:
        left = burst
        while left:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                while left:
                    head = _ask(connection, sent)[0]
                    assert status in head.partition(b"\r\n")[0] + b" ", head
                    left -= 1
                    if head.startswith(b"HTTP/1.0") or b"connection: close" in head.lower():
                        break

    began = perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(ask, range(CONNECTIONS)))
    return CONNECTIONS * burst / (perf_counter() - began)
