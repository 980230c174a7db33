"""After a backup was put back: what fell due since might have been sent by the database that is lost, so a person asks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from planner.domain.inviting import PARKED
from planner.domain.notices import NO_DRIVING, PHONE_TASK, NoticeKind
from planner.domain.reaching import Purpose
from planner.domain.roles import Permission
from planner.services.context import Context
from planner.services.writing import audit
from planner.storage.desk_records import Notice
from planner.storage.records import Task
from planner.storage.unit_of_work import Store, UnitOfWork

PARKED_TASK, RESTORED_TASK = "parked-message", "restored"
"""What the desk is left: to ask whether a message arrived, and to enter again what is lost."""


@dataclass(frozen=True)
class Parked:
    """What was parked in a clinic, or would be: the messages, the tasks, and how many links that open once were closed.

    *since*: when anything was last done in what was restored (UTC); what was done after it is lost.
    """

    clinic_id: UUID
    since: datetime | None
    messages: Sequence[Notice]
    tasks: Sequence[Task]
    links: int


def last_sign(store: Store) -> datetime | None:
    """Tell when anything was last written: a worker's sign of life, or what somebody did in any clinic (UTC)."""
    with store.read_installation() as installation:
        signs = [installation.last_beat()]
    for clinic in store.clinics():
        with store.read(clinic.id) as uow:
            signs.append(uow.audit.latest())
    return max((one for one in signs if one), default=None)


def park(ctx: Context, *, since: datetime | None, dry_run: bool = False) -> Parked:
    """Withdraw every message that was due before now and is still owed, leave each to a person, and close one-time links.

    For the command that restores. Doing it again finds nothing more to park. *dry_run*: only say what would be done.
    """
    ctx.require(Permission.CONFIGURE)
    if dry_run:
        with ctx.read() as uow:
            return _found(ctx, uow, since, ctx.clock())
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.notices.keep_these(one.id for one in uow.notices.due(now))
        found = _found(ctx, uow, since, now)
        if not (found.messages or found.tasks or found.links):
            return found
        uow.notices.withdraw((one.id for one in found.messages), now, PARKED)
        uow.tasks.add(*found.tasks)
        uow.page_links.revoke_all(_once(uow, now), now)
        facts = {"parked": len(found.messages), "tasks": len(found.tasks), "links": found.links}
        audit(ctx, uow, now, "restore", "clinic", ctx.actor.clinic_id, facts | _when("since", since))
    return found


def _found(ctx: Context, uow: UnitOfWork, since: datetime | None, now: datetime) -> Parked:
    messages = sorted(uow.notices.due(now), key=lambda one: one.due_at)
    tasks = [_task(one, now) for one in _to_ask(messages)]
    if not any(one.kind == RESTORED_TASK and since and one.created_at >= since for one in uow.tasks.open()):
        tasks.append(Task(uuid4(), RESTORED_TASK, now, now, {**_when("since", since), **_when("until", now)}))
    return Parked(ctx.actor.clinic_id, since, messages, tasks, len(_once(uow, now)))


def _to_ask(messages: Iterable[Notice]) -> Iterable[Notice]:
    """Choose the messages that get a task each; of a course's many invitations the first of each patient stands for all."""
    asked: set[UUID | None] = set()
    for one in messages:
        if one.kind != NoticeKind.INVITATION:
            yield one
        elif one.patient_id not in asked:
            asked.add(one.patient_id)
            yield one


def _task(notice: Notice, now: datetime) -> Task:
    kind = PHONE_TASK if notice.kind in NO_DRIVING else PARKED_TASK
    facts = {"notice": str(notice.id), "kind": notice.kind, **_when("due", notice.due_at)}
    return Task(uuid4(), kind, now, now, facts, notice.appointment_id, notice.course_id, notice.patient_id)


def _once(uow: UnitOfWork, now: datetime) -> set[UUID]:
    return {one.id for one in uow.page_links.on(now) if one.purpose is Purpose.OPEN}


def _when(name: str, at: datetime | None) -> dict[str, str]:
    return {name: at.isoformat(timespec="seconds")} if at else {}
