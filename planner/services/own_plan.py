"""The plan of one patient: what is ahead, how to prepare for it, and until when not to drive.

What takes place is in it as it stands; what was cancelled only where the patient had heard of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from planner.domain.course import LIVE, AppointmentStatus
from planner.domain.preparing import Cue, NoDriving, ahead, arrival, cues, in_force, instructions_for
from planner.domain.replies import ReplyKind
from planner.domain.span import local_day
from planner.services.owing import news_of
from planner.services.reminding import driving_rule_of, leaves
from planner.services.replying import Replies, replies_of
from planner.storage.link_records import Reply
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import UnitOfWork

_STAYS = LIVE | {AppointmentStatus.ARRIVED}


@dataclass(frozen=True)
class Moved:
    """When a visit was moved (a local day), and what time it had: the wall start that was promised."""

    on: date
    wall_start: str


@dataclass(frozen=True)
class Visit:
    """One appointment as its patient knows it; instants are UTC. *ends_at*: when they leave, at about.

    *open*: still ahead, so that they may answer. *replies*: what stands of what they said. *title*: what it is, only for
    who asked the page to say all.
    """

    id: UUID
    start_at: datetime
    ends_at: datetime
    arrives_at: datetime
    dosing: bool
    provisional: bool
    cancelled: bool
    open: bool
    sequence: int
    moved: Moved | None
    title: str | None
    said: Replies

    @property
    def early_minutes(self) -> int:
        """How long before the appointed time they are to be there."""
        return int((self.start_at - self.arrives_at).total_seconds()) // 60

    @property
    def come(self) -> Reply | None:
        """That they come, where they said so."""
        return self.said.get(ReplyKind.COME)

    @property
    def ride(self) -> Reply | None:
        """Who takes them home, where they said so."""
        return self.said.get(ReplyKind.RIDE)

    @property
    def change(self) -> Reply | None:
        """What other time they asked for, where they did."""
        return self.said.get(ReplyKind.CHANGE)


@dataclass(frozen=True)
class Plan:
    """What is ahead of a patient. *visits*: all, by start, cancelled ones until their planned end.

    *next*: the first that takes place. *dosing*: the first that gives a dose, with what to do before it (*cues*; *withheld*:
    there is more, that would tell what it is for) and what it will forbid. *today*: what a dose forbids now.
    """

    visits: tuple[Visit, ...]
    next: Visit | None
    dosing: Visit | None
    cues: tuple[Cue, ...]
    withheld: bool
    no_driving: NoDriving | None
    today: NoDriving | None

    @property
    def later(self) -> tuple[Visit, ...]:
        """All but the next."""
        return tuple(one for one in self.visits if one is not self.next)


def plan_of(uow: UnitOfWork, patient_id: UUID, now: datetime, zone: ZoneInfo, *, full: bool) -> Plan:
    """Give the plan of a patient; *full*: with what would tell others what the visits are for."""
    records = [one for one in uow.appointments.of_patient(patient_id) if one.told_at or one.status in _STAYS]
    coming = [one for one in records if _is_ahead(one, now)]
    visits = _visits(uow, coming, now, zone, full=full)
    stays = [one for one in visits if not one.cancelled]
    dosing = next((one for one in stays if one.dosing), None)
    record = next((one for one in coming if dosing and one.id == dosing.id), None)
    wanted, shown = _cues(uow, record, full=full)
    return Plan(
        visits, stays[0] if stays else None, dosing, shown, len(wanted) > len(shown),
        ahead(driving_rule_of(uow, record), record.end_at, zone) if record else None, _today(uow, records, now, zone),
    )  # fmt: skip


def _is_ahead(one: AppointmentRecord, now: datetime) -> bool:
    takes_place = one.status in _STAYS and one.outcome is None
    return one.end_at > now and (takes_place or one.status is AppointmentStatus.CANCELLED)


def _visits(
    uow: UnitOfWork, records: Sequence[AppointmentRecord], now: datetime, zone: ZoneInfo, *, full: bool
) -> tuple[Visit, ...]:
    said = replies_of(uow, records)
    moves = _moves(uow, records, zone) if records else {}
    ordered = sorted(records, key=lambda one: (one.start_at, str(one.id)))
    return tuple(_visit(one, said[one.id], moves.get(one.id), now, full=full) for one in ordered)


def _visit(one: AppointmentRecord, said: Replies, moved: Moved | None, now: datetime, *, full: bool) -> Visit:
    return Visit(
        one.id, one.start_at, one.end_at, arrival(one.start_at, one.profile), one.profile.dosing,
        one.status is AppointmentStatus.TENTATIVE, one.status is AppointmentStatus.CANCELLED,
        one.status in LIVE and one.start_at > now and one.told_at is not None,
        one.sequence, moved, one.profile.title if full else None, said,
    )  # fmt: skip


def _moves(uow: UnitOfWork, records: Iterable[AppointmentRecord], zone: ZoneInfo) -> Mapping[UUID, Moved]:
    """Find, in the messages that told of it, when each was last moved and from what time."""
    found = dict[UUID, Moved]()
    promised = {one.id: one.wall_start for one in records}
    for notice in uow.notices.of_patient(next(iter(records)).patient_id):
        if notice.withdrawn_at is None:
            moved = {key: news.heard for key, news in news_of(notice).items() if news.heard}
            found |= {key: Moved(local_day(notice.created_at, zone), heard) for key, heard in moved.items()}
    return {key: moved for key, moved in found.items() if moved.wall_start != promised.get(key, moved.wall_start)}


def _cues(uow: UnitOfWork, record: AppointmentRecord | None, *, full: bool) -> tuple[Sequence[Cue], tuple[Cue, ...]]:
    """List what there is to do before a visit: all of it, and what of it is shown."""
    if record is None:
        return (), ()
    own = uow.courses.get(record.course_id).protocol if record.course_id else None
    asked = instructions_for(record.profile, own, () if own else uow.protocols.latest())
    at = arrival(record.start_at, record.profile)
    return cues(asked, at, full=True), cues(asked, at, full=full)


def _today(
    uow: UnitOfWork, records: Iterable[AppointmentRecord], now: datetime, zone: ZoneInfo
) -> NoDriving | None:
    """Give what the last dose forbids now, if anything."""
    left = [(left_at, one) for one in records if (left_at := leaves(one, now))]
    if not left:
        return None
    left_at, one = max(left, key=lambda pair: pair[0])
    return in_force(driving_rule_of(uow, one), left_at, now, zone)
