"""What was overruled for single sessions, kept with the appointments that these sessions are after a change."""

from collections.abc import Iterable
from dataclasses import replace

from planner.domain.course import AppointmentStatus, SpacingException
from planner.domain.plan import PlanRequest
from planner.storage.records import AppointmentRecord, CourseRecord
from planner.storage.unit_of_work import UnitOfWork

_LOST = {AppointmentStatus.CANCELLED, AppointmentStatus.NOSHOW}


def keep_exceptions(
    uow: UnitOfWork, course: CourseRecord, request: PlanRequest, written: Iterable[AppointmentRecord]
) -> CourseRecord:
    """Let each exception follow its session to the appointment that it is now; that of one that is lost lapses.

    *request*: what the change was planned by. That of a session that took place stays, since it explains the gap.
    """
    if not (course.exceptions or request.exceptions):
        return course
    ids = {one.number: one.id for one in written if one.linked_to is None}
    ahead = {one.appointment_id: ids[number] for number, one in request.exceptions.items() if number in ids}
    follows = [replace(one, appointment_id=ahead[one.appointment_id]) for one in request.exceptions.values()
               if one.appointment_id in ahead]  # fmt: skip
    exceptions = (*_not_lost(uow, [one for one in course.exceptions if one.appointment_id not in ahead]), *follows)
    if exceptions == course.exceptions:
        return course
    return uow.courses.save(replace(course, exceptions=exceptions), "exceptions")


def _not_lost(uow: UnitOfWork, some: list[SpacingException]) -> list[SpacingException]:
    if not some:
        return []
    found = uow.appointments.among({one.appointment_id for one in some})
    return [one for one in some if one.appointment_id in found and found[one.appointment_id].status not in _LOST]
