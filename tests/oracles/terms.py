"""Days, gaps and hours for the checker of plans: instants and intervals, no slots, nothing shared with the planner."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from planner.domain.clinic import Clinic, Resource, WeeklyHours
from planner.domain.plan import Placed, Plan, PlanRequest
from planner.domain.protocol import Phase, Rhythm, SpacingRule

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Interval = tuple[datetime, datetime]


def covered(openings: Iterable[Interval], start: datetime, end: datetime) -> bool:
    """Whether the openings together cover [start, end)."""
    for opens, closes in sorted(openings):
        if opens <= start < closes:
            start = closes
    return start >= end


def meets(a: Interval, b: Interval) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def instant_of(minute: int) -> datetime:
    return EPOCH + timedelta(minutes=minute)


class Terms:
    """The words of the specification, for one request and plan: its days, phases, gaps and hours."""

    def __init__(self, request: PlanRequest, rows: tuple, plan: Plan) -> None:
        self.request, self.plan = request, plan
        self.clinic: Clinic = request.clinic
        self.zone, self.relaxed, self.wishes = self.clinic.zone, request.relaxation, request.preferences
        self.taken: dict[UUID, list[tuple[int, Interval]]] = defaultdict(list)
        for row in rows:
            self.taken[row.subject_id].append((row.seat, (instant_of(row.start), instant_of(row.end))))
        self.named = self.clinic.resource(plan.clinician_id) if plan.clinician_id else None

    def day(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()

    def phase(self, name: str) -> Phase:
        phase = self.request.protocol.phase(name)
        assert phase
        return phase

    def doses(self, phase: str) -> bool:
        return self.request.protocol.doses(self.phase(phase))

    def steps(self) -> Iterator[tuple[Placed, date, str | None, date | None]]:
        """Each session with its day, and the phase and day of the one before."""
        phase, before = None, None
        if self.request.given:
            phase, before = self.request.given[-1].phase, self.request.given[-1].day
        for placed in self.plan.placed:
            day = self.day(placed.start)
            yield placed, day, phase, before
            phase, before = placed.phase, day

    def rule(self, placed: Placed, earlier: str | None) -> SpacingRule:
        phase = self.phase(placed.phase)
        return phase.entry if phase.entry and earlier != placed.phase else phase.spacing

    def patterned(self, phase: str) -> bool:
        return self.phase(phase).rhythm is Rhythm.PATTERN

    def asked(self, phase: Phase) -> tuple[int, ...]:
        asked = self.wishes.phase_weekdays.get(phase.name) or self.wishes.weekdays
        return asked or (phase.weekdays if phase.rhythm is Rhythm.PATTERN else ())

    def nearest(self, day: date, phase: Phase) -> date:
        days = [day + timedelta(n) for n in range(-6, 7)]
        return min((d for d in days if d.weekday() in self.asked(phase)), key=lambda d: (abs((d - day).days), d))

    # Hours

    def opened(self, hours: WeeklyHours, day: date, extended: int) -> list[Interval]:
        found = []
        for start, end in hours.on(day):
            first = max(0, start.hour * 60 + start.minute - extended)
            last = min(24 * 60, end.hour * 60 + end.minute + extended)
            found.append((self._wall(day, first), self._wall(day, last)))
        return found

    def _wall(self, day: date, minute: int) -> datetime:
        at = datetime.combine(day + timedelta(days=minute // (24 * 60)), time(minute // 60 % 24, minute % 60))
        return at.replace(tzinfo=self.zone).astimezone(UTC)

    def open_on(self, day: date) -> list[Interval]:
        if any(holiday.day == day for holiday in self.clinic.holidays):
            return []
        shut = [(closure.span.start, closure.span.end) for closure in self.clinic.closures]
        return less(self.opened(self.clinic.hours, day, self.relaxed.hours_minutes), shut)

    def shift_of(self, resource: Resource, day: date) -> list[Interval]:
        there = self.open_on(day)
        if resource.hours:
            there = self.opened(resource.hours, day, self.relaxed.hours_minutes)
        return less(there, [(absence.span.start, absence.span.end) for absence in resource.absences])


def less(spans: list[Interval], holes: list[Interval]) -> list[Interval]:
    """Cut the holes out of the spans."""
    for first, last in holes:
        kept = []
        for start, end in spans:
            kept += [(start, min(end, first))] if start < first else []
            kept += [(max(start, last), end)] if last < end else []
        spans = kept
    return spans
