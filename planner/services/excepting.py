"""What was overruled for single sessions, kept with the appointments that these sessions are after a change."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from planner.domain.course import AppointmentStatus, SpacingException
from planner.domain.overruling import booked_numbers
from planner.domain.plan import PlanRequest
from planner.services.briefing import booked_of
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


def revived(
    uow: UnitOfWork, request: PlanRequest, known: Iterable[SpacingException], order_id: UUID
) -> dict[int, SpacingException]:
    """Give what was overruled before an order that is taken back, by session numbers.

    A session that the order had cancelled comes again, and what was overruled for it holds for the one in its place.
    """
    exceptions = {one.appointment_id: one for one in known}
    if not exceptions:
        return {}
    given_at = uow.orders.get(order_id).given_at
    gone = [booked_of(one) for one in uow.appointments.among(exceptions).values()
            if one.status is AppointmentStatus.CANCELLED and one.updated_at >= given_at
            and one.start_at >= (request.not_before or given_at)]  # fmt: skip
    numbers = booked_numbers(replace(request, standing=(*request.standing, *gone)))
    return {numbers[key]: one for key, one in exceptions.items() if key in numbers}
