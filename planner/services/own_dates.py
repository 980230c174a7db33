"""A patient's dates as a file to download once: as their calendar shows them, but never updated."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from planner.domain.course import AppointmentStatus
from planner.domain.errors import NotFound
from planner.domain.reaching import Purpose
from planner.feeds.entries import Dated, Entry, Shows, list_entries
from planner.feeds.ical import calendar_bytes
from planner.feeds.itip import one_appointment
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
        entries = _entries(uow, bearer, [one for one in records if _is_ahead(one, now)], now)
        return calendar_bytes(_name(uow, bearer), entries)


def appointment_file(bearer: Bearer, appointment_id: UUID) -> bytes:
    """Give one appointment; raises NotFound for one that is not the patient's, over, or cancelled."""
    bearer.check(Purpose.PAGE)
    with bearer.ctx.read() as uow:
        now, record = bearer.ctx.clock(), bearer.own(uow, appointment_id)
        if not _is_ahead(record, now):
            raise NotFound("no such appointment")
        (entry,) = _entries(uow, bearer, [record], now)
        return one_appointment(entry)


def _is_ahead(one: AppointmentRecord, now: datetime) -> bool:
    return one.end_at > now and one.status is not AppointmentStatus.CANCELLED


def _entries(uow: UnitOfWork, bearer: Bearer, records: Iterable[AppointmentRecord], now: datetime) -> Sequence[Entry]:
    chosen = uow.correspondence.of_patient(bearer.patient_id)
    shows = Shows(_wording(chosen), language=chosen.language)
    dated = [
        Dated(one.id, one.span, one.sequence, one.status, True, one.profile.dosing, one.created_at, one.updated_at)  # noqa: FBT003
        for one in records
    ]
    return list_entries(dated, shows, uow.clinics.get(now).zone, now).entries


def _name(uow: UnitOfWork, bearer: Bearer) -> str:
    if letterhead := uow.letterheads.get():
        return letterhead.public_name
    return phrases(uow.correspondence.of_patient(bearer.patient_id).language).gettext("Appointments")


def _wording(chosen: Correspondence) -> str:
    return chosen.wording if chosen.version else phrases(chosen.language).gettext("Appointment")
