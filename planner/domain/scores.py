"""Outcome scores: the scales in use, what a value is called, what counts as response and remission, and what as worse.

The bands are the scales' published ones; response (a fall of at least half) and remission (MADRS of 12 or less) are
those of the esketamine trials (domain.md section 4, [S75] Nijs 2020). What has no source there is ASSUMED, and says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol as Interface
from typing import TypeVar
from uuid import UUID

from planner.domain.errors import InvalidValue


class Scale(StrEnum):
    """A rating scale; each has whole points from 0, and higher is worse."""

    PHQ_9 = "phq-9"
    MADRS = "madrs"
    QIDS = "qids"
    GAD_7 = "gad-7"

    @property
    def label(self) -> str:
        """What it is called in writing."""
        return self.value.upper()

    @property
    def most(self) -> int:
        """The highest value."""
        return _MOST[self]


_MOST = {Scale.PHQ_9: 27, Scale.MADRS: 60, Scale.QIDS: 27, Scale.GAD_7: 21}


@dataclass(frozen=True)
class Band:
    """A degree of severity, from this value on."""

    least: int
    name: str


_FOUR = ("mild", "moderate", "moderately severe", "severe")
_BANDS = {
    Scale.PHQ_9: tuple(map(Band, (5, 10, 15, 20), _FOUR)),
    Scale.MADRS: tuple(map(Band, (7, 20, 35), ("mild", "moderate", "severe"))),
    Scale.QIDS: tuple(map(Band, (6, 11, 16, 21), ("mild", "moderate", "severe", "very severe"))),
    Scale.GAD_7: tuple(map(Band, (5, 10, 15), ("mild", "moderate", "severe"))),
}
LEAST_BAND = "none to minimal"
_REMISSION = {Scale.MADRS: 12, Scale.PHQ_9: 4}
"""The highest value in remission: MADRS 12 [S75]; PHQ-9 below 5, its lowest band (ASSUMED)."""
_WORSE = {Scale.PHQ_9: 5, Scale.MADRS: 10, Scale.QIDS: 5, Scale.GAD_7: 4}
"""A rise of so many points is worse: about a fifth of the scale, which is one band of the PHQ-9 (all ASSUMED)."""


def bands(scale: Scale) -> tuple[Band, ...]:
    """List the degrees of severity of a scale above its lowest."""
    return _BANDS[scale]


def band_of(scale: Scale, value: int) -> str:
    """Name the degree of severity of a value."""
    return next((band.name for band in reversed(_BANDS[scale]) if value >= band.least), LEAST_BAND)


def check_value(scale: Scale, value: int) -> int:
    """Give a value that the scale can have; raises InvalidValue (*value*)."""
    if not 0 <= value <= scale.most:
        raise InvalidValue("value", f"{scale.label} goes from 0 to {scale.most}")
    return value


def response_at(baseline: int) -> int:
    """Give the highest value that is a response: a fall of at least half from the baseline [S75]."""
    return baseline // 2


def is_response(baseline: int, value: int) -> bool:
    """Whether a value is a response; from a baseline of 0 there is nothing to fall."""
    return baseline > 0 and value <= response_at(baseline)


def remission_at(scale: Scale) -> int | None:
    """Give the highest value in remission; None where the sources name none for the scale."""
    return _REMISSION.get(scale)


def is_remission(scale: Scale, value: int) -> bool:
    """Whether a value is a remission."""
    most = remission_at(scale)
    return most is not None and value <= most


def worse_by(scale: Scale) -> int:
    """Give the rise, in points, that counts as worse (ASSUMED)."""
    return _WORSE[scale]


def is_worse(scale: Scale, before: int, after: int) -> bool:
    """Whether a value is worse than an earlier one by as much as counts."""
    return after - before >= worse_by(scale)


@dataclass(frozen=True, order=True)
class Reading:
    """A value of a scale on a local day."""

    day: date
    value: int


class Scored(Interface):
    """A score as it is kept: append-only, so that a correction replaces another or withdraws it."""

    @property
    def id(self) -> UUID:
        """Which one it is."""

    @property
    def scale(self) -> Scale:
        """By which scale."""

    @property
    def value(self) -> int:
        """How many points."""

    @property
    def day(self) -> date:
        """The local day that it was taken on."""

    @property
    def replaces(self) -> UUID | None:
        """The score that it corrects, if it does."""

    @property
    def withdrawn(self) -> bool:
        """Whether it takes the other back altogether."""


S = TypeVar("S", bound=Scored)


def standing_scores(scores: Iterable[S], scale: Scale | None = None) -> list[S]:
    """Leave out what was corrected or withdrawn, and other scales; by day."""
    everything = list(scores)
    replaced = {one.replaces for one in everything if one.replaces}
    left = [one for one in everything if one.id not in replaced and not one.withdrawn and scale in {None, one.scale}]
    return sorted(left, key=lambda one: one.day)


def readings(scores: Iterable[Scored], scale: Scale) -> list[Reading]:
    """Give the standing values of a scale by day."""
    return [Reading(one.day, one.value) for one in standing_scores(scores, scale)]


def baseline_of(found: Iterable[Reading], first_dose: date | None) -> Reading | None:
    """Give the last reading on or before the first dose, else the first there is; before any dose, the last."""
    by_day = sorted(found)
    before = [one for one in by_day if first_dose is None or one.day <= first_dose]
    return before[-1] if before else next(iter(by_day), None)
