"""Sending a message again, or taking one back, by a person at the desk: nothing that would mislead, nor a safety message."""

from datetime import datetime
from uuid import UUID, uuid4

from planner.domain.channels import Channel, Recipient
from planner.domain.contact import clean
from planner.domain.errors import Conflict, InvalidMove
from planner.domain.outbox import TAKEN_BACK, why_not_again, why_not_withdrawn
from planner.domain.roles import Permission
from planner.services.context import Context
from planner.services.message_history import Render, repeats, says
from planner.services.writing import audit
from planner.storage.desk_records import Notice


def resend(ctx: Context, notice_id: UUID, render: Render) -> UUID:
    """Owe a message once more, from the facts of now, under a key of its own; gives the new one's id.

    It expires when the first one does. Raises NotFound, InvalidMove where it would mislead or has nothing to say, Conflict
    where somebody else did it at the same time.
    """
    ctx.require(Permission.BOOK)
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.notices.get(notice_id)
        (notice,) = uow.notices.keep_these([notice_id])
        again, anew = repeats(uow, notice), says(uow, notice, now, render)
        if why := why_not_again(notice, now, says=anew, on_its_way=any(one.open for one in again)):
            raise InvalidMove(f"This message is not sent again: {why}.")
        copy = _copy(notice, len(again), now)
        if not uow.notices.put(copy):
            raise Conflict("somebody else sends it again already")
        audit(ctx, uow, now, "resend", "notice", notice_id, {"again": str(copy.id), "kind": notice.kind})
    return copy.id


def withdraw(ctx: Context, notice_id: UUID, reason: str) -> None:
    """Take back a message that is still owed, saying why; raises NotFound, InvalidMove, and Conflict for one sent meanwhile.

    A worker that is sending it at this moment finishes, and it then counts as sent.
    """
    ctx.require(Permission.BOOK)
    said = clean(reason, "reason")
    with ctx.begin() as uow:
        now, notice = ctx.clock(), uow.notices.get(notice_id)
        if why := why_not_withdrawn(notice):
            raise InvalidMove(f"This message is not withdrawn: {why}.")
        if not uow.notices.withdraw([notice_id], now, TAKEN_BACK):
            raise Conflict("it is no longer owed")
        audit(ctx, uow, now, "withdraw", "notice", notice_id, {"kind": notice.kind}, said)


def _copy(notice: Notice, revision: int, now: datetime) -> Notice:
    """Owe it as it was owed at first: which way it then goes is decided as it is sent."""
    meant = Channel.SMS if notice.recipient is Recipient.ESCORT else Channel.MAIL
    return Notice(
        uuid4(), f"{notice.kind}:{notice.id}:again:{revision}", notice.kind, meant, notice.patient_id,
        notice.course_id, notice.appointment_id, {**notice.facts, "again": str(notice.id)}, now, now, now,
        notice.expires_at, recipient=notice.recipient,
    )  # fmt: skip
