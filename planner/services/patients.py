"""Patients: found, corrected, and seen as a whole; whoever reads a patient's page leaves a trace."""

from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from planner.domain.contact import initials, search_words
from planner.domain.course import LIVE, AppointmentStatus, CourseStatus, is_unheard_of
from planner.domain.errors import Conflict, InvalidValue
from planner.domain.roles import Permission
from planner.services.clinics import NewPatient, patient_of
from planner.services.consents import note_number
from planner.services.context import Context
from planner.services.writing import audit
from planner.storage.desk_records import Notice
from planner.storage.records import AppointmentRecord, CourseRecord, Patient, Task
from planner.storage.unit_of_work import UnitOfWork

_AHEAD = LIVE | {AppointmentStatus.ARRIVED}
PAGE = 50
"""How many patients a list shows at once."""


@dataclass(frozen=True)
class Listed:
    """A page of patients, and whether there are more."""

    patients: tuple[Patient, ...]
    more: bool


@dataclass(frozen=True)
class CourseLine:
    """A course as the patient's page shows it."""

    course: CourseRecord
    given: int
    next: AppointmentRecord | None


@dataclass(frozen=True)
class Whole:
    """A patient with courses, appointments to come and gone, messages and open tasks."""

    patient: Patient
    courses: tuple[CourseLine, ...]
    coming: tuple[AppointmentRecord, ...]
    gone: tuple[AppointmentRecord, ...]
    notices: tuple[Notice, ...]
    tasks: tuple[Task, ...]


def listed(ctx: Context, page: int = 1) -> Listed:
    """List patients by name, fifty to a page."""
    ctx.require(Permission.READ)
    if not 1 <= page <= 10_000:
        raise InvalidValue("page", "must be between 1 and 10000")
    with ctx.read() as uow:
        found = uow.people.page((page - 1) * PAGE, PAGE + 1)
    return Listed(tuple(found[:PAGE]), len(found) > PAGE)


def search(ctx: Context, term: str) -> Listed:
    """Find patients by parts of the name (accents do not matter), the record number, or the end of the telephone number."""
    ctx.require(Permission.READ)
    words = search_words(term)
    if not words:
        return Listed((), more=False)
    with ctx.read() as uow:
        found = uow.people.search(words, PAGE + 1)
    return Listed(tuple(found[:PAGE]), len(found) > PAGE)


def find(ctx: Context, patient_id: UUID) -> Patient:
    """Find a patient of the clinic; raises NotFound."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        return uow.people.get(patient_id)


def whole(ctx: Context, patient_id: UUID) -> Whole:
    """Give everything about a patient, and write down who looked; raises NotFound."""
    ctx.require(Permission.READ)
    with ctx.begin() as uow:
        now = ctx.clock()
        patient = uow.people.get(patient_id)
        appointments = [one for one in uow.appointments.of_patient(patient_id) if not _unheard_of(one)]
        courses = uow.courses.of_patient(patient_id)
        coming = [one for one in appointments if one.end_at >= now]
        lines = [_line(course, coming, len(uow.given.of_course(course.id))) for course in courses]
        open_tasks = [task for task in uow.tasks.open() if task.patient_id == patient_id]
        notices = uow.notices.of_patient(patient_id)
        audit(ctx, uow, now, "read", "patient", patient_id)
    gone = [one for one in reversed(appointments) if one.end_at < now]
    return Whole(patient, tuple(lines), tuple(coming), tuple(gone), tuple(reversed(notices)), tuple(open_tasks))


def _unheard_of(one: AppointmentRecord) -> bool:
    return is_unheard_of(one.status, told=one.told_at is not None, recorded=one.outcome is not None)


def _line(course: CourseRecord, coming: list[AppointmentRecord], given: int) -> CourseLine:
    live = (one for one in coming if one.course_id == course.id and one.status in _AHEAD)
    ended = course.status in {CourseStatus.COMPLETED, CourseStatus.REVOKED}
    return CourseLine(course, given, None if ended else next(live, None))


def register(ctx: Context, entered: NewPatient) -> Patient:
    """Enter a patient; raises InvalidValue with the field, Conflict for a record number in use.

    A form that is sent twice makes one patient: the second is told that all of this is entered already.
    """
    ctx.require(Permission.REGISTER)
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        made = patient_of(entered, uuid4(), now.date())
        _check_number(uow, made)
        if any(replace(one, id=made.id, version=made.version) == made for one in uow.people.with_key(made.search_key)):
            raise InvalidValue("name", "with all else that is said here is entered already; if this is somebody else, "
                               "say what tells them apart")  # fmt: skip
        uow.people.add(made)
        audit(ctx, uow, now, "register", "patient", made.id)
    return made


def _check_number(uow: UnitOfWork, patient: Patient) -> None:
    if patient.record_number:
        other = uow.people.with_record_number(patient.record_number)
        if other and other.id != patient.id:
            raise InvalidValue("record_number", "is another patient's")


def correct(ctx: Context, *, patient_id: UUID, version: int, changed: NewPatient) -> Patient:
    """Correct what is known of a patient; raises Conflict for a stale version or a record number in use.

    Another telephone number has to be agreed to anew, if text messages are to go to it.
    """
    ctx.require(Permission.REGISTER)
    with ctx.begin() as uow:
        now = ctx.clock()
        found = uow.people.get(patient_id)
        if found.version != version:
            raise Conflict("somebody else changed this patient first")
        corrected = patient_of(changed, patient_id, now.date(), version=version)
        _check_number(uow, corrected)
        saved = uow.people.save(corrected)
        note_number(ctx, uow, found, saved)
        if initials(found.name) != initials(saved.name):
            uow.people.note_renaming(patient_id, now)
        audit(ctx, uow, now, "correct", "patient", patient_id)
    return saved
