"""Setting a clinic up: the clinic itself, its patients, protocols and gates."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID, uuid4

from planner.almanac import public_holidays
from planner.domain.clinic import Clinic
from planner.domain.contact import clean, mail_address, phone_number, search_key
from planner.domain.course import Gate
from planner.domain.errors import Conflict, InvalidValue
from planner.domain.protocol import Protocol
from planner.domain.roles import Permission
from planner.services.context import Context
from planner.services.writing import audit
from planner.storage.records import HolidayCalendar, Patient, ProtocolRecord
from planner.storage.unit_of_work import Store

_FIRST_BIRTH = date(1900, 1, 1)

@dataclass(frozen=True)
class NewPatient:
    """A patient to be entered, or as corrected; the record number is the clinic's own."""

    name: str = field(repr=False)
    record_number: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)


def open_clinic(store: Store, clinic: Clinic, calendar: HolidayCalendar | None = None) -> None:
    """Store a new clinic; raises Conflict where it exists, InvalidValue for an unknown country.

    For commands: nobody can sign in to a clinic before it is.
    """
    if calendar:
        public_holidays(calendar.country, calendar.subdivision, (), calendar.open_on)
    with store.begin(clinic.id) as uow:
        uow.clinics.add(clinic, calendar)


def the_clinic(ctx: Context) -> Clinic:
    """Give the clinic with its resources and holidays."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        return uow.clinics.get(ctx.clock())


def register_patients(ctx: Context, patients: Sequence[NewPatient]) -> list[Patient]:
    """Enter patients, all or none; raises InvalidValue for an unusable name, Conflict for a record number in use."""
    ctx.require(Permission.REGISTER)
    today = ctx.clock().date()
    made = [patient_of(one, uuid4(), today, f"patients.{at}.") for at, one in enumerate(patients)]
    with ctx.begin() as uow:
        uow.people.add(*made)
        for patient in made:
            audit(ctx, uow, ctx.clock(), "register", "patient", patient.id)
    return made


def patient_of(one: NewPatient, patient_id: UUID, today: date, path: str = "", version: int = 1) -> Patient:
    """Give the patient that was entered; raises InvalidValue, with *path* before the field's name."""
    name = clean(one.name, f"{path}name")
    number = None if one.record_number is None else clean(one.record_number, f"{path}record_number")
    phone = None if one.phone is None else phone_number(one.phone, f"{path}phone")
    email = None if one.email is None else mail_address(one.email, f"{path}email")
    if one.birth_date and not _FIRST_BIRTH <= one.birth_date <= today:
        raise InvalidValue(f"{path}birth_date", "must be a day since 1900 that has come")
    return Patient(patient_id, name, number, phone, email, one.birth_date, version, search_key(name, number, phone))


def publish(ctx: Context, protocol: Protocol) -> None:
    """Publish a version of a protocol for good; raises Conflict where that version exists, InvalidValue."""
    ctx.require(Permission.PUBLISH)
    protocol.check_publishable()
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.protocols.publish(protocol, author_id=ctx.actor.id, at=now)
        facts = {"name": protocol.name, "version": protocol.version}
        audit(ctx, uow, now, "publish", "protocol", ctx.actor.clinic_id, facts)


def published(ctx: Context, name: str) -> list[ProtocolRecord]:
    """List the versions of a protocol, the oldest first."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        return uow.protocols.versions(name)


def one_published(ctx: Context, name: str, version: int | None = None) -> Protocol:
    """Give a published version of a protocol, or the latest; raises NotFound."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        return uow.protocols.get(name, version)


def next_version(ctx: Context, protocol: Protocol, after: int | None = None) -> Protocol:
    """Publish a changed protocol as the version after the latest; gives it as published.

    *after* is the latest version that the page showed (0: there was none); raises Conflict where that is past.
    """
    ctx.require(Permission.PUBLISH)
    with ctx.begin() as uow:
        now = ctx.clock()
        latest = max((one.version for one in uow.protocols.versions(protocol.name)), default=0)
        if after not in {None, latest}:
            raise Conflict(f"version {latest} of {protocol.name} was published meanwhile" if latest else "it is gone")
        numbered = replace(protocol, version=latest + 1)
        uow.protocols.publish(numbered, author_id=ctx.actor.id, at=now)
        facts = {"name": numbered.name, "version": numbered.version}
        audit(ctx, uow, now, "publish", "protocol", ctx.actor.clinic_id, facts)
    return numbered


def set_gate(ctx: Context, gate: Gate, patient_id: UUID | None = None) -> None:
    """Record whether something that booking depends on is met, for a patient or for the whole clinic."""
    ctx.require(Permission.REGISTER)
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        if patient_id:
            uow.people.get(patient_id)
        uow.gates.put(gate, patient_id)
        subject = ("patient", patient_id) if patient_id else ("clinic", ctx.actor.clinic_id)
        audit(ctx, uow, now, "gate", *subject, {"met": gate.met})


