"""What patients agree to and take back, channel by channel: at the desk, on their own page, or by a text message.

The last word stands, and the whole history stays. A message is routed by what stands when it is written, not when it was
owed: whoever says STOP gets no text message from then on.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from planner.clock import Clock
from planner.domain.channels import Channel
from planner.domain.contact import clean, digits
from planner.domain.errors import InvalidValue
from planner.domain.inbound import Word, word_of
from planner.domain.reaching import Purpose
from planner.domain.roles import Actor, Permission, Role
from planner.domain.usable import text_number, usable_channels
from planner.services.bearing import Bearer
from planner.services.context import Context
from planner.services.writing import audit
from planner.storage.message_records import Consent, TextStart, TextStop
from planner.storage.records import Patient, Task
from planner.storage.unit_of_work import Store, UnitOfWork

__all__ = [
    "ASKED", "INBOUND", "STOPPED_TASK", "WROTE_TASK", "Channel", "Consent", "Standing", "Word", "note_number", "receive",
    "say", "say_own", "standing_for", "standing_own", "stop_by_number", "usable",
]  # fmt: skip

INBOUND = UUID("00000000-0000-4000-8000-000000000003")
"""Who acts when a text message comes in."""
ASKED = (Channel.MAIL, Channel.SMS)
"""The channels about which a patient is asked: the others are done by a person, and always remain."""
STOPPED_TASK, WROTE_TASK = "texts-stopped", "text-received"
"""The tasks that a text message leaves: one that stops them (phone, or print, what comes next), and any other."""
_BY_PAGE, _STOP, _START = "page", "STOP", "START"
_MOMENT = timedelta(microseconds=1)
_AFTER_ALL = datetime.max.replace(tzinfo=UTC)
"""What came in just now came after all that was said before."""


@dataclass(frozen=True)
class Standing:
    """What a patient agreed to as it stands, and all that was said before, the latest first, with the names of staff.

    *number_ends*: the last four digits of the number that text messages go to, None where there is none they could go to.
    """

    given: Mapping[Channel, bool]
    history: tuple[Consent, ...]
    has_mail: bool
    number_ends: str | None = field(repr=False)
    names: Mapping[UUID, str] = field(default_factory=dict, repr=False)


def usable(uow: UnitOfWork, patient_id: UUID, configured: Collection[Channel]) -> set[Channel]:
    """Give the channels that may be used for a patient now; raises NotFound."""
    patient = uow.people.get(patient_id)
    standing = uow.consents.standing(patient_id)
    return usable_channels(patient.email, patient.phone, standing, configured)


def standing_for(ctx: Context, patient_id: UUID) -> Standing:
    """Give what a patient agreed to, for the desk; raises NotFound, Forbidden."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        return _standing(uow, patient_id)


def standing_own(bearer: Bearer) -> Standing:
    """Give what the patient who asks agreed to; raises NotFound for a link that is not for it."""
    bearer.check(Purpose.PAGE)
    with bearer.ctx.read() as uow:
        return _standing(uow, bearer.patient_id)


def say(ctx: Context, patient_id: UUID, channel: Channel, given: bool, how: str) -> Consent:  # noqa: FBT001 - what is said
    """Record at the desk that a patient agreed to a channel, or took that back; *how*: "on paper", "by phone".

    Raises InvalidValue (*channel* for one that a person does, or for which there is no address or number; *how*),
    NotFound, Forbidden.
    """
    ctx.require(Permission.REGISTER)
    worded = clean(how, "how")
    with ctx.begin() as uow:
        return _say(ctx, uow, patient_id, channel, worded, given=given)


def say_own(bearer: Bearer, channel: Channel, *, given: bool) -> Consent:
    """Record what the patient who asks agrees to, or takes back; raises as *say* does."""
    bearer.check(Purpose.PAGE)
    with bearer.ctx.begin() as uow:
        return _say(bearer.ctx, uow, bearer.patient_id, channel, _BY_PAGE, given=given)


def stop_by_number(store: Store, clock: Clock, number: str) -> int:
    """Stop text messages to a number at once, in all clinics; gives how many patients have it.

    Each clinic gets a task for each of them: to phone, or to print, what comes next. The same again changes nothing.
    """
    return receive(store, clock, number, _STOP, clock())


def receive(
    store: Store, clock: Clock, number: str, text: str, sent_at: datetime | None = None, *, message: str = ""
) -> int:
    """Do what a text message asks for, for every patient who has the number; gives how many have it.

    START takes back a STOP that was said before *sent_at* and nothing else: whoever never agreed, or told the desk, is
    asked by the desk. HELP and all other words leave a task to phone; the words themselves are kept nowhere. Where nobody
    signed when it was sent (None), START counts once for each *message*, by its id at the gateway.
    """
    dialled, word = text_number(number), word_of(text)
    if dialled is None:
        return 0
    found = 0
    for clinic in store.clinics():
        ctx = Context(Actor(INBOUND, Role.SYSTEM, clinic.id), store, clock)
        with ctx.begin() as uow:
            now = ctx.clock()
            mine = [one for one in uow.people.with_phone(digits(dialled)) if text_number(one.phone) == dialled]
            found += len(mine)
            if sent_at is None and word is Word.START and not _is_new(uow, message, now):
                continue
            for patient in mine:
                _receive(ctx, uow, patient, word, sent_at or _AFTER_ALL)
            _note_stop(uow, dialled, word, sent_at or _AFTER_ALL, now)
    return found


