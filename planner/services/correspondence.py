"""How a patient is written to: in which language, how the dates come into a calendar, and what an appointment is called.

The dates come by one way only, so that nothing shows twice. Who changes to invitations gets one for each appointment ahead,
and the calendar links are switched off; who changes from them has them withdrawn; who makes a calendar link gets the dates
by that from then on.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from planner.domain.errors import Conflict, Fact, InvalidValue
from planner.domain.reaching import Audience, Delivery, Language, Purpose
from planner.domain.roles import Permission
from planner.domain.subscribing import neutral_line
from planner.languages import phrases
from planner.services.bearing import Bearer
from planner.services.context import Context
from planner.services.inviting import begin_invitations, end_invitations
from planner.services.writing import audit
from planner.storage.link_records import Correspondence
from planner.storage.unit_of_work import UnitOfWork

__all__ = ["Correspondence", "Delivery", "Language", "by_feed", "choose", "choose_for", "chosen", "chosen_for"]

_APPOINTMENT = "Appointment"


@dataclass(frozen=True)
class _Wish:
    """What is chosen, of the *version* that was seen."""

    language: Language
    delivery: Delivery
    wording: str
    version: int
    full: bool | None = None
    shows_place: bool | None = None


def chosen(bearer: Bearer) -> Correspondence:
    """Give how the patient who asks is written to."""
    bearer.check(Purpose.PAGE)
    with bearer.ctx.read() as uow:
        return uow.correspondence.of_patient(bearer.patient_id)


def choose(
    bearer: Bearer, *, language: Language, delivery: Delivery, wording: str, version: int, full: bool | None = None,
    shows_place: bool | None = None,
) -> Correspondence:  # fmt: skip
    """Choose how to be written to; an empty *wording* is the language's own, and what is None is left as it is.

    Raises InvalidValue (*wording*; *delivery* for invitations without a mail address), Conflict for a stale version.
    """
    bearer.check(Purpose.PAGE)
    with bearer.begin() as uow:
        return _choose(bearer.ctx, uow, bearer.patient_id, _Wish(language, delivery, wording, version, full, shows_place))


def chosen_for(ctx: Context, patient_id: UUID) -> Correspondence:
    """Give how a patient is written to; raises NotFound, Forbidden."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        uow.people.get(patient_id)
        return uow.correspondence.of_patient(patient_id)


def choose_for(
    ctx: Context, *, patient_id: UUID, language: Language, delivery: Delivery, wording: str, version: int,
    shows_place: bool | None = None,
) -> Correspondence:  # fmt: skip
    """Choose at the desk, as a patient wishes; raises what choose does, NotFound and Forbidden."""
    ctx.require(Permission.REGISTER)
    with ctx.begin() as uow:
        return _choose(ctx, uow, patient_id, _Wish(language, delivery, wording, version, None, shows_place))


def by_feed(ctx: Context, uow: UnitOfWork, now: datetime, patient_id: UUID) -> bool:
    """Let the dates come by a calendar link from now on, since one is made for the patient; gives whether that is a change.

    Invitations are withdrawn then. It locks the calendar: call it before anything else is read or written.
    """
    uow.calendar.lock(now)
    before = uow.correspondence.of_patient(patient_id)
    if before.delivery is Delivery.FEED:
        return False
    _switch(ctx, uow, before, replace(before, delivery=Delivery.FEED), now)
    return True


def _choose(ctx: Context, uow: UnitOfWork, patient_id: UUID, wish: _Wish) -> Correspondence:
    now = ctx.clock()
    uow.calendar.lock(now)  # what is booked beside it must see either the one or the other
    patient, before = uow.people.get(patient_id), uow.correspondence.of_patient(patient_id)
    if wish.version != before.version:
        raise Conflict("it was changed in the meantime, and nothing was stored: look at what you chose, then save it again")
    if wish.delivery is Delivery.INVITATIONS and not patient.email:
        raise InvalidValue("delivery", "invitations need a mail address, and we have none")
    after = replace(
        before, language=wish.language, delivery=wish.delivery, wording=_worded(before, wish), version=wish.version,
        full=before.full if wish.full is None else wish.full,
        shows_place=before.shows_place if wish.shows_place is None else wish.shows_place,
    )  # fmt: skip
    return _switch(ctx, uow, before, after, now)


def _worded(before: Correspondence, wish: _Wish) -> str:
    """Give the title of an appointment: the language's own word goes along with the language."""
    unchanged = wish.language is not before.language and wish.wording.strip() == _standard(before.language)
    if unchanged or not wish.wording.strip():
        return _standard(wish.language)
    return neutral_line(wish.wording, "wording")


def _standard(language: Language) -> str:
    return phrases(language).gettext(_APPOINTMENT)


def _switch(
    ctx: Context, uow: UnitOfWork, before: Correspondence, after: Correspondence, now: datetime
) -> Correspondence:
    """Write what is chosen, and do what follows from another way of delivery."""
    kept = uow.correspondence.keep(after)
    facts: dict[str, Fact] = {"language": kept.language.value, "delivery": kept.delivery.value}
    if before.delivery is not kept.delivery:
        if before.delivery is Delivery.INVITATIONS:
            facts["withdrawn"] = end_invitations(uow, kept.id, now)
        if kept.delivery is not Delivery.FEED:
            facts["links_off"] = _switch_links_off(uow, kept.id, now)
        if kept.delivery is Delivery.INVITATIONS:
            facts["invited"] = begin_invitations(uow, kept.id, now)
    audit(ctx, uow, now, "choose-correspondence", "patient", kept.id, facts)
    return kept


def _switch_links_off(uow: UnitOfWork, patient_id: UUID, now: datetime) -> int:
    """Switch off the patient's own calendar links; a carer's stay, since they show something else to somebody else."""
    own = [one.id for one in uow.feed_links.of_patient(patient_id) if one.audience is Audience.PATIENT]
    return uow.feed_links.revoke_all(own, now)
