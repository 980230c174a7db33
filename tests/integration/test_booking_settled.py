"""A series is settled before the calendar is locked: whatever happens in between, the verdict is that of the lock."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from builders import uid
from desks import TUESDAY, at, open_desk
from planner.domain.course import Gate
from planner.domain.errors import Code, Conflict
from planner.domain.span import Span
from planner.services import booking, calendar, clinics, settling
from planner.services.booking import PlanChanged
from planner.services.briefing import course_request

DATES = ["01-05 10:00", "01-07 10:00", "01-12 10:00", "01-14 10:00"]


@pytest.fixture
def desk(store):
    return open_desk(store)


@pytest.fixture
def meanwhile(monkeypatch):
    """Let something happen between the look at the calendar and its lock."""

    def arrange(act):
        ahead = booking._settled_ahead

        def then(*asked):
            settled = ahead(*asked)
            monkeypatch.setattr(booking, "_settled_ahead", ahead)
            act()
            return settled

        monkeypatch.setattr(booking, "_settled_ahead", then)

    return arrange


def broken(desk, course, shown):
    with pytest.raises(PlanChanged) as refused:
        desk.book(course, shown)
    assert desk.records(course) == []
    return {number: {violation.code for violation in found} for number, found in refused.value.broken.items()}


def test_where_nothing_happens_nothing_is_looked_at_again(desk, monkeypatch):
    looked, recheck = [], settling.recheck
    monkeypatch.setattr(settling, "recheck", lambda *asked: looked.append(asked) or recheck(*asked))
    course = desk.begin()
    desk.book(course, desk.shown(course))
    assert desk.walls(course) == DATES
    assert len(looked) == 1


def test_only_the_session_that_lost_its_seat_is_looked_at_again(desk, meanwhile):
    course, other = desk.begin(), desk.begin(patient="Grace")
    shown = desk.shown(course)
    meanwhile(lambda: desk.book(other, desk.shown(other)[:1]))
    desk.book(course, shown)
    (theirs,), ours = desk.live(other), desk.live(course)
    assert desk.walls(course) == DATES
    assert uid("chair 1") in desk.taken_by(theirs.id)
    assert [uid("chair 2") in desk.taken_by(one.id) for one in ours] == [True, False, False, False]
    assert desk.overlaps() == 0


def test_a_session_that_nobody_can_give_any_more_is_refused(desk, meanwhile):
    course = desk.begin()
    shown = desk.shown(course)

    def others_come():
        for patient in ("Grace", "Edith"):
            other = desk.begin(patient=patient)
            desk.book(other, desk.shown(other)[:1])

    meanwhile(others_come)
    assert broken(desk, course, shown) == {1: {Code.RESOURCE}}


def test_a_closure_meanwhile_is_seen(desk, meanwhile):
    course = desk.begin()
    shown = desk.shown(course)
    meanwhile(lambda: calendar.close(desk.admin, span=Span(at("01-07", "08:00"), at("01-07", "12:00")), reason="burst pipe"))
    assert broken(desk, course, shown) == {2: {Code.CLOSED}}


def test_a_gate_that_shuts_meanwhile_is_seen(desk, meanwhile):
    desk.publish(gated := replace(desk.begin(patient="Edith").protocol, name="gated", gates=("screening",)))
    clinics.set_gate(desk.scheduler, Gate("screening"), desk.patient())
    course = desk.begin(gated.name)
    shown = desk.shown(course)
    meanwhile(lambda: clinics.set_gate(desk.scheduler, Gate("screening", met=False), desk.patient()))
    assert set(broken(desk, course, shown)) == {1, 2, 3, 4}


def test_a_dose_of_another_course_meanwhile_is_seen(desk, meanwhile):
    course, infusions = desk.begin(), desk.begin("infusions", TUESDAY + timedelta(days=1))
    shown = desk.shown(course)
    meanwhile(lambda: desk.book(infusions, desk.shown(infusions)[:1]))
    assert {Code.OTHER_COURSE} in broken(desk, course, shown).values()


def test_a_start_that_passes_while_the_lock_is_waited_for_is_refused(desk, meanwhile):
    course = desk.begin()
    shown = desk.shown(course)
    meanwhile(lambda: setattr(desk.clock, "now", shown[0].start + timedelta(minutes=1)))
    assert Code.BEFORE_START in broken(desk, course, shown)[1]


def test_a_course_that_somebody_else_books_meanwhile_is_refused(desk, meanwhile):
    course = desk.begin()
    shown = desk.shown(course)
    meanwhile(lambda: desk.book(course, shown))
    with pytest.raises(Conflict):
        desk.book(course, shown, version=course.version)
    assert desk.walls(course) == DATES


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_meanwhile_the_verdict_is_that_of_a_whole_check_now(desk, meanwhile, seed):
    random, whole = Random(seed), []
    course = desk.begin()
    shown = desk.shown(course)

    def much_happens():
        for number in range(random.randint(0, 4)):
            happens(desk, random, number)
        with desk.store.read(desk.clinic_id) as uow:
            request = course_request(uow, uow.courses.get(course.id), desk.clock())
            whole.append(settling.settle(uow, request, shown))

    meanwhile(much_happens)
    try:
        desk.book(course, shown)
        refused = {}
    except PlanChanged as changed:
        refused = changed.broken
    assert refused.keys() == whole[0].broken.keys()
    assert len(desk.live(course)) == (0 if refused else 4)
    assert desk.overlaps() == 0


def happens(desk, random, number):
    """Somebody books one to four sessions at about the same times, or the clinic closes for two hours."""
    if random.random() < 0.2:
        first = at(random.choice(["01-05", "01-07", "01-12", "01-14"]), "14:00")
        calendar.close(desk.admin, span=Span(first, first + timedelta(hours=2)), reason="closed")
        return
    other = desk.begin(patient=f"P{number}", at=random.choice(["09:00", "10:00", "11:00", "13:00"]))
    desk.book(other, desk.shown(other)[: random.randint(1, 4)])
