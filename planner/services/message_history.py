"""What became of one message: when it was owed and why, its tries, what it says, and what the patient answered by it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol as Interface
from uuid import UUID

from planner.domain.channels import Channel
from planner.domain.course import LIVE
from planner.domain.notices import ALONE, NO_DRIVING
from planner.domain.outbox import Standing, standing_of, why_not_again, why_not_withdrawn
from planner.domain.roles import Permission
from planner.services.context import Context
from planner.services.outbox import Line, Turn, line_of
from planner.storage.desk_records import Notice
from planner.storage.link_records import PageLink, Reply
from planner.storage.message_records import Attempt
from planner.storage.records import AuditEntry, Task
from planner.storage.unit_of_work import UnitOfWork


class Text(Interface):
    """A message as it reads; *unwritable*: why it cannot be written, in a word."""

    @property
    def subject(self) -> str:
        """Its subject; empty for an SMS."""

    @property
    def text(self) -> str:
        """All the rest."""

    @property
    def unwritable(self) -> str:
        """A word for why there is no text; empty where there is one."""


Render = Callable[[UnitOfWork, Notice, datetime, Channel], Text | None]
"""Writes a message as of an instant, for a channel, and stores nothing; None where it has nothing to say any more."""


@dataclass(frozen=True)
class History:
    """All that became of a message. *text*: as it reads, written again as of *text_at*.

    *changed*: an appointment of it is no longer as it was when it was sent, so that it said something else. *links*: those
    that it held; *answers*: what the patient said by them. *origin*, *again*: which message it repeats, and which repeat it;
    *together*: which others were sent in the same mail or text.
    *not_again*, *not_withdrawn*: why it may not be sent again or taken back; empty where it may.
    """

    line: Line
    attempts: tuple[Attempt, ...]
    links: tuple[PageLink, ...]
    answers: tuple[Reply, ...]
    tasks: tuple[Task, ...]
    entries: tuple[AuditEntry, ...]
    origin: UUID | None
    again: tuple[Notice, ...]
    together: tuple[Notice, ...]
    text: Text | None
    text_at: datetime
    changed: bool
    not_again: str
    not_withdrawn: str


def history(ctx: Context, notice_id: UUID, render: Render, turn: Turn) -> History:
    """Show what became of a message, and what it says. Raises NotFound."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        now, notice = ctx.clock(), uow.notices.get(notice_id)
        line = line_of(uow, notice, now, turn)
        links = uow.page_links.of_notice(notice_id)
        at, origin, again = _read_at(notice, now), notice.facts.get("again"), repeats(uow, notice)
        anew = says(uow, notice, now, render)
        return History(
            line, tuple(uow.attempts.of_notice(notice_id)), tuple(links), _answers(uow, links), _tasks(uow, notice),
            tuple(uow.audit.of_subject(notice_id)), UUID(origin) if origin else None, again,
            _together(uow, notice),
            render(uow, notice, at, line.channel), at, _changed(uow, notice),
            why_not_again(notice, now, says=anew, on_its_way=any(one.open for one in again)), why_not_withdrawn(notice),
        )  # fmt: skip


def says(uow: UnitOfWork, notice: Notice, now: datetime, render: Render) -> bool:
    """Whether a message has anything to say now, and can be written for any channel that needs no person."""
    written = (render(uow, notice, now, one) for one in Channel if not one.by_hand)
    return any(one is not None and not one.unwritable for one in written)


def _read_at(notice: Notice, now: datetime) -> datetime:
    """Say as of when a message is read: when something became of it, or when it is due, if that is still to come."""
    done = notice.sent_at or notice.given_up_at or notice.withdrawn_at
    return done or max(now, notice.due_at)


def repeats(uow: UnitOfWork, notice: Notice) -> tuple[Notice, ...]:
    """List the messages that repeat one, the oldest first."""
    everything = uow.notices.of_patient(notice.patient_id) if notice.patient_id else []
    return tuple(one for one in everything if one.facts.get("again") == str(notice.id))


def _together(uow: UnitOfWork, notice: Notice) -> tuple[Notice, ...]:
    """List what went out with a message: to the same patient, by the same way, settled at the same instant."""
    if notice.sent_at is None or notice.patient_id is None or notice.kind in ALONE:
        return ()
    others = (one for one in uow.notices.of_patient(notice.patient_id) if one.kind not in ALONE and one.id != notice.id)
    return tuple(one for one in others if (one.sent_at, one.channel) == (notice.sent_at, notice.channel))


def _answers(uow: UnitOfWork, links: Sequence[PageLink]) -> tuple[Reply, ...]:
    ids = {one.id for one in links}
    about = {one.appointment_id for one in links if one.appointment_id}
    return tuple(one for one in uow.replies.of_appointments(about) if one.by in ids) if about else ()


def _tasks(uow: UnitOfWork, notice: Notice) -> tuple[Task, ...]:
    """List what a person is to do, or has done, since the message failed."""
    if standing_of(notice) not in {Standing.FAILED, Standing.WITHDRAWN}:
        return ()
    found = uow.tasks.of_patient(notice.patient_id) if notice.patient_id else uow.tasks.open()
    return tuple(one for one in found if one.facts.get("notice") == str(notice.id))


def _changed(uow: UnitOfWork, notice: Notice) -> bool:
    """Whether an appointment that a sent message is about was changed since, or is over: it may then have read otherwise.

    What keeps a patient from driving is about a visit that is over: it read otherwise if a mark was made since.
    """
    if notice.sent_at is None:
        return False
    ids = {UUID(one) for one in (*notice.facts.get("appointments", ()), *filter(None, [notice.facts.get("appointment")]))}
    if notice.kind in NO_DRIVING:
        return any(one.recorded_at > notice.sent_at for one in uow.marks.of_appointments(ids))
    found = uow.appointments.among(ids).values()
    return any(one.updated_at > notice.sent_at or one.status not in LIVE for one in found)

