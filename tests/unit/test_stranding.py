"""What a change of a course strands."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from builders import clinic, phase, protocol, request, uid, wall
from planner.domain.course import Given, Preferences, SpacingException
from planner.domain.plan import Placed, Plan
from planner.domain.protocol import Review, SpacingRule
from planner.domain.stranding import Situation, Strand, StrandCode, strands
from planner.domain.terms import Terms

MONDAY = date(2027, 3, 1)


def on(march: int) -> date:
    return MONDAY + timedelta(days=march - 1)


def terms(target: int = 14, modality: str = "esketamine-nasal", **more: object) -> Terms:
    endless = phase("maintenance", None, (7, target, 35))
    return Terms(replace(protocol(endless), modality=modality), Preferences(MONDAY), **more)


def situation(before: Terms, after: Terms, *gaps: int, wanted: int | None = None, **more: object) -> Situation:
    """Sessions with these days between, after a dose on 1 March."""
    asked = request(clinic(), after.protocol, MONDAY, given=(Given(after.protocol.phases[0].name, MONDAY),), **more)
    found, day = [], MONDAY
    for number, gap in enumerate(gaps, 2):
        day += timedelta(days=gap)
        start = wall(day, "10:00")
        found.append(Placed(number, "maintenance", "spravato", start, start + timedelta(hours=3), gap, (), ()))
    return Situation(before, after, asked, Plan(tuple(found), len(found) if wanted is None else wanted))


def of(code: StrandCode, one: Situation) -> list[Strand]:
    return [strand for strand in strands(one) if strand.code is code]


def test_an_interval_beyond_the_label_asks_why():
    (strand,) = of(StrandCode.OUTSIDE_LABEL, situation(terms(14), terms(28)))
    assert strand.asks_why
    assert strand.facts == {
        "phase": "maintenance", "target_days": 28, "label_least": 7, "label_most": 14, "source": "[S2]",
    }  # fmt: skip


@pytest.mark.parametrize(("before", "after"), [(14, 7), (28, 28), (28, 14)])
def test_an_interval_inside_the_label_or_as_it_was_asks_nothing(before, after):
    assert of(StrandCode.OUTSIDE_LABEL, situation(terms(before), terms(after))) == []


def test_what_has_no_label_frequency_asks_nothing():
    assert of(StrandCode.OUTSIDE_LABEL, situation(terms(14, "iv"), terms(28, "iv"))) == []


def test_a_gap_beyond_the_longest_is_named_with_its_day():
    found = of(StrandCode.GAP_BEYOND, situation(terms(), terms(), 36, 14))
    assert [strand.facts for strand in found] == [{"day": "2027-04-06", "days": 36, "max_days": 35}]


def test_a_gap_that_a_clinician_asked_for_is_not_named():
    own = {2: SpacingException(uid("second"), SpacingRule(7, 36, 40))}
    assert of(StrandCode.GAP_BEYOND, situation(terms(), terms(), 36, 14, exceptions=own)) == []


def test_the_gap_of_a_pause_is_told_once_as_a_pause():
    paused = situation(terms(), terms(resumes_on=on(70)), 69, resumes_on=on(70))
    assert of(StrandCode.GAP_BEYOND, paused) == []
    assert [one.facts for one in of(StrandCode.PAUSED, paused)] == [{"days": 69, "lapse": "lapsed"}]


@pytest.mark.parametrize(("days", "asks"), [(28, None), (29, False), (60, False), (61, True)])
def test_a_pause_above_60_days_asks_why(days, asks):
    found = of(StrandCode.PAUSED, situation(terms(), terms(resumes_on=MONDAY + timedelta(days=days))))
    assert [one.asks_why for one in found] == ([] if asks is None else [asks])


def test_a_pause_that_was_there_before_is_no_news():
    assert of(StrandCode.PAUSED, situation(terms(resumes_on=on(70)), terms(28, resumes_on=on(70)))) == []


def test_sessions_without_a_place_are_counted():
    assert [one.facts for one in of(StrandCode.UNPLACED, situation(terms(), terms(), 14, wanted=4))] == [
        {"sessions": 3, "wanted": 4}
    ]


def test_sessions_after_an_undecided_review_are_counted_until_it_is_decided():
    first = replace(phase("induction", 1, (2, 3, 5), pattern="Mon"), review=Review("Evaluate"))
    whole = replace(terms().protocol, phases=(first, *terms().protocol.phases))
    waiting = replace(terms(), protocol=whole)
    decided = replace(waiting, reviewed=("induction",))
    assert [one.facts for one in of(StrandCode.TENTATIVE, situation(terms(), waiting, 14, 14))] == [{"sessions": 2}]
    assert of(StrandCode.TENTATIVE, situation(terms(), decided, 14, 14)) == []
