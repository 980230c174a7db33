"""What a process remembers of a calendar is what the database says, whoever changed it, and however."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

import pytest

from builders import uid
from conftest import settings_for
from desks import EVALUATION, TUESDAY, Desk, at, open_desk
from planner.domain.bitmaps import CHUNK
from planner.domain.errors import PlannerError
from planner.domain.occupancy import BusyRow, Occupancy
from planner.domain.planning import plan
from planner.domain.span import Span, local_day, minute_of
from planner.services import booking, calendar, courses, undoing, visits
from planner.services.briefing import taken_from
from planner.services.courses import Wish
from planner.services.remembering import occupancy_from
from planner.storage.changes import KEPT, merged
from planner.storage.engine import open_engine
from planner.storage.kept import Kept, KeptCalendars
from planner.storage.unit_of_work import Store

STEPS = 40
PATIENTS = ("Ada", "Ben", "Cid", "Dot")


@pytest.fixture
def desk(store):
    return open_desk(store)


@pytest.fixture
def elsewhere(desk, database_url):
    """The same clinic's desk in another process: a store of its own, which remembers for itself."""
    store = Store(open_engine(settings_for(database_url)))
    yield replace(desk, store=store)
    store.close()


def afresh(desk, without=()):
    with desk.store.read(desk.clinic_id) as uow:
        clinic = uow.clinics.get(desk.clock())
        return Occupancy(clinic, taken_from(uow, desk.clock(), without))


def remembered(desk, without=()):
    with desk.store.read(desk.clinic_id) as uow:
        return occupancy_from(uow, uow.clinics.get(desk.clock()), desk.clock(), without)


