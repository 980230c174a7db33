"""Workers that do not send, since one is dead (F15) or a clock is wrong (F12): who is told, how soon, and what is lost."""

import json
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic, sleep

import pytest
import time_machine

from commands import command
from desks import NOW
from planner.clock import system_clock
from planner.domain.roles import Role
from planner.services.health import SILENT, look
from postroom import Mailbox, open_post, owe, owed, still_owed, until
from tally import Tally
from webdesk import web_desk
from webroutes import methods, rules
from workers import Shift, working

TICK = 2.0
"""Seconds between two rounds of sending."""
MOMENT = 10.0
"""Seconds that a busy machine may add."""
HOURS = timedelta(hours=2)
SECOND = timedelta(seconds=1)
YEARS = NOW + timedelta(days=1) - system_clock()
"""How far the world of these tests is from this machine's: the clinic was opened in 2027."""


@dataclass(frozen=True)
class Told:
    """What a machine that watches, the staff, and an operator are told; *quiet*: how many pages do not warn."""

    ready: str
    quiet: int
    banners: set[str]
    doctor: int
    problems: set[str]


WELL = "ready\n"


def present():
    return system_clock() + YEARS


@pytest.fixture
def desk(store):
    desk = open_post(store)
    desk.clock = present
    return desk


@pytest.fixture
def calm(desk):
    """What a doctor always finds wrong here: PostgreSQL's own clock cannot be set."""
    return {"clock"} if desk.store.engine.dialect.name == "postgresql" else set()


@pytest.fixture
def mailbox():
    with Mailbox() as mailbox:
        yield mailbox


@pytest.fixture
def told(desk, database_url, mailbox, capsys, monkeypatch):
    """Ask all who are to be told, where the clock shows an instant."""
    run = command(capsys, monkeypatch)
    well = {
        "PLANNER_SECRET_KEY": "a-key-for-the-tests-0123456789abcdef", "PLANNER_BASE_URL": "https://planner.example",
        "PLANNER_SMTP_URL": mailbox.url, "PLANNER_DATABASE_URL": database_url,
    }  # fmt: skip

    def ask(at):
        with time_machine.travel(at - YEARS, tick=False):
            pages = list(staff_pages(web_desk(desk)))
            ready = web_desk(desk).browser().get("/ready")
        with time_machine.travel(at, tick=False):
            code, out, _ = run("doctor", "--json", "--no-network", **well)
        assert ready.status_code == (200 if ready.text == WELL else 503)
        banners = [page.partition('class="banner"')[2].partition("</p>")[0] for page in pages]
        problems = {one["name"] for one in json.loads(out)["checks"] if one["level"] == "problem"}
        return Told(ready.text, banners.count(""), set(banners), code, problems)

    return ask


def staff_pages(web):
    """Every page of the staff's that has one address, as an admin sees it."""
    browser = web.signed_in(Role.ADMIN)
    answers = [browser.get(rule.rule) for rule in rules(web.app) if "GET" in methods(rule) and not rule.arguments]
    found = [one.text for one in answers if one.status_code == 200 and 'class="banner-slot"' in one.text]
    assert len(found) > 15
    return found


def last_beat(desk):
    with desk.store.read_installation() as installation:
        return installation.last_beat()


def test_a_worker_that_has_died_is_told_of_in_two_minutes_everywhere(
    desk, database_url, mailbox, told, calm, tmp_path, count
):  # fmt: skip
    clock = Shift(tmp_path / "clock", YEARS)
    with working(database_url, mailbox, shift=clock) as worker:
        until(lambda: last_beat(desk))
        worker.kill()
        worker.wait()
    died = last_beat(desk)
    before, after = told(died + SILENT - SECOND), told(died + SILENT + SECOND)
    assert (before.ready, before.banners, before.doctor, before.problems) == (WELL, {""}, len(calm), calm)
    assert (after.ready, after.quiet, after.doctor) == ("no worker is alive: messages wait\n", 0, 1)
    assert after.problems == calm | {"worker"}
    assert all("<b>No message goes out.</b> The sender was last seen 2 minutes ago." in one for one in after.banners)
    owe(desk, 3)
    clock.set(minutes=3)
    with working(database_url, mailbox, shift=clock):
        until(lambda: not owed(desk) and last_beat(desk) > died)
    assert told(last_beat(desk) + SECOND).ready == WELL
    found = count("F15 a worker dead, and another one after it", desk, mailbox, back_at=died + 1.5 * SILENT)
    assert found == Tally(owed=3, delivered=3)


def test_a_clock_two_hours_off_stops_the_sending_tells_everybody_and_loses_nothing(
    desk, database_url, mailbox, told, tmp_path, count
):  # fmt: skip
    ahead, behind = Shift(tmp_path / "ahead", YEARS), Shift(tmp_path / "behind", YEARS)
    with ExitStack() as first_to_end, working(database_url, mailbox, shift=behind) as set_back:
        set_forward = first_to_end.enter_context(working(database_url, mailbox, shift=ahead))
        until(lambda: beating(desk) == 2)
        ahead.set(hours=2)
        behind.set(hours=-2)
        until(lambda: "has jumped by 7" in set_forward.said() and "has jumped by -7" in set_back.said())
        tomorrow = present() + timedelta(days=1)
        owe(desk, 6, due_at=tomorrow, next_attempt_at=tomorrow)
        make_due(desk, 3)
        began = monotonic()
        forward, back = told(present() + HOURS), told(present() - HOURS)
        sleep(max(0, TICK + 0.2 - (monotonic() - began)))
        assert mailbox.taken == []
        goes_on(desk, ahead, left=3)
        first_to_end.close()
        make_due(desk, 3)
        back_at = goes_on(desk, behind, left=0)
    assert (forward.ready, forward.quiet, forward.doctor) == ("no worker is alive: messages wait\n", 0, 1)
    assert all("<b>No message goes out.</b> The sender was last seen 2 hours ago." in one for one in forward.banners)
    assert (back.ready, back.quiet, back.doctor) == ("a clock was set back: messages wait\n", 0, 1)
    assert all("<b>No message goes out.</b> This machine’s clock was set back." in one for one in back.banners)
    assert "worker" in forward.problems
    assert {"worker", "clock"} <= back.problems
    found = count("F12 clocks set two hours forward and back", desk, mailbox, back_at=back_at)
    assert found == Tally(owed=6, delivered=6)


def beating(desk):
    with desk.store.read_installation() as installation:
        return len(installation._connection.exec_driver_sql("SELECT worker FROM heartbeat").all())


def make_due(desk, many):
    """Make so many messages due by any of the clocks, and long since."""
    with desk.store.begin(desk.clinic_id) as uow:
        for one in still_owed(desk)[:many]:
            uow.notices.hasten(one.id, present() - 3 * HOURS / 2)


def goes_on(desk, shift, left):
    """Set a clock right, and see that within a tick all is sent but what is not due; gives when."""
    shift.set()
    back_at, began = present(), monotonic()
    until(lambda: owed(desk) == left)
    assert monotonic() - began < TICK + MOMENT
    return back_at


def test_a_worker_that_lives_counts_though_another_one_died_on_a_clock_that_was_ahead(desk):
    with desk.store.begin_installation() as installation:
        installation.beat("ahead", present() + HOURS)
        installation.beat("lives", present())
    assert look(desk.store, present).ready
    with time_machine.travel(system_clock() + SILENT + SECOND):
        assert look(desk.store, present).words == "a clock was set back: messages wait"
