"""The no-driving reminders that a dosed patient is owed, brought up to date with what is known of the visit."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from planner.domain.attendance import Outcome
from planner.domain.driving import rule_for
from planner.domain.notices import NO_DRIVING, NoticeKind, Owed, owed_after_dose
from planner.domain.protocol import DrivingRule
from planner.domain.span import local_day
from planner.storage.desk_records import Notice
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import UnitOfWork

CHANNEL = "mail"


def owe_driving(uow: UnitOfWork, record: AppointmentRecord, now: datetime) -> int:
    """Owe what a visit's dose owes, move what is not due yet, withdraw what no dose owes any more; gives how many are new.

    A patient who has arrived, and of whom nothing else is known when the visit should have ended, is owed it as well.
    Nothing is owed twice for one day, however often the marks are corrected, but for the one at discharge where hours
    count: it is owed again to who left later than it took for granted. The appointment is locked by the caller.
    """
    earlier = [one for one in uow.notices.of_appointment(record.id) if one.kind in NO_DRIVING]
    leaves_at = leaves(record, now)
    if leaves_at is None:
        uow.notices.withdraw([one.id for one in earlier if one.open], now, "no-dose")
        return 0
    zone = uow.clinics.get(now).zone
    rule = driving_rule_of(uow, record)
    owed = owed_after_dose(rule, leaves_at=leaves_at, zone=zone)
    wanted = {one.kind: (one, _about(one, leaves_at, zone)) for one in owed}
    stays = _settle_waiting(uow, [one for one in earlier if one.open], wanted, now)
    done = [one for one in earlier if one in stays or one.given_up_at or (one.sent_at and not _too_early(one, wanted, rule))]
    said = {(one.kind, one.facts.get("about")) for one in done}
    fresh = [(one, about) for one, about in wanted.values() if (one.kind, about) not in said and one.is_worth_owing(now)]
    return uow.notices.put(*(_reminder(record, one, about, earlier, now) for one, about in fresh))


def leaves(record: AppointmentRecord, now: datetime) -> datetime | None:
    """Tell when a dosed patient left or is to leave; None where nothing is owed: no dose, or nobody knows of one yet."""
    if not record.profile.dosing:
        return None
    if record.outcome is Outcome.GIVEN:
        return record.discharged_at or max(record.end_at, record.dosed_at or record.end_at)
    if record.outcome is None and record.arrived_at and now >= record.end_at:
        return max(record.end_at, record.arrived_at)
    return None


def driving_rule_of(uow: UnitOfWork, record: AppointmentRecord) -> DrivingRule:
    """Find the driving rule that holds after a visit: its course's, or for a single visit its published protocol's."""
    if record.course_id:
        return rule_for(record.profile, uow.courses.get(record.course_id).protocol)
    return rule_for(record.profile, None, uow.protocols.latest())


def _about(one: Owed, leaves_at: datetime, zone: ZoneInfo) -> str:
    """Name what a reminder is about, so that it is sent once: the day of leaving, or the bound that passes."""
    return one.due_at.isoformat() if one.kind is NoticeKind.BOUND else local_day(leaves_at, zone).isoformat()


def _too_early(sent: Notice, wanted: Mapping[NoticeKind, tuple[Owed, str]], rule: DrivingRule) -> bool:
    """Whether a reminder named hours that end too soon: it went at the planned end, and the patient left later."""
    if sent.kind != NoticeKind.DISCHARGE or rule.elapsed_hours is None or NoticeKind.DISCHARGE not in wanted:
        return False
    return sent.due_at < wanted[NoticeKind.DISCHARGE][0].due_at


def _settle_waiting(
    uow: UnitOfWork, waiting: Sequence[Notice], wanted: dict[NoticeKind, tuple[Owed, str]], now: datetime
) -> list[Notice]:
    """Keep what still stands, at its new time if it is not due yet, and withdraw the rest; gives what stays."""
    stays: list[Notice] = []
    for notice in waiting:
        one, about = wanted.get(NoticeKind(notice.kind), (None, ""))
        if one is None or notice.facts.get("about") != about:
            continue
        due_at = max(one.due_at, now)
        if notice.due_at <= now < notice.expires_at or (notice.due_at, notice.expires_at) == (due_at, one.expires_at):
            stays.append(notice)
        elif notice.due_at > now and notice.expires_at == one.expires_at:
            uow.notices.hasten(notice.id, due_at)
            stays.append(notice)
    uow.notices.withdraw([notice.id for notice in waiting if notice not in stays], now, "replaced")
    return stays


def _reminder(record: AppointmentRecord, one: Owed, about: str, earlier: Sequence[Notice], now: datetime) -> Notice:
    revision, due_at = sum(other.kind == one.kind for other in earlier), max(one.due_at, now)
    facts = {"appointment": str(record.id), "about": about}
    return Notice(
        uuid4(), f"{one.kind}:{record.id}:{revision}", one.kind, CHANNEL, record.patient_id, record.course_id, record.id,
        facts, now, due_at, due_at, one.expires_at,
    )  # fmt: skip
