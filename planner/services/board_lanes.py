"""The rows of the board: each chair and room with its visits on the axis, then what holds no place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from planner.domain.clinic import Clinic, Resource
from planner.domain.dayscale import Scale, Stretch, there_lane
from planner.domain.progress import Part, State, plan_parts
from planner.domain.visit import SLOT
from planner.services.board_cards import Card, with_needs

PLACES = ("chair", "room")
"""The kinds of place that have a row of their own even on a day without visits there."""


@dataclass(frozen=True)
class Block:
    """A visit on the axis: the place it is booked for, the check-in before it, and its parts with their columns."""

    card: Card
    at: Stretch
    lead: Stretch | None
    parts: tuple[tuple[Part, int], ...]


@dataclass(frozen=True)
class Lane:
    """One row of the board: a chair, a room, a person; or (without a resource) what has no place. *shut*: not to be used."""

    name: str
    blocks: tuple[Block, ...] = ()
    shut: tuple[Stretch, ...] = ()
    resource: Resource | None = None


def lanes_of(
    clinic: Clinic, scale: Scale, opening: int, cards: Sequence[Card], state: State | None
) -> tuple[tuple[Lane, ...], list[Card]]:
    """Lay the visits out by place, the ones without a place last; also give all cards as they are then."""
    by_place: dict[UUID, list[Card]] = {}
    for one in cards:
        if one.place:
            by_place.setdefault(one.place.id, []).append(one)
    homeless = [one for one in cards if one.place is None]
    lanes, placed = [], [*homeless]
    for resource in clinic.resources:
        mine = with_needs(by_place.get(resource.id, ()))
        if not mine and resource.kind not in PLACES:
            continue
        placed += mine
        shut = ~there_lane(clinic, resource, scale.day, opening) | ~opening
        blocks = tuple(block_of(one, scale) for one in mine if state in {None, one.state})
        lanes.append(Lane(resource.name, blocks, scale.stretches(shut & (1 << scale.last) - 1), resource))
    lanes += _unplaced([one for one in homeless if state in {None, one.state}], scale)
    return tuple(lanes), sorted(placed, key=lambda one: (one.start, one.name))


def _unplaced(cards: Sequence[Card], scale: Scale) -> list[Lane]:
    """Lay out what holds no place, each in the first row in which it covers nothing."""
    rows: list[list[Block]] = []
    for one in cards:
        block = block_of(one, scale)
        free = next((row for row in rows if row[-1].at.at + row[-1].at.length <= block.at.at), None)
        if free is None:
            rows.append([block])
        else:
            free.append(block)
    name = "Cancelled" if all(one.state is State.CANCELLED for one in cards) else "No place"
    return [Lane(name, tuple(row)) for row in rows]


def block_of(card: Card, scale: Scale) -> Block:
    """Lay a visit on the axis where it is booked: occupancy is the plan, whatever was recorded since."""
    held = timedelta(minutes=card.profile.held_minutes)
    at = scale.stretch(card.start, card.start + held) or Stretch(0, 1)
    lead = scale.stretch(card.clocks.check_in, card.start) if card.clocks.check_in < card.start else None
    return Block(card, at, lead, tuple((part, minutes // SLOT) for part, minutes in plan_parts(card.profile).parts))
