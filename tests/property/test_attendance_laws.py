"""Marks in any legal order add up to what happened; reminders fall on the wall times they promise, each once."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st

from planner.domain.attendance import Attended, MarkKind, Outcome, add_up, standing_marks
from planner.domain.driving import advise
from planner.domain.errors import PlannerError
from planner.domain.notices import NoticeKind, owed_after_dose
from planner.domain.protocol import DrivingRule
from planner.storage.desk_records import Mark

K = MarkKind
START = datetime(2027, 1, 5, 15, tzinfo=UTC)
ZONES = [ZoneInfo(name) for name in (
    "America/New_York", "America/Los_Angeles", "Europe/London", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns",
    "Pacific/Apia", "UTC",
)]  # fmt: skip
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["record", "move", "withdraw"]), st.sampled_from(list(K)), st.integers(0, 200), st.integers(0, 9)
    ),
    max_size=12,
)  # fmt: skip


def mark(kind, minutes, **more):
    at = START + timedelta(minutes=minutes)
    return Mark(uuid4(), uuid4(), kind, at, at, uuid4(), **more)


def model_of(facts):
    """What a person would say of a visit whose standing facts are these, each with its minute; None: it cannot be."""
    arrived, dosed, left = (facts.get(kind) for kind in (K.ARRIVED, K.DOSED, K.DISCHARGED))
    ends = [kind for kind in (K.NO_SHOW, K.LATE_CANCEL, K.NOTHING_GIVEN) if kind in facts]
    happened = [minute for minute in (arrived, dosed if dosed is not None else facts.get(K.NOTHING_GIVEN), left)
                if minute is not None]  # fmt: skip
    cannot = (
        len(ends) > 1 or (dosed is not None and (arrived is None or ends)) or happened != sorted(happened)
        or (left is not None and dosed is None and K.NOTHING_GIVEN not in facts)
        or (arrived is not None and ends and ends != [K.NOTHING_GIVEN])
    )  # fmt: skip
    if cannot:
        return None
    outcome = Outcome.GIVEN if dosed is not None else (Outcome(ends[0].value) if ends else None)
    at = [None if minute is None else START + timedelta(minutes=minute) for minute in (arrived, dosed, left)]
    return (*at, outcome)


@given(STEPS)
def test_marks_and_their_corrections_add_up_to_what_a_person_would_say(steps):
    marks, facts = [], {}
    for verb, kind, minutes, index in steps:
        standing = standing_marks(marks)
        if verb == "record":
            wanted, one = {**facts, kind: minutes}, mark(kind, minutes)
            if kind in facts:
                continue
        elif not standing:
            continue
        else:
            old = standing[index % len(standing)]
            wanted = {key: minute for key, minute in facts.items() if key is not old.kind}
            wanted |= {} if verb == "withdraw" else {old.kind: minutes}
            one = mark(old.kind, minutes, replaces=old.id, withdrawn=verb == "withdraw")
        try:
            found = add_up([*marks, one])
        except PlannerError:
            assert model_of(wanted) is None
            continue
        assert model_of(wanted) == (found.arrived_at, found.dosed_at, found.discharged_at, found.outcome)
        marks, facts = [*marks, one], wanted


@given(st.lists(st.sampled_from(list(K)), max_size=6))
def test_what_is_allowed_next_is_what_is_accepted_next(kinds):
    state = Attended()
    for minutes, kind in enumerate(kinds):
        allowed, at = kind in state.allowed(), START + timedelta(minutes=minutes)
        try:
            state = state.and_then(kind, at)
        except PlannerError:
            assert not allowed
        else:
            assert allowed


@given(
    st.integers(0, 4 * 366 * 24 * 60), st.sampled_from(ZONES), st.booleans(),
    st.none() | st.integers(1, 168),
)
def test_reminders_fall_on_the_wall_times_that_they_promise_each_once(minutes, zone, after_sleep, hours):
    rule = DrivingRule(after_sleep or hours is None, hours)
    leaves_at = START + timedelta(minutes=minutes)
    day = leaves_at.astimezone(zone).date()
    owed = owed_after_dose(rule, leaves_at=leaves_at, zone=zone)
    by_kind = {one.kind: one for one in owed}
    assert len(by_kind) == len(owed)
    assert [one.due_at for one in owed] == sorted(one.due_at for one in owed)
    assert all(one.due_at < one.expires_at for one in owed)
    morning = by_kind[NoticeKind.MORNING].due_at.astimezone(zone)
    assert (morning.date(), f"{morning:%H:%M}") == (day + timedelta(days=1), "08:00")
    assert (NoticeKind.EVENING in by_kind) == (leaves_at.astimezone(zone).hour < 20)
    if NoticeKind.EVENING in by_kind:
        evening = by_kind[NoticeKind.EVENING].due_at.astimezone(zone)
        assert (evening.date(), f"{evening:%H:%M}") == (day, "20:00")
    bound = advise(rule, leaves_at, zone).not_before
    if bound:
        assert bound - leaves_at == timedelta(hours=hours)
        assert (NoticeKind.BOUND in by_kind) == (bound > by_kind[NoticeKind.MORNING].due_at)


def test_the_zones_of_these_tests_exist():
    assert {zone.key for zone in ZONES} <= available_timezones()
