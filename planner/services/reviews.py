"""The decision that a clinician owes after a phase: a task due when its last session ends, before the next begins."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from planner.domain.course import LIVE
from planner.domain.errors import Fact
from planner.domain.protocol import Phase
from planner.storage.records import AppointmentRecord, CourseRecord, Task
from planner.storage.unit_of_work import UnitOfWork

REVIEW_TASK = "review"


def owe_reviews(
    uow: UnitOfWork, course: CourseRecord, appointments: Sequence[AppointmentRecord], now: datetime
) -> None:
    """Let each phase with a review owe it once, due at the planned end of the phase's last session."""
    open_tasks = [task for task in uow.tasks.open() if task.course_id == course.id and task.kind == REVIEW_TASK]
    for phase in course.protocol.phases:
        last = _last_of(phase, appointments) if phase.review else None
        if phase.review is None or last is None:
            continue
        mine = [task for task in open_tasks if task.facts.get("phase") == phase.name]
        if any(task.due_at == last.end_at for task in mine):
            continue
        for task in mine:
            uow.tasks.finish(task.id, at=now, reason="moved with the phase's last session")
        facts: dict[str, Fact] = {"phase": phase.name, "title": phase.review.title, "within_days": phase.review.within_days}
        uow.tasks.add(
            Task(uuid4(), REVIEW_TASK, last.end_at, now, facts, course_id=course.id, patient_id=course.patient_id)
        )


def _last_of(phase: Phase, appointments: Sequence[AppointmentRecord]) -> AppointmentRecord | None:
    own = (one for one in appointments if one.phase == phase.name and one.linked_to is None and one.status in LIVE)
    return max(own, key=lambda one: one.start_at, default=None)
