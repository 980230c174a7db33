"""What the calendars hold of patients who want invitations: each visit as it is, each that is not any more taken out."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from planner.domain.channels import Channel
from planner.storage.desk_records import Notice
from soak.post import Taken
from soak.reckoned import Reckoned
from soak.truth import Stretch
from soak.view import INVITATION, LIVE_THEN, PROMPT, View

UNDO = timedelta(seconds=10)
LINE = re.compile(r"^(METHOD|UID|SEQUENCE|DTSTART|DTSTAMP)(;TZID=[^:]+)?:(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Invited:
    """What a mail asks a calendar to do: a *start* to show, or None to show none; the newest holds by *age*."""

    at: datetime
    notice: Notice
    uid: str
    age: tuple[int, datetime]
    start: datetime | None


def invited(one: Notice, copy: Taken) -> Invited:
    """Read a calendar file as a program does."""
    said = {name: (zone[6:], value.strip()) for name, zone, value in LINE.findall(copy.calendar.replace("\r\n ", ""))}
    start = _instant(*said["DTSTART"]) if said["METHOD"][1] == "REQUEST" else None
    return Invited(copy.at, one, said["UID"][1], (int(said["SEQUENCE"][1]), _instant(*said["DTSTAMP"])), start)


def _instant(zone: str, value: str) -> datetime:
    plain = datetime.strptime(value.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 -- its zone follows
    return plain.replace(tzinfo=ZoneInfo(zone) if zone else UTC).astimezone(UTC)


class Calendars:
    """Goes through the visits."""

    def __init__(self, view: View, found: Reckoned) -> None:
        self.view, self.found, self.truth = view, found, view.truth

    def go(self, key: UUID) -> None:
        """Play all that was mailed about a visit into a calendar, and look at what that shows."""
        mine = self.view.about[INVITATION, key]
        mails = sorted((invited(one, copy) for one in mine for copy in self.view.came[one.id]), key=lambda one: one.at)
        self.found.invited += len(mails)
        person = self.view.facts.people[self.truth.history[key][0][1].patient_id]
        if not mails and not any(wanted for _, wanted in person.invites.changes()):
            return
        self._check(key, mails)
        for stretch in self.truth.stretches(key):
            self._compare(key, stretch, mails)

    def _check(self, key: UUID, mails: list[Invited]) -> None:
        """Each is newer than all before it, and says what is so."""
        for before, mail in zip([None, *mails], mails, strict=False):
            again = before and (mail.notice is before.notice or mail.notice.id in self.truth.resent)
            if before and not again and (mail.age[0] <= before.age[0] or mail.uid != before.uid):
                self.found.misleading.append(f"an invitation at {mail.at} is not newer than the one before, visit {key}")
            was, person = self.truth.around(key, mail.at), self.view.person(mail.notice)
            starts = {one.start_at if one.status in LIVE_THEN else None for one in was}
            if not all(person.invites.around(mail.at)):
                starts.add(None)
            if mail.start not in starts or (mail.start and not any(person.invites.around(mail.at))):
                self.found.misleading.append(f"an invitation at {mail.at} says {mail.start}, visit {key}")

    def _compare(self, key: UUID, stretch: Stretch, mails: list[Invited]) -> None:
        """When a visit is changed, or begins, the calendar shows it as it was until then."""
        end = min(stretch.till or stretch.record.start_at, stretch.record.start_at, self.view.now)
        person = self.view.facts.people[stretch.record.patient_id]
        since = max([stretch.since, *(at for at, _ in person.invites.changes() if at <= end)])
        mine = [one for one in self.view.about[INVITATION, key] if one.created_at <= end]
        ready = max([since, *(self.view.free_at(one, since + UNDO, (Channel.MAIL,)) for one in mine)]) + UNDO + PROMPT
        if ready >= end:
            return
        self.found.expected += 1
        wanted = stretch.record.start_at if stretch.live and person.invites.at(end) else None
        shown = ([None] + [mail.start for mail in sorted(mails, key=lambda one: one.age) if mail.at < end])[-1]
        if shown != wanted and not any(self._is_left(one, since) for one in mine):
            self.found.lost.append(f"a calendar shows {shown} at {end}, not {wanted}, visit {key}")

    def _is_left(self, one: Notice, since: datetime) -> bool:
        """Whether a mail that was to put it right is left to a person, was taken back by hand, or still tried."""
        if one.id in self.truth.taken_back or self.view.came_back(one):
            return True
        return one.created_at >= since and (one.given_up_at is not None or self.view.is_tried(one))
