"""The decision that a clinician owes after a phase: a task due when its last session ends, before the next begins."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from planner.domain.course import LIVE, CourseStatus
from planner.domain.errors import Fact
from planner.domain.protocol import Phase
from planner.services.briefing import has_begun, standing
from planner.storage.records import AppointmentRecord, CourseRecord, Task
from planner.storage.unit_of_work import UnitOfWork

REVIEW_TASK = "review"
DECIDED = "decided"
"""Why the task of a review is done whose phase a clinician let go on."""


def course_changed(uow: UnitOfWork, course_id: UUID, now: datetime) -> None:
    """Note that a course's appointments have changed: who saw it as it was is stale, and its reviews move along."""
    course = uow.courses.get(course_id)
    uow.courses.save(course, "status")
    if any(phase.review for phase in course.protocol.phases):
        owe_reviews(uow, course, standing(uow.appointments.of_course(course_id), now), now)


def owe_reviews(
    uow: UnitOfWork, course: CourseRecord, appointments: Sequence[AppointmentRecord], now: datetime
) -> None:
    """Let each phase with a review that nobody has decided owe it once, due at the planned end of its last session.

    *appointments*: those of the course that are still to come. A phase none of whose sessions took place, or is booked
    any more, owes nothing; one that is behind keeps what it owes, and owes it again where its decision was taken back.
    """
    reviewed = [phase for phase in course.protocol.phases if phase.review]
    if not reviewed:
        return
    begun = [one for one in uow.appointments.of_course(course.id) if has_begun(one, now)]
    given = {one.phase for one in uow.given.of_course(course.id)} | {one.phase for one in begun}
    open_tasks = uow.tasks.open_of_course(course.id, REVIEW_TASK)
    for phase in reviewed:
        mine = [task for task in open_tasks if task.facts.get("phase") == phase.name]
        last = _last_of(phase, (one for one in appointments if one.status in LIVE))
        if phase.name in course.reviewed:
            _settle(uow, course, phase, mine, None, now, DECIDED)
        elif last or phase.name not in given:
            reason = "moved with the phase's last session" if last else "cancelled"
            _settle(uow, course, phase, mine, last.end_at if last else None, now, reason)
        elif course.status is CourseStatus.ACTIVE and all(task.due_at > now for task in mine):
            behind = _last_of(phase, begun)
            _settle(uow, course, phase, mine, behind.end_at if behind else now, now, "the phase has ended sooner")


def _settle(
    uow: UnitOfWork, course: CourseRecord, phase: Phase, mine: Sequence[Task], due_at: datetime | None, now: datetime,
    reason: str,
) -> None:  # fmt: skip
    """Let a phase owe its review at an instant, or (None) not at all; *reason*: why what it owed before is done."""
    if phase.review is None or (due_at and any(task.due_at == due_at for task in mine)):
        return
    for task in mine:
        uow.tasks.finish(task.id, at=now, reason=reason)
    if due_at:
        facts: dict[str, Fact] = {"phase": phase.name, "title": phase.review.title}
        facts["within_days"] = phase.review.within_days
        uow.tasks.add(Task(uuid4(), REVIEW_TASK, due_at, now, facts, course_id=course.id, patient_id=course.patient_id))


def _last_of(phase: Phase, appointments: Iterable[AppointmentRecord]) -> AppointmentRecord | None:
    own = (one for one in appointments if one.phase == phase.name and one.linked_to is None)
    return max(own, key=lambda one: one.start_at, default=None)
