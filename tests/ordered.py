"""A course that a clinician gives orders to, in a test: what is proposed, what is given, and what is left."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from builders import clinic, hours, phase, protocol, resources, spravato
from desks import Desk, HandClock, open_desk
from planner.domain.attendance import MarkKind
from planner.domain.course import Given
from planner.domain.difference import Kind
from planner.domain.orders import Order
from planner.domain.protocol import Protocol, Review
from planner.domain.rechecking import shown_of
from planner.services import attendance, clinics, courses, ordering, proposing
from planner.storage.desk_records import Notice
from planner.storage.records import AppointmentRecord, CourseRecord, OrderRecord
from planner.storage.unit_of_work import Store

LOS_ANGELES = ZoneInfo("America/Los_Angeles")


@dataclass
class Ordered:
    """One course at one desk."""

    desk: Desk
    course: CourseRecord

    @property
    def now(self) -> CourseRecord:
        return self.desk.course(self.course)

    @property
    def live(self) -> list[AppointmentRecord]:
        return [one for one in self.desk.live(self.course) if one.linked_to is None]

    @property
    def walls(self) -> list[str]:
        return self.desk.walls(self.course)

    @property
    def orders(self) -> list[OrderRecord]:
        with self.desk.store.read(self.desk.clinic_id) as uow:
            return uow.orders.of_course(self.course.id)

    @property
    def notices(self) -> list[Notice]:
        with self.desk.store.read(self.desk.clinic_id) as uow:
            return uow.notices.of_patient(self.course.patient_id)

    def propose(self, order: Order, **more: object) -> proposing.Proposal:
        return proposing.propose(self.desk.clinician, course_id=self.course.id, order=order, **more)

    def give(self, order: Order, *, reason: str = "as discussed", **more: object) -> ordering.Ordered:
        asked = {"reason": reason, "version": self.now.version, **more}
        return ordering.give(self.desk.clinician, course_id=self.course.id, order=order, **asked)

    def order(self, order: Order, *, reason: str = "as discussed", **more: object) -> ordering.Ordered:
        """Look first, then give what was shown; the one must be what the other promised, and stay so."""
        before = self.desk.records(self.course), self.now, self.orders, self.notices
        seen = self.propose(order, **more)
        assert (self.desk.records(self.course), self.now, self.orders, self.notices) == before
        given = self.give(order, reason=reason, shown=shown_of(seen.plan) or None, **more)
        self.check_as_shown(seen)
        return given

    def check_as_shown(self, seen: proposing.Proposal) -> None:
        found = {one.id: one for one in self.desk.records(self.course)}
        for row in seen.rows:
            if row.kind in {Kind.KEEP, Kind.MOVE}:
                assert found[row.was.appointment_id].start_at == row.will.start
            elif row.kind is Kind.CANCEL:
                assert found[row.was.appointment_id].status == "cancelled"
        if seen.draft.successor is None:
            starts = sorted(row.will.start for row in seen.rows if row.will)
            standing = {one.id for one in self.desk.live(self.course) if one.start_at >= self.desk.clock.now}
            assert sorted(found[key].start_at for key in standing) == starts or not seen.rows

    def changes_nothing(self) -> bool:
        """Whether planning the course anew, as it is now, would leave everything where it is."""
        return courses.preview(self.desk.scheduler, course_id=self.course.id, choices=False).diff.changes_nothing

    def send_all(self) -> None:
        """Let the worker send all that waits, ten seconds later."""
        self.desk.clock.now += timedelta(seconds=11)
        with self.desk.store.begin(self.desk.clinic_id) as uow:
            for notice in uow.notices.of_patient(self.course.patient_id):
                if notice.open:
                    uow.notices.settle(replace(notice, sent_at=self.desk.clock.now), notice.next_attempt_at)

    def dose(self, record: AppointmentRecord | None = None) -> AppointmentRecord:
        """Give the next session, on time."""
        one = record or self.live[0]
        marks = (MarkKind.ARRIVED, one.start_at), (MarkKind.DOSED, one.start_at), (MarkKind.DISCHARGED, one.end_at)
        for kind, at in marks:
            self.desk.clock.now = max(self.desk.clock.now, at)
            one = attendance.record(
                self.desk.clinician, appointment_id=one.id, kind=kind, version=one.version, at=self.desk.clock.now
            )  # fmt: skip
        return one

    def miss(self, record: AppointmentRecord | None = None) -> AppointmentRecord:
        """Let the next session's patient not come."""
        one = record or self.live[0]
        self.desk.clock.now = one.start_at + timedelta(minutes=30)
        return attendance.record(self.desk.scheduler, appointment_id=one.id, kind=MarkKind.NO_SHOW, version=one.version)


def maintained(store: Store) -> Ordered:
    """Scenario A3: esketamine every two weeks on Wednesdays at 09:30 in Los Angeles, the last dose given on 5 May."""
    people = resources("nurse", 2, 4, hours()), resources("prescriber", 1, 1, hours())
    clinics.open_clinic(store, clinic(resources("chair", 2), *people, zone=LOS_ANGELES))
    desk = Desk(store, HandClock(datetime(2027, 5, 6, 17, tzinfo=UTC)))
    endless = protocol(phase("maintenance", None, (10, 14, 21)), visits=(spravato(), spravato("spravato-84", 15)))
    desk.publish(replace(endless, name="maintenance", modality="esketamine-nasal"))
    given = [Given("maintenance", date(2027, 5, 5))]
    course = desk.begin("maintenance", date(2027, 5, 6), "Wed", "09:30", given=given)
    desk.book(course, desk.shown(course, horizon=date(2027, 7, 14)))
    found = Ordered(desk, course)
    found.send_all()
    desk.clock.now = datetime(2027, 5, 10, 17, tzinfo=UTC)
    return found


def staged() -> Protocol:
    """Four doses on Tuesdays and Thursdays, then three weekly ones; a review after the four."""
    first = replace(phase("induction", 4, (2, 3, 5), pattern="Tue Thu", per_week=2), review=Review("Evaluate the benefit"))
    weekly = phase("weekly", 3, (5, 7, 10), per_week=1)
    doses = spravato(), spravato("spravato-84", 15)
    return replace(protocol(first, weekly, visits=doses), name="staged")


def begun(store: Store) -> Ordered:
    """A whole staged course booked from Tuesday, 5 January, in New York."""
    desk = open_desk(store)
    desk.publish(staged())
    course = desk.begin("staged", days="Tue Thu")
    desk.book(course)
    found = Ordered(desk, course)
    found.send_all()
    return found
