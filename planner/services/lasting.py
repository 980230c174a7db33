"""How long the private links of a patient last: 90 days beyond the course (assurance.md, "Capability links")."""

from datetime import datetime, timedelta
from uuid import UUID

from planner.domain.course import CourseStatus
from planner.storage.unit_of_work import UnitOfWork

LASTS_AFTER = timedelta(days=90)
"""How long a link outlives its course, and a calendar's notice the calendar."""
_OPEN = {CourseStatus.DRAFT, CourseStatus.ACTIVE, CourseStatus.ON_HOLD}


def lasts_until(uow: UnitOfWork, patient_id: UUID, created_at: datetime) -> datetime | None:
    """Give the end of a link: 90 days after the last appointment of a patient who has no course any more; None before."""
    if any(course.status in _OPEN for course in uow.courses.of_patient(patient_id)):
        return None
    last = uow.appointments.last_end(patient_id)
    return max(created_at, last or created_at) + LASTS_AFTER
