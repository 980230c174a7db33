"""Patients who answer: a link as a message or the desk would give it, and who comes by it."""

from uuid import UUID

from desks import Desk
from planner.domain.reaching import Purpose
from planner.services import page_links
from planner.services.bearing import Bearer, bearer_of
from planner.storage.records import AppointmentRecord, Task


def token_for(desk: Desk, record: AppointmentRecord, purpose: Purpose = Purpose.PAGE) -> str:
    """A link for whoever has the appointment: to their page, or to one thing about this appointment."""
    about = None if purpose in {Purpose.PAGE, Purpose.OPEN} else record.id
    with desk.store.begin(desk.clinic_id) as uow:
        ends = record.start_at if about else None
        return page_links.mint(
            uow, desk.clock(), record.patient_id, purpose, "by mail", expires_at=ends, appointment_id=about
        ).token


def bearer_for(desk: Desk, record: AppointmentRecord, purpose: Purpose = Purpose.PAGE) -> Bearer:
    """Who comes by such a link."""
    return bearer_of(desk.store, desk.clock, token_for(desk, record, purpose), "a test")


def present(desk: Desk, appointment_id: UUID) -> AppointmentRecord:
    """The appointment as it is now."""
    with desk.store.read(desk.clinic_id) as uow:
        return uow.appointments.get(appointment_id)


def wishes(desk: Desk) -> list[Task]:
    """What the desk has yet to decide."""
    return desk.tasks("change-wanted")
