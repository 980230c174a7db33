"""Which order of a clinician would allow what the desk may not do."""

from collections.abc import Iterable

from planner.domain.errors import Code, Violation

_SPACING = {Code.MIN_DAYS, Code.GAP_OVERRUN, Code.WEEK_CAP}


def order_allowing(violations: Iterable[Violation]) -> str | None:
    """Name the kind of order that lets a session lie where only these rules are against it; None where none would.

    An order overrules spacing alone: not what the clinic has no room for, nor two doses on one day.
    """
    found = list(violations)
    spacing = all(one.code in _SPACING and one.overridable for one in found)
    return "override" if found and spacing else None
