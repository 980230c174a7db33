"""How many messages went in any minute, of all clinics, against how many may."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from planner.domain.notices import NO_DRIVING
from planner.storage.desk_records import Notice
from soak.post import MINUTE
from soak.reckoned import Reckoned
from soak.view import View

SECOND = timedelta(seconds=1)


def check_limits(views: Sequence[View], found: Reckoned) -> None:
    """Find sixty seconds in which more went, of all clinics, than may, but for what is owed for safety."""
    traffic, owner = views[0].traffic, {one.id: (view, one) for view in views for one in view.notices}
    for channel, limit in traffic.limits.items():
        times = [at for at, _ in traffic.named[channel]]
        for first, last in zip(times, times[limit:], strict=False):
            if last - first < MINUTE - SECOND:
                named = traffic.within(channel, first - SECOND / 1000, first + MINUTE - SECOND)
                waiting = sum(_could_wait(*owner[one], first) for one in named)
                found.unwanted += [f"{waiting} messages by {channel} from {first} on"] * (waiting > limit)


def _could_wait(view: View, one: Notice, minute: datetime) -> bool:
    """Whether a message was not owed for safety, and none that is can have gone in it."""
    mine = view.notices_of[one.patient_id]
    safety = (other for other in mine if other.kind in NO_DRIVING and other.due_at <= minute + MINUTE)
    return one.kind not in NO_DRIVING and not any(_open(other, minute) for other in safety)


def _open(one: Notice, at: datetime) -> bool:
    ends = [end for end in (one.sent_at, one.given_up_at, one.withdrawn_at) if end]
    return not ends or min(ends) >= at
