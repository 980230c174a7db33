"""The secret of a link is where it is meant to be and nowhere else: not in a log, the database, an audit row, another page.

A real server of two processes and a real worker, at their most talkative; every operation on links, over HTTP.
"""

import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from builders import uid
from planner.clock import system_clock
from planner.domain.reaching import Audience
from planner.domain.roles import Role
from planner.domain.subscribing import Wanted
from planner.notify.dispatcher import dispatch
from planner.services import feeds, page_links
from planner.services.bearing import bearer_of
from postroom import Mailbox, post_of_today, transport_to, until
from servers import COMMAND, free_port, running, wait_for
from webdesk import PASSWORD, SECRET, web_desk

SECRET_IN = re.compile(r"/(?:my|calendar|answer)/([\w-]{43})\b")
CHAIR = uid("chair 1")


@dataclass
class Hunt:
    """What was asked over HTTP, and every secret that an answer or a mail gave away."""

    base: str
    cookies: CookieJar = field(default_factory=CookieJar)
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def ask(self, path, form=None, *, desk=True, method=None, **headers):
        """Ask once, as the desk or as whoever has the address; gives the answer's text, refused or not."""
        jar = urllib.request.HTTPCookieProcessor(self.cookies if desk else CookieJar())
        sent = None if form is None else urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(self.base + path, sent, headers, method=method)
        try:
            with urllib.request.build_opener(jar).open(request, timeout=20) as answer:
                text = answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                text = refused.read().decode()
        self.asked.append((method or ("GET" if form is None else "POST"), path, text))
        return text

    def post(self, path, form=None):
        """Send a form of the desk."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.ask("/account"))[1]
        return self.ask(path, {**(form or {}), "csrf_token": unescape(token)})

    def secrets(self):
        """Every secret that any answer showed, first shown first."""
        return dict.fromkeys(found for _, _, text in self.asked for found in SECRET_IN.findall(text))

    def new(self, text):
        """The one secret in an answer that nobody has seen before."""
        before = {found for _, _, earlier in self.asked[:-1] for found in SECRET_IN.findall(earlier)}
        paths = " ".join(path for _, path, _ in self.asked)
        (fresh,) = {found for found in SECRET_IN.findall(text) if found not in before and found not in paths}
        return fresh


@pytest.fixture
def desk(sqlite_store):
    """A clinic of today with an administrator who can sign in, and a patient who has appointments and a mail address."""
    desk = post_of_today(sqlite_store)
    desk.book(desk.begin(start=system_clock().date() + timedelta(days=2)))
    web_desk(desk).hire(Role.ADMIN, "ann@clinic.example")
    return desk


@pytest.fixture
def served(desk, sqlite_url, tmp_path):
    """A hunt at a server, the mailbox that its worker sends to, and the files of all that they wrote."""
    with Mailbox() as mailbox:
        port = free_port()
        base, written = f"http://127.0.0.1:{port}", [tmp_path / "server.log", tmp_path / "worker.log"]
        env = {
            "PLANNER_DATABASE_URL": sqlite_url, "PLANNER_SECRET_KEY": SECRET, "PLANNER_BASE_URL": base,
            "PLANNER_SMTP_URL": mailbox.url, "PLANNER_LOG_LEVEL": "DEBUG",
        }  # fmt: skip
        serve = [*COMMAND, "serve", "--port", str(port), "--processes", "2"]
        with running(serve, written[0], **env) as server, running([*COMMAND, "worker"], written[1], **env):
            wait_for(f"{base}/health", server)
            yield Hunt(base), mailbox, written


def at_the_desk(hunt, patient):
    """Make, replace and end links of every kind; gives the secret of a page and of a calendar that are on."""
    form = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', hunt.ask("/sign-in"))[1]
    hunt.ask("/sign-in", {"email": "ann@clinic.example", "password": PASSWORD, "csrf_token": unescape(form)})
    own = hunt.new(hunt.post(f"/patients/{patient}/links", {"label": "own phone"}))
    hunt.post(f"/patients/{patient}/links", {"label": "x", "audience": "carer"})
    hunt.new(hunt.post(f"/patients/{patient}/links", {"label": "Mum’s phone", "audience": "carer", "agreed": "yes"}))
    hunt.new(hunt.post(f"/settings/resources/{CHAIR}/links", {"label": "screen"}))
    page = hunt.new(hunt.post(f"/patients/{patient}/page-links", {"label": "own phone"}))
    for kind in ("links", "page-links"):
        listed = re.findall(rf'action="(/{kind}/[^"]+/rotate)"', hunt.ask(f"/patients/{patient}"))
        hunt.new(hunt.post(listed[-1]))
        on = re.findall(rf'action="(/{kind}/[^"]+/revoke)"', hunt.ask(f"/patients/{patient}"))
        hunt.post(on[-1])
        hunt.post(on[-1])
    page = hunt.new(hunt.post(f"/patients/{patient}/page-links", {"label": "tablet"}))
    hunt.post(f"/patients/{patient}/page-links/send")
    return own, page


def by_the_patient(hunt, page):
    """Use a private page and all that it does with links; every refusal is asked for as well."""
    mine = f"/my/{page}"
    hunt.ask(mine, desk=False, **{"User-Agent": f"reads {mine}"})
    for path in (mine, f"{mine}/hand-out", f"{mine}/stop", f"{mine}/nowhere", f"{mine}x"):
        hunt.ask(path, desk=False)
    asked = {"program": "apple", "label": "own phone", "shows_advice": "yes"}
    feed = hunt.new(hunt.ask(f"{mine}/links", asked, desk=False))
    hunt.ask(f"{mine}/links", asked | {"label": "Ketamine"}, desk=False)
    hunt.ask(f"{mine}/links", asked | {"more": "1"}, desk=False)
    rotate = re.findall(rf'action="({mine}/links/[^"]+/rotate)"', hunt.ask(mine, desk=False))
    again = hunt.new(hunt.ask(rotate[-1], {}, desk=False))
    stop = re.findall(rf'action="({mine}/links/[^"]+/stop)"', hunt.ask(mine, desk=False))
    hunt.ask(stop[-1], {}, desk=False)
    hunt.ask(stop[-1], {}, desk=False)
    new = hunt.new(hunt.ask(f"{mine}/renew", {}, desk=False))
    hunt.ask(mine, desk=False)
    hunt.ask(f"/my/{new}/stop", {}, desk=False)
    return feed, again


def by_programs(hunt, *calendars):
    """Fetch calendars in every way, the wrong ones included, and one of them too often."""
    for token in calendars:
        path = f"/calendar/{token}.ics"
        hunt.ask(path, desk=False, **{"If-None-Match": "*", "Referer": hunt.base + path, "User-Agent": f"reads {path}"})
        for method in ("GET", "HEAD", "POST", "DELETE"):
            hunt.ask(path, desk=False, method=method)
        hunt.ask(f"{path}/more?{token}", desk=False)
    for _ in range(90):
        hunt.ask(f"/calendar/{calendars[0]}.ics", desk=False)


def by_mail(hunt, mailbox):
    """Use up the link of the mail that the worker has sent, and open those of its other mails; gives all of them."""
    until(lambda: any(mail["Subject"].startswith("Your page") for mail in mailbox.mails()))
    by_subject = {mail["Subject"]: SECRET_IN.findall(str(mail.get_content())) for mail in mailbox.mails()}
    (token,) = by_subject["Your page at Harbor Rooms"]
    hunt.ask(f"/answer/{token}", desk=False)
    opened = hunt.new(hunt.ask(f"/answer/{token}", {}, desk=False))
    for other in {one for some in by_subject.values() for one in some}:
        for form in (None, {}):
            hunt.ask(f"/answer/{other}", form, desk=False)
    return {opened, *(one for some in by_subject.values() for one in some)}


def test_a_secret_is_nowhere_but_in_the_answer_that_shows_it_once(served, desk, sqlite_url):
    hunt, mailbox, written = served
    own, page = at_the_desk(hunt, desk.patient())
    mailed = by_mail(hunt, mailbox)
    made = by_the_patient(hunt, page)
    by_programs(hunt, own, *made)
    for path in (f"/patients/{desk.patient()}", "/settings/links?state=all", "/account", f"/settings/resources/{CHAIR}"):
        hunt.ask(path)
    secrets = {*hunt.secrets(), *mailed, own, page, *made}
    assert len(secrets) >= 12
    showing = {secret: [path for _, path, text in hunt.asked if secret in text and secret not in path] for secret in secrets}
    assert {secret: paths for secret, paths in showing.items() if len(paths) > 1} == {}
    everything = b"".join(file.read_bytes() for file in [*written, *kept(sqlite_url)])
    assert b"/calendar/<token>.ics" in everything
    assert [secret for secret in secrets if secret.encode() in everything] == []


def kept(url):
    """The files of a database, what is not yet written into it included."""
    file = Path(url.removeprefix("sqlite:///"))
    return [one for one in file.parent.glob(f"{file.name}*") if one.is_file()]


def test_the_secret_of_a_link_is_in_no_text_of_either_database(store):
    desk = post_of_today(store)
    patient = desk.patient()
    minted = [feeds.create(desk.scheduler, Wanted("phone"), patient_id=patient).token]
    minted.append(feeds.rotate(desk.scheduler, link_id=feeds.list_of(desk.scheduler, patient_id=patient)[0].id).token)
    minted.append(page_links.create(desk.scheduler, patient_id=patient, label="phone").token)
    came = bearer_of(store, desk.clock, minted[-1])
    minted.append(feeds.create_own(came, Wanted("Mum", Audience.CARER)).token)
    minted.append(page_links.renew(came).token)
    page_links.send(desk.scheduler, patient_id=patient)
    with Mailbox() as mailbox:
        dispatch(store, desk.clock, transport_to(mailbox))
        minted += SECRET_IN.findall(mailbox.mails()[0].get_content())
    assert len(minted) == 6
    texts = [str(value) for row in all_rows(store) for value in row]
    assert len(texts) > 100
    assert [token for token in minted for text in texts if token in text] == []
    assert not any(token in repr(one) for token in minted for one in (came, came.ctx))


def all_rows(store):
    """Every row of every table."""
    with store.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            yield from connection.execute(text(f'SELECT * FROM "{table}"')).all()
