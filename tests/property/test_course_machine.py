"""Courses that live: booked, moved, missed, dosed, ordered, held and closed upon in any order, on both databases.

After every step the laws hold: nothing is taken twice, what was committed breaks no rule, what keeps its time keeps its
identity, planning again changes nothing, a commit is what was shown, the audit explains each appointment, none is lost, and
no appointment is in two messages that wait.
"""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from builders import clinic, hours, phase, protocol, resources, spravato
from desks import Desk, HandClock
from ordered import Ordered, staged
from planner.domain import orders
from planner.domain.attendance import MarkKind
from planner.domain.course import LIVE, AppointmentStatus, Given, Override
from planner.domain.errors import PlannerError, RuleViolated
from planner.domain.notices import ABOUT_CHANGES
from planner.domain.occupancy import Occupancy
from planner.domain.protocol import SpacingRule
from planner.domain.rechecking import Shown, recheck
from planner.domain.rules import check_hours
from planner.domain.span import Span, local_day
from planner.services import attendance, booking, calendar, clinics
from planner.services.booking import Scope
from planner.services.briefing import course_request, taken_from
from planner.services.writing import CHANGE_TASK
from planner.storage.unit_of_work import Store

TUESDAY = date(2027, 1, 5)
EXAMPLES = {"sqlite": 15, "postgresql": 7}
STEPS = 12
_numbers = count()

few = st.integers(0, 5)
days = st.integers(1, 12)
courses = st.sampled_from([0, 0, 1])


def _own(site):
    """Give a clinic that no other example has: its ids are its own, in the same order."""
    number = next(_numbers)
    there = tuple(replace(one, id=uuid5(NAMESPACE_OID, f"{number} {one.name}")) for one in site.resources)
    return replace(site, id=uuid5(NAMESPACE_OID, f"clinic {number}"), resources=there)


