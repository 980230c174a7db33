"""What is counted of all clinics' messages together, for whoever watches the planner: numbers, and no names."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from planner.domain.channels import Channel
from planner.domain.inviting import INVITED, TAKEN_OUT
from planner.domain.outbox import Standing
from planner.storage.desk import Notices
from planner.storage.message_tables import AttemptRow
from planner.storage.outbox import STANDING
from planner.storage.tables import table_of

_KIND, _ATTEMPT = Notices.mapped.table.c.kind, table_of(AttemptRow).c
_TAKEN = ("sent", INVITED, TAKEN_OUT)
"""The outcomes of tries that a server took."""
_MESSAGES = select(_KIND, STANDING, func.count()).group_by(_KIND, STANDING)
_FAILURES = select(_ATTEMPT.channel, func.count()).where(_ATTEMPT.outcome.not_in(_TAKEN)).group_by(_ATTEMPT.channel)


@dataclass(frozen=True)
class Tallies:
    """Messages by kind and where they stand, and the tries that failed, by channel."""

    messages: Mapping[tuple[str, Standing], int]
    failures: Mapping[Channel, int]


def tallies(connection: Connection) -> Tallies:
    """Count all messages there are."""
    messages = {(row[0], Standing(row[1])): int(row[2]) for row in connection.execute(_MESSAGES).all()}
    failures = {row[0]: int(row[1]) for row in connection.execute(_FAILURES).all()}
    return Tallies(messages, failures)
