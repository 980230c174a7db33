"""What a clinician can prescribe."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from builders import esketamine, infusion, phase, protocol, spravato, talk
from planner.domain.errors import InvalidValue
from planner.domain.protocol import DrivingRule, Instruction, Link, Phase, Rhythm, SpacingRule


def linked(link: Link, *following: Phase, spacing: tuple[int, int, int] = (5, 7, 9)) -> object:
    return protocol(phase("dosing", 3, spacing, link=link), *following)


def pattern(**changes: object) -> Phase:
    return replace(phase("induction", 8, (2, 3, 5), pattern="Tue Thu"), **changes)


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (lambda: SpacingRule(0, 3, 5), "min_days"),
        (lambda: SpacingRule(2, 3, 367), "max_days"),
        (lambda: SpacingRule(6, 6, 5), "min_days"),
        (lambda: SpacingRule(2, 6, 5), "target_days"),
        (lambda: SpacingRule(2, 1, 5), "target_days"),
        (lambda: Link("talk", 0, 72), "min_hours"),
        (lambda: Link("talk", 24, 23), "max_hours"),
        (lambda: pattern(sessions=-1), "sessions"),
        (lambda: protocol(pattern(sessions=0)).check_publishable(), "phases.0.sessions"),
        (lambda: pattern(sessions=101), "sessions"),
        (lambda: pattern(visits=()), "visits"),
        (lambda: pattern(per_week=8), "per_week"),
        (lambda: pattern(weekdays=(1, 1)), "weekdays"),
        (lambda: pattern(weekdays=(7,)), "weekdays"),
        (lambda: pattern(weekdays=()), "weekdays"),
        (lambda: pattern(link=Link("talk", 24, 72)), "link.max_hours"),
        (lambda: DrivingRule(elapsed_hours=0), "elapsed_hours"),
        (lambda: DrivingRule(after_sleep=False), "after_sleep"),
        (lambda: Instruction("Eat nothing.", 4), "minutes_before"),
        (protocol, "phases"),
        (lambda: replace(esketamine(), version=0), "version"),
        (lambda: protocol(pattern(), pattern()), "phases"),
        (lambda: protocol(pattern(visits=("gone",))), "phases.0.visits"),
        (lambda: linked(Link("gone", 24, 72)), "phases.0.visits"),
        (lambda: linked(Link("infusion", 24, 72)), "phases.0.link.visit"),
        (lambda: protocol(pattern(visits=("spravato", "talk"))), "phases.0.visits"),
        (lambda: protocol(phase("open", None, (5, 7, 9)), pattern()), "phases.0.sessions"),
        (lambda: protocol(pattern(sessions=None)), "phases.0.rhythm"),
        (lambda: protocol(pattern(), phase("talks", 2, (5, 7, 9), visits=("talk",))), "phases"),
        (lambda: replace(esketamine(), visits={"spravato": infusion()}), "visits.spravato.name"),
    ],
)
def test_what_cannot_be_prescribed_is_refused_by_its_field(make: Callable[[], object], path: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        make()
    assert refused.value.path == path


class TestLinkedVisits:
    """Days are planned one by one, so a linked visit must lie between its own session and the next."""

    def test_the_window_must_close_before_the_next_session_of_the_phase_may_begin(self) -> None:
        with pytest.raises(InvalidValue, match="before the next session"):
            linked(Link("talk", 24, 96))

    def test_a_window_that_closes_in_time_is_prescribed(self) -> None:
        assert linked(Link("talk", 24, 95))

    def test_the_window_must_close_before_the_next_phase_may_begin(self) -> None:
        with pytest.raises(InvalidValue) as refused:
            linked(Link("talk", 24, 72), phase("weekly", 4, (4, 7, 9)))
        assert refused.value.path == "phases.0.link.max_hours"

    def test_the_next_phase_begins_by_its_entry(self) -> None:
        assert linked(Link("talk", 24, 72), phase("weekly", 4, (4, 7, 9), entry=(5, 7, 9)))

    def test_the_entry_of_its_own_phase_comes_before_the_first_dose_and_binds_nothing(self) -> None:
        first = phase("preparation", 1, (1, 7, 14), visits=("talk",))
        assert protocol(first, phase("dosing", 3, (5, 7, 9), entry=(1, 7, 9), link=Link("talk", 24, 72)))

    def test_the_window_opens_only_when_the_session_is_over(self) -> None:
        with pytest.raises(InvalidValue) as refused:
            linked(Link("talk", 2, 72))  # discharge is 140 minutes after the dose
        assert refused.value.path == "phases.0.link.min_hours"


def test_the_last_named_visit_serves_all_that_follow() -> None:
    both = protocol(pattern(visits=("infusion", "spravato")), visits=(infusion(), spravato()))
    assert [both.phases[0].visit_of(index) for index in range(3)] == ["infusion", "spravato", "spravato"]


def test_a_number_without_a_source_has_that_of_the_table_around_it() -> None:
    sourced = replace(esketamine(), sources={"phases.induction": "label", "phases.induction.spacing.min_days": "Dr Ito"})
    paths = ("phases.induction.spacing.min_days", "phases.induction.per_week", "driving.after_sleep")
    assert [sourced.source_of(path) for path in paths] == ["Dr Ito", "label", None]


def test_a_phase_doses_if_its_visits_do() -> None:
    both = protocol(phase("talks", 1, (1, 7, 14), visits=("talk",)), pattern(), visits=(talk(), spravato()))
    assert [both.doses(one) for one in both.phases] == [False, True]


def test_a_phase_is_found_by_its_name() -> None:
    found = esketamine().phase("weekly")
    assert found is not None
    assert found.rhythm is Rhythm.INTERVAL
