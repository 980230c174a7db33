"""Text on its way into a calendar: what would disturb a reader is refused where it is entered, by its field's name."""

import pytest

from builders import uid
from desks import open_desk
from planner.domain.errors import InvalidValue
from planner.domain.subscribing import Wanted
from planner.feeds.ical import clean
from planner.services import feeds, patients, resources
from planner.services.clinics import NewPatient
from planner.services.letterhead import change_letterhead, letterhead

DISTURBING = {
    "NUL": "\x00", "tab": "\t", "line feed": "\n", "vertical tab": "\x0b", "carriage return": "\r", "escape": "\x1b",
    "delete": "\x7f", "next line": "\x85", "line separator": "\u2028", "paragraph separator": "\u2029",
    "right to left": "\u202e", "isolate": "\u2066", "arabic mark": "\u061c", "byte order": "\ufeff", "half": "\ud800",
}  # fmt: skip
HEADED = {"public_name": "Harbor", "sender": "desk@clinic.example", "phone": "555-0100", "address": "12 Harbor Street"}


def put_label(desk, text):
    feeds.create(desk.scheduler, Wanted(text), patient_id=desk.patient())


def put_wording(desk, text):
    feeds.create(desk.scheduler, Wanted("phone", wording=text), patient_id=desk.patient())


def put_public_name(desk, text):
    change_letterhead(desk.admin, **HEADED | {"public_name": text}, version=None)


def put_new_resource(desk, text):
    resources.add_resource(desk.admin, name=text, kind="chair", capacity=1)


def put_resource(desk, text):
    resources.change_resource(desk.admin, resource_id=uid("chair 1"), name=text, capacity=1)


def put_patient(desk, text):
    patients.register(desk.scheduler, NewPatient(text))


PLACES = {
    "label": put_label, "wording": put_wording, "public_name": put_public_name, "new resource": put_new_resource,
    "resource": put_resource, "patient": put_patient,
}  # fmt: skip


@pytest.mark.parametrize("put", PLACES.values(), ids=PLACES)
def test_what_disturbs_a_reader_is_refused_by_its_field(sqlite_store, put):
    desk = open_desk(sqlite_store)
    for name, odd in DISTURBING.items():
        with pytest.raises(InvalidValue) as refused:
            put(desk, f"A{odd}B")
        assert refused.value.path in {"label", "wording", "public_name", "name"}, name


def address_after(desk, text):
    """The address that is stored for a text; where it is refused, the field."""
    found = letterhead(desk.admin)
    try:
        return change_letterhead(desk.admin, **HEADED | {"address": text}, version=found and found.version).address
    except InvalidValue as refused:
        return f"refused: {refused.path}"


@pytest.mark.parametrize("odd", DISTURBING.values(), ids=DISTURBING)
def test_an_address_is_one_line_without_what_disturbs(sqlite_store, odd):
    assert address_after(open_desk(sqlite_store), f"A{odd}B") in {"A B", "refused: address"}


@pytest.mark.parametrize("odd", DISTURBING.values(), ids=DISTURBING)
def test_what_got_past_all_of_it_is_dropped_when_it_is_written(odd):
    assert clean(f"A{odd}B") in {"AB", "A\nB"}