class CourseMachine(RuleBasedStateMachine):
    """One clinic with one chair, a course in stages and one without an end."""

    store: Store

    @initialize()
    def open_clinic(self) -> None:
        people = resources("nurse", 1, 4, hours()), resources("prescriber", 1, 1, hours())
        site = _own(clinic(resources("chair", 1), *people))
        clinics.open_clinic(self.store, site)
        self.desk = Desk(self.store, HandClock(datetime(2027, 1, 4, 12, tzinfo=UTC)), site.id)
        endless = protocol(phase("maintenance", None, (5, 7, 10)), visits=(spravato(), spravato("spravato-84", 15)))
        self.desk.publish(staged(), replace(endless, name="endless"))
        ada = self.desk.begin("staged", TUESDAY, "Tue Thu")
        grace = self.desk.begin(
            "endless", TUESDAY, "Tue", "13:00", patient="Grace", given=[Given("maintenance", date(2026, 12, 29))]
        )  # fmt: skip
        self.courses = [Ordered(self.desk, ada), Ordered(self.desk, grace)]
        self.every, self.heard = [ada, grace], 0
        self.known = self.snapshot()
        for one in (0, 1):
            self.book(one)

    def snapshot(self):
        return {one.id: one for course in self.every for one in self.desk.records(course)}

    def entries(self):
        with self.store.read(self.desk.clinic_id) as uow:
            return [one for one in uow.audit.all() if (one.id or 0) > self.heard]

    # --- what people do

    @rule(which=courses)
    def book(self, which: int) -> None:
        course = self.courses[which]
        try:
            self.desk.book(course.course)
        except PlannerError:
            return
        self.committed(course)

    @rule(which=courses, index=few, ahead=st.integers(-4, 6), overruled=st.booleans())
    def move(self, which: int, index: int, ahead: int, overruled: bool) -> None:
        one = self.some(which, index)
        if one is None:
            return
        asked = {"appointment_id": one.id, "version": one.version}
        start = one.start_at + timedelta(days=ahead, minutes=30 * (ahead % 3))
        try:
            if overruled:
                booking.move(self.desk.clinician, **asked, start=start, override=Override("as she asked"))
            else:
                booking.move(self.desk.scheduler, **asked, start=start)
        except RuleViolated as refused:
            if refused.nearest:
                booking.move(self.desk.scheduler, **asked, start=refused.nearest)
        except PlannerError:
            return

    @rule(which=courses, index=few, scope=st.sampled_from([Scope.ONE, Scope.ONE, Scope.LATER]))
    def cancel(self, which: int, index: int, scope: Scope) -> None:
        if one := self.some(which, index):
            booking.cancel(self.desk.scheduler, appointment_id=one.id, version=one.version, reason="ill", scope=scope)

    @rule(which=courses)
    def dose(self, which: int) -> None:
        course = self.courses[which]
        if course.live and course.live[0].start_at >= self.desk.clock.now:
            course.dose()

    @rule(which=courses)
    def miss(self, which: int) -> None:
        course = self.courses[which]
        if course.live and course.live[0].start_at >= self.desk.clock.now:
            course.miss()

    @rule(which=courses)
    def cancel_late(self, which: int) -> None:
        if one := self.some(which, 0):
            self.desk.clock.now = max(self.desk.clock.now, one.start_at - timedelta(hours=2))
            asked = {"appointment_id": one.id, "version": one.version}
            attendance.record(self.desk.scheduler, kind=MarkKind.LATE_CANCEL, **asked)

    @rule(ahead=days)
    def close(self, ahead: int) -> None:
        calendar.close(self.desk.scheduler, span=self.day(ahead), reason="flood")

    @rule(ahead=days, index=st.integers(0, 2))
    def absence(self, ahead: int, index: int) -> None:
        with self.store.read(self.desk.clinic_id) as uow:
            somebody = uow.clinics.get(self.desk.clock.now).resources[index]
        calendar.note_absence(self.desk.scheduler, resource_id=somebody.id, span=self.day(ahead), reason="leave")

    @rule(some=st.integers(1, 5))
    def time_passes(self, some: int) -> None:
        self.desk.clock.now += timedelta(days=some)

    @rule(which=courses)
    def send(self, which: int) -> None:
        self.courses[which].send_all()

    # --- what a clinician orders

    @rule(which=courses, index=few)
    def skip(self, which: int, index: int) -> None:
        if one := self.some(which, index):
            self.order(which, orders.Skip(one.id))

    @rule(which=courses, pace=st.sampled_from([(5, 7, 10), (10, 14, 18), (21, 28, 35)]), later=st.sampled_from([None, 9]))
    def space(self, which: int, pace: tuple[int, int, int], later: int | None) -> None:
        name = ("weekly", "maintenance")[which]
        since = self.today() + timedelta(days=later) if later else None
        self.order(which, orders.ChangeSpacing(name, SpacingRule(*pace)), effective_on=since)

    @rule(which=courses, weekdays=st.sampled_from([(), (0, 2), (1, 4), (3,)]), hour=st.sampled_from([None, 9, 11, 13]))
    def repattern(self, which: int, weekdays: tuple[int, ...], hour: int | None) -> None:
        self.order(which, orders.ChangePattern(weekdays, None if hour is None else time(hour)))

    @rule(which=courses, visit=st.sampled_from(["spravato", "spravato-84"]), later=st.sampled_from([None, 9]))
    def change_dose(self, which: int, visit: str, later: int | None) -> None:
        since = self.today() + timedelta(days=later) if later else None
        self.order(which, orders.ChangeDose(("induction", "maintenance")[which], visit), effective_on=since)

    @rule(which=courses, minutes=st.sampled_from([120, 150, 180]))
    def observe(self, which: int, minutes: int) -> None:
        self.order(which, orders.ChangeObservation(minutes))

    @rule(which=courses, name=st.sampled_from(["induction", "weekly", "maintenance"]), sessions=st.integers(0, 2))
    def extend_or_end(self, which: int, name: str, sessions: int) -> None:
        self.order(which, orders.Extend(name, sessions) if sessions else orders.EndPhase(name))

    @rule(which=courses, ahead=st.sampled_from([None, 3, 15, 40]))
    def hold(self, which: int, ahead: int | None) -> None:
        self.order(which, orders.Hold(self.today() + timedelta(days=ahead) if ahead else None))

    @rule(which=courses, ahead=st.integers(0, 9))
    def resume(self, which: int, ahead: int) -> None:
        self.order(which, orders.Resume(self.today() + timedelta(days=ahead)))

    @rule(which=courses, kind=st.sampled_from([orders.Stop(), orders.Continue("induction")]))
    def stop_or_go_on(self, which: int, kind: orders.Order) -> None:
        self.order(which, kind)

    @rule(which=courses, index=few, ahead=st.integers(-4, 9))
    def overrule(self, which: int, index: int, ahead: int) -> None:
        if one := self.some(which, index):
            lost = not self.courses[which].changes_nothing()  # it moves one session, and looks for no place for a lost one
            self.order(which, orders.OverrideSpacing(one.id, one.start_at + timedelta(days=ahead)), again=not lost)

    @rule(which=courses, ahead=st.integers(0, 9))
    def succeed(self, which: int, ahead: int) -> None:
        name = self.courses[which].course.protocol.name
        self.order(which, orders.Succeed(name, self.today() + timedelta(days=ahead)))

    @rule(which=courses)
    def take_back(self, which: int) -> None:
        given = [(one.id, one.content) for one in self.courses[which].orders]
        if latest := orders.latest_standing(given):
            self.order(which, orders.TakeBack(latest))

    def order(self, which: int, order: orders.Order, *, again: bool = True, **more: object) -> None:
        course = self.courses[which]
        try:
            course.propose(order, **more)
        except PlannerError:
            return
        given = course.order(order, **more)
        if given.successor:
            course = self.courses[which] = Ordered(self.desk, given.successor)
            self.every.append(given.successor)
        self.committed(course, again=again)

    # --- what is always so

    def committed(self, course: Ordered, *, again: bool = True) -> None:
        """What was committed breaks no rule, and planning *again* changes nothing."""
        assert not again or course.now.status == "draft" or not course.now.terms.plans or course.changes_nothing()
        assert self.broken(course) == {}

    def broken(self, course: Ordered):
        with self.store.read(self.desk.clinic_id) as uow:
            now = self.desk.clock.now
            request = course_request(uow, course.now, now)
            taken = taken_from(uow, now, [one.appointment_id for one in request.standing])
        first = len(request.given) + 1
        ahead = sorted((one for one in request.standing if not one.linked), key=lambda one: one.start)
        shown = [Shown(number, one.start) for number, one in enumerate(ahead, first)]
        return recheck(request, Occupancy(request.clinic, taken), shown)[1]

    @invariant()
    def the_laws_hold(self) -> None:
        if hasattr(self, "known"):
            assert self.desk.overlaps() == 0
            self.what_cannot_take_place_is_a_task()
            self.each_appointment_is_explained()
            self.what_keeps_its_time_keeps_its_identity()
            self.no_appointment_is_in_two_messages_that_wait()

    def what_cannot_take_place_is_a_task(self) -> None:
        with self.store.read(self.desk.clinic_id) as uow:
            empty = Occupancy(uow.clinics.get(self.desk.clock.now))
        known = {task.appointment_id for task in self.desk.tasks(CHANGE_TASK)}
        for one in self.snapshot().values():
            if one.status in LIVE and one.start_at >= self.desk.clock.now and one.id not in known:
                assert check_hours(empty, one.profile, one.start_at) == []

    def each_appointment_is_explained(self) -> None:
        now, entries = self.snapshot(), self.entries()
        assert self.known.keys() <= now.keys()
        for key, one in now.items():
            former = self.known.get(key)
            if former is None:
                assert named(entries, key, "added_ids")
            elif one.status is AppointmentStatus.CANCELLED and former.status is not AppointmentStatus.CANCELLED:
                assert named(entries, key, "cancelled_ids")
            elif one.start_at != former.start_at:
                assert named(entries, key, "moved_ids")
        self.heard = max([self.heard, *(entry.id or 0 for entry in entries)])
        self.known = {**self.known, **now}

    def what_keeps_its_time_keeps_its_identity(self) -> None:
        live = [(one.course_id, one.phase, one.start_at) for one in self.known.values() if one.status in LIVE]
        assert not live or max(Counter(live).values()) == 1

    def no_appointment_is_in_two_messages_that_wait(self) -> None:
        for course in self.courses:
            waiting = [one for one in course.notices if one.open and one.kind in ABOUT_CHANGES and not one.attempts]
            named_in = Counter(key for one in waiting for key in one.facts["appointments"])
            assert not named_in or max(named_in.values()) == 1

    # --- small things

    def some(self, which: int, index: int):
        ahead = [one for one in self.courses[which].live if one.start_at > self.desk.clock.now]
        return ahead[index % len(ahead)] if ahead else None

    def today(self) -> date:
        with self.store.read(self.desk.clinic_id) as uow:
            return local_day(self.desk.clock.now, uow.clinics.get(self.desk.clock.now).zone)

    def day(self, ahead: int) -> Span:
        start = datetime.combine(self.today() + timedelta(days=ahead), time(5), UTC)
        return Span(start, start + timedelta(days=1))


def named(entries, key: UUID, name: str) -> bool:
    return any(one.subject_id == key or str(key) in str(one.facts.get(name, "")).split() for one in entries)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_course_keeps_its_laws_whatever_happens(database, request):
    class Machine(CourseMachine):
        store = request.getfixturevalue("sqlite_store" if database == "sqlite" else "postgres_store")

    kept = settings(
        max_examples=EXAMPLES[database], stateful_step_count=STEPS, deadline=None, phases=[Phase.reuse, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(Machine, settings=kept)
