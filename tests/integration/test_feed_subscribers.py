"""Programs that people really subscribe with, before a server of two processes: vdirsyncer fetches, khal shows what came."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from desks import open_desk
from planner.domain.subscribing import Wanted
from planner.services import booking, feeds
from serving import serving

SYNC = """
[general]
status_path = "{folder}/status"
[pair feed]
a = "remote"
b = "local"
collections = null
conflict_resolution = "a wins"
[storage remote]
type = "http"
url = "{url}"
[storage local]
type = "filesystem"
path = "{folder}/events"
fileext = ".ics"
"""
SHOW = """
[calendars]
[[feed]]
path = {folder}/events
[locale]
local_timezone = America/New_York
default_timezone = America/New_York
timeformat = %H:%M
dateformat = %m-%d
longdateformat = %Y-%m-%d
datetimeformat = %m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[sqlite]
path = {folder}/khal.db
"""


class Subscriber:
    """One person's machine: a folder into which vdirsyncer fetches, and from which khal shows."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        (folder / "events").mkdir()
        (folder / "sync.conf").write_text(SYNC.format(folder=folder, url=url))
        (folder / "khal.conf").write_text(SHOW.format(folder=folder))
        self._run("vdirsyncer", "-c", str(folder / "sync.conf"), "discover")

    def _run(self, program: str, *arguments: str, status: int = 0) -> str:
        clean = {"HOME": str(self.folder), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "no_proxy": "*"}
        command = [str(Path(sys.executable).with_name(program)), *arguments]
        done = subprocess.run(command, check=False, env=clean, capture_output=True, text=True, timeout=60)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def fetches(self, status: int = 0) -> None:
        """Fetch the calendar; *status*: with what the program ends, 0 where all went well."""
        self._run("vdirsyncer", "-c", str(self.folder / "sync.conf"), "sync", status=status)

    def shows(self) -> list[str]:
        """List what the calendar shows from March on, as it was last fetched."""
        listing = ("list", "--day-format", "", "--format", "{start-date-long} {start-time}-{end-time} {title}")
        found = self._run("khal", "-c", str(self.folder / "khal.conf"), *listing, "2027-03-01", "400d")
        return sorted(line.strip() for line in found.splitlines() if line.strip())


@pytest.fixture
def desk(store):
    return open_desk(store)


@pytest.fixture
def served(desk, database_url, tmp_path):
    """The server, until the test ends."""
    with serving(desk, database_url, tmp_path) as found:
        yield found


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_subscriber_sees_what_is_published_moved_cancelled_dropped_and_switched_off(desk, served, tmp_path):
    course = desk.begin(start=date(2027, 3, 9), days="Tue Thu")
    desk.book(course)
    minted = feeds.create(desk.scheduler, Wanted("desktop"), patient_id=desk.patient())
    path = f"/calendar/{minted.token}.ics"
    reader = Subscriber(tmp_path, served.base + path)
    tags = [served.tags(path)]

    def sees(status=0):
        served.tell_time()
        tags.append(served.tags(path))
        reader.fetches(status)
        return reader.shows()

    days = ["2027-03-09", "2027-03-11", "2027-03-16", "2027-03-18"]
    advice, visits = [f"{day} - No driving today" for day in days], [f"{day} 10:00-12:35 Appointment" for day in days]
    assert sees() == sorted(advice + visits)

    last = desk.records(course)[-1]
    moved = booking.move(desk.scheduler, appointment_id=last.id, start=at("2027-03-19T14:00"), version=last.version)
    advice[-1], visits[-1] = "2027-03-19 - No driving today", "2027-03-19 10:00-12:35 Appointment"
    assert sees() == sorted(advice + visits)

    (now,) = moved.appointments
    booking.cancel(desk.scheduler, appointment_id=last.id, version=now.version, reason="cold")
    visits[-1] = "2027-03-19 10:00-12:35 Cancelled: Appointment"
    assert sees() == sorted(advice[:-1] + visits)

    desk.clock.now = now.end_at
    assert sees() == sorted(advice[:-1] + visits[:-1])

    feeds.revoke(desk.scheduler, link_id=minted.link.id)
    assert sees() == ["2027-03-19 - This calendar link was switched off"]

    desk.clock.now += timedelta(days=90)
    assert sees(status=1) == ["2027-03-19 - This calendar link was switched off"]
    assert [len(one) for one in tags] == [1] * 7
    assert tags[-1] == {"404"}
