"""What is booked already, in a what-if file: spans of resources and of the patient, laid out as busy rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from planner.documents.edge import Entry, InvalidDocument, every
from planner.documents.fields import Name, WallTime
from planner.documents.stretches import instant
from planner.domain.clinic import Resource
from planner.domain.errors import InvalidValue
from planner.domain.occupancy import PATIENT_SEAT, STARTER_SEAT, BusyRow
from planner.domain.span import Span, minute_of


class BookingTable(Entry):
    """A span that is taken: of one resource, of several, or the patient. *starter*: the seat for starts, not units."""

    start: WallTime
    end: WallTime
    resource: Name | None = None
    resources: list[Name] | None = Field(default=None, min_length=1)
    patient: bool = False
    units: int = Field(default=1, ge=1, le=100)
    starter: bool = False

    @model_validator(mode="after")
    def _of_one_subject(self) -> "BookingTable":
        if (self.resource is not None) + (self.resources is not None) + self.patient != 1:
            raise InvalidValue("resource", "name one resource, or resources, or set patient")
        if self.starter and self.units != 1:
            raise InvalidValue("units", "a starter's seat has no units")
        if self.end <= self.start:
            raise InvalidValue("end", "must be after start")
        return self

    def span(self, zone: ZoneInfo) -> Span:
        """Give the instants of the booking."""
        return Span(instant(self.start, zone, "start"), instant(self.end, zone, "end"))

    def named(self) -> list[tuple[str, str]]:
        """List the resources, each with the path of its name."""
        if self.resource is not None:
            return [("resource", self.resource)]
        return [(f"resources.{index}", name) for index, name in enumerate(self.resources or [])]


def busy_rows(
    bookings: Sequence[BookingTable], resources: Iterable[Resource], patient_id: UUID, zone: ZoneInfo
) -> tuple[BusyRow, ...]:
    """Give each booking its seats; raises InvalidDocument for unknown names and for a resource overbooked."""
    by_name = {resource.name: resource for resource in resources}
    spans = every("bookings", bookings, lambda booking: booking.span(zone))
    taken: dict[tuple[UUID, int], int] = {}
    rows: list[BusyRow] = []
    problems: list[InvalidValue] = []
    for index in sorted(range(len(bookings)), key=lambda i: spans[i]):
        start, end = minute_of(spans[index].start), minute_of(spans[index].end)
        try:
            for subject_id, seat in _seats(bookings[index], by_name, patient_id, start, taken):
                taken[subject_id, seat] = max(end, taken.get((subject_id, seat), end))
                rows.append(BusyRow(subject_id, seat, start, end))
        except InvalidValue as problem:
            problems.append(problem.under(f"bookings.{index}"))
    if problems:
        raise InvalidDocument(problems)
    return tuple(rows)


def _seats(
    booking: BookingTable,
    by_name: Mapping[str, Resource],
    patient_id: UUID,
    start: int,
    taken: Mapping[tuple[UUID, int], int],
) -> Iterator[tuple[UUID, int]]:
    """Choose the lowest free seats. Bookings come in order of their start, so this finds room wherever there is any."""
    if booking.patient:
        yield patient_id, PATIENT_SEAT
    for path, name in booking.named():
        resource = by_name.get(name)
        if resource is None:
            raise InvalidValue(path, f"the clinic has no resource named {name!r}")
        seats = [STARTER_SEAT] if booking.starter else range(1, resource.capacity + 1)
        free = [seat for seat in seats if taken.get((resource.id, seat), start) <= start]
        if len(free) < booking.units:
            most = "one start" if booking.starter else "capacity"
            raise InvalidValue(path, f"{name} is booked beyond its {most} then")
        yield from ((resource.id, seat) for seat in free[: booking.units])
