"""Races of real processes on both databases: exactly one wins, everybody else gets a refusal in our own words.

Fifty-six clients, twenty rounds; RACE_ROUNDS=200 runs them at length, RACE_PROCESSES and RACE_THREADS set how many clients.
"""

import os
from datetime import date, timedelta
from itertools import pairwise

import pytest

from builders import clinic, hours, resources, wall
from desks import EVALUATION, NOW, open_desk
from planner.domain.course import LIVE
from planner.domain.span import Span, local_day
from planner.services import clinics, visits
from processes.rivals import WON, Job, Rivals

PROCESSES = int(os.environ.get("RACE_PROCESSES", "8"))
THREADS = int(os.environ.get("RACE_THREADS", "7"))
ROUNDS = int(os.environ.get("RACE_ROUNDS", "20"))
FEWER = max(1, ROUNDS // 4)
REFUSALS = {"Conflict", "RuleViolated", "PlanChanged", "NotFound"}

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def rivals():
    started = Rivals(PROCESSES, THREADS)
    yield started
    started.close()


@pytest.fixture
def desk(store):
    """A clinic with one chair, open every day, and a patient for each client."""
    week = hours("Mon-Sun")
    people = resources("nurse", 2, 4, week), resources("prescriber", 1, 1, week), resources("pump", 1)
    return open_desk(store, clinic(resources("chair", 1), *people, resources("therapist", 1), opening=week))


@pytest.fixture
def patients(desk, rivals):
    made = clinics.register_patients(desk.scheduler, [clinics.NewPatient(f"P{n}") for n in range(rivals.clients)])
    return [patient.id for patient in made]


def days(rounds, apart=2):
    return [date(2027, 1, 5) + timedelta(days=apart * number) for number in range(rounds)]


def clean(outcomes, allowed=REFUSALS):
    """The refusals of a round; anything but a refusal in our own words fails."""
    refused = [outcome for outcome in outcomes if outcome.split()[0] not in {WON, "booked", "closed"}]
    assert set(refused) <= allowed
    return refused


def test_of_all_who_want_one_chair_exactly_one_gets_it(desk, patients, rivals, database_url):
    rounds = [{"patients": patients, "start": wall(day, "10:00")} for day in days(ROUNDS)]
    for outcomes in rivals.race(Job(database_url, "one_chair", rounds)):
        assert len(clean(outcomes)) == rivals.clients - 1
    with desk.store.read(desk.clinic_id) as uow:
        taken = [one.start_at for one in uow.appointments.between(NOW, NOW + timedelta(days=900), *LIVE)]
    assert taken == [facts["start"] for facts in rounds]
    assert desk.overlaps() == 0


def test_two_series_of_one_patient_that_cross_are_never_both_booked(desk, rivals, database_url):
    rounds = []
    for number, day in enumerate(days(FEWER, 14)):
        two = desk.begin(start=day, patient=f"Ada {number}"), desk.begin("infusions", day, patient=f"Ada {number}")
        rounds.append({"series": [(course.id, desk.shown(course)) for course in two], "courses": two})
    for facts, outcomes in zip(rounds, rivals.race(Job(database_url, "series_of_one_patient", rounds)), strict=True):
        assert sorted(outcomes[:2]) == ["PlanChanged", WON]
        live = [one for course in facts["courses"] for one in desk.live(course)]
        booked = sorted(local_day(one.start_at, clinic().zone) for one in live)
        assert len(booked) in {4, 6}
        assert all((later - day).days >= 2 for day, later in pairwise(booked))
    assert desk.overlaps() == 0


def test_a_booking_on_a_day_that_is_being_closed_is_refused_or_listed_as_broken(desk, patients, rivals, database_url):
    rounds = [
        {"patients": patients, "start": wall(day, "10:00"), "day": Span(wall(day, "00:00"), wall(day, "23:00"))}
        for day in days(FEWER)
    ]  # fmt: skip
    for outcomes in rivals.race(Job(database_url, "closure_against_booking", rounds)):
        closed, *others = outcomes
        booked = [outcome.split()[1] for outcome in others if outcome.startswith("booked")]
        clean(outcomes)
        assert len(booked) <= 1
        assert closed.split() == ["closed", *booked]
    listed = {str(task.appointment_id) for task in desk.tasks("move-or-cancel")}
    with desk.store.read(desk.clinic_id) as uow:
        assert listed == {str(one.id) for one in uow.appointments.between(NOW, NOW + timedelta(days=900), *LIVE)}
    assert desk.overlaps() == 0


def test_an_expiring_hold_and_a_booking_never_both_get_the_time(desk, patients, rivals, database_url):
    rounds, minute = [], timedelta(minutes=1)
    for number, day in enumerate(days(FEWER)):
        desk.clock.now = NOW + number * minute
        start = wall(day, "11:00")
        hour = 60 * minute
        kept = visits.hold(desk.scheduler, patient_id=patients[0], kind=EVALUATION, start=start, lasting=hour)
        rounds.append({"patients": patients, "start": start, "hold": kept.id, "expires": kept.expires_at})
    for outcomes in rivals.race(Job(database_url, "hold_against_booking", rounds)):
        assert len(clean(outcomes)) == rivals.clients - 1
    with desk.store.read(desk.clinic_id) as uow:
        assert len(uow.appointments.between(NOW, NOW + timedelta(days=900), *LIVE)) == FEWER
    assert desk.overlaps() == 0
