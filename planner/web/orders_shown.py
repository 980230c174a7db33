"""An order as it was shown, as a signed text in its form: what was asked for, and the sessions that it would leave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer
from werkzeug.datastructures import MultiDict

from planner.domain.errors import InvalidValue
from planner.domain.rechecking import Shown, shown_of
from planner.services.outlook import Seen
from planner.services.proposing import Proposal
from planner.web.orders_fields import COMMON
from planner.web.series_shown import packed, unpacked

_SALT = "planner-order-1"
"""Raise the number when what is signed changes its shape: what was signed before is then refused, not misread."""
Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class ShownOrder:
    """An order as it was shown: of which course and version, what its form held, and how far the history went."""

    course_id: UUID
    version: int
    kind: str
    fields: Fields
    seen: Seen
    sessions: tuple[Shown, ...]

    @classmethod
    def of(cls, proposal: Proposal, kind: str, fields: Fields, seen: Seen) -> "ShownOrder":
        """Take it from what is being shown."""
        return cls(proposal.course.id, proposal.course.version, kind, fields, seen, shown_of(proposal.plan))

    def signed(self, secret: str) -> str:
        """Write it as a text that only this server can have written."""
        people, sessions = packed(self.sessions)
        seen = [self.seen.orders, self.seen.entry]
        fields = {name: list(values) for name, values in self.fields.items()}
        return str(_signer(secret).dumps([self.course_id.hex, self.version, self.kind, fields, seen, people, sessions]))


def fields_of(sent: MultiDict[str, str]) -> Fields:
    """Give what a form says of the order itself, neither the reason nor what was shown; empty fields say nothing."""
    named = {name: [value for value in sent.getlist(name) if value] for name in sorted(sent)}
    return {name: some for name, some in named.items() if some and name not in COMMON and name != "csrf_token"}


def shown_order(text: str, secret: str, course_id: UUID, kind: str) -> ShownOrder:
    """Read it back; raises InvalidValue for a text that was altered, or that is about something else."""
    try:
        course, version, of, fields, seen, people, sessions = _signer(secret).loads(text)
    except (BadData, ValueError):
        raise InvalidValue("shown", "is not what was shown; look at the difference again") from None
    if UUID(course) != course_id or of != kind:
        raise InvalidValue("shown", "is another order")
    return ShownOrder(course_id, version, kind, fields, Seen(*seen), unpacked(people, sessions))


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=_SALT)
