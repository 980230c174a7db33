"""What a page about the attendance of one visit shows: how far it has got, what was recorded by whom, what may come next."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from planner.domain.attendance import MarkKind, add_up, standing_marks
from planner.domain.course import AppointmentStatus
from planner.domain.protocol import Phase
from planner.domain.reviewing import waits_for
from planner.domain.roles import Permission
from planner.services.board_cards import Card, cards_of
from planner.services.context import Context
from planner.services.misses import is_miss
from planner.storage.boards import TakenRow
from planner.storage.desk_records import Mark
from planner.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Entry:
    """A mark and the name of who entered it; *stands*: neither corrected nor taken back, nor itself the taking back."""

    mark: Mark
    by: str
    stands: bool


@dataclass(frozen=True)
class VisitMarks:
    """A visit, its marks as they were entered, and what may be recorded next, in the order in which things happen.

    *waits*: the phase before it whose review nobody has decided. *missed*: a session of an induction that was missed.
    """

    card: Card
    entries: tuple[Entry, ...]
    allowed: tuple[MarkKind, ...]
    waits: Phase | None = None
    missed: bool = False


def visit_marks(ctx: Context, *, appointment_id: UUID) -> VisitMarks:
    """Show what was recorded of a visit, and what may be; raises NotFound, Forbidden."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        now = ctx.clock()
        card = _card(uow, appointment_id, now)
        marks = uow.marks.of_appointment(appointment_id)
        names = {one.id: one.name for one in uow.staff.all()} if marks else {}
        one = uow.appointments.get(appointment_id)
        course = uow.courses.get(one.course_id) if one.course_id else None
    is_off = card.status is AppointmentStatus.CANCELLED and card.outcome is None
    allowed = frozenset() if is_off else add_up(marks).allowed()
    return VisitMarks(
        card, tuple(_entries(marks, names)), tuple(kind for kind in MarkKind if kind in allowed),
        waits_for(course.terms, one.phase) if course else None, course is not None and is_miss(one, course),
    )  # fmt: skip


def _card(uow: UnitOfWork, appointment_id: UUID, now: datetime) -> Card:
    row = uow.boards.visit(appointment_id)
    held = uow.occupancy.of_appointments([appointment_id])[appointment_id]
    taken = [TakenRow(*busy, appointment_id) for busy in held]
    return cards_of(uow, [row], taken, uow.clinics.get(now), now)[0]


def _entries(marks: Iterable[Mark], names: Mapping[UUID, str]) -> Iterable[Entry]:
    everything = list(marks)
    standing = {one.id for one in standing_marks(everything)}
    return (Entry(one, names.get(one.recorded_by, "the planner"), one.id in standing) for one in everything)
