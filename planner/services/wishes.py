"""How a patient wants messages to reach them: by which channels in which order, in which quiet hours, and whether reminded.

What a dose owes comes in any case: no wish switches it off.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from planner.domain.channels import Channel, Quiet
from planner.domain.errors import Fact, InvalidValue
from planner.domain.reaching import Purpose
from planner.domain.roles import Permission
from planner.services.bearing import Bearer
from planner.services.context import Context
from planner.services.foretelling import owe_before
from planner.services.writing import audit
from planner.storage.link_records import Correspondence
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import UnitOfWork

__all__ = ["Channel", "Correspondence", "Quiet", "Wish", "ordered", "wish", "wish_for"]


@dataclass(frozen=True)
class Wish:
    """What is wished, of the *version* of a patient's correspondence that was seen; *quiet* None: the clinic's hours."""

    channels: tuple[Channel, ...]
    quiet: Quiet | None
    reminders: bool
    version: int


def ordered(sending: Sequence[Channel], at_last: Channel) -> tuple[Channel, ...]:
    """Put channels in order: those that send, then what a person does; raises InvalidValue (*channels*, *at_last*)."""
    if any(one.by_hand for one in sending) or len(set(sending)) != len(sending):
        raise InvalidValue("channels", "must be mail and text messages, each once")
    if not at_last.by_hand:
        raise InvalidValue("at_last", "must be phone or print")
    return (*sending, at_last)


def wish(bearer: Bearer, wanted: Wish) -> Correspondence:
    """Write down what the patient who asks wishes; raises Conflict for a stale version, NotFound."""
    bearer.check(Purpose.PAGE)
    with bearer.ctx.begin() as uow:
        return _wish(bearer.ctx, uow, bearer.patient_id, wanted)


def wish_for(ctx: Context, patient_id: UUID, wanted: Wish) -> Correspondence:
    """Write down at the desk what a patient wishes; raises Conflict for a stale version, NotFound, Forbidden."""
    ctx.require(Permission.REGISTER)
    with ctx.begin() as uow:
        return _wish(ctx, uow, patient_id, wanted)


def _wish(ctx: Context, uow: UnitOfWork, patient_id: UUID, wanted: Wish) -> Correspondence:
    now = ctx.clock()
    uow.calendar.lock(now)  # what is booked beside it must owe its reminders by either the one wish or the other
    uow.people.get(patient_id)
    before = uow.correspondence.of_patient(patient_id)
    changed = replace(
        before, channels=wanted.channels, quiet=wanted.quiet, reminders=wanted.reminders, version=wanted.version
    )
    kept = uow.correspondence.keep(changed)
    if (kept.reminders, kept.quiet) != (before.reminders, before.quiet):
        owe_before(uow, _ahead(uow, patient_id, now), now)
    facts: dict[str, Fact] = {
        "channels": " ".join(kept.channels), "quiet": kept.quiet is not None, "reminders": kept.reminders,
    }  # fmt: skip
    audit(ctx, uow, now, "wish", "patient", patient_id, facts)
    return kept


def _ahead(uow: UnitOfWork, patient_id: UUID, now: datetime) -> list[AppointmentRecord]:
    return [one for one in uow.appointments.of_patient(patient_id) if one.start_at > now]
