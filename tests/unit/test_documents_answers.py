"""Plans as answers and as tables: every time with its zone, every cost by itself, nothing wider than the window."""

import io
import json
import tomllib
from dataclasses import replace
from datetime import datetime
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from planner.documents.answers import PlanAnswer, plan_document, zone_of
from planner.documents.tables import print_plan
from planner.documents.whatif import read_whatif
from planner.domain.occupancy import Occupancy
from planner.domain.plan import CostCode, CostItem, Plan, PlanRequest
from planner.domain.planning import plan

EXAMPLE = (files("planner") / "documents" / "example.toml").read_text(encoding="utf-8")
ASSISTED: dict[str, Any] = {
    "protocol": "kap",
    "clinic": {
        "name": "Elm House",
        "zone": "Australia/Lord_Howe",
        "hours": {day: ["09:00-18:00"] for day in ("Mon", "Tue", "Wed", "Thu", "Fri")},
        "resources": [
            {"name": "Garden room", "kind": "room"},
            {"name": "[red]Imani[/red] Cole", "kind": "therapist"},
            {"name": "Dr Brandt", "kind": "prescriber"},
        ],
    },
    "request": {"start": "2027-03-01", "time": "10:00"},
}


def _planned(document: dict[str, Any]) -> tuple[Plan, PlanRequest]:
    found = read_whatif(json.dumps(document), ".json")
    return plan(found.request, Occupancy(found.request.clinic, found.busy)), found.request


def _example() -> tuple[Plan, PlanRequest]:
    return _planned(tomllib.loads(EXAMPLE))


def _answer() -> PlanAnswer:
    return plan_document(*_example())


def _printed(planned: tuple[Plan, PlanRequest], width: int = 100, **extra: Any) -> str:
    out = io.StringIO()
    print_plan(Console(file=out, width=width), *planned, **extra)
    return out.getvalue()


def test_an_answer_can_be_written_as_json():
    answer = _answer()
    assert json.loads(json.dumps(answer)) == answer


def test_a_session_says_its_local_time_with_zone_and_its_instant():
    sixth = _answer()["sessions"][5]
    assert (sixth["date"], sixth["weekday"], sixth["time"], sixth["zone"]) == ("2027-03-19", "Fri", "10:00", "EDT")
    assert (sixth["start"], sixth["start_utc"]) == ("2027-03-19T10:00:00-04:00", "2027-03-19T14:00:00Z")


def test_the_patient_is_asked_to_come_before_the_seat():
    assert _answer()["sessions"][0]["arrive"] == "2027-03-02T09:45:00-05:00"


def test_the_place_is_named_apart_from_the_staff():
    third = _answer()["sessions"][2]
    assert third["place"] == "Chair 2"
    assert {one["kind"] for one in third["staff"]} == {"nurse"}


def test_a_start_holds_no_units():
    starts = [one for one in _answer()["sessions"][0]["staff"] if one["mode"] == "start"]
    assert [one["units"] for one in starts] == [0]


def test_a_cost_names_the_day_that_was_wished_for():
    assert _answer()["sessions"][5]["costs"] == [
        {"code": "off-pattern", "points": 4.0, "facts": {"pattern_day": "2027-03-18", "off_days": 1}}
    ]


def test_the_costs_of_the_sessions_add_up_to_the_plans():
    answer = _answer()
    assert sum(session["points"] for session in answer["sessions"]) == pytest.approx(answer["points"])


def test_a_weekday_in_a_cost_is_named():
    found, request = _example()
    off = CostItem(CostCode.OFF_WEEKDAY, 720, {"weekday": 4})
    changed = replace(found, placed=(replace(found.placed[0], costs=(off,)),))
    assert plan_document(changed, request)["sessions"][0]["costs"][0]["facts"] == {"weekday": "Fri"}


def test_the_review_is_owed_after_the_last_session_of_its_phase():
    assert _answer()["reviews"] == [
        {
            "after_session": 8,
            "phase": "induction",
            "title": "Evaluate the benefit before the course goes on",
            "due": "2027-04-01",
        }
    ]


def test_no_review_is_owed_where_the_plan_breaks_off_before_it():
    found, request = _example()
    assert plan_document(replace(found, placed=found.placed[:7]), request)["reviews"] == []


def test_the_reasons_stand_with_their_session():
    answer = plan_document(*_example(), reasons={6: ["Fri instead of Thu: closed on 18 March"]})
    assert [session["reasons"] for session in answer["sessions"][4:6]] == [[], ["Fri instead of Thu: closed on 18 March"]]


def test_an_integration_stands_with_its_dose():
    first_dose = plan_document(*_planned(ASSISTED))["sessions"][2]
    assert first_dose["linked"] is not None
    assert first_dose["linked"]["title"] == "Integration with the therapist"


def test_a_zone_without_letters_is_written_as_its_offset():
    assert zone_of(datetime(2027, 6, 1, tzinfo=ZoneInfo("Australia/Lord_Howe"))) == "UTC+10:30"


def test_a_zone_with_letters_keeps_them():
    assert zone_of(datetime(2027, 6, 1, tzinfo=ZoneInfo("America/New_York"))) == "EDT"


@pytest.mark.parametrize("width", [72, 80, 100, 160])
@pytest.mark.parametrize("document", [tomllib.loads(EXAMPLE), ASSISTED], ids=["esketamine", "assisted"])
def test_no_line_is_wider_than_the_window(document: dict[str, Any], width: int):
    assert max(len(line) for line in _printed(_planned(document), width).splitlines()) <= width


def test_a_table_on_no_terminal_holds_no_escapes():
    assert "\x1b" not in _printed(_example())


def test_each_phase_has_its_heading_with_its_spacing():
    lines = _printed(_example()).splitlines()
    assert "Taper (5 to 9 days apart)" in lines


def test_a_row_holds_the_session_from_number_to_points():
    row = next(line for line in _printed(_example()).splitlines() if line.startswith("  6  "))
    assert row.split()[:8] == ["6", "2027-03-19", "Fri", "10:00", "EDT", "Chair", "1", "Nurse"]


def test_without_reasons_a_row_says_what_its_cost_is_for():
    assert "not on a pattern day" in _printed(_example())


def test_a_reason_takes_the_place_of_the_costs_words():
    printed = _printed(_example(), 160, reasons={6: ["Fri instead of Thu: closed on 18 March"]})
    row = next(line for line in printed.splitlines() if line.startswith("  6  "))
    assert row.rstrip().endswith("4  Fri instead of Thu: closed on 18 March")


def test_a_name_is_never_read_as_markup():
    assert "[red]Imani[/red] Cole" in _printed(_planned(ASSISTED), 160)


def test_the_decision_owed_stands_between_the_phases():
    assert "Decision after session 8: Evaluate the benefit" in _printed(_example())


def test_an_incomplete_plan_says_how_much_is_placed():
    found, request = _example()
    assert "3 of 20 sessions placed" in _printed((replace(found, placed=found.placed[:3]), request))


def test_a_plan_without_any_session_prints_no_table():
    found, request = _example()
    assert "Date" not in _printed((replace(found, placed=()), request))


def test_the_cost_is_listed_item_by_item_with_the_sessions_that_have_it():
    lines = [line.strip() for line in _printed(_example(), 120).splitlines()]
    assert "4  not on a pattern day: session 6" in lines


def test_a_broken_promise_is_priced():
    found, request = _example()
    told = CostItem(CostCode.TOLD, 4800, {"start": "2027-03-04T15:00:00+00:00"})
    assert "20  the patient was told otherwise" in _printed((replace(found, changes=(told,)), request))
