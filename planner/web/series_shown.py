"""The plan that somebody was shown, as a signed text in their form: it cannot be altered, and is stored nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

from planner.domain.errors import InvalidValue
from planner.domain.plan import Preferred, Relaxation
from planner.domain.rechecking import Shown, shown_of
from planner.domain.span import from_minute, minute_of
from planner.domain.visit import Mode
from planner.services.courses import Preview, Wish

_SALT = "planner-shown-1"
"""Raise the number when what is signed changes its shape: what was signed before is then refused, not misread."""


@dataclass(frozen=True)
class ShownPlan:
    """A plan as it was shown: of which course and version, how many sessions were wanted, its sessions and its wish."""

    course_id: UUID
    version: int
    wanted: int
    sessions: tuple[Shown, ...]
    wish: Wish

    @classmethod
    def of(cls, preview: Preview, wish: Wish) -> "ShownPlan":
        """Take it from what is being shown."""
        course, plan = preview.course, preview.plan
        return cls(course.id, course.version, plan.wanted, shown_of(plan, wish.pinned), wish)

    def signed(self, secret: str) -> str:
        """Write it as a text that only this server can have written."""
        people, sessions = packed(self.sessions)
        until = self.wish.horizon.isoformat() if self.wish.horizon else None
        relaxed = {kind: amount for kind, amount in vars(self.wish.relaxation).items() if amount}
        return _signer(secret).dumps([self.course_id.hex, self.version, self.wanted, people, sessions, relaxed, until])


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=_SALT)


def packed(shown: Sequence[Shown]) -> tuple[list[str], list[Any]]:
    """Write sessions as few characters: the people and resources once, and each session with their places."""
    people: list[str] = []
    return people, [_packed(one, people) for one in shown]


def _packed(one: Shown, people: list[str]) -> list[Any]:
    def place(found: UUID | None) -> int:
        if found is None:
            return -1
        if found.hex not in people:
            people.append(found.hex)
        return people.index(found.hex)

    needs = [[kind, mode.value, step, place(found)] for (kind, mode, step), found in one.preferred.items()]
    linked = minute_of(one.linked_start) if one.linked_start else None
    return [one.number, minute_of(one.start), linked, place(one.clinician_id), int(one.pinned), needs]


def shown_plan(text: str, secret: str, course_id: UUID) -> ShownPlan:
    """Read it back; raises InvalidValue for a text that was altered, or that is about another course."""
    try:
        course, version, wanted, people, sessions, relaxed, until = _signer(secret).loads(text)
    except (BadData, ValueError):
        raise InvalidValue("shown", "is not what was shown; look at the plan again") from None
    if UUID(course) != course_id:
        raise InvalidValue("shown", "is the plan of another course")
    shown = unpacked(people, sessions)
    pins = {one.number: one.start for one in shown if one.pinned}
    horizon = date.fromisoformat(until) if until else None
    return ShownPlan(course_id, version, wanted, shown, Wish(None, pins, Relaxation(**relaxed), horizon))


def unpacked(people: Sequence[str], sessions: Sequence[list[Any]]) -> tuple[Shown, ...]:
    """Read back what `packed` wrote."""
    ids = [UUID(hexed) for hexed in people]
    return tuple(_unpacked(one, ids) for one in sessions)


def _unpacked(session: list[Any], people: list[UUID]) -> Shown:
    number, start, linked, clinician, pinned, needs = session
    preferred: Preferred = {(kind, Mode(mode), step): people[place] for kind, mode, step, place in needs}
    return Shown(
        number, from_minute(start), from_minute(linked) if linked else None,
        people[clinician] if clinician >= 0 else None, preferred, bool(pinned),
    )  # fmt: skip
