"""Whatever a clinic edits in a shipped protocol, writing and reading gives it back unchanged."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from planner.documents.protocols import read_protocol, shipped, write_protocol
from planner.domain.protocol import (
    DrivingRule,
    Instruction,
    Measure,
    Moment,
    Phase,
    PhaseKind,
    Protocol,
    Review,
    SpacingRule,
)
from planner.domain.scores import Scale

_LETTERS = st.characters(categories=("L", "N", "P", "S"))
_text = st.lists(st.text(_LETTERS, min_size=1, max_size=12), min_size=1, max_size=5).map(" ".join)
_days = st.integers(5, 366)
_spacing = st.lists(_days, min_size=3, max_size=3).map(lambda days: SpacingRule(*sorted(days)))
_review = st.none() | st.builds(Review, _text, st.integers(0, 366))
_driving = st.builds(DrivingRule, st.just(True), st.none() | st.integers(1, 168))
_instructions = st.lists(st.builds(Instruction, _text, st.none() | st.integers(5, 10_080)), max_size=3).map(tuple)
_kinds = st.none() | st.sampled_from(PhaseKind)
_measure = st.builds(Measure, st.sampled_from(Scale), st.sampled_from(Moment), st.none(), _kinds) | st.builds(
    Measure, st.sampled_from(Scale), st.none(), st.integers(1, 366), _kinds
)


def _edited(phase: Phase, draw: st.DrawFn) -> Phase:
    return replace(
        phase,
        title=draw(st.just("") | _text),
        sessions=None if phase.sessions is None else draw(st.integers(1, 100)),
        spacing=draw(_spacing),
        entry=draw(st.none() | _spacing),
        per_week=draw(st.none() | st.integers(1, 7)),
        weekdays=tuple(draw(st.lists(st.integers(0, 6), min_size=1, unique=True))),
        review=draw(_review),
    )


@st.composite
def _protocols(draw: st.DrawFn) -> Protocol:
    base = draw(st.sampled_from(list(shipped().values())))
    edited = replace(
        base,
        title=draw(_text),
        version=draw(st.integers(1, 10_000)),
        phases=tuple(_edited(phase, draw) for phase in base.phases),
        driving=draw(_driving),
        instructions=draw(_instructions),
    )
    assumed = dict.fromkeys(("driving", "instructions", "measures"), "assumed")
    measures = tuple(draw(st.lists(_measure, max_size=4)))
    return replace(edited, measures=measures, sources={"phases": draw(_text), "visits": draw(_text), **assumed})


@given(_protocols())
def test_an_edited_protocol_reads_back_as_it_was_written(protocol: Protocol):
    assert read_protocol(write_protocol(protocol)) == protocol
