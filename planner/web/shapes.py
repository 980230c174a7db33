"""What a drawing consists of: bars, marks, and texts that keep out of each other's way. All places are in pixels."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

LETTER = 6.7
"""About how wide a letter of 12 px is."""


@dataclass(frozen=True)
class Text:
    """A text at a place. *kind* is its class, *anchor* where the place is in it."""

    x: float
    y: float
    words: str
    kind: str = "c-m"
    anchor: str = "start"

    @property
    def span(self) -> tuple[float, float]:
        """From where to where it reaches, about."""
        width = len(self.words) * LETTER
        start = {"start": self.x, "middle": self.x - width / 2, "end": self.x - width}[self.anchor]
        return start, start + width


@dataclass(frozen=True)
class Bar:
    """A rectangle on the axis."""

    x: float
    width: float
    words: str = ""


@dataclass(frozen=True)
class Mark:
    """A session on the axis. *kind*: planned, tentative, given, missed or cancelled, or a visit that follows one."""

    x: float
    kind: str
    joined: bool = False


@dataclass
class Rows:
    """A few rows in which texts do not cover each other: each goes to the first row with room."""

    first: float
    step: float
    most: int = 3
    ends: list[float] = field(default_factory=list)

    def place(self, text: Text, short: str = "") -> Iterator[Text]:
        """Give the text in its row; where no row has room for it, in *short*, or not at all: the table has it."""
        for words in (text.words, short):
            start, end = replace(text, words=words).span
            free = (number for number, taken in enumerate(self.ends) if taken + 6 < start)
            row = next(free, len(self.ends))
            if words and row < self.most:
                self.ends[row : row + 1] = [end]
                yield replace(text, y=self.first + row * self.step, words=words)
                return
