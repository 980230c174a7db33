"""What this process remembers of calendars: what is taken in a few clinics, each as of one change of its log."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from uuid import UUID

from planner.domain.clinic import Clinic
from planner.domain.occupancy import Occupancy

MOST = 8
"""Clinics remembered at once; a year of a clinic of twelve chairs is about six megabytes."""


@dataclass(frozen=True)
class Kept:
    """What is taken from a local day on (an ordinal), of a clinic in one version, after one change; nobody adds to it."""

    clinic: Clinic
    first_day: int
    revision: int
    occupancy: Occupancy


class KeptCalendars:
    """The calendars remembered, the one used longest ago leaving first; safe to share between threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most, self._lock = most, Lock()
        self._kept: OrderedDict[UUID, Kept] = OrderedDict()

    def get(self, clinic_id: UUID) -> Kept | None:
        """Give what is remembered of a clinic, if anything is."""
        with self._lock:
            found = self._kept.get(clinic_id)
            if found:
                self._kept.move_to_end(clinic_id)
            return found

    def put(self, clinic_id: UUID, kept: Kept) -> None:
        """Remember this instead of what was remembered of the clinic."""
        with self._lock:
            self._kept[clinic_id] = kept
            self._kept.move_to_end(clinic_id)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
