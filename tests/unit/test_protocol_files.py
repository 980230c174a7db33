"""Protocol files: what is shipped can be read, and what is wrong is refused by its path."""

import tomllib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import tomli_w

from planner.documents.edge import InvalidDocument
from planner.documents.protocols import read_protocol, shipped, write_protocol
from planner.domain.protocol import PhaseKind, Rhythm, SpacingRule
from planner.domain.visit import Mode

Edit = Callable[[dict[str, Any]], object]


def _document() -> dict[str, Any]:
    return tomllib.loads(write_protocol(shipped()["spravato-trd"]))


def _refusal(edit: Edit) -> str:
    document = _document()
    edit(document)
    with pytest.raises(InvalidDocument) as refused:
        read_protocol(tomli_w.dumps(document))
    return str(refused.value)


def _set(*path: Any, to: Any) -> Edit:
    def edit(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = to

    return edit


def test_seven_courses_and_the_visits_without_one_are_shipped():
    assert set(shipped()) == {
        "spravato-trd", "spravato-mdsi", "iv-twice-weekly", "iv-three-weekly", "im", "lozenge", "kap",
        "consultations",
    }  # fmt: skip


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_protocol_reads_back_as_it_was_written(name: str):
    protocol = shipped()[name]
    assert read_protocol(write_protocol(protocol)) == protocol


def test_a_consultation_gives_no_dose_and_asks_for_a_prescriber_alone():
    visits = shipped()["consultations"].visits
    assert set(visits) == {"evaluation", "follow-up"}
    for visit in visits.values():
        assert (visit.dosing, visit.place, {need.kind for need in visit.requirements}) == (False, None, {"prescriber"})


@pytest.mark.parametrize("name", sorted(set(shipped()) - {"consultations"}))
def test_each_shipped_dosing_visit_holds_a_place_to_the_end_of_turnover(name: str):
    dosing = [visit for visit in shipped()[name].visits.values() if visit.dosing]
    assert dosing
    assert all(visit.place and visit.held_minutes == visit.minutes + 10 for visit in dosing)


def test_an_84_mg_visit_holds_its_chair_for_165_minutes_and_a_56_mg_visit_for_160():
    visits = shipped()["spravato-trd"].visits
    assert (visits["spravato-84"].held_minutes, visits["spravato-56"].held_minutes) == (165, 160)


def test_the_esketamine_course_starts_with_56_mg_and_goes_on_with_84():
    induction = shipped()["spravato-trd"].phases[0]
    assert [induction.visit_of(index) for index in range(3)] == ["spravato-56", "spravato-84", "spravato-84"]


def test_esketamine_forbids_driving_until_after_sleep_and_names_no_hours():
    assert shipped()["spravato-trd"].driving.elapsed_hours is None
    assert shipped()["spravato-mdsi"].driving.elapsed_hours is None


def test_the_first_booster_is_aimed_at_28_days():
    boosters = shipped()["iv-three-weekly"].phases[-1]
    assert (boosters.sessions, boosters.spacing) == (None, SpacingRule(21, 28, 35))


def test_three_infusions_a_week_fall_on_monday_wednesday_and_friday():
    induction = shipped()["iv-three-weekly"].phases[0]
    assert (induction.rhythm, induction.weekdays, induction.per_week) == (Rhythm.PATTERN, (0, 2, 4), 3)


def test_only_infusions_need_a_pump():
    def needs_a_pump(name: str) -> bool:
        visits = shipped()[name].visits.values()
        return any(requirement.kind == "pump" for visit in visits for requirement in visit.requirements)

    assert {name for name in shipped() if needs_a_pump(name)} == {"iv-twice-weekly", "iv-three-weekly"}


def test_the_same_therapist_stays_from_vitals_to_discharge():
    dosing = shipped()["kap"].visits["dosing"]
    therapist = [one for one in dosing.requirements if one.kind == "therapist"]
    assert [(one.mode, one.offset, one.minutes) for one in therapist] == [(Mode.HOLD, 0, dosing.minutes)]


def test_assisted_psychotherapy_prepares_first_and_integrates_a_day_to_three_after_each_dose():
    kap = shipped()["kap"]
    assert kap.phases[0].kind is PhaseKind.PREPARATION
    assert kap.phases[1].link is not None
    assert (kap.phases[1].link.min_hours, kap.phases[1].link.max_hours) == (24, 72)


def test_the_first_dose_may_come_the_day_after_the_preparation():
    dosing = shipped()["kap"].phases[1]
    assert dosing.entry is not None
    assert dosing.entry.min_days == 1


def test_a_number_without_a_source_is_refused():
    text = _refusal(lambda document: document["sources"].pop("phases.induction.spacing"))
    assert "phases.induction.spacing.min_days: has no source" in text


def test_a_source_that_names_nothing_is_refused():
    edit = _set("sources", "phases.induktion", to="assumed")
    assert _refusal(edit) == "sources.phases.induktion: names nothing in this protocol"


def test_a_source_beside_its_number_goes_before_that_of_the_table():
    protocol = shipped()["spravato-trd"]
    assert protocol.source_of("phases.taper.spacing.min_days") == "assumed"
    assert "[S2]" in (protocol.source_of("phases.taper.spacing.target_days") or "")


@pytest.mark.parametrize(
    ("edit", "refusal"),
    [
        pytest.param(_set("colour", to="red"), "colour: is not a known field", id="an unknown field"),
        pytest.param(
            _set("phases", 0, "spacing", "mindays", to=2),
            "phases.0.spacing.mindays: is not a known field",
            id="an unknown field far down",
        ),
        pytest.param(lambda d: d.pop("modality"), "modality: is missing", id="a missing field"),
        pytest.param(lambda d: d["phases"][0].pop("sessions"), "phases.0.sessions: is missing", id="no sessions"),
        pytest.param(_set("phases", to=[]), "phases: a protocol needs", id="no phases"),
        pytest.param(_set("phases", 0, "sessions", to="8"), "phases.0.sessions: must be a whole", id="sessions as text"),
        pytest.param(_set("phases", 0, "sessions", to=True), "phases.0.sessions: must be a whole", id="true sessions"),
        pytest.param(_set("phases", 0, "sessions", to=0), "phases.0.sessions: 0 is not", id="zero sessions"),
        pytest.param(_set("phases", 0, "sessions", to=10_000), "phases.0.sessions: 10000", id="ten thousand sessions"),
        pytest.param(
            _set("phases", 0, "spacing", "min_days", to="2"),
            "phases.0.spacing.min_days: must be a whole number",
            id="days as text",
        ),
        pytest.param(
            _set("phases", 0, "spacing", "min_days", to=2.0),
            "phases.0.spacing.min_days: must be a whole number",
            id="days as a fraction",
        ),
        pytest.param(
            _set("phases", 0, "spacing", "min_days", to=9), "phases.0.spacing.min_days: 9 is above", id="min above max"
        ),
        pytest.param(_set("phases", 0, "weekdays", to=[0, 3]), "phases.0.weekdays.0: must be one", id="weekday as number"),
        pytest.param(_set("phases", 0, "kind", to="peak"), "phases.0.kind: ", id="an unknown kind of phase"),
        pytest.param(_set("phases", 0, "visits", to=["nap"]), "phases.0.visits: there is no visit", id="unknown visit"),
        pytest.param(_set("driving", "after_sleep", to=1), "driving.after_sleep: must be true or false", id="1 for true"),
        pytest.param(_set("title", to="a" * 201), "title: String should have at most 200", id="a long title"),
        pytest.param(_set("title", to="a\u202eb"), "title: holds the hidden character U+202E", id="a bidi character"),
        pytest.param(_set("title", to="a\tb"), "title: holds the hidden character U+0009", id="a control character"),
        pytest.param(_set("title", to=" "), "title: must not be empty", id="a blank title"),
        pytest.param(_set("name", to="Spravato TRD"), "name: must be lower-case words", id="a name with blanks"),
        pytest.param(_set("phases", 0, "name", to="a.b"), "phases.0.name: must be lower-case", id="a name with a dot"),
    ],
)
def test_it_refuses(edit: Edit, refusal: str):
    assert refusal in _refusal(edit)


def test_all_problems_are_told_at_once():
    def spoil(document: dict[str, Any]) -> None:
        document["colour"] = "red"
        document["phases"][0]["sessions"] = 0
        document["visits"]["spravato-84"]["steps"][0]["minutes"] = 7

    paths = {line.split(":")[0] for line in _refusal(spoil).splitlines()}
    assert paths == {"colour", "phases.0.sessions", "visits.spravato-84.steps.0.minutes"}


def test_text_that_is_no_toml_is_refused():
    with pytest.raises(InvalidDocument, match="this is no TOML"):
        read_protocol("name = ")


def test_a_protocol_with_an_unsourced_number_is_not_written():
    bare = replace(shipped()["im"], sources={})
    with pytest.raises(InvalidDocument, match=r"phases\.induction\.sessions: has no source"):
        write_protocol(bare)
