"""Setting a clinic up: the clinic itself, its patients, protocols and gates."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

from planner.domain.clinic import Clinic
from planner.domain.course import Gate
from planner.domain.errors import InvalidValue
from planner.domain.protocol import Protocol
from planner.domain.roles import Permission
from planner.services.context import Context
from planner.services.writing import audit
from planner.storage.records import HolidayCalendar, Patient, ProtocolRecord
from planner.storage.unit_of_work import Store

_LONGEST_NAME = 200


@dataclass(frozen=True)
class NewPatient:
    """A patient to be entered; the record number is the clinic's own."""

    name: str = field(repr=False)
    record_number: str | None = field(default=None, repr=False)


def open_clinic(store: Store, clinic: Clinic, calendar: HolidayCalendar | None = None) -> None:
    """Store a new clinic; raises Conflict where it exists. For commands: nobody can sign in to a clinic before it is."""
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
    made = [_patient(one, f"patients.{at}") for at, one in enumerate(patients)]
    with ctx.begin() as uow:
        uow.people.add(*made)
        for patient in made:
            audit(ctx, uow, ctx.clock(), "register", "patient", patient.id)
    return made


def _patient(one: NewPatient, path: str) -> Patient:
    number = None if one.record_number is None else clean(one.record_number, f"{path}.record_number")
    return Patient(uuid4(), clean(one.name, f"{path}.name"), number)


def clean(name: str, path: str) -> str:
    """Give a name without spaces around it; raises InvalidValue for an empty, long or unprintable one."""
    if not name.strip() or len(name) > _LONGEST_NAME:
        raise InvalidValue(path, f"must be 1 to {_LONGEST_NAME} characters")
    if not name.isprintable():
        raise InvalidValue(path, "must not contain control characters")
    return name.strip()


def publish(ctx: Context, protocol: Protocol) -> None:
    """Publish a version of a protocol for good; raises Conflict where that version exists."""
    ctx.require(Permission.PUBLISH)
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


def next_version(ctx: Context, protocol: Protocol) -> Protocol:
    """Publish a changed protocol as the version after the latest; gives it as published."""
    versions = published(ctx, protocol.name)
    numbered = replace(protocol, version=max((one.version for one in versions), default=0) + 1)
    publish(ctx, numbered)
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


