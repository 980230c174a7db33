"""Protocols as they were published, courses with their own copy, what was given and what was ordered."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, select

from planner.domain.course import CourseStatus, Given
from planner.domain.errors import NotFound
from planner.domain.protocol import Protocol
from planner.storage.calendar_tables import GivenRow
from planner.storage.records import CourseRecord, GivenRecord, OrderRecord, ProtocolRecord
from planner.storage.repository import Keyed, Mapped, Repository, Versioned
from planner.storage.tables import CourseRow, OrderRow, ProtocolRow


class Protocols(Repository[ProtocolRecord]):
    """The published versions of a clinic's protocols; a version never changes."""

    mapped = Mapped(ProtocolRow, ProtocolRecord, order_by="name")

    def publish(self, protocol: Protocol, *, author_id: UUID, at: datetime) -> None:
        """Store a version of a protocol for good; raises Conflict where that version exists."""
        self._insert([ProtocolRecord(protocol.name, protocol.version, protocol, at, author_id)])

    def get(self, name: str, version: int | None = None) -> Protocol:
        """Find a version of a protocol, or the latest; raises NotFound."""
        found = [record for record in self.versions(name) if version in {None, record.version}]
        if not found:
            raise NotFound(f"no protocol {name} {version or ''}".rstrip())
        return found[-1].document

    def versions(self, name: str) -> list[ProtocolRecord]:
        """List the versions of a protocol, the oldest first."""
        found = self._list(self.mapped.table.c.name == name)
        return sorted(found, key=lambda record: record.version)

    def latest(self) -> list[Protocol]:
        """List the latest version of each protocol by name."""
        newest: dict[str, ProtocolRecord] = {}
        for record in self._list():
            if record.name not in newest or newest[record.name].version < record.version:
                newest[record.name] = record
        return [record.document for record in newest.values()]


class Courses(Versioned[CourseRecord]):
    """The courses of a clinic's patients."""

    mapped = Mapped(CourseRow, CourseRecord)
    noun = "course"
    _of_patient = mapped.all.where(mapped.table.c.patient_id == bindparam("_patient_id"))

    def of_patient(self, patient_id: UUID) -> list[CourseRecord]:
        """List a patient's courses, the oldest first."""
        return sorted(self._listed(self._of_patient, _patient_id=patient_id), key=lambda course: course.created_at)

    def with_status(self, *statuses: CourseStatus) -> list[CourseRecord]:
        """List the clinic's courses of these statuses."""
        return self._list(self.mapped.table.c.status.in_(statuses))


class GivenSessions(Keyed[GivenRecord]):
    """The sessions that took place."""

    mapped = Mapped(GivenRow, GivenRecord, order_by="day")
    noun = "session given"
    _of_course = mapped.all.where(mapped.table.c.course_id == bindparam("_course_id"))

    def of_course(self, course_id: UUID) -> list[GivenRecord]:
        """List what a course was given, in date order."""
        return self._listed(self._of_course, _course_id=course_id)

    def of_courses(self, *statuses: CourseStatus) -> dict[UUID, list[GivenRecord]]:
        """List what the clinic's courses of these statuses were given, by course, in date order."""
        given, course, found = self.mapped.table, Courses.mapped.table, dict[UUID, list[GivenRecord]]()
        ours = select(course.c.id).where(course.c.clinic_id == self._clinic_id, course.c.status.in_(statuses))
        for one in self._list(given.c.course_id.in_(ours)):
            found.setdefault(one.course_id, []).append(one)
        return found

    def values_of(self, course_id: UUID) -> tuple[Given, ...]:
        """Give the same as the planner wants it."""
        return tuple(Given(record.phase, record.day, record.elsewhere) for record in self.of_course(course_id))

    def of_patient(self, patient_id: UUID) -> list[GivenRecord]:
        """List what all of a patient's courses were given, in date order."""
        given, course = self.mapped.table, Courses.mapped.table
        theirs = select(course.c.id).where(course.c.clinic_id == given.c.clinic_id, course.c.patient_id == patient_id)
        return self._list(given.c.course_id.in_(theirs))

    def remove(self, given_id: UUID) -> None:
        """Take back a session that was recorded by mistake; the audit keeps the correction."""
        if not self._delete([given_id]):
            raise NotFound(f"no {self.noun} {given_id} in this clinic")


class Orders(Keyed[OrderRecord]):
    """Clinicians' orders; append-only."""

    mapped = Mapped(OrderRow, OrderRecord, order_by="given_at")
    noun = "order"

    def of_course(self, course_id: UUID) -> list[OrderRecord]:
        """List the orders to a course, the oldest first."""
        return self._list(self.mapped.table.c.course_id == course_id)

    def moment(self, course_id: UUID, now: datetime) -> datetime:
        """Give the instant of the next order to a course: now, but after all before it, though a clock was set back."""
        latest = max((one.given_at for one in self.of_course(course_id)), default=None)
        return now if latest is None else max(now, latest + timedelta(microseconds=1))

    def that_began(self, course_id: UUID) -> OrderRecord | None:
        """Find the order by which a course was begun as another one's successor; None for most courses."""
        return next(iter(self._list(self.mapped.table.c.successor_id == course_id)), None)
