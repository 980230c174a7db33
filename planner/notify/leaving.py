"""What a round of letters leaves to people: messages that reached nobody, and numbers and addresses that are refused."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid4

from planner.domain.channels import Channel
from planner.domain.notices import BEFORE, ESCORTED, NO_DRIVING, PHONE_TASK, NoticeKind
from planner.storage.desk_records import Notice
from planner.storage.message_records import Attempt
from planner.storage.records import Task
from planner.storage.unit_of_work import UnitOfWork

UNDELIVERABLE_TASK = "undeliverable"
"""The task that a message leaves which failed for good, but for one that keeps a patient from driving.

With *refused_at* among its facts another channel took the message: what is wrong is the number, or the address.
"""
EXPIRED = "expired"
"""The outcome of a message that was not sent before it would have misled."""
REFUSED_AT = "refused_at"


def leave_task(uow: UnitOfWork, notice: Notice, by: Channel, now: datetime) -> None:
    """Leave a message that reached nobody to a person, where no other task does already."""
    if _needs_task(uow, notice):
        uow.tasks.add(_task(notice, by, now))


def leave_refusals(uow: UnitOfWork, notice: Notice, refused: Iterable[Attempt], now: datetime) -> None:
    """Let somebody correct the numbers and addresses that refused a message which another channel has taken.

    One task for each patient and channel is enough while it is open.
    """
    for one in refused:
        patient_id = notice.patient_id
        if patient_id and not _about(uow, patient_id, one.channel) and not _changed(uow, patient_id, one.channel, one.at):
            facts = {"notice": str(notice.id), "kind": notice.kind, "by": one.channel.value, "answer": one.outcome}
            facts[REFUSED_AT] = one.at.isoformat()
            uow.tasks.add(Task(uuid4(), UNDELIVERABLE_TASK, now, now, facts, patient_id=notice.patient_id))


def is_refused(uow: UnitOfWork, patient_id: UUID, channel: Channel) -> bool:
    """Whether a number or an address has refused for good, and nobody has done anything about it since.

    The task is open, and neither the patient's record nor what they agreed to has changed.
    """
    refused = [datetime.fromisoformat(str(one.facts[REFUSED_AT])) for one in _about(uow, patient_id, channel)]
    return bool(refused) and not _changed(uow, patient_id, channel, max(refused))


def _changed(uow: UnitOfWork, patient_id: UUID, channel: Channel, since: datetime) -> bool:
    corrected = [one.at for one in uow.audit.of_subject(patient_id) if one.action == "correct"]
    agreed = [one.at for one in uow.consents.of_patient(patient_id) if one.channel is channel]
    return any(at >= since for at in (*corrected, *agreed))


def _about(uow: UnitOfWork, patient_id: UUID, channel: Channel) -> list[Task]:
    mine = (one for one in uow.tasks.open_of_patient(patient_id) if one.kind == UNDELIVERABLE_TASK)
    return [one for one in mine if REFUSED_AT in one.facts and one.facts["by"] == channel]


def _needs_task(uow: UnitOfWork, notice: Notice) -> bool:
    """Ask for one person to see to an address that fails, not for one to each of a course's reminders or invitations.

    Tasks about another number (that of who takes the patient home), about what another channel took, and about what was
    not sent in time, are not about it.
    """
    if notice.kind not in {NoticeKind.INVITATION, *BEFORE}:
        return True
    mine = (one for one in uow.tasks.open() if one.patient_id == notice.patient_id and one.kind == UNDELIVERABLE_TASK)
    about = (one.facts for one in mine if one.facts.get("kind") not in ESCORTED and REFUSED_AT not in one.facts)
    known = [UUID(str(facts["notice"])) for facts in about]
    return all(one.outcome == EXPIRED for one in uow.notices.keep_these(known)) if known else True


def _task(notice: Notice, by: Channel, now: datetime) -> Task:
    kind = PHONE_TASK if notice.kind in NO_DRIVING else UNDELIVERABLE_TASK
    facts = {"notice": str(notice.id), "kind": notice.kind} | ({"by": "print"} if by is Channel.PRINT else {})
    return Task(uuid4(), kind, now, now, facts, notice.appointment_id, notice.course_id, notice.patient_id)
