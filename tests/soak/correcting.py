"""Addresses from which mails came back, while a text was taken: somebody is asked to correct them."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from planner.domain.channels import Channel
from planner.storage.desk_records import Notice
from planner.storage.records import Task
from soak.post import Taken
from soak.reckoned import Reckoned
from soak.view import View

WRONG = "5.1.1"
"""The status of a mail whose address does not exist."""


class Correcting:
    """Goes through what was owed."""

    def __init__(self, view: View, found: Reckoned) -> None:
        self.view, self.found = view, found
        self.tasks = defaultdict[UUID | None, list[Task]](list)
        for task in view.facts.tasks:
            if "refused_at" in task.facts and task.facts["by"] == Channel.MAIL:
                self.tasks[task.patient_id].append(task)

    def go(self, one: Notice) -> None:
        """Count the mails that came back, and ask for a task where a text went instead."""
        for mail in (copy for copy in self.view.traffic.taken.get(one.id, ()) if copy.back):
            self.found.returned += 1
            texted = one.sent_at and one.channel == Channel.SMS and mail.status == WRONG
            if texted and not self._is_asked(one, mail) and not any(self._changes(one, mail)):
                self.found.lost.append(f"nobody is asked to correct {mail.to}: {one.kind} came back at {mail.back}")

    def _is_asked(self, one: Notice, mail: Taken) -> bool:
        ended = (task.done_at for task in self.tasks[one.patient_id] if one.sent_at and task.created_at <= one.sent_at)
        return any(done_at is None or mail.back is None or done_at >= mail.back for done_at in ended)

    def _changes(self, one: Notice, mail: Taken) -> Iterator[datetime]:
        """Go through what was done about the patient between: the address may have been seen to."""
        acts = self.view.truth.acts[one.patient_id] if one.patient_id else ()
        return (at for at in acts if mail.back and one.sent_at and mail.back <= at <= one.sent_at)