def picture(occupancy, now, subjects):
    """All that is taken of each subject from today on, level by level."""
    clinic, today = occupancy.clinic, local_day(now, occupancy.clinic.zone).toordinal()
    capacity = {one.id: one.capacity for one in clinic.resources}
    past = (1 << 320 * (today % CHUNK)) - 1
    return {
        (subject, level, chunk): occupancy.taken(subject, level, chunk) & ~(past if chunk == today // CHUNK else 0)
        for subject in subjects for level in range(capacity.get(subject, 1) + 1)
        for chunk in range(today // CHUNK, today // CHUNK + 5)
    }  # fmt: skip


def assert_remembered_rightly(desk, without=()):
    now, known, fresh = desk.clock(), remembered(desk, without), afresh(desk, without)
    subjects = [one.id for one in fresh.clinic.resources] + list(desk.people.values())
    assert picture(known, now, subjects) == picture(fresh, now, subjects)
    assert known.clinic == fresh.clinic


@dataclass
class Day:
    """A desk's day, made up from a seed."""

    desk: Desk
    random: Random
    courses: list = field(default_factory=list)
    undos: list = field(default_factory=list)
    holds: list = field(default_factory=list)

    def step(self, desk):
        """Do something, which may be refused."""
        does = (self.book, self.move, self.cancel, self.undo, self.hold, self.give_up, self.close, self.reopen, self.wait)
        with suppress(PlannerError):
            self.random.choice(does)(desk)

    def book(self, desk):
        start = TUESDAY + timedelta(days=self.random.randint(0, 30))
        course = desk.begin(self.random.choice(("course", "esketamine")), start, patient=self.random.choice(PATIENTS))
        self.undos.append(desk.book(course).undo_id)
        self.courses.append(course)

    def _visit(self, desk):
        return self.random.choice(desk.live(self.random.choice(self.courses or [desk.begin()])) or [None])

    def move(self, desk):
        if one := self._visit(desk):
            start = one.start_at + timedelta(hours=self.random.choice((-2, -1, 1, 2, 24)))
            moved = booking.move(desk.scheduler, appointment_id=one.id, start=start, version=one.version)
            self.undos.append(moved.undo_id)

    def cancel(self, desk):
        if one := self._visit(desk):
            scope = self.random.choice(list(booking.Scope))
            gone = booking.cancel(desk.scheduler, appointment_id=one.id, version=one.version, reason="x", scope=scope)
            self.undos.append(gone.undo_id)

    def undo(self, desk):
        if self.undos:
            undoing.undo(desk.scheduler, undo_id=self.undos.pop())

    def hold(self, desk):
        start = at("01-06", "09:00") + timedelta(days=self.random.randint(0, 3), minutes=15 * self.random.randint(0, 20))
        patient = desk.patient(self.random.choice(PATIENTS))
        kept = visits.hold(desk.scheduler, kind=EVALUATION, start=start, patient_id=patient, lasting=timedelta(minutes=5))
        self.holds.append(kept.id)

    def give_up(self, desk):
        visits.release(desk.scheduler, hold_ids=[self.holds.pop()] if self.holds else [])

    def close(self, desk):
        calendar.close(desk.scheduler, span=self._day(), reason="flood")

    def reopen(self, desk):
        calendar.reopen(desk.scheduler, span=self._day())

    def _day(self):
        first = at("01-07", "00:00") + timedelta(days=7 * self.random.randint(0, 2))
        return Span(first, first + timedelta(days=1))

    def wait(self, desk):
        desk.clock.now += timedelta(minutes=self.random.choice((1, 6, 600, 1500)))


@pytest.mark.parametrize("seed", range(3))
def test_whatever_two_processes_do_both_remember_what_the_database_says(desk, elsewhere, seed):
    day = Day(desk, Random(seed))
    watched = desk.begin(start=date(2027, 1, 12), patient="Eve")
    for number in range(STEPS):
        day.step(desk if number % 3 else elsewhere)
        for one in (desk, elsewhere) if number % 2 else (elsewhere,):
            assert_remembered_rightly(one)
        own = [one.id for one in desk.live(day.courses[-1])] if day.courses else []
        assert_remembered_rightly(elsewhere, own)
    assert len(day.courses) >= 2
    found = courses.brief_of(elsewhere.scheduler, watched.id, Wish())
    assert plan(found.request, found.occupancy) == plan(found.request, afresh(desk))


def test_where_nothing_has_changed_nothing_is_read_again(desk):
    desk.book(desk.begin())
    known = remembered(desk)
    desk.begin(patient="Ben")  # writes under the lock, but takes nothing
    assert remembered(desk) is known


def test_only_the_days_that_changed_are_read_again(desk):
    first = desk.book(desk.begin()).appointments[0]
    before = remembered(desk)
    booking.cancel(desk.scheduler, appointment_id=first.id, version=first.version, reason="ill")
    after, chair = remembered(desk), uid("chair 1").int
    changed = local_day(first.start_at, before.clinic.zone).toordinal()
    same = [day for day, levels in after._taken[chair].items() if before._taken[chair][day] is levels]
    assert changed not in after._taken[chair]
    assert sorted(same) == sorted(before._taken[chair].keys() - {changed})


def test_what_was_rolled_back_is_no_change(desk):
    first = desk.book(desk.begin()).appointments[0]
    known = remembered(desk)

    def release_and_fail():
        with desk.store.begin(desk.clinic_id) as uow:
            uow.calendar.lock(desk.clock())
            uow.occupancy.release(first.id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        release_and_fail()
    assert remembered(desk) is known


def test_a_hold_that_has_run_out_counts_for_nothing_before_anybody_has_dropped_it(desk):
    desk_patient = desk.patient()
    visits.hold(desk.scheduler, kind=EVALUATION, start=at("01-06"), patient_id=desk_patient, lasting=timedelta(minutes=5))
    held = remembered(desk)
    assert held.taken(desk_patient, 1, date(2027, 1, 6).toordinal() // CHUNK)
    desk.clock.now += timedelta(minutes=6)
    assert not remembered(desk).taken(desk_patient, 1, date(2027, 1, 6).toordinal() // CHUNK)


def test_a_process_that_the_log_does_not_reach_back_to_reads_all_again(desk, elsewhere):
    desk.book(desk.begin())
    assert_remembered_rightly(elsewhere)
    desk.book(desk.begin(patient="Ben"))
    desk.book(desk.begin(patient="Cid"))
    with desk.store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM calendar_change WHERE revision < 3")
    assert_remembered_rightly(elsewhere)


def test_a_process_that_read_before_the_first_change_learns_of_it(desk, elsewhere):
    assert_remembered_rightly(elsewhere)
    desk.book(desk.begin())
    assert_remembered_rightly(elsewhere)


def test_the_log_is_kept_short(sqlite_store):
    desk = open_desk(sqlite_store)
    for number in range(KEPT + 70):
        with desk.store.begin(desk.clinic_id) as uow:
            uow.calendar.lock(desk.clock())
            uow.changes.touch([(number, number + 1)])
    with desk.store.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT count(*) FROM calendar_change").scalar()
    assert KEPT <= kept <= KEPT + 64


def test_whoever_writes_remembers_nothing(desk):
    with desk.store.begin(desk.clinic_id) as uow:
        assert uow.kept is None


def test_every_way_of_taking_and_freeing_is_written_down(desk):
    now = minute_of(at("01-06"))
    kept = visits.hold(desk.scheduler, kind=EVALUATION, start=at("01-05"), patient_id=desk.patient())
    booked = desk.book(desk.begin(patient="Ben")).appointments[0]

    def written(change):
        with desk.store.begin(desk.clinic_id) as uow:
            uow.calendar.lock(desk.clock())
            before = uow.changes.latest()
            change(uow)
        with desk.store.read(desk.clinic_id) as uow:
            return uow.changes.latest() - before

    row = BusyRow(uid("chair 2"), 1, now + 600, now + 660)
    assert written(lambda uow: uow.occupancy.put([row], appointment_id=booked.id)) == 1
    assert written(lambda uow: uow.occupancy.release(booked.id)) == 1
    assert written(lambda uow: uow.holds.remove(kept.id)) == 1
    assert written(lambda uow: uow.holds.remove(kept.id)) == 0
    assert written(lambda uow: uow.appointments.get(booked.id)) == 0


def test_many_threads_share_what_is_remembered(desk):
    drafts = [desk.begin("esketamine", date(2027, 1, 5) + timedelta(days=day), patient=f"P{day}") for day in range(6)]
    wanted = [courses.preview(desk.scheduler, course_id=one.id).plan for one in drafts]
    changing = desk.begin(start=date(2027, 9, 7), patient="Ada")

    def look(number):
        place = number % len(drafts)
        if number % 10 == 9:  # far from the drafts' dates: what is remembered is replaced while others use it
            with suppress(PlannerError):
                _book_and_undo(desk, changing)
        return courses.preview(desk.scheduler, course_id=drafts[place].id).plan == wanted[place]

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(look, range(30)))


def _book_and_undo(desk, course):
    made = desk.book(course)
    undoing.undo(desk.scheduler, undo_id=made.undo_id)


def test_the_clinic_used_longest_ago_is_forgotten_first():
    kept, known = KeptCalendars(most=2), Kept(None, 0, 0, None)
    kept.put("a", known)
    kept.put("b", known)
    assert kept.get("a") is known
    kept.put("c", known)
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (known, None, known)


def test_spans_that_touch_are_one():
    assert merged([(5, 7), (1, 3), (3, 4), (6, 9), (1, 2)]) == [(1, 4), (5, 9)]
