"""What a clinician looks at before an order: the course as it stands, what is still to come of it, and what may follow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from planner.domain.protocol import Protocol
from planner.domain.roles import Permission
from planner.services.assigned import assigned
from planner.services.briefing import standing
from planner.services.context import Context
from planner.services.timelines import Happening, Timeline, gathered
from planner.storage.desk_records import Letterhead
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Seen:
    """How far somebody has seen a course's history: how many orders, and the last entry of the audit."""

    orders: int = 0
    entry: int = 0


@dataclass(frozen=True)
class Outlook:
    """A course before an order. *ahead*: the appointments that an order may change; *places*: where each of them is.

    *published*: the protocol as the course took it over; *protocols*: those that a course can be begun by now.
    """

    whole: Timeline
    ahead: tuple[AppointmentRecord, ...]
    places: Mapping[UUID, str]
    published: Protocol
    protocols: tuple[Protocol, ...]
    letterhead: Letterhead | None = None
    history: tuple[Happening, ...] = ()

    @property
    def sessions(self) -> tuple[AppointmentRecord, ...]:
        """The sessions to come, by day; visits that follow one are left out."""
        return tuple(one for one in self.ahead if one.linked_to is None)

    @property
    def seen(self) -> Seen:
        """How far the history goes now."""
        entries = [one.entry.id or 0 for one in self.history if one.entry]
        return Seen(sum(one.order is not None for one in self.history), max(entries, default=0))

    def since(self, seen: Seen) -> tuple[Happening, ...]:
        """List what was done to the course after somebody saw it, newest first."""
        orders = [one for one in reversed(self.history) if one.order][seen.orders :]
        return tuple(
            one for one in self.history if one in orders or (one.entry is not None and (one.entry.id or 0) > seen.entry)
        )


def outlook(ctx: Context, *, course_id: UUID) -> Outlook:
    """Give all that the page of an order starts from; nothing is stored. Raises NotFound, Forbidden."""
    ctx.require(Permission.PRESCRIBE)
    with ctx.read() as uow:
        now = ctx.clock()
        course = uow.courses.get(course_id)
        whole = gathered(uow, course, now)
        ahead = sorted(standing(uow.appointments.of_course(course_id), now), key=lambda one: one.start_at)
        published = uow.protocols.get(course.protocol.name, course.protocol.version)
        return Outlook(
            whole, tuple(ahead), _places(uow, whole, ahead), published,
            tuple(sorted(uow.protocols.latest(), key=lambda one: one.title)), uow.letterheads.get(), whole.happenings,
        )  # fmt: skip


def _places(uow: UnitOfWork, whole: Timeline, ahead: Sequence[AppointmentRecord]) -> dict[UUID, str]:
    """Name the place that each appointment holds."""
    rows = uow.occupancy.of_appointments([one.id for one in ahead]) if ahead else {}
    names = {one.id: one.name for one in whole.clinic.resources}
    held = ((one.id, assigned(one, rows[one.id], whole.clinic)) for one in ahead)
    return {key: names[part.resource_id] for key, parts in held for part in parts if part.step == "place"}
