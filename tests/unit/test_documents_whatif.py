"""What-if files: the example answers its question, and each wrong field is refused by its path."""

import json
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from importlib.resources import files
from typing import Any
from uuid import UUID

import pytest

from planner.documents.edge import InvalidDocument
from planner.documents.whatif import PATIENT_ID, WhatIf, read_whatif
from planner.domain.course import Away, Gate, Given, Neighbour
from planner.domain.occupancy import Occupancy
from planner.domain.planning import plan
from planner.domain.span import minute_of

Edit = Callable[[dict[str, Any]], object]
EXAMPLE = (files("planner") / "documents" / "example.toml").read_text(encoding="utf-8")


def _read(edit: Edit = lambda _: None) -> WhatIf:
    document = tomllib.loads(EXAMPLE)
    edit(document)
    return read_whatif(json.dumps(document), ".json")


def _refusal(edit: Edit) -> str:
    with pytest.raises(InvalidDocument) as refused:
        _read(edit)
    return str(refused.value)


def _set(*path: Any, to: Any) -> Edit:
    def edit(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = to

    return edit


def _utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def _resource(found: WhatIf, name: str) -> UUID:
    return next(resource.id for resource in found.request.clinic.resources if resource.name == name)


def test_the_example_is_planned_as_a_scheduler_would_by_hand():
    found = read_whatif(EXAMPLE, ".toml")
    best = plan(found.request, Occupancy(found.request.clinic, found.busy))
    zone = found.request.clinic.zone
    days = [placed.start.astimezone(zone).strftime("%m-%d") for placed in best.placed]
    assert days == [
        "03-02", "03-04", "03-09", "03-11", "03-16", "03-19", "03-23", "03-25", "03-30", "04-06", "04-13", "04-20",
        "05-04", "05-18", "06-01", "06-15", "06-29", "07-13", "07-27", "08-10",
    ]  # fmt: skip


def test_the_same_file_as_json_says_the_same():
    assert _read() == read_whatif(EXAMPLE, ".toml")


def test_a_whole_file_in_tomls_own_dates_and_times_says_the_same():
    own = EXAMPLE.replace('"2027-03-18"', "2027-03-18").replace('"10:00"', "10:00:00")
    own = own.replace('"2027-04-07T12:00"', "2027-04-07T12:00:00").replace('"2027-04-07T17:00"', "2027-04-07 17:00:00")
    assert read_whatif(own, ".toml") == read_whatif(EXAMPLE, ".toml")


def test_a_whole_day_closed_runs_from_local_midnight_to_the_next():
    closure = _read().request.clinic.closures[0]
    assert (closure.span.start, closure.span.end) == (_utc(2027, 3, 18, 4), _utc(2027, 3, 19, 4))


def test_days_closed_include_the_last_one():
    found = _read(_set("clinic", "closures", to=[{"start": "2027-03-13", "end": "2027-03-14"}]))
    assert found.request.clinic.closures[0].span.end == _utc(2027, 3, 15, 4)


def test_hours_in_the_long_form_say_the_same_as_in_the_short_one():
    long = [{"weekday": "Tue", "start": "09:00", "end": "17:00"}]
    found = (_read(_set("clinic", "hours", to=hours)).request.clinic.hours for hours in (long, {"Tue": ["09:00-17:00"]}))
    assert next(found) == next(found)


def test_public_holidays_are_closed_but_for_those_the_clinic_works_on():
    days = {holiday.day for holiday in _read().request.clinic.holidays}
    assert date(2027, 5, 31) in days
    assert date(2027, 11, 2) not in days


def test_a_session_pinned_is_read_in_the_clinics_zone():
    found = _read(_set("request", "pinned", to={"6": "2027-03-19T10:00"}))
    assert found.request.pinned == {6: _utc(2027, 3, 19, 14)}


def test_the_earliest_start_is_read_in_the_clinics_zone():
    found = _read(_set("request", "not_before", to="2027-03-02T11:00"))
    assert found.request.not_before == _utc(2027, 3, 2, 16)


def test_of_a_wall_time_that_comes_twice_the_first_is_meant():
    found = _read(_set("request", "pinned", to={"6": "2027-11-07T01:30"}))
    assert found.request.pinned == {6: _utc(2027, 11, 7, 5, 30)}


def test_the_wish_is_read_whole():
    wish = _read(_set("request", "clinician", to="Dr Cole")).request.preferences
    assert (wish.start, wish.weekdays, wish.at) == (date(2027, 3, 2), (1, 3), time(10))
    assert wish.away == (Away(date(2027, 6, 7), date(2027, 6, 11)),)
    assert wish.clinician_id == _resource(_read(), "Dr Cole")


def test_what_was_given_elsewhere_is_read():
    found = _read(_set("given", to=[{"phase": "induction", "day": "2027-02-25", "elsewhere": True}]))
    assert found.request.given == (Given("induction", date(2027, 2, 25), elsewhere=True),)


def test_a_standing_appointment_keeps_its_id():
    uid = "7f6f2f0e-5b0f-4b53-9a53-0f4c8b6d1f00"
    found = _read(_set("standing", to=[{"phase": "induction", "start": "2027-03-04T10:00", "id": uid}]))
    assert [(one.appointment_id, one.start) for one in found.request.standing] == [(UUID(uid), _utc(2027, 3, 4, 15))]


def test_a_neighbouring_course_is_read():
    found = _read(_set("neighbours", to=[{"day": "2027-03-08", "min_days": 2}]))
    assert found.request.neighbours == (Neighbour(date(2027, 3, 8), 2),)


def test_gates_are_not_checked_where_the_file_names_none():
    assert _read().request.gates == ()


def test_a_gate_left_out_of_the_list_is_not_met():
    found = _read(_set("gates", to=[{"name": "site-certification", "until": "2027-06-30"}]))
    assert found.request.gates == (
        Gate("site-certification", until=date(2027, 6, 30)),
        Gate("contraindication-screen", met=False),
    )


def test_an_inline_protocol_says_the_same_as_its_name():
    shipped = tomllib.loads((files("planner") / "protocols" / "spravato-trd.toml").read_text(encoding="utf-8"))
    assert _read(_set("protocol", to=shipped)) == _read()


def test_a_booking_of_four_units_takes_four_seats():
    found = _read()
    nurse = _resource(found, "Nurse Okafor")
    start = minute_of(_utc(2027, 3, 11, 15))
    assert {row.seat for row in found.busy if row.subject_id == nurse and row.start == start} == {1, 2, 3, 4}


def test_bookings_that_overlap_take_different_seats():
    first = {"resource": "Nurse Okafor", "start": "2027-03-09T09:00", "end": "2027-03-09T10:00"}
    found = _read(_set("bookings", to=[first, {**first, "start": "2027-03-09T09:30", "end": "2027-03-09T11:00"}]))
    assert [row.seat for row in found.busy] == [1, 2]


def test_a_seat_is_used_again_once_it_is_free():
    first = {"resource": "Chair 1", "start": "2027-03-09T09:00", "end": "2027-03-09T10:00"}
    found = _read(_set("bookings", to=[{**first, "start": "2027-03-09T10:00", "end": "2027-03-09T11:00"}, first]))
    assert [row.seat for row in found.busy] == [1, 1]


def test_a_dose_start_takes_the_seat_for_starts():
    found = _read()
    lindqvist = _resource(found, "Nurse Lindqvist")
    assert [row.seat for row in found.busy if row.subject_id == lindqvist] == [0]


def test_what_the_patient_does_otherwise_is_taken_from_the_patient():
    rows = [row for row in _read().busy if row.subject_id == PATIENT_ID]
    assert [(row.seat, row.end - row.start) for row in rows] == [(1, 120)]


def test_all_problems_are_told_at_once():
    def spoil(document: dict[str, Any]) -> None:
        document["clinic"]["zone"] = "Mars/Olympus"
        document["request"]["start"] = 0
        document["bookings"][1]["end"] = "2027-03-11T09:00"
        document["protocol"] = "spravato"

    paths = {line.split(":")[0] for line in _refusal(spoil).splitlines()}
    assert paths == {"clinic.zone", "request.start", "bookings.1.end", "protocol"}


def test_several_wall_times_that_the_clocks_skip_are_told_at_once():
    skipped = {"start": "2027-03-14T02:30", "end": "2027-03-14T12:00"}
    refusal = _refusal(_set("clinic", "closures", to=[skipped, skipped]))
    assert refusal.count("is skipped in America/New_York") == 2


_HOURS = ("clinic", "hours")
_CHAIR = ("clinic", "resources", 0)
_LONG = {"weekday": "Tue", "start": "09:00", "end": "17:00"}
_SKIPPED = "2027-03-14T02:30"


@pytest.mark.parametrize(
    ("edit", "refusal"),
    [
        pytest.param(lambda d: d.pop("clinic"), "clinic: is missing", id="no clinic"),
        pytest.param(_set("clinic", to=[]), "clinic: must be a table", id="a list for a clinic"),
        pytest.param(_set("colour", to=1), "colour: is not a known field", id="an unknown section"),
        pytest.param(_set(*_CHAIR, "wheels", to=4), "clinic.resources.0.wheels: is not", id="an unknown field"),
        pytest.param(_set("clinic", "zone", to="EST5"), "clinic.zone: 'EST5' is no time zone", id="an unknown zone"),
        pytest.param(_set("clinic", "zone", to="../etc"), "clinic.zone: '../etc' is no", id="a path for a zone"),
        pytest.param(_set("clinic", "name", to="a\u2066b"), "clinic.name: holds the hidden", id="a bidi character"),
        pytest.param(_set("clinic", "name", to="a\nb"), "clinic.name: holds the hidden", id="a newline in a name"),
        pytest.param(_set("clinic", "name", to="\ud800"), "clinic.name: ", id="half a character"),
        pytest.param(_set("clinic", "name", to="a" * 201), "clinic.name: String should have", id="a long name"),
        pytest.param(_set("clinic", "name", to=5), "clinic.name: must be text", id="a number for a name"),
        pytest.param(_set("clinic", "grid_minutes", to=7), "clinic.grid_minutes: must be 5", id="a grid of 7 minutes"),
        pytest.param(_set("clinic", "grid_minutes", to="15"), "clinic.grid_minutes: must be a whole", id="15 as text"),
        pytest.param(_set("clinic", "costs", to={"told": -1}), "clinic.costs.told: must be between", id="a negative cost"),
        pytest.param(_set(*_HOURS, to={"Tue": ["9-17"]}), "clinic.hours.Tue.0: must be an opening", id="short times"),
        pytest.param(_set(*_HOURS, to={"Tue": ["25:00-26:00"]}), "clinic.hours.Tue.0: must be a time", id="25 o'clock"),
        pytest.param(_set(*_HOURS, to={"Tue": ["17:00-09:00"]}), "clinic.hours.Tue.0: 09:00 must", id="hours reversed"),
        pytest.param(_set(*_HOURS, to={"Tue": "09:00-17:00"}), "clinic.hours.Tue: must be a list", id="hours, no list"),
        pytest.param(_set(*_HOURS, to={"Die": []}), "clinic.hours.Die: must be one of Mon", id="an unknown weekday"),
        pytest.param(
            _set(*_HOURS, to={"Tue": ["09:00-12:00", "11:00-17:00"]}),
            "clinic.hours.1: overlaps another opening on Tue",
            id="overlapping hours",
        ),
        pytest.param(
            _set(*_HOURS, to=[{**_LONG, "end": "08:00"}]), "clinic.hours.0.end: 08:00 must be after", id="long reversed"
        ),
        pytest.param(_set(*_HOURS, to=[{**_LONG, "start": 9}]), "clinic.hours.0.start: must be a time", id="9 as a time"),
        pytest.param(_set("clinic", "closures", 0, "start", to=0), "clinic.closures.0.start: must be a day", id="day 0"),
        pytest.param(_set("clinic", "closures", 0, "start", to="0"), "closures.0.start: must be a day", id="day '0'"),
        pytest.param(
            _set("clinic", "closures", 0, "end", to="2027-03-17"), "clinic.closures.0.end: must be after", id="ends first"
        ),
        pytest.param(
            _set("clinic", "closures", 0, "end", to="2027-03-18T12:00"),
            "clinic.closures.0.end: must be a day or a wall time, as start is",
            id="a day to a wall time",
        ),
        pytest.param(lambda d: d["clinic"]["closures"][1].pop("end"), "clinic.closures.1.end: is missing", id="no end"),
        pytest.param(
            _set("clinic", "closures", 1, "start", to="2027-04-07T12:00-04:00"),
            "clinic.closures.1.start: must be a time on the clinic's wall",
            id="an offset",
        ),
        pytest.param(_set("clinic", "holidays", "country", to="XX"), "clinic.holidays.country: 'XX'", id="no country"),
        pytest.param(
            _set("clinic", "holidays", "subdivision", to="ZZ"), "clinic.holidays.subdivision: 'ZZ'", id="no such state"
        ),
        pytest.param(
            _set("clinic", "holidays", "open_on", to=["Nap Day"]), "clinic.holidays.open_on.0: 'Nap Day'", id="Nap Day"
        ),
        pytest.param(_set(*_CHAIR, "capacity", to=0), "clinic.resources.0.capacity: must be between", id="no capacity"),
        pytest.param(_set(*_CHAIR, "capacity", to=True), "clinic.resources.0.capacity: must be a", id="true for 1"),
        pytest.param(_set(*_CHAIR, "kind", to="Chair!"), "clinic.resources.0.kind: must be lower", id="an odd kind"),
        pytest.param(_set(*_CHAIR, "name", to="Chair 2"), "clinic.resources.0.name: another resource", id="a double name"),
        pytest.param(
            _set(*_CHAIR, "absences", to=[{"start": _SKIPPED, "end": "2027-03-14T09:00"}]),
            "clinic.resources.0.absences.0.start: 2027-03-14 02:30 is skipped",
            id="an absence from a skipped time",
        ),
        pytest.param(_set("protocol", to="spravato"), "protocol: no protocol of this name", id="an unknown protocol"),
        pytest.param(_set("protocol", to=4), "protocol: must be a table", id="a number for a protocol"),
        pytest.param(_set("protocol", to={}), "protocol.phases: is missing", id="a protocol without phases"),
        pytest.param(_set("request", "start", to=0), "request.start: must be a day", id="the number 0 as a day"),
        pytest.param(_set("request", "start", to=1804000000), "request.start: must be a day", id="seconds as a day"),
        pytest.param(_set("request", "start", to="1900-01-01"), "request.start: 1900-01-01 is not between", id="1900"),
        pytest.param(_set("request", "start", to="9999-12-31"), "request.start: 9999-12-31 is not between", id="9999"),
        pytest.param(_set("request", "start", to="2027-02-29"), "request.start: must be a day", id="29 February 2027"),
        pytest.param(_set("request", "start", to="2027-03-02T10:00"), "request.start: must be a day", id="a time"),
        pytest.param(_set("request", "time", to="10:00:30"), "request.time: must be a time of day", id="seconds"),
        pytest.param(_set("request", "weekdays", to=["Tue", "Tue"]), "request.weekdays: must be diff", id="Tue twice"),
        pytest.param(
            _set("request", "phase_weekdays", to={"tapper": ["Tue"]}), "request.phase_weekdays.tapper: the", id="a tapper"
        ),
        pytest.param(
            _set("request", "clinician", to="Dr Who"), "request.clinician: the clinic has no resource", id="Dr Who"
        ),
        pytest.param(_set("request", "horizon", to="2027-03-01"), "request.horizon: must not be", id="horizon first"),
        pytest.param(_set("request", "horizon", to="2190-01-01"), "request.horizon: must lie", id="a far horizon"),
        pytest.param(
            _set("request", "away", 0, "last_day", to="2027-06-01"), "request.away.0.last_day: must not", id="away back"
        ),
        pytest.param(
            _set("request", "pinned", to={"six": "2027-03-19T10:00"}), "request.pinned.six: must be a", id="session six"
        ),
        pytest.param(
            _set("request", "pinned", to={"0": "2027-03-19T10:00"}), "request.pinned.0: must be a", id="session zero"
        ),
        pytest.param(_set("request", "pinned", to={"6": _SKIPPED}), "request.pinned.6: 2027-03-14 02", id="pinned skipped"),
        pytest.param(
            _set("request", "not_before", to=_SKIPPED), "request.not_before: 2027-03-14 02", id="not before a skipped time"
        ),
        pytest.param(
            _set("request", "relaxation", to={"min_days": -1}), "request.relaxation.min_days: Input", id="less than none"
        ),
        pytest.param(
            _set("bookings", 0, "end", to="2027-03-09T09:30"), "bookings.0.end: must be after", id="an empty booking"
        ),
        pytest.param(_set("bookings", 0, "patient", to=True), "bookings.0.resource: name one", id="two subjects"),
        pytest.param(_set("bookings", 0, "resources", to=[]), "bookings.0.resources: List should", id="no resources"),
        pytest.param(
            _set("bookings", 0, "resources", 1, to="Nurse Who"), "bookings.0.resources.1: the clinic has no", id="Nurse Who"
        ),
        pytest.param(_set("bookings", 0, "start", to=_SKIPPED), "bookings.0.end: must be", id="a span reversed"),
        pytest.param(_set("bookings", 2, "units", to=2), "bookings.2.units: a starter's seat", id="units of a start"),
        pytest.param(_set("bookings", 1, "units", to=5), "bookings.1.resource: Nurse Okafor is booked", id="five of four"),
        pytest.param(
            lambda d: d["bookings"].append(d["bookings"][0]), "bookings.4.resources.0: Chair 1 is booked", id="a chair twice"
        ),
        pytest.param(
            lambda d: d["bookings"].append(d["bookings"][2]), "booked beyond its one start", id="two starts at once"
        ),
        pytest.param(
            _set("given", to=[{"phase": "nap", "day": "2027-02-25"}]), "given.0.phase: the protocol has no", id="no phase"
        ),
        pytest.param(
            _set("given", to=[{"phase": "induction", "day": "2027-03-25"}]), "request.start: must not be", id="given later"
        ),
        pytest.param(
            _set("standing", to=[{"phase": "induction", "start": _SKIPPED}]),
            "standing.0.start: 2027-03-14 02:30 is skipped",
            id="standing at a skipped time",
        ),
        pytest.param(
            _set("standing", to=[{"phase": "induction", "start": "2027-03-04T10:00", "id": "7"}]),
            "standing.0.id: must be an appointment's id",
            id="an odd id",
        ),
        pytest.param(
            _set("neighbours", to=[{"day": "2027-03-08", "min_days": 0}]), "neighbours.0.min_days: must be", id="no days"
        ),
        pytest.param(_set("gates", to=[{"name": "mood"}]), "gates.0.name: must be one of the protocol's", id="no such gate"),
    ],
)
def test_it_refuses(edit: Edit, refusal: str):
    assert refusal in _refusal(edit)


@pytest.mark.parametrize(
    ("text", "suffix", "refusal"),
    [
        pytest.param("[clinic", ".toml", "this is no TOML", id="broken TOML"),
        pytest.param("{", ".json", "this is no JSON", id="broken JSON"),
        pytest.param("[]", ".json", "the file must hold one table", id="a list"),
        pytest.param('{"a": NaN}', ".json", "NaN is no number", id="NaN"),
        pytest.param('{"gates": 1, "gates": 2}', ".json", "gates: stands twice", id="a field twice"),
        pytest.param("[" * 100_000, ".json", "nested too deeply", id="a very deep file"),
        pytest.param(" " * 4_000_001, ".toml", "longer than", id="a very long file"),
        pytest.param("", ".yaml", "neither .toml nor .json", id="another kind of file"),
    ],
)
def test_text_is_refused_that_is(text: str, suffix: str, refusal: str):
    with pytest.raises(InvalidDocument, match=refusal):
        read_whatif(text, suffix)


def test_every_field_of_the_example_is_explained():
    page = (files("planner") / "documents" / "WHATIF.md").read_text(encoding="utf-8")
    document = tomllib.loads(EXAMPLE)
    fields = {
        *document,
        *document["clinic"],
        *document["request"],
        *document["clinic"]["resources"][0],
        *document["bookings"][0],
    }
    assert [field for field in sorted(fields) if field not in page] == []
