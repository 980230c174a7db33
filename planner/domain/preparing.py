"""What a patient needs to know before and after a visit: when to be there, what to do from when on, until when not to drive.

Pure. Hours elapse, whatever the wall clock does in a night: a cut-off is an instant, and the page says it on the wall.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from planner.domain.driving import DrivingAdvice, advise
from planner.domain.neutral import forbidden_in
from planner.domain.protocol import DrivingRule, Instruction, Protocol
from planner.domain.span import DAY, MINUTE, day_start, local_day
from planner.domain.visit import VisitProfile


@dataclass(frozen=True)
class Cue:
    """Something to do before a visit, and from when on (UTC) where it has a time. *neutral*: anybody may read it."""

    text: str
    since: datetime | None
    neutral: bool


@dataclass(frozen=True)
class NoDriving:
    """What a visit forbids: *advice* from its end (UTC, planned or real). *hours*: the rule's, where it has some.

    *given*: it is in force, since a dose was given; else it is what a visit to come will bring.
    """

    advice: DrivingAdvice
    leaves_at: datetime
    hours: int | None
    given: bool


def first_name(name: str) -> str:
    """Give the name to greet somebody by: the first word, or the first after the comma in "Doe, Nadia"."""
    family, _, given = name.partition(",")
    words = (given or family).split()
    return words[0] if words else ""


def arrival(start: datetime, profile: VisitProfile) -> datetime:
    """Give when the patient is asked to be there: so long before the appointed time as the check-in takes."""
    return start - profile.lead_minutes * MINUTE


def instructions_for(
    profile: VisitProfile, own: Protocol | None, published: Iterable[Protocol] = ()
) -> tuple[Instruction, ...]:
    """Find what to do before a dose: as its course's protocol says, or all published ones that give this very visit.

    What several of them ask holds for the longest of their times. A visit without a dose asks nothing.
    """
    if not profile.dosing:
        return ()
    if own:
        return own.instructions
    found: dict[str, Instruction] = {}
    for one in (one for each in published if each.visits.get(profile.name) == profile for one in each.instructions):
        known = found.get(one.text)
        if known is None or (known.minutes_before or 0) < (one.minutes_before or 0):
            found[one.text] = one
    return tuple(found.values())


def cues(instructions: Iterable[Instruction], arrives_at: datetime, *, full: bool) -> tuple[Cue, ...]:
    """List what to do before a visit, first what has no time, then by time; without *full*, only what anybody may read."""
    everything = (_cue(one, arrives_at) for one in instructions)
    shown = [one for one in everything if full or one.neutral]
    return tuple(sorted(shown, key=lambda one: (one.since is not None, one.since or arrives_at)))


def _cue(one: Instruction, arrives_at: datetime) -> Cue:
    since = arrives_at - one.minutes_before * MINUTE if one.minutes_before else None
    return Cue(one.text, since, not forbidden_in(one.text))


def ahead(rule: DrivingRule, end: datetime, zone: ZoneInfo) -> NoDriving:
    """Say what a visit to come will forbid, if it ends as planned."""
    return NoDriving(advise(rule, end, zone), end, rule.elapsed_hours, given=False)


def in_force(rule: DrivingRule, leaves_at: datetime, now: datetime, zone: ZoneInfo) -> NoDriving | None:
    """Say what a dose forbids now; None where it is over.

    A night's sleep has no clock time: until the end of the day after, the patient is asked whether they have slept.
    """
    advice = advise(rule, leaves_at, zone)
    ends = [advice.not_before] if advice.not_before else []
    if rule.after_sleep:
        ends.append(day_start(advice.earliest_day + DAY, zone))
    if max(ends) <= now:
        return None
    return NoDriving(advice, leaves_at, rule.elapsed_hours, given=True)


def bound(no_driving: NoDriving, now: datetime) -> datetime | None:
    """Give the instant before which driving is forbidden, where the rule counts hours and it is still to come."""
    found = no_driving.advice.not_before
    return found if found and found > now else None


def waits_for_night(no_driving: NoDriving, now: datetime, zone: ZoneInfo) -> date | None:
    """Give the first local day on which driving may be thought of, while it is still to come; None where no night counts."""
    advice = no_driving.advice
    return advice.earliest_day if advice.after_sleep and local_day(now, zone) < advice.earliest_day else None

