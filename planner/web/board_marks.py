"""The board's many small marks, each written in one go: a template would escape every number by itself.

They hold numbers, times and our own words alone; what anybody typed is left to the templates.
"""

from collections.abc import Callable, Iterator, Sequence

from markupsafe import Markup

from planner.domain.dayscale import Quarter
from planner.domain.progress import Part
from planner.services.board_lanes import Block
from planner.web.render import clock_time

_WIDE = 5
"""Columns from which a dose has room for a word."""


def steps(block: Block) -> Markup:
    """Draw the parts of a visit to scale."""
    spans = [
        f'<span class="step step-{part} for-{length:d}">{_inside(block, part, length)}</span>'
        for part, length in block.parts
    ]
    return Markup("".join(spans))  # noqa: S704 - numbers, times and our own words


def _inside(block: Block, part: Part, length: int) -> str:
    if part is Part.WATCH:
        return f'<span class="desk">{clock_time(block.card.clocks.watch_end)}</span>'
    if part is Part.DOSE and length > _WIDE:
        return f'<span class="desk">{"infuse" if block.card.notes == "infusion" else "dose"}</span>'
    return ""


def loads(quarters: Sequence[Quarter], walls: Sequence[str], tall: Callable[[int], int]) -> Markup:
    """Draw how many units of nurses are used and on duty, quarter by quarter."""
    return Markup("".join(_loads(quarters, walls, tall)))  # noqa: S704 - numbers, times and our own words


def _loads(quarters: Sequence[Quarter], walls: Sequence[str], tall: Callable[[int], int]) -> Iterator[str]:
    before = None
    for one in quarters:
        full = " full" if one.used >= one.on_duty else ""
        heard = f'<span class="vh">{walls[one.column]}: {one.used:d} of {one.on_duty:d} units</span>'
        count = f"<i>{one.on_duty:d}</i>" if one.on_duty != before else ""
        cap = f'<span class="cap u-{tall(one.on_duty):d}" aria-hidden="true">{count}</span>'
        use = f'<span class="use u-{tall(one.used):d}" aria-hidden="true">{one.used or ""}</span>'
        yield f'<li class="load{full} at-{one.column:d} for-3">{heard}{cap}{use}</li>'
        before = one.on_duty


GLOBALS = {"steps": steps, "loads": loads}
