"""Orders that change how sessions are given: pattern, dose, observation, a rule overruled, a review decided."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from builders import clinic, hours, resources, uid
from desks import SITE_ID, at, open_desk
from ordered import Ordered, begun, staged
from planner.domain.course import AppointmentStatus
from planner.domain.errors import Code, InvalidMove, InvalidValue, RuleViolated
from planner.domain.orders import (
    ChangeDose,
    ChangeObservation,
    ChangePattern,
    Continue,
    Hold,
    OverrideSpacing,
    Skip,
    TakeBack,
)
from planner.domain.stranding import StrandCode


@pytest.fixture
def ada(store) -> Ordered:
    return begun(store)


@pytest.fixture
def four(store) -> Ordered:
    """Four doses and no more."""
    desk = open_desk(store)
    course = desk.begin(days="Tue Thu")
    desk.book(course)
    return Ordered(desk, course)


class TestPattern:
    def test_other_weekdays_and_another_time(self, four):
        four.order(ChangePattern((0, 2), time(14), "induction"))
        assert four.walls == ["01-06 14:00", "01-11 14:00", "01-13 14:00", "01-18 14:00"]
        assert four.now.preferences.phase_weekdays == {"induction": (0, 2)}

    def test_another_time_alone_keeps_the_weekdays_of_a_phase(self, four):
        four.order(ChangePattern((0, 2), None, "induction"))
        four.order(ChangePattern((), time(14), "induction"))
        assert four.now.preferences.phase_weekdays == {"induction": (0, 2)}
        assert four.walls[0] == "01-06 14:00"

    def test_other_weekdays_for_all_phases(self, ada):
        ada.order(ChangePattern((0, 2)))
        assert {one.start_at.weekday() for one in ada.live} <= {0, 2}

    def test_a_day_on_which_the_clinic_is_closed_is_refused(self, ada):
        with pytest.raises(RuleViolated) as refused:
            ada.propose(ChangePattern((1, 6), None, "induction"))
        assert Code.PATTERN_CLOSED in {one.code for one in refused.value.violations}

    def test_nothing_asked_for_is_refused(self, ada):
        with pytest.raises(InvalidValue):
            ada.propose(ChangePattern())


class TestDose:
    def test_a_larger_dose_takes_longer_and_moves_nothing(self, ada):
        before = ada.live
        ada.order(ChangeDose("induction", "spravato-84"))
        assert [(one.id, one.start_at) for one in ada.live] == [(one.id, one.start_at) for one in before]
        assert {(one.end_at - was.end_at) for one, was in zip(ada.live, before, strict=True)} == {timedelta(minutes=5)}
        assert {one.profile.name for one in ada.live} == {"spravato-84"}
        assert [one.told_at for one in ada.live] == [one.told_at for one in before]
        assert {one.sequence for one in ada.live} == {1}

    def test_back_to_the_smaller_one(self, ada):
        before = ada.live
        ada.order(ChangeDose("induction", "spravato-84"))
        ada.order(ChangeDose("weekly", "spravato"))
        assert [one.profile.name for one in ada.live] == 4 * ["spravato-84"] + 3 * ["spravato"]
        assert [one.start_at for one in ada.live] == [one.start_at for one in before]

    def test_what_was_given_keeps_the_dose_that_it_had(self, ada):
        ada.dose()
        ada.order(ChangeDose("induction", "spravato-84"))
        assert ada.now.protocol.phase("induction").visits == ("spravato", "spravato-84")

    def test_a_visit_that_gives_no_dose_is_refused(self, ada):
        with pytest.raises(InvalidValue):
            ada.propose(ChangeDose("induction", "talk"))

    def test_a_neighbour_in_the_way_moves_only_what_no_longer_fits(self, store):
        people = resources("nurse", 2, 4, hours()), resources("prescriber", 1, 1, hours())
        desk = open_desk(store, clinic(resources("chair", 1), *people, resources("pump", 1), resources("therapist", 2)))
        desk.publish(staged())
        ada = Ordered(desk, desk.begin("staged", days="Tue Thu", at="10:00"))
        desk.book(ada.course)
        grace = desk.begin("staged", days="Tue", at="12:45", patient="Grace")
        desk.book(grace, desk.shown(grace)[:1])
        clash = desk.live(grace)[0].start_at
        before = [one.start_at for one in ada.live]
        ada.order(ChangeDose("induction", "spravato-84"))
        moved = [was for one, was in zip(ada.live, before, strict=True) if one.start_at != was]
        assert moved == [one for one in before if one.date() == clash.date()]
        assert desk.overlaps() == 0


class TestObservation:
    def test_it_is_lengthened_and_shortened_again_to_what_was_published(self, ada):
        before = ada.live
        ada.order(ChangeObservation(180))
        assert {one.end_at - was.end_at for one, was in zip(ada.live, before, strict=True)} == {timedelta(hours=1)}
        ada.order(ChangeObservation(120))
        assert [one.end_at for one in ada.live] == [one.end_at for one in before]

    @pytest.mark.parametrize("minutes", [115, 0, 121])
    def test_never_below_what_was_published_nor_off_the_grid(self, ada, minutes):
        with pytest.raises(InvalidValue) as refused:
            ada.propose(ChangeObservation(minutes))
        assert refused.value.path == "minutes"

    def test_the_protocol_as_published_stays_as_it_is(self, ada):
        ada.order(ChangeObservation(180))
        with ada.desk.store.read(SITE_ID) as uow:
            assert uow.protocols.get("staged") == replace(ada.course.protocol)


class TestOverride:
    def test_one_session_lies_nearer_than_its_rule_allows_and_stays_there(self, ada):
        third = ada.live[2]
        ada.order(OverrideSpacing(third.id, at("01-08", "10:00")))
        assert ada.walls[:4] == ["01-05 10:00", "01-07 10:00", "01-08 10:00", "01-14 10:00"]
        assert (ada.live[2].id, ada.changes_nothing()) == (third.id, True)
        ada.order(ChangePattern(at=time(10, 30)))
        assert "01-08 10:30" in ada.walls

    def test_a_third_one_in_a_week(self, ada):
        ada.order(OverrideSpacing(ada.live[2].id, at("01-11")))
        assert ada.walls[:4] == ["01-05 10:00", "01-07 10:00", "01-11 10:00", "01-14 10:00"]
        assert max(one.more_per_week for one in ada.now.exceptions) == 1
        assert ada.changes_nothing()

    def test_the_first_one_may_lie_before_the_day_that_was_asked_for(self, ada):
        ada.order(OverrideSpacing(ada.live[0].id, at("01-04")))
        assert ada.walls[:3] == ["01-04 10:00", "01-07 10:00", "01-12 10:00"]
        assert ada.changes_nothing()

    def test_a_course_that_is_held_is_resumed_first(self, ada):
        ada.order(Hold(date(2027, 2, 2)))
        with pytest.raises(RuleViolated):
            ada.propose(OverrideSpacing(ada.live[0].id, at("01-28")))

    def test_physics_has_no_override(self, ada):
        third = ada.live[2]
        for start in (at("01-09"), at("01-12", "20:00"), at("01-07", "14:00")):
            with pytest.raises(RuleViolated):
                ada.propose(OverrideSpacing(third.id, start))

    def test_it_lapses_with_its_session(self, ada):
        third = ada.live[2]
        ada.order(OverrideSpacing(third.id, at("01-08", "10:00")))
        ada.order(Skip(third.id))
        assert third.id not in {one.appointment_id for one in ada.now.exceptions}

    def test_taken_back_the_rule_holds_again(self, ada):
        given = ada.order(OverrideSpacing(ada.live[2].id, at("01-08", "10:00")))
        ada.order(TakeBack(given.order.id))
        assert ada.now.exceptions == ()
        assert "01-08 10:00" not in ada.walls


class TestReviews:
    def test_what_comes_after_a_review_is_tentative_until_it_is_decided(self, ada):
        seen = ada.propose(ChangePattern(at=time(11)))
        assert [one.facts["sessions"] for one in seen.strands if one.code is StrandCode.TENTATIVE] == [3]
        ada.order(Continue("induction"))
        assert ada.now.reviewed == ("induction",)
        assert {one.status for one in ada.live} == {AppointmentStatus.BOOKED}
        assert ada.desk.tasks("review") == []

    def test_a_review_is_decided_once_and_only_where_there_is_one(self, ada):
        ada.give(Continue("induction"))
        with pytest.raises(InvalidMove):
            ada.propose(Continue("induction"))
        with pytest.raises(InvalidValue):
            ada.propose(Continue("weekly"))


def test_an_observation_of_nobody_else_changes(ada):
    grace = Ordered(ada.desk, ada.desk.begin("staged", days="Tue Thu", at="13:30", patient="Grace"))
    ada.desk.book(grace.course)
    before = grace.live
    ada.order(ChangeObservation(150))
    assert grace.live == before
    assert uid("chair 1") in ada.desk.taken_by(ada.live[0].id) | ada.desk.taken_by(before[0].id)