def note_number(ctx: Context, uow: UnitOfWork, before: Patient, after: Patient) -> None:
    """Take back what was agreed to for a number that a patient no longer has: it was said of that one."""
    same = text_number(before.phone) == text_number(after.phone)
    if not same and uow.consents.standing(after.id).get(Channel.SMS, False):
        _append(ctx, uow, after.id, Channel.SMS, "number changed", given=False, by=ctx.actor.id)


def _standing(uow: UnitOfWork, patient_id: UUID) -> Standing:
    patient, history = uow.people.get(patient_id), uow.consents.of_patient(patient_id)
    number, by = text_number(patient.phone), {one.by for one in history}
    return Standing(
        {Channel.MAIL: True, Channel.SMS: False} | uow.consents.standing(patient_id), tuple(reversed(history)),
        bool(patient.email), number and number[-4:], {one.id: one.name for one in uow.staff.all() if one.id in by},
    )  # fmt: skip


def _say(ctx: Context, uow: UnitOfWork, patient_id: UUID, channel: Channel, how: str, *, given: bool) -> Consent:
    patient = uow.people.get(patient_id)
    if channel not in ASKED:
        raise InvalidValue("channel", "is done by a person, and always remains")
    if given and channel is Channel.MAIL and not patient.email:
        raise InvalidValue("channel", "needs a mail address, and we have none")
    if given and channel is Channel.SMS and not text_number(patient.phone):
        raise InvalidValue("channel", "needs a mobile number with its country, such as +1 212 555 0100")
    said = _append(ctx, uow, patient_id, channel, how, given=given, by=ctx.actor.id)
    if given and channel is Channel.SMS:
        _finish(uow, patient_id, said.at, "agreed again")
    return said


def _append(
    ctx: Context, uow: UnitOfWork, patient_id: UUID, channel: Channel, how: str, *, given: bool, by: UUID | None
) -> Consent:
    """Write it after all that was said before, even where a clock was set back: the last word must stand."""
    before, now = uow.consents.of_patient(patient_id), ctx.clock()
    at = max(now, before[-1].at + _MOMENT) if before else now
    said = Consent(uuid4(), patient_id, channel, given, at, how, by)
    uow.consents.add(said)
    audit(ctx, uow, now, "consent", "patient", patient_id, {"channel": channel.value, "given": given})
    return said


def _receive(ctx: Context, uow: UnitOfWork, patient: Patient, word: Word, sent_at: datetime) -> None:
    about = [one for one in uow.consents.of_patient(patient.id) if one.channel is Channel.SMS]
    last = about[-1] if about else None
    if word is Word.STOP:
        if last is None or last.given:
            _append(ctx, uow, patient.id, Channel.SMS, _STOP, given=False, by=None)
            _ask(uow, patient.id, STOPPED_TASK, word, ctx.clock())
    elif word is Word.START:
        agreed = any(one.given for one in about)
        if agreed and last and not last.given and last.how == _STOP and last.by is None and sent_at > last.at:
            said = _append(ctx, uow, patient.id, Channel.SMS, _START, given=True, by=None)
            _finish(uow, patient.id, said.at, "started again")
    else:
        _ask(uow, patient.id, WROTE_TASK, word, ctx.clock())


def _is_new(uow: UnitOfWork, message: str, now: datetime) -> bool:
    """Use a message up: whoever kept a copy of a START must not take back a STOP that came after it."""
    mark = sha256(message.encode()).hexdigest()
    if not message or uow.text_starts.knows(mark):
        return False
    uow.text_starts.add(TextStart(uuid4(), mark, now))
    return True


def _note_stop(uow: UnitOfWork, number: str, word: Word, sent_at: datetime, now: datetime) -> None:
    """Keep that a number stops texts, or wants them again, whoever has it: it may be that of who takes a patient home."""
    last = uow.text_stops.last(number)
    stopped = last is not None and last.stopped
    again = word is Word.START and last is not None and stopped and sent_at > last.at
    if again or (word is Word.STOP and not stopped):
        at = max(now, last.at + _MOMENT) if last else now
        uow.text_stops.add(TextStop(uuid4(), number, word is Word.STOP, at))


def _ask(uow: UnitOfWork, patient_id: UUID, kind: str, word: Word, now: datetime) -> None:
    """Leave a task for the desk, unless it has the same one already."""
    if not any(task.kind == kind for task in uow.tasks.open_of_patient(patient_id)):
        facts = {"channel": Channel.SMS.value, "word": word.value}
        uow.tasks.add(Task(uuid4(), kind, now, now, facts, patient_id=patient_id))


def _finish(uow: UnitOfWork, patient_id: UUID, now: datetime, reason: str) -> None:
    for task in uow.tasks.open_of_patient(patient_id):
        if task.kind == STOPPED_TASK:
            uow.tasks.finish(task.id, at=now, reason=reason)
