"""Programs that people really subscribe with: vdirsyncer fetches over HTTP, khal shows what came."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from browsing import at_a_port
from planner.bootstrap import Parts
from planner.domain.subscribing import Wanted
from planner.services import booking, feeds

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

    def _run(self, program: str, *arguments: str) -> str:
        clean = {"HOME": str(self.folder), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "no_proxy": "*"}
        command = [str(Path(sys.executable).with_name(program)), *arguments]
        done = subprocess.run(command, check=False, env=clean, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def shows(self) -> list[str]:
        """Fetch, and list what the calendar shows from March on."""
        self._run("vdirsyncer", "-c", str(self.folder / "sync.conf"), "sync")
        listing = ("list", "--day-format", "", "--format", "{start-date-long} {start-time}-{end-time} {title}")
        found = self._run("khal", "-c", str(self.folder / "khal.conf"), *listing, "2027-03-01", "400d")
        return [line.strip() for line in found.splitlines() if line.strip()]


@pytest.fixture
def address(desk):
    """The address of a real server before the desk."""
    with at_a_port(Parts(desk.store, desk.clock)) as (_, base):
        yield base


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_subscribers_see_what_is_published_moved_cancelled_and_dropped(desk, address, tmp_path):
    course = desk.begin(start=date(2027, 3, 9), days="Tue Thu")
    desk.book(course)
    token = feeds.create(desk.scheduler, Wanted("desktop"), patient_id=desk.patient()).token
    reader = Subscriber(tmp_path, f"{address}/calendar/{token}.ics")
    days = ["2027-03-09", "2027-03-11", "2027-03-16", "2027-03-18"]
    advice, visits = [f"{day} - No driving today" for day in days], [f"{day} 10:00-12:35 Appointment" for day in days]
    assert sorted(reader.shows()) == sorted(advice + visits)

    last = desk.records(course)[-1]
    moved = booking.move(desk.scheduler, appointment_id=last.id, start=at("2027-03-19T14:00"), version=last.version)
    advice[-1], visits[-1] = "2027-03-19 - No driving today", "2027-03-19 10:00-12:35 Appointment"
    assert sorted(reader.shows()) == sorted(advice + visits)

    (now,) = moved.appointments
    booking.cancel(desk.scheduler, appointment_id=last.id, version=now.version, reason="cold")
    visits[-1] = "2027-03-19 10:00-12:35 Cancelled: Appointment"
    assert sorted(reader.shows()) == sorted(advice[:-1] + visits)

    desk.clock.now = last.end_at + timedelta(days=1)
    assert sorted(reader.shows()) == sorted(advice[:-1] + visits[:-1])

    (link,) = feeds.list_of(desk.scheduler, patient_id=desk.patient())
    assert link.fetched_by.startswith("vdirsyncer/")
    feeds.revoke(desk.scheduler, link_id=link.id)
    assert reader.shows() == ["2027-03-19 - This calendar link was switched off"]
