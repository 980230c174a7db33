"""The message that a patient would get about a course as it is planned: as the sender would write it."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from planner.domain.notices import NoticeKind
from planner.domain.plan import Placed
from planner.domain.reaching import Language
from planner.domain.reviewing import waits_for
from planner.domain.span import local_day
from planner.domain.terms import Terms, undecided
from planner.languages.speech import Speech
from planner.notify.wording import (
    arrival_in_words,
    hour_in_words,
    instant_in_words,
    instructions_in_words,
    provisional_in_words,
)
from planner.services.courses import Preview
from planner.services.drafts import Draft
from planner.services.settings import Letterhead
from planner.web.telling import link_stand_ins, told, would_say

_NO_PHONE = "(no telephone number is entered in the settings)"


def letter_of(draft: Draft, preview: Preview) -> str:
    """Give the message about all visits of a plan; empty where there are none."""
    zone, protocol, patient_id = preview.request.clinic.zone, preview.request.protocol, draft.patient.id
    visits = [visit for placed in preview.plan.placed for visit in (placed, placed.linked) if visit]
    visits = sorted(visits, key=lambda one: one.start)
    if not visits:
        return ""
    language, waiting = told(patient_id).language, undecided(draft.course.terms)
    lines = [
        {
            "when": instant_in_words(one.start, zone, language), "until": hour_in_words(one.end, zone, language),
            "before": "", "provisional": "yes" if one.phase in waiting else "",
        }
        for one in visits
    ]  # fmt: skip
    speech, profiles = Speech(language, zone), [protocol.visits[one.visit] for one in visits]
    dosing = any(one.dosing for one in profiles)
    head = draft.letterhead or Letterhead(preview.request.clinic.name, "", _NO_PHONE)
    return would_say(NoticeKind.BOOKED, patient_id, head, {
        "whole": [], "added": lines, "moved": [], "cancelled": [], "confirmed": [],
        "brief": [speech.brief(one.start) for one in visits],
        "provisional": _provisional(draft.course.terms, visits, zone, language),
        "before": instructions_in_words(protocol.instructions, language) if dosing else [],
        "arrive": arrival_in_words(profiles, language),
        **link_stand_ins(visits[0].start, language, dosing=profiles[0].dosing),
    })  # fmt: skip


def _provisional(terms: Terms, visits: Sequence[Placed], zone: ZoneInfo, language: Language) -> str:
    """Explain what waits for a review: until which visit nothing is decided; empty where nothing does."""
    named = next((one.phase for one in visits if one.phase in undecided(terms)), None)
    if named is None:
        return ""
    phase = waits_for(terms, named)
    before = [one.start for one in visits if phase and one.phase == phase.name]
    return provisional_in_words(local_day(max(before), zone) if before else None, zone, language)
