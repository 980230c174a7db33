"""Invitations that are owed by mail: with each change, and when a patient begins or stops to get the dates in this way.

One notice for each appointment. It is written from the facts of its moment, so a later one takes the place of all before it,
and one that finds nothing to say is dropped.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from planner.domain.course import LIVE
from planner.domain.inviting import INVITED, may_have_come, may_hold, raised_by
from planner.domain.notices import UNDO_WINDOW, NoticeKind
from planner.domain.reaching import Delivery
from planner.services.touching import Owing, Touched
from planner.storage.desk_records import Notice
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import UnitOfWork

CHANNEL = "invitation"


def owe_invitations(uow: UnitOfWork, touched: Sequence[Touched], now: datetime, *, told: bool) -> Owing:
    """Owe a mail for each appointment that a change touched, to a patient who gets invitations.

    What is already in the patient's calendar is put right even where nobody is *told*: it would show a wrong time.
    """
    changed = [one.after for one in touched if _is_heard(one, now)]
    if not changed or uow.correspondence.of_patient(changed[0].patient_id).delivery is not Delivery.INVITATIONS:
        return Owing()
    mailed = _mailed(uow, changed[0].patient_id)
    retold = {one.after.id for one in touched if one.before is None and one.after.id in mailed}
    news = [one for one in changed if one.id not in retold]
    withdrawn = _withdraw(uow, (mail for one in news for mail in mailed.get(one.id, ())), now)
    due = [one for one in news if _is_owed(one, mailed.get(one.id, ()), told=told)]
    return Owing(_owe(uow, due, mailed, now, raised=0), withdrawn)


def begin_invitations(uow: UnitOfWork, patient_id: UUID, now: datetime) -> int:
    """Owe an invitation to each appointment ahead that the patient has heard of; gives how many."""
    mailed = _mailed(uow, patient_id)
    ahead = [one for one in _ahead(uow, patient_id, now) if one.status in LIVE and one.told_at]
    stale = [one for one in ahead if not _is_up_to_date(one, mailed.get(one.id, ()))]
    _withdraw(uow, (one for mails in mailed.values() for one in mails), now)
    return len(_owe(uow, stale, mailed, now, raised=1))


def end_invitations(uow: UnitOfWork, patient_id: UUID, now: datetime) -> int:
    """Owe a mail that takes out of the patient's calendar each appointment ahead that mails put there; gives how many."""
    mailed = _mailed(uow, patient_id)
    _withdraw(uow, (one for mails in mailed.values() for one in mails), now)
    held = [one for one in _ahead(uow, patient_id, now) if may_hold(mailed.get(one.id, ()))]
    return len(_owe(uow, held, mailed, now, raised=1))


def mend_invitations(uow: UnitOfWork, records: Sequence[AppointmentRecord], now: datetime, *, since: datetime) -> int:
    """Owe what an undone change has left wrong, where the patient began with invitations after it was made, at *since*.

    As a rule that is nothing: what the change owed is taken back, and what it took back is owed again. Gives how many.
    """
    ahead = [one for one in records if one.start_at > now]
    if not ahead or uow.correspondence.of_patient(ahead[0].patient_id).delivery is not Delivery.INVITATIONS:
        return 0
    mailed = _mailed(uow, ahead[0].patient_id)
    return len(_owe(uow, [one for one in ahead if _is_wrong(one, mailed.get(one.id, ()), since)], mailed, now, raised=1))


def _is_wrong(one: AppointmentRecord, mails: Sequence[Notice], since: datetime) -> bool:
    """Whether the patient's calendar lacks it, or was sent it between a change and its undoing, and nothing mends that."""
    if any(mail.open for mail in mails):
        return False
    sent_between = any(mail.created_at >= since and may_have_come(mail) for mail in mails)
    return sent_between or (not may_hold(mails) and one.status in LIVE and one.told_at is not None)


def _is_heard(one: Touched, now: datetime) -> bool:
    """Whether calendars hear of it: its time or status is another, and before or after the change it is still to come."""
    before, after = one.before, one.after
    if max(after.start_at, before.start_at if before else after.start_at) <= now:
        return False
    return before is None or before.sequence != after.sequence


def _is_owed(one: AppointmentRecord, mails: Sequence[Notice], *, told: bool) -> bool:
    """Whether a change owes a mail: the calendar may hold it, or it takes place and the patient is to hear of it."""
    return may_hold(mails) or (one.status in LIVE and (told or any(mail.open for mail in mails)))


def _is_up_to_date(one: AppointmentRecord, mails: Sequence[Notice]) -> bool:
    """Whether the patient's calendar holds it as it is, since nothing but a change of mind has come between."""
    last = max(filter(may_have_come, mails), key=lambda mail: int(mail.facts["sequence"]), default=None)
    return bool(last and last.sent_at and last.outcome == INVITED and one.updated_at <= last.sent_at)


def _ahead(uow: UnitOfWork, patient_id: UUID, now: datetime) -> list[AppointmentRecord]:
    return [one for one in uow.appointments.of_patient(patient_id) if one.start_at > now]


def _mailed(uow: UnitOfWork, patient_id: UUID) -> Mapping[UUID, list[Notice]]:
    """List all the invitations that were ever owed to a patient, by appointment, and keep the workers off the open ones."""
    uow.notices.keep(patient_id=patient_id)
    found: dict[UUID, list[Notice]] = {}
    for one in uow.notices.of_patient(patient_id):
        if one.kind == NoticeKind.INVITATION and one.appointment_id:
            found.setdefault(one.appointment_id, []).append(one)
    return found


def _withdraw(uow: UnitOfWork, mails: Iterable[Notice], now: datetime) -> tuple[UUID, ...]:
    ids = tuple(one.id for one in mails if one.open)
    if ids:
        uow.notices.withdraw(ids, now, "replaced")
    return ids


def _owe(
    uow: UnitOfWork, records: Sequence[AppointmentRecord], mailed: Mapping[UUID, Sequence[Notice]], now: datetime, *,
    raised: int,
) -> tuple[UUID, ...]:  # fmt: skip
    """Owe a mail for each; *raised*: by how much its SEQUENCE rises above that of the mails before."""
    notices = [_notice(one, mailed.get(one.id, ()), now, raised=raised) for one in records]
    uow.notices.put(*notices)
    return tuple(one.id for one in notices)


def _notice(one: AppointmentRecord, mails: Sequence[Notice], now: datetime, *, raised: int) -> Notice:
    above = raised_by(mails) + (raised if mails else 0)
    sequence, due_at = one.sequence + above, now + UNDO_WINDOW
    facts = {"appointment": str(one.id), "sequence": sequence, "raised": above}
    return Notice(
        uuid4(), f"{NoticeKind.INVITATION}:{one.id}:{sequence}", NoticeKind.INVITATION, CHANNEL, one.patient_id,
        one.course_id, one.id, facts, now, due_at, due_at, one.start_at,
    )  # fmt: skip
