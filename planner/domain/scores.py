"""Outcome scores: the scales in use, what values they can have, and what a value is called."""

from enum import StrEnum


class Scale(StrEnum):
    """A rating scale; each has whole points from 0, and higher is worse."""

    PHQ_9 = "phq-9"
    MADRS = "madrs"
    QIDS = "qids"
    GAD_7 = "gad-7"

    @property
    def most(self) -> int:
        """The highest value."""
        return _MOST[self]


_MOST = {Scale.PHQ_9: 27, Scale.MADRS: 60, Scale.QIDS: 27, Scale.GAD_7: 21}
