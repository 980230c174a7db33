"""What-if files: one TOML or JSON file with a clinic, a protocol and a wish, to be planned without any database."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator, Field

from planner.documents.bookings import BookingTable, busy_rows
from planner.documents.clinic_file import ClinicTable, named_id
from planner.documents.course_file import GateTable, GivenTable, NeighbourTable, RequestTable, StandingTable, years_of
from planner.documents.edge import Entry, InvalidDocument, every, load, parse, problems_of
from planner.documents.protocol_file import ProtocolTable
from planner.documents.protocols import shipped_table
from planner.domain.clinic import Clinic
from planner.domain.course import Gate
from planner.domain.errors import InvalidValue
from planner.domain.occupancy import BusyRow
from planner.domain.plan import PlanRequest
from planner.domain.protocol import Protocol

MOST_DAYS = 3650
"""The longest that a course is looked ahead."""
PATIENT_ID = named_id("patient", "the patient")


@dataclass(frozen=True)
class WhatIf:
    """A course to plan and what is booked already."""

    request: PlanRequest
    busy: tuple[BusyRow, ...]


def _by_name(given: object) -> object:
    return shipped_table(given) if isinstance(given, str) else given


class WhatIfTable(Entry):
    """A whole what-if file."""

    clinic: ClinicTable
    protocol: Annotated[ProtocolTable, BeforeValidator(_by_name)]
    request: RequestTable
    bookings: list[BookingTable] = Field(default_factory=list)
    given: list[GivenTable] = Field(default_factory=list)
    standing: list[StandingTable] = Field(default_factory=list)
    neighbours: list[NeighbourTable] = Field(default_factory=list)
    gates: list[GateTable] | None = None


def read_whatif(text: str, suffix: str) -> WhatIf:
    """Read a what-if file, ".toml" or ".json"; raises InvalidDocument with the path of each field that is wrong."""
    table = parse(WhatIfTable, load(text, suffix))
    protocol = table.protocol.value()
    try:
        clinic = table.clinic.within(years_of(table.request, _longest_days(table.clinic, protocol)))
    except InvalidValue as problem:
        raise InvalidDocument(problems_of(problem.under("clinic"))) from None
    try:
        request = _request(table, clinic, protocol)
    except InvalidValue as problem:
        raise InvalidDocument(problems_of(_in_the_file(problem))) from None
    return WhatIf(request, busy_rows(table.bookings, clinic.resources, PATIENT_ID, clinic.zone))


def _longest_days(clinic: ClinicTable, protocol: Protocol) -> int:
    """Bound the days that the course takes when each gap is as long as it may be."""
    longest = (
        (phase.sessions or 0) * (max(rule.max_days for rule in (phase.spacing, phase.entry) if rule) + clinic.overrun_days)
        for phase in protocol.phases
    )
    return min(sum(longest) + clinic.first_within_days + clinic.horizon_days, MOST_DAYS)


def _request(table: WhatIfTable, clinic: Clinic, protocol: Protocol) -> PlanRequest:
    asked = table.request
    by_name = {resource.name: resource.id for resource in clinic.resources}
    for name in asked.phase_weekdays:
        if protocol.phase(name) is None:
            raise InvalidValue(f"request.phase_weekdays.{name}", "the protocol has no such phase")
    clinician_id = _person(asked.clinician, by_name, "request.clinician")
    try:
        pinned, earliest = asked.pins(clinic.zone), asked.earliest(clinic.zone)
    except InvalidValue as problem:
        raise problem.under("request") from None
    return PlanRequest(
        clinic=clinic,
        protocol=protocol,
        patient_id=PATIENT_ID,
        preferences=asked.preferences(clinician_id),
        given=tuple(given.value() for given in table.given),
        standing=every(
            "standing",
            table.standing,
            lambda item: item.booked(clinic.zone, _person(item.clinician, by_name, "clinician")),
        ),
        neighbours=tuple(neighbour.value() for neighbour in table.neighbours),
        gates=_gates(table.gates, protocol),
        pinned=pinned,
        horizon=asked.horizon,
        not_before=earliest,
        relaxation=asked.relaxation.value(),
    )


def _person(name: str | None, by_name: Mapping[str, UUID], path: str) -> UUID | None:
    if name is not None and name not in by_name:
        raise InvalidValue(path, f"the clinic has no resource named {name!r}")
    return None if name is None else by_name[name]


def _gates(tables: list[GateTable] | None, protocol: Protocol) -> tuple[Gate, ...]:
    """Give the gates of the protocol: none where the file has none, and unmet those that its list leaves out."""
    if tables is None:
        return ()
    for index, table in enumerate(tables):
        if table.name not in protocol.gates or table.name in {other.name for other in tables[:index]}:
            known = ", ".join(protocol.gates) or "it has none"
            raise InvalidValue(f"gates.{index}.name", f"must be one of the protocol's gates, once: {known}")
    named = {table.name: table.value() for table in tables}
    return tuple(named.get(name, Gate(name, met=False)) for name in protocol.gates)


def _in_the_file(problem: InvalidValue) -> InvalidValue:
    """Name the field as the file has it: preferences stand in [request]."""
    if problem.path.startswith("preferences."):
        return InvalidValue("request." + problem.path.removeprefix("preferences."), problem.message)
    return problem
