"""What patients answered has its effect: it is kept, a link does what it is for, nobody asks again, the desk hears of it."""

from datetime import datetime, timedelta
from uuid import UUID

from planner.domain.course import LIVE
from planner.domain.replies import ReplyKind
from planner.services.writing import RIDE_TASK, WANTED_TASK
from planner.storage.desk_records import Notice
from soak.post import Taken
from soak.reckoned import Reckoned
from soak.said import Opened, Said
from soak.view import View, appointments_of

NOTICE = timedelta(hours=24)
"""How long before a visit its patient may have it changed by a link."""
STAY_GOOD = 3
"""The links of so many tries of a message are good, not those of the tries before."""


class Answered:
    """Goes through what was said, by phone or by link."""

    def __init__(self, view: View, found: Reckoned) -> None:
        self.view, self.found, self.truth = view, found, view.truth
        self.notices = {one.id: one for one in view.notices}

    def go(self) -> None:
        """Look at each link that was opened."""
        for one in self.truth.opened:
            self.found.opened += 1
            if one.refused and not self._may_refuse(one):
                self.found.lost.append(f"the link to {one.purpose} of {one.copy.at} refused at {one.at}: {one.refused}")

    def go_about(self, key: UUID) -> None:
        """Look at what became of all that was said of a visit."""
        kept = [(one.kind, one.at, one.sequence, one.ride, one.start_at) for one in self.view.replies[key]]
        for one in self.truth.said[key]:
            self.found.expected += 1
            if one.kind is ReplyKind.CHANGE:
                self._is_heard(key, one)
            elif (one.kind, one.at, one.sequence, one.ride, None) not in kept:
                self.found.lost.append(f"what was said at {one.at} is not kept: {one.kind}, visit {key}")
        said = {(one.kind, one.at) for one in self.truth.said[key]}
        never = [(kind, at) for kind, at, *_ in kept if (kind, at) not in said]
        self.found.unexplained += [f"{kind} of {at} was never said, visit {key}" for kind, at in never]
        for sequence in {one.sequence for one in self.truth.named.get(key, ())}:
            self._asks_no_more(key, sequence, self.truth.rides[key, sequence])

    # ------------------------------------------------------------------ links

    def _may_refuse(self, one: Opened) -> bool:
        """Whether a link may do nothing by now: its visit is over, off or too near, or there are newer ones."""
        notice = self.notices.get(one.copy.notice)
        if notice is None or notice.attempts > STAY_GOOD:
            return True
        return any(self._is_over(one, key) for key in ({one.visit} if one.visit else self._named_in(notice, one.copy)))

    def _named_in(self, notice: Notice, copy: Taken) -> set[UUID]:
        """List the visits that a message is about, with all that came in one with it."""
        known = next((one for one in self.view.came[notice.id] if one.at == copy.at), None)
        together = self.view.together(notice, known) if known else []
        return set.union(*(appointments_of(one) for one in [notice, *together]))

    def _is_over(self, one: Opened, key: UUID) -> bool:
        then, was = self.truth.around(key, one.copy.at), self.truth.around(key, one.at)
        if not then or any(one.at >= visit.start_at for visit in then) or not all(visit.status in LIVE for visit in was):
            return True
        near = any(visit.start_at - one.at < NOTICE for visit in was)
        return (one.purpose == "change" and near) or any(visit.start_at <= one.at for visit in was)

    # ------------------------------------------------------------------ who takes the patient home

    def _asks_no_more(self, key: UUID, sequence: int, at: datetime) -> None:
        """From when on it is said who takes a patient home nobody asks again, neither a message nor a task to phone."""
        for one in self.view.about["ride-again", key]:
            if one.facts["sequence"] == sequence and one.id not in self.truth.resent and not self._is_done(one, at):
                self.found.unexplained.append(f"ride-again is owed though the ride is named since {at}, visit {key}")
        for task in self.view.tasks[key]:
            if (task.kind, task.facts.get("sequence")) != (RIDE_TASK, sequence):
                continue
            if task.created_at > at or not task.done_at or task.done_at > at:
                self.found.unexplained.append(f"a task to phone about the ride named at {at}, visit {key}")

    def _is_done(self, one: Notice, at: datetime) -> bool:
        ends = [end for end in (one.sent_at, one.given_up_at, one.withdrawn_at) if end]
        return any(end <= at for end in [*ends, *(mail.at for mail in self.view.came_back(one))])

    # ------------------------------------------------------------------ another time

    def _is_heard(self, key: UUID, one: Said) -> None:
        """The visit is moved at once where the clinic lets patients do so, else there is a task for the desk."""
        if one.start and self.view.facts.moves:
            then = self.truth.around(key, one.at)
            if not any(visit.start_at == one.start for visit in then):
                self.found.lost.append(f"it was not moved to {one.start}, as was chosen at {one.at}, visit {key}")
            return
        start = one.start.isoformat() if one.start else None
        tasks = (task for task in self.view.tasks[key] if task.kind == WANTED_TASK and task.facts["start"] == start)
        if not any(task.created_at <= one.at and (not task.done_at or task.done_at >= one.at) for task in tasks):
            self.found.lost.append(f"the desk does not know that {start} is wanted since {one.at}, visit {key}")
