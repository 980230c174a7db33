"""What a section of the benchmarks hands back: a titled table, and how it prints."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A section's result: a title, column heads, rows of text, and what to know when reading it."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def __str__(self) -> str:
        widths = [max(len(row[column]) for row in (self.heads, *self.rows)) for column in range(len(self.heads))]
        lines = [self._line(self.heads, widths), "-+-".join("-" * width for width in widths)]
        lines += [self._line(row, widths) for row in self.rows]
        return "\n".join([self.title, *lines, *([self.note] if self.note else [])])

    @staticmethod
    def _line(cells: tuple[str, ...], widths: list[int]) -> str:
        first, *rest = zip(cells, widths, strict=True)
        return " | ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)])


def milliseconds(seconds: float) -> str:
    """Write a duration in milliseconds, to three figures."""
    value = seconds * 1000
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.3g} ms"
