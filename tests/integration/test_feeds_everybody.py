"""What holds for the calendars of every audience, from the desk to the bytes."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from desks import NOW, open_desk
from planner.domain.attendance import MarkKind
from planner.domain.neutral import forbidden_in
from planner.domain.reaching import Language
from planner.services import attendance, booking, feeds
from subscribing import CHAIR, booked, set_address, subscribe, subscribe_all, subscribe_staff

PROCESS = """
import sys
from datetime import datetime
from planner.config import Settings
from planner.feeds.kept import Kept
from planner.services.fetching import fetch
from planner.storage.engine import open_engine
from planner.storage.unit_of_work import Store
url, now, *tokens = sys.argv[1:]
store = Store(open_engine(Settings(database_url=url)))
for token in tokens:
    page = fetch(store, lambda: datetime.fromisoformat(now), Kept(), token, "another")
    print(page.tag + page.zipped_tag)
"""


@pytest.fixture
def desk(store):
    return open_desk(store)


def test_no_calendar_says_what_the_appointments_are_for(desk):
    last = booked(desk, "esketamine")[-1]
    set_address(desk)
    booking.cancel(desk.scheduler, appointment_id=last.id, version=last.version, reason="depressed")
    for reader in subscribe_all(desk).values():
        body = reader.page().body.decode().replace("\r\n ", "")
        assert forbidden_in(body) == []
        assert "Lovelace" not in body
        assert reader.token not in body


def test_what_happened_at_a_visit_changes_no_byte(desk):
    record = booked(desk)[0]
    readers = subscribe_all(desk)
    desk.clock.now = record.start_at
    tags = {audience: reader.page().tag for audience, reader in readers.items()}
    for kind in ("arrived", "dosed"):
        record = attendance.record(
            desk.scheduler, appointment_id=record.id, kind=MarkKind(kind), version=record.version
        )
    assert {audience: reader.page().tag for audience, reader in readers.items()} == tags


def test_a_link_that_is_off_says_so_in_its_language_for_ninety_days(desk):
    booked(desk)
    made = subscribe(desk, language=Language.SPANISH), subscribe_staff(desk, CHAIR, language=Language.SPANISH)
    with desk.store.read(desk.clinic_id) as uow:
        for link in uow.feed_links.all():
            feeds.revoke(desk.admin, link_id=link.id)
    for reader in made:
        assert reader.titles() == ["Este enlace de calendario se ha desactivado"]


def test_a_staff_link_that_ends_says_so(desk):
    booked(desk)
    reader = subscribe_staff(desk, CHAIR)
    with desk.store.begin(desk.clinic_id) as uow:
        (link,) = uow.feed_links.of_resource(CHAIR)
        uow.feed_links.note_fetch(link.id, NOW, "x", NOW + timedelta(days=1))
    assert len(reader.events()) == 4
    desk.clock.now = NOW + timedelta(days=1)
    assert reader.titles() == ["This calendar link was switched off"]


def test_the_order_of_rows_changes_no_byte(desk):
    for patient, time in (("Ada Lovelace", "10:00"), ("Ben", "13:00"), ("Cleo", "10:00")):
        booked(desk, patient=patient, at=time)
    readers = subscribe_all(desk)
    before = {audience: reader.truth() for audience, reader in readers.items()}
    with desk.store.begin(desk.clinic_id) as uow:  # a row that is written again is another row, at the end
        for one in reversed(uow.appointments.between(NOW, NOW + timedelta(days=60))):
            uow.appointments.save(one)
            rows = uow.occupancy.of_appointments([one.id])[one.id]
            uow.occupancy.release(one.id)
            uow.occupancy.put(rows[::-1], appointment_id=one.id)
    assert {audience: reader.truth() for audience, reader in readers.items()} == before
    assert {audience: reader.page().body for audience, reader in readers.items()} == before


def test_processes_with_other_hash_seeds_write_the_same_bytes(sqlite_store):
    desk = open_desk(sqlite_store)
    for patient, time in (("Ada Lovelace", "10:00"), ("Ben", "13:00")):
        booked(desk, patient=patient, at=time)
    set_address(desk)
    readers = subscribe_all(desk).values()
    url = desk.store.engine.url.render_as_string(hide_password=False)
    words = [sys.executable, "-c", PROCESS, url, desk.clock.now.isoformat(), *(reader.token for reader in readers)]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    others = [
        subprocess.Popen(words, env=env | {"PYTHONHASHSEED": seed}, stdout=subprocess.PIPE, text=True)
        for seed in ("1", "2")
    ]
    expected = "\n".join(reader.page().tag + reader.page().zipped_tag for reader in readers)
    assert [other.communicate(timeout=60)[0].strip() for other in others] == [expected] * 2
