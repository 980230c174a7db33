"""Serving the demo: pages, worker and mail server in one process, with accounts and links made anew at each start."""

import logging
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from flask import Flask
from flask_security import hash_password
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from planner.app import check_port, create_app
from planner.bootstrap import Parts, assemble
from planner.config import Settings
from planner.demo.clinic import CLINIC_ID, demo_id
from planner.demo.living import catch_up
from planner.demo.mails import ENDPOINT, mails_page
from planner.demo.mailsink import MailSink
from planner.demo.seeding import Shown
from planner.domain.roles import Actor, Role
from planner.domain.span import local_day
from planner.domain.subscribing import Wanted
from planner.services import accounts, clinics, feeds, page_links
from planner.services.context import Context
from planner.services.letterhead import change_letterhead, letterhead
from planner.worker.running import run

ROLES = (Role.SCHEDULER, Role.CLINICIAN, Role.ADMIN)
_LABEL = "the demo"
NAMES = {Role.SCHEDULER: "M. Castellan", Role.CLINICIAN: "Dr I. Cole", Role.ADMIN: "R. Whitlock"}


@dataclass(frozen=True)
class Entry:
    """A sign-in for one role, good until the next start."""

    role: Role
    email: str
    password: str


@dataclass(frozen=True)
class Addresses:
    """What the demo prints: where to look, and how to get in."""

    board: str
    courses: tuple[str, ...]
    feeds: tuple[str, ...]
    pages: tuple[str, ...]
    mails: str
    entries: tuple[Entry, ...]


def acting(parts: Parts, role: Role = Role.SYSTEM) -> Context:
    """Act as the demo's own set-up, or as the clinic's administrator."""
    return Context(Actor(demo_id(f"set-up {role}"), role, CLINIC_ID), parts.store, parts.clock)


@contextmanager
def serving(settings: Settings, shown: list[Shown], port: int) -> Iterator[tuple[Addresses, threading.Thread]]:
    """Serve until the block ends: the pages, the worker and the mail server all start here and all end here."""
    with MailSink() as sink:
        base = f"http://127.0.0.1:{port}"
        ready = replace(settings, secret_key=secrets.token_urlsafe(48), base_url=base, smtp_url=sink.url)
        parts, stopping = assemble(ready), threading.Event()
        app = create_app(ready, parts, public={ENDPOINT})
        app.register_blueprint(mails_page(sink.received))
        server = _server(app, port)
        pages = threading.Thread(target=server.serve_forever, name="pages")
        worker = threading.Thread(target=run, args=(parts, stopping), name="worker")
        try:
            catch_up(acting(parts))
            found = _addresses(app, parts, base, [one.course_id for one in shown])
            pages.start()
            worker.start()
            yield found, pages
        finally:
            stopping.set()
            if pages.is_alive():
                server.shutdown()
            for thread in (pages, worker):
                if thread.ident:
                    thread.join(timeout=30)
            server.server_close()
            parts.store.close()


class _Quiet(WSGIRequestHandler):
    """A request's address may hold a token: it is not logged."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002, ARG002 - the library's names
        logging.getLogger("planner.demo").debug("a request was answered")


def _server(app: Flask, port: int) -> BaseWSGIServer:
    check_port("127.0.0.1", port)
    return make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)


def _addresses(app: Flask, parts: Parts, base: str, course_ids: list[UUID]) -> Addresses:
    _set_letterhead(parts)
    patients = _patients_of(parts, course_ids)
    with app.app_context():
        entries = tuple(_entry(parts, role) for role in ROLES)
    return Addresses(
        board=f"{base}/?day={_next_open_day(parts).isoformat()}",
        courses=tuple(f"{base}/courses/{course_id}" for course_id in course_ids),
        feeds=tuple(f"{base}/calendar/{token}.ics" for token in _fresh_links(parts, patients)),
        pages=tuple(f"{base}/my/{token}" for token in _fresh_pages(parts, patients)),
        mails=f"{base}/demo/mails",
        entries=entries,
    )


def _set_letterhead(parts: Parts) -> None:
    ctx = acting(parts, Role.ADMIN)
    if letterhead(ctx) is None:
        change_letterhead(
            ctx, public_name="Harbor Street", sender="appointments@harbor-street.example", phone="555-0100",
            address="12 Harbor Street, New York", version=None,
        )  # fmt: skip


def _entry(parts: Parts, role: Role) -> Entry:
    """Give a sign-in with a password of this start; those of earlier starts end."""
    email, password = f"{role}@harbor-street.example", secrets.token_urlsafe(9)
    known = accounts.member_by_email(parts.store, email)
    member = known or accounts.hire(acting(parts, Role.ADMIN), name=NAMES[role], email=email, role=role)
    changed = accounts.set_password(parts.store, parts.clock, member, hash_password(password))
    accounts.end_others(parts.store, changed, None)
    return Entry(role, email, password)


def _patients_of(parts: Parts, course_ids: list[UUID]) -> list[UUID]:
    with acting(parts).read() as uow:
        return [uow.courses.get(course_id).patient_id for course_id in course_ids]


def _fresh_links(parts: Parts, patient_ids: list[UUID]) -> Iterator[str]:
    """Make each new patient's calendar link anew; earlier ones are switched off."""
    ctx = acting(parts)
    for patient_id in patient_ids:
        for link in feeds.list_of(ctx, patient_id=patient_id):
            if link.revoked_at is None and link.label == _LABEL:
                feeds.revoke(ctx, link_id=link.id)
        yield feeds.create(ctx, Wanted(_LABEL), patient_id=patient_id).token


def _fresh_pages(parts: Parts, patient_ids: list[UUID]) -> Iterator[str]:
    """Make the link to each new patient's page anew; earlier ones are switched off."""
    ctx = acting(parts)
    for patient_id in patient_ids:
        for link in page_links.list_of(ctx, patient_id=patient_id):
            if link.revoked_at is None and link.label == _LABEL:
                page_links.revoke(ctx, link_id=link.id)
        yield page_links.create(ctx, patient_id=patient_id, label=_LABEL).token


def _next_open_day(parts: Parts) -> date:
    ctx = acting(parts)
    clinic = clinics.the_clinic(ctx)
    today = local_day(parts.clock(), clinic.zone)
    days = (today + timedelta(days=ahead) for ahead in range(15))
    return next((day for day in days if clinic.hours.on(day) and clinic.holiday_on(day) is None), today)
