"""Six readers that share no code see the same events in every calendar that goes out."""

import shutil
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from conftest import settings_for
from planner.domain.neutral import forbidden_in
from planner.storage.engine import open_engine
from planner.storage.unit_of_work import Store
from readers.clinic import Clinic
from readers.documents import ZONES, changes, many, nights, odd_titles
from readers.reading import READERS, misread, opened

CALENDAR = {"VERSION", "PRODID", "CALSCALE", "NAME", "X-WR-CALNAME", "COLOR", "REFRESH-INTERVAL", "X-PUBLISHED-TTL"}
EVENT = {
    "UID", "DTSTAMP", "LAST-MODIFIED", "CREATED", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "STATUS", "TRANSP", "CLASS",
}  # fmt: skip
ALONE, INVITED = {"VERSION", "PRODID", "CALSCALE"}, EVENT | {"ORGANIZER", "ATTENDEE"}
WRITTEN = {
    "place and alarm": (CALENDAR, EVENT | {"LOCATION"}), "carer": (CALENDAR, EVENT | {"LOCATION"}),
    "one appointment": (ALONE, EVENT), "invitation": (ALONE | {"METHOD"}, INVITED),
    "withdrawal": (ALONE | {"METHOD"}, INVITED | {"COMMENT"}),
}  # fmt: skip
NAMES = (
    "patient", "Spanish", "place and alarm", "carer", "clinician", "room", "empty", "switched off", "plan",
    "one appointment", "invitation", "withdrawal", "odd titles", "many", "nights",
)  # fmt: skip


@pytest.fixture(scope="module")
def documents(migrated_sqlite, tmp_path_factory):
    """Every kind of calendar by a name of its own."""
    path = tmp_path_factory.mktemp("calendars") / "planner.db"
    shutil.copy(migrated_sqlite, path)
    store = Store(open_engine(settings_for(f"sqlite:///{path}")))
    found = dict(Clinic(store).documents())
    store.close()
    return found | {"odd titles": odd_titles(), "many": many(), "nights": nights()}


@pytest.fixture(scope="module", params=READERS)
def reader(request):
    return request.param


@pytest.fixture(scope="module")
def found(reader, documents):
    """What one reader finds in each."""
    with opened(reader) as read:
        return {name: read(one.written) for name, one in documents.items()}


def without_what_is_misread(reader, seen, meant):
    """Take the title as meant where this reader is known to misread it."""
    titles = {one.uid: one.title for one in meant if misread(reader, one.title)}
    return [replace(one, title=titles.get(one.uid, one.title), names=()) for one in seen]


def test_the_documents_are_those_that_are_looked_at(documents):
    assert tuple(documents) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_reader_sees_the_events_that_are_meant(reader, found, documents, name):
    meant = documents[name].meant
    assert without_what_is_misread(reader, found[name].events, meant) == list(meant)


@pytest.mark.parametrize("name", NAMES)
def test_every_reader_sees_the_name_that_is_meant(found, documents, name):
    assert found[name].name == documents[name].name


@pytest.mark.parametrize("name", NAMES)
def test_every_reader_sees_the_properties_that_were_written_and_no_other(found, name):
    of_calendar, of_events = WRITTEN.get(name, (CALENDAR, EVENT))
    assert set(found[name].names or of_calendar) == of_calendar
    assert all(set(event.names) == of_events for event in found[name].events)


@pytest.mark.parametrize("name", NAMES)
def test_no_calendar_says_what_for_or_who(documents, name):
    whole = documents[name].written.decode().replace("\r\n ", "")
    assert forbidden_in(whole) == []
    assert "Lovelace" not in whole


def test_each_zone_has_two_nights_on_which_its_clocks_change():
    assert [len(changes(ZoneInfo(zone))) for zone in ZONES] == [2, 2, 2, 2]
