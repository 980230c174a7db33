"""What became of the messages that a fault met, counted: nothing may be lost, late, misleading, or twice without need."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from postroom import notices

TASKS = ("undeliverable", "phone-no-driving")


@dataclass(frozen=True)
class Tally:
    """*asked*: left to a person. *again*: second copies, under the same Message-ID."""

    owed: int
    delivered: int
    asked: int = 0
    lost: int = 0
    late: int = 0
    misleading: int = 0
    again: int = 0


def tally(desk, mailbox, said="10:00"):
    """Count, and print it; every letter must say the time of the visit that it is about."""
    owed = [one for one in notices(desk) if not one.withdrawn_at]
    taken = Counter(mail["Message-ID"].strip("<>").partition("@")[0] for mail in mailbox.mails())
    asked = {UUID(task.facts["notice"]) for kind in TASKS for task in desk.tasks(kind)}
    found = Tally(
        owed=len(owed),
        delivered=sum(1 for one in owed if taken[one.id.hex] and one.outcome == "sent"),
        asked=len(asked),
        lost=sum(1 for one in owed if not taken[one.id.hex] and one.id not in asked),
        late=sum(1 for one in owed if one.sent_at and one.sent_at >= one.expires_at),
        misleading=sum(said not in mail.get_content() for mail in mailbox.mails()),
        again=sum(count - 1 for count in taken.values()),
    )
    print(f"{desk.store.engine.dialect.name}: {found}")
    return found
