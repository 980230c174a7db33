"""Times that were freed: cancelled or moved away from lately, still to come, and still free; and who may have each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from planner.domain.course import LIVE, AppointmentStatus
from planner.domain.errors import Violation
from planner.domain.occupancy import Occupancy
from planner.domain.roles import Permission
from planner.domain.rules import check_hours, check_resources
from planner.domain.span import Span, wall_instants
from planner.domain.visit import VisitProfile
from planner.domain.waitlist import Unsuited, Waits, in_turn, unsuited
from planner.services.context import Context
from planner.services.moving import Movable, movable
from planner.services.remembering import occupancy_from
from planner.services.writing import held_span
from planner.storage.records import AppointmentRecord, AuditEntry, Patient
from planner.storage.unit_of_work import UnitOfWork
from planner.storage.worklist_records import Answer, Offer, Waiting

LATELY = timedelta(days=7)
"""How long a time that was freed is offered."""
MOST_TIMES = 20
"""Times that are looked at, the soonest first."""


@dataclass(frozen=True)
class Freed:
    """A time (UTC) that was freed, when, and what was to take place then; *moved*: it was moved away from."""

    start: datetime
    end: datetime
    freed_at: datetime
    profile: VisitProfile
    moved: bool


@dataclass(frozen=True)
class Candidate:
    """Somebody who waits, held against one time: what speaks against it, and the rules that it would break."""

    waiting: Waiting
    record: AppointmentRecord
    patient: Patient
    deadline: date | None = None
    against: tuple[Unsuited, ...] = ()
    violations: tuple[Violation, ...] = ()
    tried: bool = False

    @property
    def fits(self) -> bool:
        """Whether the time may be offered to them."""
        return not self.against and not self.violations

    @property
    def sooner(self) -> bool:
        """Whether the time is sooner than what they have."""
        return Unsuited.NOT_SOONER not in self.against


@dataclass(frozen=True)
class Ranked:
    """Who may have a time, in turn, and who may not."""

    start: datetime
    fitting: tuple[Candidate, ...]
    others: tuple[Candidate, ...]
    freed: Freed | None = None


@dataclass(frozen=True)
class Entry:
    """Somebody who waits, with their appointment."""

    waiting: Waiting
    record: AppointmentRecord
    patient: Patient


@dataclass(frozen=True)
class Offered:
    """A time that is being offered; *ended*: it is kept no longer, and nobody has written down an answer."""

    offer: Offer
    entry: Entry
    ended: bool


@dataclass(frozen=True)
class WaitBoard:
    """The waitlist as its page shows it: who waits, what is offered to whom, and what was freed with whose turn it is."""

    entries: tuple[Entry, ...]
    offers: tuple[Offered, ...]
    times: tuple[Ranked, ...]


def wait_board(ctx: Context) -> WaitBoard:
    """Give the waitlist, with the times freed lately and who may have each."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        now = ctx.clock()
        zone, entries = uow.clinics.get(now).zone, entries_of(uow, now)
        offers, known = uow.offers.open(), {one.waiting.id: one for one in entries}
        offered = [Offered(one, known[one.waiting_id], one.expires_at <= now) for one in offers if one.waiting_id in known]
        kept = {one.offer.start_at for one in offered if not one.ended}
        times = [one for one in freed_times(uow, now) if one.start not in kept][:MOST_TIMES]
        search = _Search(uow, entries, now, zone)
        ranked = tuple(replace(search.ranked(one.start), freed=one) for one in times)
    return WaitBoard(tuple(entries), tuple(offered), ranked)


