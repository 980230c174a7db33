"""What became of the messages that a fault met, counted: nothing may be lost, late, misleading, or twice without need."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from planner.domain.notices import NO_DRIVING, PHONE_TASK
from planner.notify.leaving import UNDELIVERABLE_TASK
from planner.notify.settling import WAITS
from planner.services.restoring import PARKED_TASK
from planner.storage.desk_records import Notice
from planner.storage.message_records import Attempt
from planner.storage.records import AppointmentRecord
from postroom import notices

TASKS = (UNDELIVERABLE_TASK, PHONE_TASK, PARKED_TASK)
PARKED = "parked"
"""The outcome of what a person sees to after a backup was put back, whether it had arrived or not."""
PROMPT = timedelta(seconds=30)
"""How long after it could go a message may take, on a machine that has much else to do."""
EACH = timedelta(seconds=0.1)
"""And how much longer for each of all that are due at once."""


@dataclass(frozen=True)
class Tally:
    """*asked*: left to a person. *again*: second copies, under the same Message-ID."""

    owed: int
    delivered: int
    asked: int = 0
    lost: int = 0
    late: int = 0
    misleading: int = 0
    again: int = 0


@dataclass(frozen=True)
class _Facts:
    """All that is known of a clinic's messages when it is over."""

    owed: list[Notice]
    attempts: Mapping[UUID, list[Attempt]]
    visits: Mapping[UUID, AppointmentRecord]


def tally(desk, mailbox, *, back_at: datetime | None = None, only: Container[UUID] | None = None) -> Tally:
    """Count the messages of a clinic, or *only* of some patients. A message is

    late, when it was sent long after it was due, the fault was over (*back_at*) and the retry table let it be tried again;
    misleading, when it left after it had expired, or does not say the time of a visit that it is about;
    lost, when it neither arrived nor is in the hands of a person.
    """
    facts = _look(desk, only)
    owed, ids = facts.owed, {one.id for one in facts.owed}
    mails = [mail for mail in mailbox.mails() if only is None or about(mail) in ids]
    taken = Counter(map(about, mails))
    asked = {UUID(task.facts["notice"]) for kind in TASKS for task in desk.tasks(kind)} & ids
    expired = sum(one.sent_at is not None and one.sent_at >= one.expires_at for one in owed)
    return Tally(
        owed=len(owed),
        delivered=sum(1 for one in owed if taken[one.id] and one.outcome in {"sent", PARKED}),
        asked=len(asked),
        lost=sum(1 for one in owed if not taken[one.id] and one.id not in asked),
        late=sum(_is_late(one, facts, back_at) for one in owed),
        misleading=expired + sum(not _is_true(mail, facts) for mail in mails),
        again=sum(count - 1 for count in taken.values()),
    )


def about(mail) -> UUID:
    """Tell what was owed by the mail's Message-ID."""
    return UUID(mail["Message-ID"].strip("<>").partition("@")[0])


def _look(desk, only):
    with desk.store.read(desk.clinic_id) as uow:
        attempts, tried = defaultdict(list), uow.attempts._list()
        visits = uow.appointments.of_patient(desk.people["Ada Lovelace"])
    for one in tried:
        attempts[one.notice_id].append(one)
    owed = [one for one in notices(desk) if not one.withdrawn_at or one.outcome == PARKED]
    owed = [one for one in owed if only is None or one.patient_id in only]
    return _Facts(owed, attempts, {one.id: one for one in visits})


def _is_late(one, facts, back_at):
    """Whether it was sent later than all that it had to wait for explains."""
    failed = [attempt for attempt in facts.attempts[one.id] if attempt.outcome != one.outcome]
    waits = [failed[-1].at + timedelta(minutes=WAITS[min(len(failed), len(WAITS)) - 1])] if failed else []
    could_go = max([one.due_at, *waits, *([back_at] if back_at else [])])
    return one.sent_at is not None and one.sent_at > could_go + PROMPT + len(facts.owed) * EACH


def _is_true(mail, facts):
    """Whether a letter is of something owed, and says when the visits are that it is about, or not to drive."""
    text, notice = mail.get_content(), {one.id: one for one in facts.owed}.get(about(mail))
    if notice is None or notice.kind in NO_DRIVING:
        return notice is not None and "Do not drive" in text
    return all(facts.visits[UUID(key)].wall_start[11:16] in text for key in notice.facts["appointments"])


Row = tuple[str, str, int, list[int]]
"""A fault, the database, how many second copies it allows, and the counts."""


def row(fault: str, desk, found: Tally, allowed: int) -> Row:
    """Put what was found into words and numbers that a test process can hand to another."""
    return fault, desk.store.engine.dialect.name, allowed, list(astuple(found))


def table(rows: Iterable[Row]) -> Iterable[str]:
    """Print what became of the messages, a line for each fault and database."""
    yield f"{'':62} owed  delivered  asked  lost  late  misleading  second copies"
    for fault, database, allowed, counts in sorted(rows, key=lambda one: (int(one[0].partition(" ")[0][1:]), one)):
        owed, delivered, asked, lost, late, misleading, again = counts
        said = f"{owed:4}  {delivered:9}  {asked:5}  {lost:4}  {late:4}  {misleading:10}  {again} (allowed {allowed})"
        yield f"{fault + ', ' + database:62} {said}"
