"""Filling the demo: everything goes through the same use-cases that a clinic's own people use."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from planner.bootstrap import Parts
from planner.demo import story
from planner.demo.clinic import CLINIC_ID, HOLIDAYS, demo_clinic, demo_id
from planner.demo.patients import DemoCourse, names, new_courses, running_courses
from planner.documents.protocols import shipped
from planner.domain.course import Gate
from planner.domain.errors import Conflict, NotFound, PlannerError
from planner.domain.rechecking import shown_of
from planner.domain.roles import Actor, Role
from planner.domain.span import day_start, local_day
from planner.services import booking, clinics, courses
from planner.services.clinics import NewPatient
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


_FIRST_NUMBER, _NEW, _STORY = 20400, (20490, 20491), 20388
"""The record numbers begin at the first; the two new patients, and the one with a story, have theirs apart."""


def finished_courses(ctx: Context) -> list[UUID]:
    """Give the two new patients' courses, in order; they are booked last, so that they mark a finished seeding."""
    clinics.the_clinic(ctx)
    return [found for number in _NEW for found in courses.of_record_number(ctx, str(number))]


def seed(parts: Parts, progress: Progress) -> list[Shown]:
    """Make the clinic, book some sixty courses, then plan and book the two new ones; what was interrupted is refused."""
    clinic, protocols = demo_clinic(), shipped()
    today = local_day(parts.clock(), clinic.zone)
    dawn = day_start(today, clinic.zone)
    ctx = context(Parts(parts.store, lambda: dawn))  # so that today's board is full, whatever the time
    progress("the clinic", 0, 1)
    try:
        clinics.open_clinic(parts.store, clinic, HOLIDAYS)
    except Conflict:
        raise PlannerError("the demo was interrupted while it was being filled; start over with --fresh") from None
    for protocol in protocols.values():
        clinics.publish(ctx, protocol)
    for gate in sorted({gate for protocol in protocols.values() for gate in protocol.gates}):
        clinics.set_gate(ctx, Gate(gate))
    wanted = running_courses(protocols, today)
    invented = names()
    story.tell(parts, _invented("Harriet Boone", _STORY), protocols["spravato-trd"], today)
    for number, course in enumerate(wanted):
        progress("booking courses", number, len(wanted))
        _book(ctx, _invented(next(invented), _FIRST_NUMBER + number), course)
    progress("booking courses", len(wanted), len(wanted))
    new = zip(_NEW, new_courses(clinics.the_clinic(ctx), protocols, today), strict=True)
    return [_book_shown(ctx, _invented(next(invented), number), course) for number, course in new]


def _invented(name: str, number: int) -> NewPatient:
    """Give a patient born between 1948 and 2002, who can be reached at addresses that belong to nobody."""
    born = date(1948, 3, 14) + timedelta(days=(number * 12_289) % 19_800)
    mail = f"{name.lower().replace(' ', '.')}@patients.example"
    return NewPatient(name, str(number), f"555-01{number % 100:02}", mail, born)


def _book(ctx: Context, patient: NewPatient, course: DemoCourse) -> None:
    """Begin and book one course, as far as it goes; its patient heard of it, and of today, before there was a demo."""
    course_id = _begin(ctx, patient, course)
    preview = courses.preview(ctx, course_id=course_id, choices=False, explain=False)
    if preview.plan.placed:
        booking.book_series(ctx, course_id=course_id, shown=shown_of(preview.plan))
    tomorrow = ctx.clock() + timedelta(days=1)
    with ctx.store.begin(CLINIC_ID) as uow:
        told = [notice.id for notice in uow.notices.open_of_course(course_id) if notice.due_at < tomorrow]
        uow.notices.withdraw(told, ctx.clock(), "told before")


def _book_shown(ctx: Context, patient: NewPatient, course: DemoCourse) -> Shown:
    course_id = _begin(ctx, patient, course)
    preview = courses.preview(ctx, course_id=course_id)
    if preview.plan.placed:
        booking.book_series(ctx, course_id=course_id, shown=shown_of(preview.plan))
    return Shown(course_id, preview)


def _begin(ctx: Context, patient: NewPatient, course: DemoCourse) -> UUID:
    (known,) = clinics.register_patients(ctx, [patient])
    begun = courses.begin(
        ctx, patient_id=known.id, protocol=course.protocol, preferences=course.preferences, given=course.given
    )
    return begun.id


def show(parts: Parts) -> list[Shown]:
    """Find what an earlier start has booked."""
    ctx = context(parts)
    return [Shown(course_id, courses.booked(ctx, course_id=course_id)) for course_id in finished_courses(ctx)]
