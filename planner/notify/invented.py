"""A visit that nobody has, to show how a message reads before anybody is owed one."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from planner.domain.notices import ESCORTED
from planner.domain.own_words import NO_DRIVING_KIND
from planner.domain.span import DAY, MINUTE, at_wall
from planner.languages.speech import Speech
from planner.notify.escorts import window_in_words
from planner.notify.linking import OPENS_FOR
from planner.notify.wording import day_in_words, hour_in_words, instant_in_words, near_day_in_words

_AHEAD, _LASTS, _EARLY = 3, timedelta(hours=2), 15 * MINUTE
_COUNT, _TEN = 4, time(10)


def invented(kind: str, speech: Speech, now: datetime, base_url: str) -> Mapping[str, Any]:
    """Give what a kind of message would say of visits in a few days at ten o'clock by the clinic's wall."""
    day = speech.local_day(now)
    starts = [at_wall(day + (_AHEAD + 7 * week) * DAY, _TEN, speech.zone) for week in range(_COUNT)]
    common = {"say": speech.say, "language": speech.language, "brief": [speech.brief(one) for one in starts]}
    if kind in {"moved", "cancelled"}:
        common["brief"] = [speech.brief(starts[0])]
    if kind == NO_DRIVING_KIND:
        return {**common, **_after(speech, now)}
    if kind in ESCORTED:
        place = "12 Example Street"
        return {**common, "who": "A.B.", "place": place, "later": None, **window_in_words(starts[0] + _LASTS, speech)}
    if kind == "page-link":
        return {**common, "address": f"{base_url}/answer/{'x' * 43}", "days": OPENS_FOR.days}
    about = {**_changed(kind, speech, starts), **_before(kind, speech, starts)}
    return {**common, **about, **private_links(speech, starts[0], base_url)}


def _changed(kind: str, speech: Speech, starts: list[datetime]) -> dict[str, Any]:
    lines = [
        {
            "when": instant_in_words(one, speech.zone, speech.language), "provisional": "",
            "until": hour_in_words(one + _LASTS, speech.zone, speech.language), "before": "",
        }
        for one in starts
    ]  # fmt: skip
    of = {"cancelled": "", "moved": "moved", "confirmed": "confirmed"}.get(kind, "added")
    nothing: dict[str, Any] = {"whole": [], "added": [], "moved": [], "confirmed": [], "cancelled": []}
    gone = {"cancelled": [one["when"] for one in lines[:1]], "next": lines[1]} if kind == "cancelled" else {}
    shown = {of: lines[:1] if of == "moved" else lines} if of else {}
    return nothing | shown | {"provisional": "", "before": [], "arrive": ""} | gone


def _before(kind: str, speech: Speech, starts: list[datetime]) -> dict[str, Any]:
    if kind not in {"plan-rides", "ride", "ride-again", "prepare"}:
        return {}
    start = starts[0]
    fasting = start - _EARLY - timedelta(hours=2)
    return {
        "when": speech.moment(start), "day": speech.near(speech.local_day(start)), "arrive": speech.time(start - _EARLY),
        "leave": speech.time(start + _LASTS), "dosing": True, "comes": False, "has_ride": False,
        "provisional": False, "withheld": False, "ways": "",
        "brief": [speech.brief(start)] if kind != "plan-rides" else [speech.brief(one) for one in starts],
        "cues": [{"from": speech.time(fasting), "text": speech.say("Eat nothing solid.")}],
        "dates": [speech.moment(one) for one in starts],
    }  # fmt: skip


def private_links(speech: Speech, start: datetime, base_url: str) -> dict[str, str]:
    """Give links that lead nowhere, as long as real ones."""
    address = f"{base_url}/answer/{'x' * 43}/{'0' * 8}-{'0' * 4}-{'0' * 4}-{'0' * 4}-{'0' * 12}"
    about = instant_in_words(start, speech.zone, speech.language)
    return {"about": about, "come": f"{address}/come", "ride": f"{address}/ride", "change": f"{address}/change"}


def _after(speech: Speech, now: datetime) -> dict[str, Any]:
    today = speech.local_day(now)
    tomorrow = near_day_in_words(today + DAY, today, speech.zone, speech.language)
    return {
        "visit_day": day_in_words(today, speech.zone, speech.language), "same_day": True, "bound": "", "first_day": tomorrow,
        "after_sleep": True,
    }  # fmt: skip
