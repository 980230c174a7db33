"""The one message that a patient would get about an order, before there is one: as the sender would write it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from planner.domain.course import AppointmentStatus, Booked
from planner.domain.difference import Kind, Row
from planner.domain.notices import NoticeKind
from planner.domain.plan import Placed
from planner.domain.reaching import Language
from planner.domain.reviewing import waits_for
from planner.domain.span import local_day
from planner.domain.terms import Terms, undecided
from planner.languages.speech import Speech
from planner.notify.wording import (
    arrival_in_words,
    former_in_words,
    hour_in_words,
    instant_in_words,
    instructions_in_words,
    provisional_in_words,
    wall_in_words,
)
from planner.services.outlook import Outlook
from planner.services.proposing import Proposal
from planner.web.render import zone
from planner.web.telling import link_stand_ins, told, would_say

_SINGLE = (NoticeKind.BOOKED, NoticeKind.MOVED, NoticeKind.CONFIRMED)


@dataclass
class _News:
    """What the patient would hear, by kind, in date order; *known*: all that they know of afterwards."""

    terms: Terms
    language: Language
    by_kind: dict[NoticeKind, list[Row]] = field(default_factory=dict)
    known: list[Row] = field(default_factory=list)

    def of(self, *kinds: NoticeKind) -> list[Row]:
        """List the rows of some kinds, by date."""
        rows = [row for kind in kinds for row in self.by_kind.get(kind, ())]
        return sorted(rows, key=lambda row: row.at)


def letter_of(proposal: Proposal, found: Outlook) -> str:
    """Give the message; empty where there is nothing to tell, or nothing can be sent yet."""
    patient_id = proposal.course.patient_id
    news = _news(proposal, found, told(patient_id).language)
    if found.letterhead is None or not news.by_kind:
        return ""
    kind = next(iter(news.by_kind)) if len(news.by_kind) == 1 else NoticeKind.BOOKED
    booked, lost = news.of(NoticeKind.BOOKED), news.of(NoticeKind.CANCELLED)
    taken_over = {row.at for row in booked} & {row.at for row in lost}  # neither new nor cancelled for the patient
    gone = [row.was for row in lost if row.was and row.at not in taken_over]
    booked = [row for row in booked if row.at not in taken_over]
    if kind is NoticeKind.CANCELLED:
        left = _times(news, news.known[:1])
        facts = {"cancelled": _gone(news, gone), "next": left[0] if left else None}
        return would_say(kind, patient_id, found.letterhead, {**facts, "brief": _brief(news, gone)})
    one_course = proposal.draft.successor is None  # the whole is that of the course which the message is about
    facts = _changed(news, booked, gone, mixed=kind is NoticeKind.BOOKED and len(news.by_kind) > 1, one_course=one_course)
    return would_say(kind, patient_id, found.letterhead, facts)


def _changed(
    news: _News, booked: Sequence[Row], gone: Sequence[Booked], *, mixed: bool, one_course: bool
) -> dict[str, Any]:
    """Gather what is new, moved, gone and confirmed, and how to prepare; *mixed*: more than one of these."""
    moved, confirmed = news.of(NoticeKind.MOVED), news.of(NoticeKind.CONFIRMED)
    whole = news.known if mixed and one_course and len(news.known) > len(booked) + len(moved) else []
    changes = news.of(*_SINGLE)
    named = [row.will for row in (*booked, *moved, *confirmed) if row.will]
    protocol = news.terms.protocol
    visits = [protocol.visits[row.will.visit] for row in changes if row.will]
    instructions = protocol.instructions if any(one.dosing for one in visits) else ()
    first = min((row.will for row in changes if row.will), key=lambda one: one.start, default=None)
    dosing = first is not None and protocol.visits[first.visit].dosing
    return {
        "added": _times(news, booked), "cancelled": _gone(news, gone), "whole": _times(news, whole),
        "moved": _times(news, moved, former=True), "confirmed": _times(news, confirmed),
        "provisional": _provisional(news, [*changes, *whole]), "brief": _brief(news, named),
        "off": _brief(news, gone),
        "before": instructions_in_words(instructions, news.language), "arrive": arrival_in_words(visits, news.language),
        **(link_stand_ins(first.start, news.language, dosing=dosing) if first and (booked or moved) else {}),
    }  # fmt: skip


def _gone(news: _News, gone: Iterable[Booked]) -> list[str]:
    return [wall_in_words(_wall(one), zone(), news.language) for one in gone]


def _brief(news: _News, placed: Iterable[Booked | Placed]) -> list[str]:
    speech = Speech(news.language, zone())
    return [speech.brief(one.start) for one in placed]


def _news(proposal: Proposal, found: Outlook, language: Language) -> _News:
    news = _News(proposal.draft.successor.terms if proposal.draft.successor else proposal.terms, language)
    status = {one.id: one.status for one in found.ahead}
    for row in proposal.rows:
        kind = _kind(row, status, undecided(news.terms))
        if kind:
            news.by_kind.setdefault(kind, []).append(row)
        if row.will and (kind or (row.was and row.was.told)):
            news.known.append(row)
    return news


def _kind(row: Row, status: dict[UUID, AppointmentStatus], waiting: Iterable[str]) -> NoticeKind | None:
    """Say what a patient hears of a row: what they never heard of is new to them, or nothing when it is cancelled."""
    if row.kind is Kind.KEEP and row.was and row.will:
        tentative = status.get(row.was.appointment_id) is AppointmentStatus.TENTATIVE
        if tentative is (row.will.phase in waiting):
            return None
    if row.was is None or not row.was.told:
        return NoticeKind.BOOKED if row.will else None
    return {Kind.CANCEL: NoticeKind.CANCELLED, Kind.MOVE: NoticeKind.MOVED}.get(row.kind, NoticeKind.CONFIRMED)


def _times(news: _News, rows: Iterable[Row], *, former: bool = False) -> list[dict[str, Any]]:
    waiting = undecided(news.terms)
    return [
        {
            "when": instant_in_words(row.will.start, zone(), news.language),
            "until": hour_in_words(row.will.end, zone(), news.language),
            "before": former_in_words(_wall(row.was), zone(), news.language) if former and row.was else "",
            "provisional": "yes" if row.will.phase in waiting else "",
        }
        for row in rows if row.will
    ]  # fmt: skip


def _provisional(news: _News, rows: Iterable[Row]) -> str:
    """Explain what is provisional among some rows: until which visit nothing is decided."""
    waiting = undecided(news.terms)
    named = next((row.will.phase for row in rows if row.will and row.will.phase in waiting), None)
    if named is None:
        return ""
    phase = waits_for(news.terms, named)
    before = [row.will.start for row in news.known if row.will and phase and row.will.phase == phase.name]
    return provisional_in_words(local_day(max(before), zone()) if before else None, zone(), news.language)


def _wall(booked: Booked) -> str:
    return f"{booked.start.astimezone(zone()):%Y-%m-%dT%H:%M}"
