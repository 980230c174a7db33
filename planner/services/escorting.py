"""What is owed to who takes a patient home, brought up to date in the transaction that changes a visit or its ride.

They are told once when to pick up, and once that they need not come, should that no longer be so after they were told; and
that they can come sooner where nothing was given.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from planner.domain.channels import Channel, Recipient
from planner.domain.notices import ESCORTED, NoticeKind, Owed
from planner.domain.outbox import TAKEN_BACK
from planner.domain.pick_up import Told, escort_of, holds, is_ready, leaving, owed_early, owed_off, owed_pick_up
from planner.storage.desk_records import Notice
from planner.storage.link_records import Reply
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import UnitOfWork


def owe_escorts(uow: UnitOfWork, records: Iterable[AppointmentRecord], now: datetime) -> int:
    """Owe what appointments owe to who takes their patients home, and withdraw what no longer holds; gives how many."""
    ahead = {one.id: one for one in records}
    said = uow.replies.of_appointments(ahead) if ahead else []
    agreed = {one.appointment_id for one in said if one.ride and one.ride.contact}
    if not agreed:
        return 0
    zone = uow.clinics.get(now).zone
    for patient_id in sorted({ahead[key].patient_id for key in agreed}):
        uow.notices.keep(patient_id=patient_id)  # no worker settles any of it meanwhile
    owed = [one for one in uow.notices.of_appointments(agreed) if one.kind in ESCORTED]
    new: list[Notice] = []
    for key in sorted(agreed):
        mine = [one for one in owed if one.appointment_id == key]
        visit = _Visit(ahead[key], [one for one in said if one.appointment_id == key], mine)
        uow.notices.withdraw([one.id for one in mine if one.open and not visit.wants(one)], now, "replaced")
        new += [*visit.offs(now), *visit.early(now)]
        reply = visit.untold()
        if reply and (pick_up := owed_pick_up(visit.record.end_at, zone, now)):
            new.append(visit.notice(pick_up, reply.id, now))
    return uow.notices.put(*new)


@dataclass(frozen=True)
class _Visit:
    """An appointment, all that its patient said of it, and all that was ever owed to an escort about it."""

    record: AppointmentRecord
    said: Sequence[Reply]
    owed: Sequence[Notice]

    @property
    def leaves_at(self) -> datetime | None:
        """When the patient leaves; None: they do not come."""
        return leaving(self.record)

    def wants(self, notice: Notice) -> bool:
        """Whether what is not sent yet is to be sent."""
        if notice.kind == NoticeKind.PICK_UP_OFF:
            return not holds(told_by(notice), self.said, self.leaves_at)
        if notice.kind == NoticeKind.PICK_UP_EARLY:
            return is_ready(self.record) and holds(told_by(notice), self.said, self.leaves_at)
        reply = None if self.record.discharged_at else escort_of(self.said, self.record.sequence)
        return bool(self.leaves_at and reply and told_by(notice) == Told(reply.id, self.record.end_at))

    def untold(self) -> Reply | None:
        """Find whom nobody tells yet: not owed, sent or failed, nor taken back by a person; and what was told holds."""
        reply = escort_of(self.said, self.record.sequence)
        if reply is None or self.leaves_at is None or self.record.discharged_at:
            return None
        told = [one for one in self._pick_ups() if _is_done(one) and not self._is_off(one)]
        stands = [one for one in told if holds(told_by(one), self.said, self.leaves_at) and not self._is_too_early(one)]
        return None if any(not one.open or self.wants(one) for one in stands) else reply

    def offs(self, now: datetime) -> Iterable[Notice]:
        """Owe that nobody need come to each escort who was told, or may just be told, and to whom that is not owed yet."""
        done: set[Told] = set()
        for one in self._pick_ups():
            told = told_by(one)
            if not _may_be_known(one) or told in done or self._is_off(one) or holds(told, self.said, self.leaves_at):
                continue
            if off := owed_off(told.leaves_at, now, one.next_attempt_at if one.open else now):
                done.add(told)
                yield self.notice(off, told.reply_id, now, one)

    def early(self, now: datetime) -> Iterable[Notice]:
        """Owe that they can come already to who was told last, if the patient is ready and that is not owed yet."""
        told = [one for one in self._pick_ups() if _may_be_known(one) and holds(told_by(one), self.said, self.leaves_at)]
        if not is_ready(self.record) or not told or any(_is_done(one) for one in self._earlies(told[-1])):
            return
        last = told[-1]
        if early := owed_early(told_by(last).leaves_at, now, last.next_attempt_at if last.open else now):
            yield self.notice(early, told_by(last).reply_id, now, last)

    def notice(self, owed: Owed, reply_id: UUID, now: datetime, told: Notice | None = None) -> Notice:
        """Make a notice for the escort; *told* is what it takes back, or hastens."""
        record, about = self.record, f"{self.record.id}:{self.record.sequence}:{reply_id}"
        leaves_at = told.facts["leaves_at"] if told else record.end_at.isoformat()
        facts = {
            "appointments": [str(record.id)], "sequence": record.sequence, "reply": str(reply_id), "leaves_at": leaves_at,
            **({"told": str(told.id)} if told else {}),
        }  # fmt: skip
        revision = sum(one.kind == owed.kind for one in self.owed)
        again = f":{revision}" if revision else ""  # who was told that it is off, by mistake, is told once more to come
        key = f"{owed.kind}:{about}:{told.id}:{revision}" if told else f"{owed.kind}:{about}{again}"
        return Notice(
            uuid4(), key, owed.kind, Channel.SMS, record.patient_id, record.course_id, record.id, facts, now,
            owed.due_at, owed.due_at, owed.expires_at, recipient=Recipient.ESCORT,
        )  # fmt: skip

    def _pick_ups(self) -> list[Notice]:
        return [one for one in self.owed if one.kind == NoticeKind.PICK_UP]

    def _earlies(self, pick_up: Notice) -> list[Notice]:
        return [one for one in self.owed if one.kind == NoticeKind.PICK_UP_EARLY and one.facts["told"] == str(pick_up.id)]

    def _is_too_early(self, pick_up: Notice) -> bool:
        """Whether the escort was told that they can come already, and the patient is not ready after all."""
        return not is_ready(self.record) and any(_may_be_known(one) for one in self._earlies(pick_up))

    def _is_off(self, pick_up: Notice) -> bool:
        """Whether the escort is or was told, or a person has to tell them, that what they were told is off."""
        offs = (one for one in self.owed if one.kind == NoticeKind.PICK_UP_OFF and told_by(one) == told_by(pick_up))
        return any(_is_done(one) and (not one.open or self.wants(one)) for one in offs)


def told_by(notice: Notice) -> Told:
    """Read what a notice to an escort says, or takes back."""
    return Told(UUID(notice.facts["reply"]), datetime.fromisoformat(notice.facts["leaves_at"]))


def _may_be_known(notice: Notice) -> bool:
    """Whether it was sent, or may just be, or a person was asked to say it."""
    return notice.sent_at is not None or notice.given_up_at is not None or (notice.open and notice.attempts > 0)


def _is_done(notice: Notice) -> bool:
    """Whether it is owed, was sent (withdrawn or not) or failed, or a person has taken it back."""
    return not notice.withdrawn_at or notice.sent_at is not None or notice.outcome == TAKEN_BACK
