"""What is known of one clinic when the year is over: what was chosen, what really was, what is stored, what went out."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from planner.domain.channels import MessagePolicy
from planner.storage.desk_records import Notice
from planner.storage.link_records import Reply
from planner.storage.records import Task
from soak.people import Person
from soak.post import Traffic
from soak.truth import Truth


@dataclass(frozen=True)
class Facts:
    """All that the reckoning knows of one clinic, *now* at the end of it."""

    zone: ZoneInfo
    policy: MessagePolicy
    people: dict[UUID, Person]
    truth: Truth
    notices: list[Notice]
    tasks: list[Task]
    traffic: Traffic
    now: datetime
    replies: list[Reply] = field(default_factory=list)
    moves: bool = False
    """Whether its patients may take another time at once."""
