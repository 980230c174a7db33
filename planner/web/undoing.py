"""The bar that offers to undo: what the browser remembers of the last change, for ten seconds."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import session

from planner.domain.notices import UNDO_WINDOW
from planner.web.asking import present

_KEY = "undo"


@dataclass(frozen=True)
class Offer:
    """What can be undone: its id, until when (UTC), the whole seconds left, and what was done in words."""

    undo_id: UUID
    until: datetime
    seconds: int
    words: str


def offer(undo_id: UUID, words: str) -> None:
    """Offer to undo a change that was just made; *words* name no patient."""
    session[_KEY] = [str(undo_id), (present() + UNDO_WINDOW).isoformat(), words]


def forget() -> None:
    """Offer it no longer."""
    session.pop(_KEY, None)


def offered() -> Offer | None:
    """Give what can still be undone; None where the time is over."""
    kept = session.get(_KEY)
    if not kept:
        return None
    undo_id, until, *words = kept
    end = datetime.fromisoformat(until)
    left = (end - present()).total_seconds()
    if left < 0:
        return None
    return Offer(UUID(undo_id), end, max(1, round(left)), words[0] if words else "This can be undone.")
