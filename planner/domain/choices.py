"""The cheapest start of each day for one patient: where a plan's days get their times.

Spacing counts local days, so the start within a day does not touch other days: it is chosen here, once per day, together
with the linked visit, and the planner only chooses days.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from planner.domain.bitmaps import (
    CHUNK,
    LANE,
    LANE_BYTES,
    day_range,
    hours_bits,
    instant_of,
    is_plain,
    lanes_set,
    pack,
    runs,
    slot_from,
    slot_of,
    stretch,
    wall_minutes,
    whole_days,
)
from planner.domain.clinic import POINT
from planner.domain.occupancy import PATIENT_SEAT, Occupancy
from planner.domain.plan import PlanRequest
from planner.domain.promises import promises
from planner.domain.protocol import Link
from planner.domain.spacing import Wanted
from planner.domain.span import local_day
from planner.domain.visit import SLOT, Mode, VisitProfile

_FULL = (1 << LANE) - 1
_Place = tuple[str, str, int, int]
"""Phase, visit, the number of a session edited by hand (else 0), and the day."""


class Option(NamedTuple):
    """A start on a day: *units* it costs by itself (less what keeping a promise saves), who is promised, what follows."""

    units: int
    day: int
    slot: int
    clinician_id: UUID | None = None
    kept: UUID | None = None
    linked: "Option | None" = None


@dataclass
class Shared:
    """What choices share whose requests differ only in the weekdays and the time that are preferred."""

    blocked: dict[int, int] = field(default_factory=dict)
    raw: dict[tuple[str, bool, int], bytes] = field(default_factory=dict)
    named: dict[tuple[str, UUID, int], int] = field(default_factory=dict)
    found: dict[tuple[int | None, UUID | None], dict[_Place, Option | None]] = field(default_factory=dict)
    prices: dict[tuple[int | None, UUID | None], dict[tuple[str, str, int], dict[int, int]]] = field(default_factory=dict)


class Choices:
    """The options of one request, given the clinician whom the course keeps to (None: nobody in particular)."""

    def __init__(
        self, request: PlanRequest, occupancy: Occupancy, clinician_id: UUID | None, shared: Shared | None = None
    ) -> None:
        self._request, self._occupancy, self.clinician_id = request, occupancy, clinician_id
        self._zone, self._costs = request.clinic.zone, request.clinic.costs
        at = request.preferences.at
        self._at = None if at is None else at.hour * 60 + at.minute
        shared = shared or Shared()
        self._blocked, self._raw, self._named = shared.blocked, shared.raw, shared.named
        self._found = shared.found.setdefault((self._at, clinician_id), {})
        self._prices = shared.prices.setdefault((self._at, clinician_id), {})
        self._promised, self._apart = promises(request), request.kept_apart

    def is_pinned(self, wanted: Wanted) -> bool:
        """Whether the session's start was fixed by hand."""
        return wanted.number in self._request.pinned

    def days(self, wanted: Wanted, chunk: int) -> int:
        """Give one bit for each day of the chunk on which the session can take place."""
        pinned = self._request.pinned.get(wanted.number)
        if pinned is None and wanted.phase.link is None:
            return lanes_set(int.from_bytes(self._bytes(wanted.visit, wanted.dosing, chunk), "little"))
        days = range(chunk * CHUNK, (chunk + 1) * CHUNK)
        if pinned is not None:
            days = range(max(days[0], day := local_day(pinned, self._zone).toordinal()), min(days[-1], day) + 1)
        return sum(1 << (day % CHUNK) for day in days if self.on(wanted, day))

    def on(self, wanted: Wanted, day: int) -> Option | None:
        """Give the cheapest option of a session on a day: of two as cheap, the earlier start."""
        number = wanted.number if wanted.number in self._request.pinned else 0
        key = (wanted.phase.name, wanted.visit, number, day)
        if key not in self._found:
            self._found[key] = self._best(wanted, day)
        return self._found[key]

    def prices(self, wanted: Wanted) -> dict[int, int]:
        """Give what is known of the units that a session costs by itself, by day (an ordinal); the asker adds to it."""
        number = wanted.number if wanted.number in self._request.pinned else 0
        return self._prices.setdefault((wanted.phase.name, wanted.visit, number), {})

    def _best(self, wanted: Wanted, day: int) -> Option | None:
        profile = self._request.protocol.visits[wanted.visit]
        lane = self._lane(profile, wanted.dosing, day)
        if wanted.number in self._request.pinned:
            lane &= self._pinned_lane(wanted, day)
        if not lane:
            return None
        if wanted.phase.link:
            return self._best_with_link(wanted, profile, wanted.phase.link, day, lane)
        return min(self._candidates(wanted.phase.name, profile, day, lane, linked=False), key=_order)

    def _candidates(self, phase: str, profile: VisitProfile, day: int, lane: int, *, linked: bool) -> Iterator[Option]:
        """Go through the starts of a day that can be the best: nearest to the wish, with the clinician, as promised."""
        yield self._priced(phase, profile, day, self._nearest(lane, day), linked=linked)
        if self.clinician_id:
            named = lane & self._named_lane(profile, self.clinician_id, day)
            if named:
                yield self._priced(phase, profile, day, self._nearest(named, day), linked=linked)
        for slot, _ in self._promised.get((phase, linked, day), ()):
            if lane >> slot & 1:
                yield self._priced(phase, profile, day, slot, linked=linked)

    def _best_with_link(self, wanted: Wanted, profile: VisitProfile, link: Link, day: int, lane: int) -> Option | None:
        slots = (slot for slot in range(lane.bit_length()) if lane >> slot & 1)
        options = sorted((self._priced(wanted.phase.name, profile, day, s, linked=False) for s in slots), key=_order)
        best: Option | None = None
        saving = self._costs.told * POINT if any(linked for _, linked, _ in self._promised) else 0
        for option in options:
            if best and option.units - saving > best.units:
                break
            follow = self._follow(wanted, profile, link, option)
            if follow:
                whole = option._replace(units=option.units + follow.units, linked=follow)
                best = whole if best is None else min(best, whole, key=_order)
        return best

    def _follow(self, wanted: Wanted, profile: VisitProfile, link: Link, option: Option) -> Option | None:
        """Give the cheapest linked visit in its window after the dose; of two as cheap, the earlier."""
        dose = instant_of(date.fromordinal(option.day), option.slot, self._zone) + timedelta(minutes=profile.dose_offset)
        first, last = dose + timedelta(hours=link.min_hours), dose + timedelta(hours=link.max_hours)
        follower = self._request.protocol.visits[link.visit]
        found: list[Option] = []
        for day in range(local_day(first, self._zone).toordinal(), local_day(last, self._zone).toordinal() + 1):
            as_date = date.fromordinal(day)
            low = slot_from(first, as_date, self._zone)
            window = stretch(max(0, low), min(LANE, slot_of(last, as_date, self._zone) + 1))
            lane = self._lane(follower, False, day) & window  # noqa: FBT003 -- a linked visit gives no dose
            if lane:
                found += self._candidates(wanted.phase.name, follower, day, lane, linked=True)
        return min(found, key=lambda follow: (follow.units, follow.day, follow.slot), default=None)

    def _priced(self, phase: str, profile: VisitProfile, day: int, slot: int, *, linked: bool) -> Option:
        """Price one start: time of day and clinician, less the price of a promise it keeps."""
        time, named = self.time_units(day, slot), self.clinician_id
        if named and not (self._needs(profile, named) and self.has(profile, named, day, slot)):
            named = None
        best = Option(time + self.other_units(profile, day, slot, named), day, slot, named)
        for at, booked in self._promised.get((phase, linked, day), ()):
            if at != slot or not (booked.clinician_id is None or self.has(profile, booked.clinician_id, day, slot)):
                continue
            person = booked.clinician_id or named
            units = time + self.other_units(profile, day, slot, person) - self._costs.told * POINT
            if units <= best.units:
                best = Option(units, day, slot, person, booked.appointment_id)
        return best

    def time_units(self, day: int, slot: int) -> int:
        """Price the distance from the preferred wall time: in proportion, with a ceiling."""
        distance = abs(self.minutes_off(day, slot))
        return min(distance * self._costs.time_per_4h, self._costs.time_most * POINT)

    def minutes_off(self, day: int, slot: int) -> int:
        """Give the minutes on the wall from the preferred time to a start: negative where it is earlier."""
        return 0 if self._at is None else wall_minutes(date.fromordinal(day), slot, self._zone) - self._at

    def other_units(self, profile: VisitProfile, day: int, slot: int, person_id: UUID | None) -> int:
        """Price another clinician than the named one: the named one is not there, or *person_id* is held instead."""
        named = self.clinician_id
        if named is None or named == person_id or not self._needs(profile, named):
            return 0
        if self.has(profile, named, day, slot) and not self._takes_the_place(profile, person_id, named):
            return 0
        return self._costs.other_clinician * POINT

    def _takes_the_place(self, profile: VisitProfile, person_id: UUID | None, named_id: UUID) -> bool:
        """Whether holding one person for a visit leaves no need for the other."""
        person, named = (self._request.clinic.resource(one) if one else None for one in (person_id, named_id))
        held = {requirement.kind for requirement in profile.requirements if requirement.mode is Mode.HOLD}
        return person is not None and named is not None and person.kind == named.kind and named.kind in held

    def _needs(self, profile: VisitProfile, person_id: UUID) -> bool:
        person = self._request.clinic.resource(person_id)
        return person is not None and any(requirement.kind == person.kind for requirement in profile.requirements)

    def has(self, profile: VisitProfile, clinician_id: UUID, day: int, slot: int) -> bool:
        """Whether this person covers the visit's needs of their kind from this start."""
        return bool(self._named_lane(profile, clinician_id, day) >> slot & 1)

    def _named_lane(self, profile: VisitProfile, clinician_id: UUID, day: int) -> int:
        chunk = day // CHUNK
        key = (profile.name, clinician_id, chunk)
        bits = self._named.get(key)
        if bits is None:
            bits = self._named[key] = self._covered_by(profile, clinician_id, chunk)
        return bits >> LANE * (day % CHUNK) & _FULL

    def _covered_by(self, profile: VisitProfile, clinician_id: UUID, chunk: int) -> int:
        person = self._request.clinic.resource(clinician_id)
        if person is None:
            return 0
        needs = [requirement for requirement in profile.requirements if requirement.kind == person.kind]
        held = [requirement for requirement in needs if requirement.mode is Mode.HOLD]
        bits = whole_days(chunk, self._zone)
        for requirement in held or [r for r in needs if r.mode is Mode.PRESENCE]:
            bits &= self._occupancy.free(person, requirement, chunk)
        return bits

    def _nearest(self, lane: int, day: int) -> int:
        """Give the cheapest start of a day by its time alone; of two as cheap, the earlier."""
        first = (lane & -lane).bit_length() - 1
        if self._at is None:
            return first
        if not is_plain(date.fromordinal(day), self._zone):
            return min((s for s in range(lane.bit_length()) if lane >> s & 1), key=lambda s: (self.time_units(day, s), s))
        wish = -(-self._at // SLOT)
        later, earlier = lane >> wish, lane & ((1 << wish) - 1)
        around = [earlier.bit_length() - 1] if earlier else []
        around += [wish + (later & -later).bit_length() - 1] if later else []
        return min((first, *around), key=lambda slot: (self.time_units(day, slot), slot))

    def _lane(self, profile: VisitProfile, dosing: bool, day: int) -> int:  # noqa: FBT001 -- a private key
        at = LANE_BYTES * (day % CHUNK)
        return int.from_bytes(self._bytes(profile.name, dosing, day // CHUNK)[at : at + LANE_BYTES], "little")

    def _bytes(self, visit: str, dosing: bool, chunk: int) -> bytes:  # noqa: FBT001 -- a private key
        key = (visit, dosing, chunk)
        raw = self._raw.get(key)
        if raw is None:
            profile = self._request.protocol.visits[visit]
            bits = self._occupancy.starts(profile, chunk) & self._patient(profile, chunk)
            if dosing:
                bits &= ~self._closed_to_dosing(chunk)
            raw = self._raw[key] = bits.to_bytes(LANE_BYTES * CHUNK, "little")
        return raw

    def _patient(self, profile: VisitProfile, chunk: int) -> int:
        """Set the starts for which the patient is free and able to come, from the seat to discharge."""
        asked, zone = self._request.preferences, self._zone
        bits = whole_days(chunk, zone)
        if not self._request.relaxation.availability:
            bits = hours_bits(asked.hours, chunk, zone) if asked.hours else bits
            for away in asked.away:
                bits &= ~day_range(away.first_day.toordinal(), away.last_day.toordinal(), chunk)
        bits &= ~self._occupancy.taken(self._request.patient_id, PATIENT_SEAT, chunk)
        bits = runs(bits, profile.minutes // SLOT)
        return bits & ~self._past(chunk)

    def _past(self, chunk: int) -> int:
        if self._request.not_before is None:
            return 0
        day = local_day(self._request.not_before, self._zone)
        past = day_range(0, day.toordinal() - 1, chunk)
        if day.toordinal() // CHUNK == chunk:
            gone = slot_from(self._request.not_before, day, self._zone)
            past |= stretch(0, gone) << LANE * (day.toordinal() % CHUNK)
        return past

    def _closed_to_dosing(self, chunk: int) -> int:
        if not self._request.neighbours and not self._request.gates:
            return 0
        if chunk not in self._blocked:
            days = range(chunk * CHUNK, (chunk + 1) * CHUNK)
            self._blocked[chunk] = pack(_FULL if self._blocks(day) else 0 for day in days)
        return self._blocked[chunk]

    def _blocks(self, day: int) -> bool:
        as_date = date.fromordinal(day)
        near = any(abs((as_date - other.day).days) < other.min_days for other in self._apart)
        return near or not all(gate.open_on(as_date) for gate in self._request.gates)

    def _pinned_lane(self, wanted: Wanted, day: int) -> int:
        pinned, as_date = self._request.pinned[wanted.number], date.fromordinal(day)
        slot = slot_of(pinned, as_date, self._zone)
        return 1 << slot if 0 <= slot < LANE and instant_of(as_date, slot, self._zone) == pinned else 0


def _order(option: Option) -> tuple[int, int]:
    return option.units, option.slot
