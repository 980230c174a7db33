"""A patient's dates as a file to download once: as their calendar shows them, but never updated."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from planner.domain.course import AppointmentStatus
from planner.domain.errors import NotFound
from planner.domain.reaching import Purpose
from planner.feeds.entries import Dated, Shows, list_entries
from planner.feeds.ical import calendar_bytes
from planner.languages import phrases
from planner.services.bearing import Bearer
from planner.storage.link_records import Correspondence
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import UnitOfWork


def plan_file(bearer: Bearer) -> bytes:
    """Give all that is ahead of the patient; raises NotFound for a link that is not for their page."""
    bearer.check(Purpose.PAGE)
    with bearer.ctx.read() as uow:
        now, records = bearer.ctx.clock(), uow.appointments.of_patient(bearer.patient_id)
        return _file(uow, bearer, [one for one in records if _is_ahead(one, now)], now)


def appointment_file(bearer: Bearer, appointment_id: UUID) -> bytes:
    """Give one appointment; raises NotFound for one that is not the patient's, over, or not heard of."""
    bearer.check(Purpose.PAGE)
    with bearer.ctx.read() as uow:
        now, record = bearer.ctx.clock(), bearer.own(uow, appointment_id)
        if not _is_ahead(record, now):
            raise NotFound("no such appointment")
        return _file(uow, bearer, [record], now)


def _is_ahead(one: AppointmentRecord, now: datetime) -> bool:
    return one.told_at is not None and one.end_at > now and one.status is not AppointmentStatus.CANCELLED


def _file(uow: UnitOfWork, bearer: Bearer, records: Iterable[AppointmentRecord], now: datetime) -> bytes:
    chosen = uow.correspondence.of_patient(bearer.patient_id)
    zone, letterhead = uow.clinics.get(now).zone, uow.letterheads.get()
    dated = [
        Dated(one.id, one.span, one.sequence, one.status, True, one.profile.dosing, one.created_at, one.updated_at)  # noqa: FBT003
        for one in records
    ]
    listing = list_entries(dated, Shows(_wording(chosen), language=chosen.language), zone, now)
    name = letterhead.public_name if letterhead else phrases(chosen.language).gettext("Appointments")
    return calendar_bytes(name, listing.entries)


def _wording(chosen: Correspondence) -> str:
    return chosen.wording if chosen.version else phrases(chosen.language).gettext("Appointment")