def candidates(ctx: Context, *, start: datetime) -> Ranked:
    """Say who may have a time, in turn, and why the others may not."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        now = ctx.clock()
        return _Search(uow, entries_of(uow, now), now, uow.clinics.get(now).zone).ranked(start)


def entries_of(uow: UnitOfWork, now: datetime) -> list[Entry]:
    """List who waits for something sooner than an appointment that is still to come."""
    waiting = uow.waiting.open()
    records = uow.appointments.among([one.appointment_id for one in waiting]) if waiting else {}
    patients = uow.people.among({one.patient_id for one in waiting}) if waiting else {}
    found = (Entry(one, records[one.appointment_id], patients[one.patient_id]) for one in waiting)
    return [one for one in found if is_ahead(one.record, now)]


def is_ahead(record: AppointmentRecord, now: datetime) -> bool:
    """Whether an appointment is still to come, and may be moved."""
    return record.status in LIVE and record.start_at > now


def freed_times(uow: UnitOfWork, now: datetime) -> list[Freed]:
    """List the times freed lately that are still to come and free for what was to take place; the soonest first."""
    clinic = uow.clinics.get(now)
    found = {one.start: one for one in _left(uow, now, clinic.zone) if one.start > now}
    occupancy = occupancy_from(uow, clinic, now) if found else Occupancy(clinic)
    return [found[start] for start in sorted(found) if _is_free(occupancy, found[start])]


def _is_free(occupancy: Occupancy, one: Freed) -> bool:
    return not check_hours(occupancy, one.profile, one.start) and not check_resources(occupancy, one.profile, one.start)


def _left(uow: UnitOfWork, now: datetime, zone: ZoneInfo) -> Iterable[Freed]:
    """Go through what was cancelled, and where what was moved came from, the latest last."""
    changed = uow.appointments.changed_since(now - LATELY, now - LATELY)
    by_id = {one.id: one for one in changed}
    subjects = by_id.keys() | {one.course_id for one in changed if one.course_id}
    for entry in uow.audit.of_subjects(subjects) if by_id else ():
        for key, wall in _moved_from(entry) if entry.at >= now - LATELY else ():
            if record := by_id.get(key):
                for start in wall_instants(wall.date(), wall.time(), zone)[:1]:
                    yield Freed(start, start + (record.end_at - record.start_at), entry.at, record.profile, moved=True)
    for one in changed:
        if one.status is AppointmentStatus.CANCELLED and one.told_at:
            yield Freed(one.start_at, one.end_at, one.updated_at, one.profile, moved=False)


def _moved_from(entry: AuditEntry) -> Iterable[tuple[UUID, datetime]]:
    """Go through the appointments that were moved, by hand or with their course, with the wall times that they left."""
    moved = list(zip(str(entry.facts.get("moved_ids", "")).split(), str(entry.facts.get("moved_from", "")).split(),
                     strict=False))  # fmt: skip
    if entry.action == "move" and "from" in entry.facts:
        moved.append((str(entry.subject_id), str(entry.facts["from"])))
    return ((UUID(key), datetime.fromisoformat(wall)) for key, wall in moved)


class _Search:
    """Everybody who waits, each gathered once for all times."""

    def __init__(self, uow: UnitOfWork, entries: Sequence[Entry], now: datetime, zone: ZoneInfo) -> None:
        self._uow, self._entries, self._now, self._zone = uow, entries, now, zone
        self._movable: dict[UUID, Movable] = {}
        self._taken: Occupancy | None = None
        open_offers = uow.offers.open() if entries else []
        self._busy = {one.waiting_id for one in open_offers if one.expires_at > now}
        made = uow.offers.of_waiting([one.waiting.id for one in entries]) if entries else []
        self._answers = {(one.waiting_id, one.start_at): one.answer or Answer.EXPIRED for one in made}

    def ranked(self, start: datetime) -> Ranked:
        found = {entry.waiting.id: self._candidate(entry, start) for entry in self._entries}
        waits = {key: waits_of(one.waiting, one.record, one.deadline, tried=one.tried) for key, one in found.items()}
        order = [found[one.id] for one in in_turn(waits.values())]
        return Ranked(start, tuple(one for one in order if one.fits), tuple(one for one in order if not one.fits))

    def _candidate(self, entry: Entry, start: datetime) -> Candidate:
        waiting, record = entry.waiting, entry.record
        slot = Span(*held_span(start, record.profile))
        against = list(unsuited(waits_of(waiting, record), slot, self._now, self._zone))
        answer = self._answers.get((waiting.id, start))
        against += [Unsuited.DECLINED] if answer is Answer.DECLINED else []
        against += [Unsuited.OFFERED] if waiting.id in self._busy else []
        one = Candidate(waiting, record, entry.patient, against=tuple(against), tried=answer is Answer.EXPIRED)
        if against:
            return one
        found = self._gathered(record, start)
        return replace(one, deadline=deadline_of(found), violations=tuple(found.violations(start)))

    def _gathered(self, record: AppointmentRecord, start: datetime) -> Movable:
        """Give what a move is checked against; a visit without a course is asked for anew on each day."""
        if record.course_id is None:
            return movable(self._uow, record, start, self._now)
        if self._taken is None:
            self._taken = occupancy_from(self._uow, self._uow.clinics.get(self._now), self._now)
        if record.id not in self._movable:
            self._movable[record.id] = movable(self._uow, record, start, self._now, self._taken)
        return self._movable[record.id]


def waits_of(
    waiting: Waiting, record: AppointmentRecord, deadline: date | None = None, *, tried: bool = False
) -> Waits:
    """Give an entry as it is ranked."""
    span = Span(*held_span(record.start_at, record.profile))
    return Waits(
        waiting.id, span, waiting.notice_hours, waiting.created_at, waiting.from_day, waiting.until_day, deadline, tried
    )


def deadline_of(one: Movable) -> date | None:
    """Give the last local day within the maximum gap of a session; None where nothing came before it."""
    before = one.sought.around.before
    return None if before is None else date.fromordinal(before + one.sought.wanted.pace.rule.max_days)
