"""What may be recorded of a visit, in which order, and what it adds up to."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from builders import uid
from planner.domain.attendance import Attended, MarkKind, Outcome, add_up, check_time, standing_marks
from planner.domain.course import AppointmentStatus
from planner.domain.dosing_facts import check_facts
from planner.domain.errors import InvalidMove, InvalidValue
from planner.domain.span import Span

TEN = datetime(2027, 1, 5, 15, tzinfo=UTC)
SPAN = Span(TEN, TEN + timedelta(minutes=155))
K, S = MarkKind, AppointmentStatus


@dataclass(frozen=True)
class Marked:
    id: UUID
    kind: MarkKind
    at: datetime
    replaces: UUID | None = None
    withdrawn: bool = False


def mark(kind, minutes=0, name="", **more):
    return Marked(uid(name or kind), kind, TEN + timedelta(minutes=minutes), **more)


def after(*kinds):
    return add_up([mark(kind, 10 * index) for index, kind in enumerate(kinds)])


@pytest.mark.parametrize(
    ("done", "allowed"),
    [
        ((), {K.ARRIVED, K.NO_SHOW, K.LATE_CANCEL, K.NOTHING_GIVEN}),
        ((K.ARRIVED,), {K.DOSED, K.NOTHING_GIVEN}),
        ((K.ARRIVED, K.DOSED), {K.DISCHARGED}),
        ((K.ARRIVED, K.DOSED, K.DISCHARGED), set()),
        ((K.ARRIVED, K.NOTHING_GIVEN), {K.DISCHARGED}),
        ((K.NOTHING_GIVEN,), {K.DISCHARGED}),
        ((K.NO_SHOW,), set()),
        ((K.LATE_CANCEL,), set()),
    ],
)
def test_after_what_has_happened_only_these_may_be_recorded(done, allowed):
    state = after(*done)
    assert state.allowed() == allowed
    for kind in set(K) - allowed:
        with pytest.raises(InvalidMove):
            state.and_then(kind, TEN + timedelta(hours=3))


@pytest.mark.parametrize(
    ("done", "outcome", "status"),
    [
        ((), None, S.BOOKED),
        ((K.ARRIVED,), None, S.ARRIVED),
        ((K.ARRIVED, K.DOSED), Outcome.GIVEN, S.ARRIVED),
        ((K.ARRIVED, K.DOSED, K.DISCHARGED), Outcome.GIVEN, S.FULFILLED),
        ((K.ARRIVED, K.NOTHING_GIVEN), Outcome.NOTHING_GIVEN, S.FULFILLED),
        ((K.NO_SHOW,), Outcome.NO_SHOW, S.NOSHOW),
        ((K.LATE_CANCEL,), Outcome.LATE_CANCEL, S.CANCELLED),
    ],
)
def test_marks_add_up_to_an_outcome_and_a_status(done, outcome, status):
    assert (after(*done).outcome, after(*done).status) == (outcome, status)


def test_the_real_times_are_kept_each_in_its_place():
    minutes = timedelta(minutes=10)
    state = after(K.ARRIVED, K.DOSED, K.DISCHARGED)
    assert (state.arrived_at, state.dosed_at, state.discharged_at) == (TEN, TEN + minutes, TEN + 2 * minutes)


@pytest.mark.parametrize("later", [K.DOSED, K.NOTHING_GIVEN])
def test_nothing_happens_before_the_patient_has_arrived(later):
    with pytest.raises(InvalidValue) as refused:
        after(K.ARRIVED).and_then(later, TEN - timedelta(minutes=1))
    assert refused.value.path == "at"


def test_nobody_is_discharged_before_the_dose():
    with pytest.raises(InvalidValue, match="discharged cannot be before given"):
        after(K.ARRIVED, K.DOSED).and_then(K.DISCHARGED, TEN + timedelta(minutes=9))


def test_a_corrected_mark_stands_in_the_place_of_the_first():
    marks = [mark(K.ARRIVED), mark(K.DOSED, 20), mark(K.DOSED, 30, "again", replaces=uid(K.DOSED))]
    assert [one.at for one in standing_marks(marks)] == [TEN, TEN + timedelta(minutes=30)]


def test_a_withdrawn_mark_counts_for_nothing():
    marks = [mark(K.NO_SHOW), mark(K.NO_SHOW, name="back", replaces=uid(K.NO_SHOW), withdrawn=True)]
    assert add_up(marks) == Attended()


def test_what_the_dose_followed_cannot_be_taken_from_under_it():
    marks = [mark(K.ARRIVED), mark(K.DOSED, 20), mark(K.ARRIVED, name="back", replaces=uid(K.ARRIVED), withdrawn=True)]
    with pytest.raises(InvalidMove):
        add_up(marks)


@pytest.mark.parametrize(
    ("kind", "at", "says"),
    [
        (K.ARRIVED, TEN + timedelta(hours=4), "not come yet"),
        (K.ARRIVED, SPAN.start - timedelta(days=1, minutes=1), "more than a day"),
        (K.NO_SHOW, TEN - timedelta(minutes=1), "has not begun"),
    ],
)
def test_a_time_that_cannot_be_is_refused_by_its_field(kind, at, says):
    with pytest.raises(InvalidValue, match=says) as refused:
        check_time(kind, at, SPAN, TEN + timedelta(hours=3))
    assert refused.value.path == "at"


def test_a_mark_a_day_late_is_refused():
    with pytest.raises(InvalidValue, match="more than a day"):
        check_time(K.DISCHARGED, SPAN.end + timedelta(days=1, minutes=1), SPAN, TEN + timedelta(days=9))


@pytest.mark.parametrize("at", [TEN - timedelta(minutes=20), SPAN.end + timedelta(hours=2), TEN + timedelta(hours=3)])
def test_early_late_and_just_now_are_plausible(at):
    check_time(K.ARRIVED, at, SPAN, max(at, TEN + timedelta(hours=3)))


NOW = TEN + timedelta(hours=3)


@pytest.mark.parametrize("devices", [0, 4, -1, True, "2", 2.0, 2**65])
def test_a_session_uses_one_to_three_devices(devices):
    with pytest.raises(InvalidValue) as refused:
        check_facts(K.DOSED, {"devices": devices}, TEN, NOW)
    assert refused.value.path == "facts.devices"


def test_devices_and_empty_fields_are_kept_and_left_out():
    assert check_facts(K.DOSED, {"devices": 3, "infusion_end": ""}, TEN, NOW, "esketamine-nasal") == {"devices": 3}


def test_infusion_times_are_kept_in_utc():
    facts = {"infusion_start": "2027-01-05T10:05:00-05:00", "infusion_end": TEN + timedelta(minutes=45)}
    assert check_facts(K.DOSED, facts, TEN, NOW, "ketamine-iv") == {
        "infusion_start": "2027-01-05T15:05:00+00:00", "infusion_end": "2027-01-05T15:45:00+00:00",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"infusion_end": TEN - timedelta(minutes=1)}, "infusion_end"),
        ({"infusion_end": TEN}, "infusion_end"),
        ({"infusion_start": TEN - timedelta(hours=7)}, "infusion_start"),
        ({"infusion_end": NOW + timedelta(minutes=1)}, "infusion_end"),
        ({"infusion_start": "yesterday"}, "infusion_start"),
        ({"infusion_start": "2027-01-05T10:05:00"}, "infusion_start"),
        ({"infusion_start": 5}, "infusion_start"),
        ({"infusion_end": "9999-12-31T23:59:59-23:00"}, "infusion_end"),
        ({"price": 5}, "price"),
    ],
)
def test_other_facts_than_plausible_ones_are_refused_by_their_name(facts, field):
    with pytest.raises(InvalidValue) as refused:
        check_facts(K.DOSED, facts, TEN, NOW)
    assert refused.value.path == f"facts.{field}"


@pytest.mark.parametrize(("kind", "fact", "modality"), [
    (K.ARRIVED, {"devices": 2}, None), (K.DOSED, {"devices": 2}, "ketamine-iv"),
    (K.DOSED, {"infusion_start": TEN}, "esketamine-nasal"),
])  # fmt: skip
def test_devices_belong_to_an_esketamine_dose_and_infusions_to_another(kind, fact, modality):
    with pytest.raises(InvalidValue):
        check_facts(kind, fact, TEN, NOW, modality)


def test_a_visit_that_was_never_marked_is_booked():
    assert Attended().status is S.BOOKED
    assert replace(Attended(), arrived_at=TEN).status is S.ARRIVED
