"""What really happened at a visit: marks, and the facts that they add up to. Only a given session counts."""

from enum import StrEnum


class MarkKind(StrEnum):
    """What the desk or the nurse records."""

    ARRIVED = "arrived"
    DOSED = "dosed"
    DISCHARGED = "discharged"
    NO_SHOW = "no-show"
    LATE_CANCEL = "late-cancel"
    NOTHING_GIVEN = "nothing-given"


class Outcome(StrEnum):
    """What became of a visit. Only *given* counts: as a session, for spacing, for driving."""

    GIVEN = "given"
    NOTHING_GIVEN = "nothing-given"
    NO_SHOW = "no-show"
    LATE_CANCEL = "late-cancel"
