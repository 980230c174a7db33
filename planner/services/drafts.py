"""A course before it is booked: what can be begun, asked for otherwise, a row edited by hand, and given up.

A draft keeps what was asked for; the dates that somebody is shown for it are stored nowhere before they are booked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from planner.domain.clinic import Clinic
from planner.domain.course import CourseStatus, Preferences
from planner.domain.editing import Edit, edited
from planner.domain.errors import Conflict, InvalidMove, InvalidValue, NotFound, RuleViolated
from planner.domain.planning import plan
from planner.domain.protocol import Protocol
from planner.domain.roles import Permission
from planner.domain.span import check_instant
from planner.services.context import Context
from planner.services.courses import Wish, brief_of, check_clinician
from planner.services.writing import audit
from planner.storage.desk_records import Letterhead
from planner.storage.records import CourseRecord, Patient
from planner.storage.unit_of_work import UnitOfWork

UNDER_WAY = frozenset({CourseStatus.DRAFT, CourseStatus.ACTIVE, CourseStatus.ON_HOLD})


@dataclass(frozen=True)
class Offer:
    """What a patient's new course can be: the clinic, the protocols published, and the courses that are under way."""

    patient: Patient
    clinic: Clinic
    protocols: tuple[Protocol, ...]
    courses: tuple[CourseRecord, ...]

    def protocol(self, name: str) -> Protocol:
        """Find a protocol by its name; raises NotFound."""
        found = next((one for one in self.protocols if one.name == name), None)
        if found is None:
            raise NotFound(f"no protocol {name}")
        return found


def offer(ctx: Context, *, patient_id: UUID) -> Offer:
    """Say what can be begun for a patient; raises NotFound, Forbidden."""
    ctx.require(Permission.BOOK)
    with ctx.read() as uow:
        patient = uow.people.get(patient_id)
        courses = [one for one in uow.courses.of_patient(patient_id) if one.status in UNDER_WAY]
        clinic, protocols = uow.clinics.get(ctx.clock()), uow.protocols.latest()
    return Offer(patient, clinic, tuple(sorted(protocols, key=lambda one: one.title)), tuple(courses))


@dataclass(frozen=True)
class Draft:
    """A course that is being planned, or was: whom it is for, and how the clinic signs its letters."""

    course: CourseRecord
    patient: Patient
    letterhead: Letterhead | None


def look_up(ctx: Context, *, course_id: UUID) -> Draft:
    """Give a course with its patient; raises NotFound."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        course = uow.courses.get(course_id)
        return Draft(course, uow.people.get(course.patient_id), uow.letterheads.get())


def edit_start(ctx: Context, *, course_id: UUID, wish: Wish, edit: Edit) -> Mapping[int, datetime]:
    """Move one session of the plan that is shown, and give what is then pinned; nothing is stored.

    Raises RuleViolated with every rule that the start breaks and the nearest start that breaks none.
    """
    ctx.require(Permission.BOOK)
    brief = brief_of(ctx, course_id, wish)
    start = check_instant(edit.start, "start")
    found = edited(brief.request, brief.occupancy, plan(brief.request, brief.occupancy), replace(edit, start=start))
    if found.violations:
        raise RuleViolated(list(found.violations), found.nearest)
    return found.pinned


def prefer(ctx: Context, *, course_id: UUID, preferences: Preferences, version: int) -> CourseRecord:
    """Ask for something else in a course that is not booked yet; raises Conflict, InvalidMove, InvalidValue, NotFound."""
    ctx.require(Permission.BOOK)
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        course = _draft(uow, course_id, version)
        if preferences.other_course_days != course.preferences.other_course_days:
            ctx.require(Permission.OVERRIDE)
        check_clinician(uow, preferences, now)
        for name in preferences.phase_weekdays:
            if course.protocol.phase(name) is None:
                raise InvalidValue(f"preferences.phase_weekdays.{name}", "the course has no such phase")
        asked = replace(course, preferences=preferences, clinician_id=preferences.clinician_id)
        saved = uow.courses.save(asked)
        audit(ctx, uow, now, "prefer", "course", course.id, {"version": saved.version})
    return saved


def discard(ctx: Context, *, course_id: UUID, version: int) -> CourseRecord:
    """Give up a course that was never booked; it stays, revoked. Raises Conflict, InvalidMove, NotFound."""
    ctx.require(Permission.BOOK)
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        course = _draft(uow, course_id, version)
        saved = uow.courses.save(replace(course, status=CourseStatus.REVOKED))
        audit(ctx, uow, now, "discard", "course", course.id)
    return saved


def _draft(uow: UnitOfWork, course_id: UUID, version: int) -> CourseRecord:
    course = uow.courses.get(course_id)
    if course.status is not CourseStatus.DRAFT:
        raise InvalidMove(f"a course that is {course.status} is no draft any more")
    if course.version != version:
        raise Conflict("somebody else changed this course first")
    return course
