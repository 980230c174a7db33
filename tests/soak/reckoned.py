"""What the reckoning after the soak has found."""

from dataclasses import dataclass, field


@dataclass
class Reckoned:
    """What was found.

    *lost*: owed, and neither delivered nor left to a person. *unwanted*: sent to whom, by what or when it must not be.
    *telling*: it says too much. *unexplained*: withdrawn or given up for a reason that the truth does not bear out.
    *allowed*: second copies after a crash. *overtaken*: changed while nothing could be sent.
    """

    owed: int = 0
    delivered: int = 0
    texts: int = 0
    to_escorts: int = 0
    asked: int = 0
    withdrawn: int = 0
    waiting: int = 0
    expected: int = 0
    overtaken: int = 0
    allowed: int = 0
    opened: int = 0
    returned: int = 0
    invited: int = 0
    worded: int = 0
    lost: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    misleading: list[str] = field(default_factory=list)
    unwanted: list[str] = field(default_factory=list)
    telling: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """All that must not be."""
        named = {
            "lost": self.lost, "late": self.late, "twice": self.duplicated, "misleading": self.misleading,
            "unwanted": self.unwanted, "telling": self.telling, "unexplained": self.unexplained,
        }  # fmt: skip
        return [f"{name}: {one}" for name, found in named.items() for one in found]

    def __str__(self) -> str:
        return (
            f"messages: {self.owed} owed, {self.delivered} delivered ({self.texts} by text, {self.to_escorts} to escorts), "
            f"{self.asked} left to a person, {self.withdrawn} withdrawn, {self.waiting} not due yet\n"
            f"expected by the rules: {self.expected}; overtaken by a change while nothing could be sent: {self.overtaken}; "
            f"links opened: {self.opened}, "
            f"mails that came back: {self.returned}, "
            f"invitations: {self.invited}, "
            f"in a clinic's own words: {self.worded}\n"
            f"lost {len(self.lost)}, late {len(self.late)}, duplicated {len(self.duplicated)} "
            f"(second copies allowed after a crash or a lost answer: {self.allowed}), misleading {len(self.misleading)}, "
            f"unwanted {len(self.unwanted)}, telling {len(self.telling)}, unexplained {len(self.unexplained)}"
        )
