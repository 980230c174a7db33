"""A plan that was shown, checked again against the calendar of now: what may be booked exactly as it was shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from planner.domain.assembling import assign
from planner.domain.bitmaps import slot_of
from planner.domain.choices import Choices
from planner.domain.errors import Code, Fact, Violation
from planner.domain.occupancy import Occupancy
from planner.domain.plan import Placed, Plan, PlanRequest, Preferred
from planner.domain.protocol import Link
from planner.domain.rules import Around, check_hours, check_patient, check_resources, check_slot
from planner.domain.spacing import Wanted, wanted_sessions
from planner.domain.span import check_instant, local_day


@dataclass(frozen=True)
class Shown:
    """One session as somebody saw it: its start and that of its linked visit, who was named, and whether edited by hand."""

    number: int
    start: datetime
    linked_start: datetime | None = None
    clinician_id: UUID | None = None
    preferred: Preferred = field(default_factory=dict)
    pinned: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", check_instant(self.start, "start"))
        if self.linked_start:
            object.__setattr__(self, "linked_start", check_instant(self.linked_start, "linked_start"))


def shown_of(plan: Plan, pinned: Iterable[int] = ()) -> tuple[Shown, ...]:
    """Give what a plan shows; *pinned*: the numbers of the sessions that were edited by hand."""
    by_hand = set(pinned)
    return tuple(
        Shown(
            placed.number, placed.start, placed.linked.start if placed.linked else None, placed.clinician_id,
            {(one.kind, one.mode, one.step): one.resource_id for one in placed.assignments}, placed.number in by_hand,
        )
        for placed in plan.placed
    )  # fmt: skip


def recheck(
    request: PlanRequest, occupancy: Occupancy, shown: Sequence[Shown], settled: Mapping[int, Placed] | None = None
) -> tuple[tuple[Placed, ...], Mapping[int, list[Violation]]]:
    """Give the sessions as shown, with resources that are free now, or what each one breaks, by session number.

    *settled*: sessions that the same request and the same series were checked for before, and whose resources are
    known to be free still; they are not looked at again.
    """
    settled = settled or {}
    wanted = {one.number: one for one in wanted_sessions(request, len(shown))}
    before = request.given[-1].day.toordinal() if request.given else None
    placed, broken = list[Placed](), dict[int, list[Violation]]()
    others: dict[bool, list[int]] = {False: [], True: []}
    for given in request.given:
        phase = request.protocol.phase(given.phase)
        if phase:
            others[request.protocol.doses(phase)].append(given.day.toordinal())
    for number, one in enumerate(sorted(shown, key=lambda session: session.number), len(request.given) + 1):
        session = wanted.get(one.number)
        if session is None or one.number != number:
            broken[one.number] = [Violation(Code.UNSUPPORTED, {"number": one.number})]
            continue
        day = local_day(one.start, request.clinic.zone).toordinal()
        around = Around(before, None, tuple(others[session.dosing]))
        if one.number in settled:
            placed.append(settled[one.number])
        elif violations := _violations(request, occupancy, session, one, around):
            broken[one.number] = violations
        else:
            placed.append(_placed(request, occupancy, session, one, None if before is None else day - before))
        others[session.dosing].append(day)
        before = day
    return tuple(placed), broken


def _violations(
    request: PlanRequest, occupancy: Occupancy, session: Wanted, one: Shown, around: Around
) -> list[Violation]:
    found = check_slot(request, occupancy, session, one.start, around, one.preferred)
    if one.clinician_id and not is_free_for(request, occupancy, session.visit, one.start, one.clinician_id):
        found.append(Violation(Code.RESOURCE, _named_facts(request, session.visit, one)))
    link = session.phase.link
    if link and one.linked_start is None:
        found.append(Violation(Code.LINK_WINDOW, {"visit": link.visit}))
    elif link and one.linked_start:
        found += check_linked(request, occupancy, session, one.start, one.linked_start)
    elif one.linked_start:
        found.append(Violation(Code.UNSUPPORTED, {"number": one.number}))
    return found


def is_free_for(
    request: PlanRequest, occupancy: Occupancy, visit: str, start: datetime, clinician_id: UUID
) -> bool:
    """Whether this person can be there for a visit as far as it needs one of their kind."""
    zone, profile = request.clinic.zone, request.protocol.visits[visit]
    day = local_day(start, zone)
    return Choices(request, occupancy, None).has(profile, clinician_id, day.toordinal(), slot_of(start, day, zone))


def _named_facts(request: PlanRequest, visit: str, one: Shown) -> dict[str, Fact]:
    person = request.clinic.resource(one.clinician_id) if one.clinician_id else None
    zone, minutes = request.clinic.zone, request.protocol.visits[visit].minutes
    return {
        "kind": person.kind if person else "clinician",
        "mode": "named",
        "have": 1,
        "start": f"{one.start.astimezone(zone):%H:%M}",
        "end": f"{one.start.astimezone(zone) + timedelta(minutes=minutes):%H:%M}",
    }


def check_linked(
    request: PlanRequest, occupancy: Occupancy, session: Wanted, start: datetime, linked_start: datetime
) -> list[Violation]:
    """Check a linked visit: its window after the dose, and that the clinic and the patient have room for it."""
    link = session.phase.link
    if link is None:
        return []
    profile = request.protocol.visits[link.visit]
    found = check_hours(occupancy, profile, linked_start) + check_resources(occupancy, profile, linked_start)
    found += check_patient(request, occupancy, profile, linked_start)
    first, last = link_window(request, session, link, start)
    if not first <= linked_start <= last:
        facts = {"after_hours": link.min_hours, "before_hours": link.max_hours}
        found.append(Violation(Code.LINK_WINDOW, facts, nearest=first if linked_start < first else last))
    return found


def link_window(request: PlanRequest, session: Wanted, link: Link, start: datetime) -> tuple[datetime, datetime]:
    """Give the first and the last start (UTC) of a linked visit, in elapsed hours from the dose."""
    dose = start + timedelta(minutes=request.protocol.visits[session.visit].dose_offset)
    return dose + timedelta(hours=link.min_hours), dose + timedelta(hours=link.max_hours)


def _placed(request: PlanRequest, occupancy: Occupancy, session: Wanted, one: Shown, gap: int | None) -> Placed:
    linked = None
    if session.phase.link and one.linked_start:
        visit = session.phase.link.visit
        person = one.clinician_id
        if person and not is_free_for(request, occupancy, visit, one.linked_start, person):
            person = None
        follow = Shown(one.number, one.linked_start, None, person)
        linked = place(request, occupancy, session, visit, follow, None)
    return place(request, occupancy, session, session.visit, one, gap, linked)


def place(
    request: PlanRequest, occupancy: Occupancy, session: Wanted, visit: str, one: Shown, gap: int | None,
    linked: Placed | None = None,
) -> Placed:  # fmt: skip
    """Give a checked start its resources; its cost is not looked at again."""
    profile = request.protocol.visits[visit]
    end = one.start + timedelta(minutes=profile.minutes)
    assignments = assign(occupancy, profile, one.start, (one.clinician_id,), one.preferred)
    return Placed(
        session.number, session.phase.name, visit, one.start, end, gap, assignments, (), one.clinician_id, linked
    )
