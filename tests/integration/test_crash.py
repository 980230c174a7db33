"""Kill -9 in the middle of booking a six-session series: none or all of it is there, with what it takes, and the audit.

CRASH_KILLS=500 kills more often.
"""

import os
import pickle
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from desks import open_desk
from planner.domain.course import LIVE

KILLS = int(os.environ.get("CRASH_KILLS", "25"))
PROGRAM = Path(__file__).parents[1] / "processes" / "crash.py"

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def desk(store):
    return open_desk(store)


def plans(desk):
    """Six courses of six infusions, one after the other."""
    found = []
    for number in range(6):
        course = desk.begin("infusions", date(2027, 1, 6) + timedelta(days=21 * number), patient=f"P{number}")
        found.append((course.id, desk.shown(course)))
    return found


def kill(desk, url, folder, kills):
    """Let the program book the six courses, and kill it so often; gives the courses."""
    todo = plans(desk)
    (folder / "plans").write_bytes(pickle.dumps(todo))
    paths = os.pathsep.join([str(PROGRAM.parents[1]), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, str(PROGRAM), url, str(folder / "plans"), str(kills), "7"]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (str(kills), "")
    return [course_id for course_id, _ in todo]


def test_a_series_killed_in_the_middle_is_booked_whole_or_not_at_all(desk, database_url, tmp_path):
    courses = kill(desk, database_url, tmp_path, KILLS)
    with desk.store.read(desk.clinic_id) as uow:
        everything = [one for course_id in courses for one in uow.appointments.of_course(course_id)]
        actions = Counter(entry.action for entry in uow.audit.all())
        rows = uow.occupancy.of_appointments(one.id for one in everything)
    live = Counter(one.course_id for one in everything if one.status in LIVE)
    assert set(live.values()) <= {6}
    assert actions["book-series"] > KILLS / 2
    assert len(everything) == 6 * actions["book-series"]
    assert len(live) == actions["book-series"] - actions["cancel"]
    assert {one.id for one in everything if one.status in LIVE} == {key for key, taken in rows.items() if taken}
    assert desk.overlaps() == 0
    if desk.store.engine.dialect.name == "sqlite":
        with desk.store.engine.connect() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    desk.book(desk.begin(patient="after the crash"))
