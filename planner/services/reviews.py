"""The decision that a clinician owes after a phase: a task due when its last session ends, before the next begins."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from planner.domain.course import LIVE
from planner.domain.errors import Fact
from planner.domain.protocol import Phase
from planner.services.briefing import has_begun, standing
from planner.storage.records import AppointmentRecord, CourseRecord, Task
from planner.storage.unit_of_work import UnitOfWork

REVIEW_TASK = "review"


def course_changed(uow: UnitOfWork, course_id: UUID, now: datetime) -> None:
    """Note that a course's appointments have changed: who saw it as it was is stale, and its reviews move along."""
    course = uow.courses.get(course_id)
    uow.courses.save(course, "status")
    if any(phase.review for phase in course.protocol.phases):
        owe_reviews(uow, course, standing(uow.appointments.of_course(course_id), now), now)


def owe_reviews(
    uow: UnitOfWork, course: CourseRecord, appointments: Sequence[AppointmentRecord], now: datetime
) -> None:
    """Let each phase with a review owe it once, due at the planned end of the phase's last session.

    *appointments*: those of the course that are still to come. A phase none of whose sessions took place, or is booked
    any more, owes nothing; one that is behind keeps what it owes.
    """
    reviewed = [phase for phase in course.protocol.phases if phase.review]
    if not reviewed:
        return
    begun: set[str | None] = {one.phase for one in uow.given.of_course(course.id)}
    begun |= {one.phase for one in uow.appointments.of_course(course.id) if has_begun(one, now)}
    open_tasks = [task for task in uow.tasks.open() if task.course_id == course.id and task.kind == REVIEW_TASK]
    for phase in reviewed:
        mine = [task for task in open_tasks if task.facts.get("phase") == phase.name]
        last = _last_of(phase, appointments)
        if last is None and phase.name in begun:
            continue
        if last and any(task.due_at == last.end_at for task in mine):
            continue
        for task in mine:
            uow.tasks.finish(task.id, at=now, reason="moved with the phase's last session" if last else "cancelled")
        if last and phase.review:
            facts: dict[str, Fact] = {"phase": phase.name, "title": phase.review.title}
            facts["within_days"] = phase.review.within_days
            uow.tasks.add(
                Task(uuid4(), REVIEW_TASK, last.end_at, now, facts, course_id=course.id, patient_id=course.patient_id)
            )


def _last_of(phase: Phase, appointments: Sequence[AppointmentRecord]) -> AppointmentRecord | None:
    own = (one for one in appointments if one.phase == phase.name and one.linked_to is None and one.status in LIVE)
    return max(own, key=lambda one: one.start_at, default=None)
