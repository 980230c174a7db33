"""A patient's own page: what is known of whoever reads it."""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from planner.domain.preparing import first_name
from planner.domain.reaching import Language
from planner.services.bearing import Bearer
from planner.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Reader:
    """Who reads a private page: how to greet them, in which language, on which wall, and how they reach the clinic.

    *phone*, *address*: empty where the clinic has not said.
    """

    first_name: str = field(repr=False)
    language: Language
    zone: ZoneInfo
    clinic: str
    phone: str
    address: str


def reader_of(bearer: Bearer) -> Reader:
    """Give who reads the pages of a link."""
    with bearer.ctx.read() as uow:
        return reader(uow, bearer)


def reader(uow: UnitOfWork, bearer: Bearer) -> Reader:
    """Give who reads the pages of a link, in a transaction that is open."""
    letterhead, clinic = uow.letterheads.get(), uow.clinics.get(bearer.ctx.clock())
    patient, chosen = uow.people.get(bearer.patient_id), uow.correspondence.of_patient(bearer.patient_id)
    return Reader(
        first_name(patient.name), chosen.language, clinic.zone, letterhead.public_name if letterhead else "",
        letterhead.phone if letterhead else "", letterhead.address if letterhead else "",
    )  # fmt: skip
