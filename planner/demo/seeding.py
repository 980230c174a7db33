"""Filling the demo: everything goes through the same use-cases that a clinic's own people use."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from planner.bootstrap import Parts
from planner.demo.clinic import CLINIC_ID, HOLIDAYS, demo_clinic, demo_id
from planner.demo.patients import DemoCourse, names, new_courses, running_courses
from planner.documents.protocols import shipped
from planner.domain.course import Gate
from planner.domain.errors import Conflict, NotFound, PlannerError
from planner.domain.rechecking import shown_of
from planner.domain.roles import Actor, Role
from planner.domain.span import local_day
from planner.services import booking, clinics, courses
from planner.services.context import Context
from planner.services.courses import Preview

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class Shown:
    """One of the two new courses, as planned and booked."""

    course_id: UUID
    preview: Preview


def context(parts: Parts) -> Context:
    """Act as the demo's own set-up."""
    return Context(Actor(demo_id("set-up"), Role.SYSTEM, CLINIC_ID), parts.store, parts.clock)


def is_seeded(parts: Parts) -> bool:
    """Whether an earlier start has filled the demo to the end."""
    try:
        return len(finished_courses(context(parts))) == len(_NEW)
    except NotFound:
        return False


_NEW = ("esketamine", "infusions")
_MARK = "demo-"


def finished_courses(ctx: Context) -> list[UUID]:
    """Give the two new patients' courses, in order; they are booked last, so that they mark a finished seeding."""
    numbers = [f"{_MARK}{name}" for name in _NEW]
    clinics.the_clinic(ctx)
    return [found for number in numbers for found in courses.of_record_number(ctx, number)]


def seed(parts: Parts, progress: Progress) -> list[Shown]:
    """Make the clinic, book some sixty courses, then plan and book the two new ones; what was interrupted is refused."""
    ctx, clinic, protocols = context(parts), demo_clinic(), shipped()
    progress("the clinic", 0, 1)
    try:
        clinics.open_clinic(parts.store, clinic, HOLIDAYS)
    except Conflict:
        raise PlannerError("the demo was interrupted while it was being filled; start over with --fresh") from None
    for protocol in protocols.values():
        clinics.publish(ctx, protocol)
    for gate in sorted({gate for protocol in protocols.values() for gate in protocol.gates}):
        clinics.set_gate(ctx, Gate(gate))
    today = local_day(parts.clock(), clinic.zone)
    wanted = running_courses(protocols, today)
    invented = names()
    for number, course in enumerate(wanted):
        progress("booking courses", number, len(wanted))
        _book(ctx, next(invented), f"{20400 + number}", course)
    progress("booking courses", len(wanted), len(wanted))
    new = zip(_NEW, new_courses(clinics.the_clinic(ctx), protocols, today), strict=True)
    return [_book_shown(ctx, next(invented), f"{_MARK}{name}", course) for name, course in new]


def _book(ctx: Context, name: str, record_number: str, course: DemoCourse) -> None:
    """Begin and book one course; where the whole of it does not fit, as far as it goes."""
    course_id = _begin(ctx, name, record_number, course)
    preview = courses.preview(ctx, course_id=course_id, choices=False, explain=False)
    if preview.plan.placed:
        booking.book_series(ctx, course_id=course_id, shown=shown_of(preview.plan))


def _book_shown(ctx: Context, name: str, record_number: str, course: DemoCourse) -> Shown:
    course_id = _begin(ctx, name, record_number, course)
    preview = courses.preview(ctx, course_id=course_id)
    if preview.plan.placed:
        booking.book_series(ctx, course_id=course_id, shown=shown_of(preview.plan))
    return Shown(course_id, preview)


def _begin(ctx: Context, name: str, record_number: str, course: DemoCourse) -> UUID:
    (patient,) = clinics.register_patients(ctx, [clinics.NewPatient(name, record_number)])
    begun = courses.begin(
        ctx, patient_id=patient.id, protocol=course.protocol, preferences=course.preferences, given=course.given
    )
    return begun.id


def show(parts: Parts) -> list[Shown]:
    """Find what an earlier start has booked."""
    ctx = context(parts)
    return [Shown(course_id, courses.booked(ctx, course_id=course_id)) for course_id in finished_courses(ctx)]
