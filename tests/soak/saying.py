"""What each message said, to whom, by what and when: nothing untrue, nothing that tells too much, nothing unasked for."""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import product
from uuid import UUID

from planner.domain.attendance import Outcome
from planner.domain.channels import Channel
from planner.domain.notices import BEFORE, ESCORTED, NO_DRIVING
from planner.storage.desk_records import Notice
from soak.people import dialled, quiet_until
from soak.post import Taken
from soak.reckoned import Reckoned
from soak.truth import BLINK
from soak.view import DAY, INVITATION, LIVE_THEN, View, appointments_of, is_hourly, left_at

TOKEN = re.compile(r"(?<=/)[\w-]{43}(?=[/\s.]|$)")
"""The secret of a link: drawn at random, it may hold any word."""
TELLING = re.compile(
    r"ketamin|spravato|infus|psych|psiqui|depress|depresi|\bdos(e|is|ing|ed)\b|\bmg\b|treatment|tratamiento|nasal|spray|"
    r"injection|inyecci|intraven|chair|nurse|session|sesi[oó]n", re.IGNORECASE
)  # fmt: skip
"""What no message may say."""
LONGEST = 300
MORE = re.compile(r"(and \d+ more|y \d+ aparte)")
SPANISH = re.compile(r"\b(Hola|Preguntas|Responda|citas?|conduzca|maneje)\b", re.IGNORECASE)
_DAY, _WINDOW, _CALL = r"[^.]{8,12}", r"[^.]{10,30}\.", r"Questions: \+1 212 555 0100\.( Reply STOP to end texts\.)?"
PICK_UPS = {
    "pick-up": rf"\nHarbor Rooms: please pick up A\.L\. on {_DAY}, about {_WINDOW} Where: 12 Pier Street\. {_CALL}\n*",
    "pick-up-off": rf"\nHarbor Rooms: no need any more to pick up A\.L\. on {_DAY}, about {_WINDOW} "
    rf"(The time has changed: {_DAY}, about {_WINDOW} Come then only if we ask you\. )?{_CALL}\n*",
    "pick-up-early": rf"\nHarbor Rooms: A\.L\. is ready and can be picked up now, before the time that we told you "
    rf"\({_DAY}, about [^.]{{10,30}}\)\. Where: 12 Pier Street\. {_CALL}\n*",
}
"""All that an escort may be told."""


class Saying:
    """Goes through what was taken."""

    def __init__(self, view: View, found: Reckoned) -> None:
        self.view, self.found = view, found

    def go(self, one: Notice) -> None:
        """Look at what a message said, each time that it came."""
        for copy in self.view.came[one.id]:
            self.found.misleading += [f"{one.kind} at {copy.at}: {why}" for why in self._untrue(one, copy)]
            self.found.unwanted += [f"{one.kind} at {copy.at} by {copy.channel}: {why}" for why in self._unasked(one, copy)]
            self.found.telling += [f"{one.kind} at {copy.at}: {why}" for why in self._telling(one, copy)]

    # ------------------------------------------------------------------ whether it may go

    def _unasked(self, one: Notice, copy: Taken) -> Iterator[str]:
        yield from self._to_escort(one, copy) if one.kind in ESCORTED else self._to_patient(one, copy)
        if self._is_quiet(one, copy.at):
            yield "in quiet hours"

    def _is_quiet(self, one: Notice, at: datetime) -> bool:
        policy, hours = self.view.facts.policy, self.view.facts.policy.quiet
        if one.kind in NO_DRIVING and policy.safety_in_quiet:
            return False
        clinics = hours and (hours.start, hours.end)
        own = [None] if one.kind in ESCORTED else self.view.person(one).quiet.around(at)
        return all(quiet_until(mine or clinics, at, self.view.facts.zone) > at for mine in own)

    def _to_patient(self, one: Notice, copy: Taken) -> Iterator[str]:
        person, at, to = self.view.person(one), copy.at, copy.to
        if copy.channel is Channel.SMS:
            if not any(person.texts.around(at)):
                yield "a text without consent, or after STOP"
            if to not in map(dialled, person.number.around(at)):
                yield "a text to another number"
        elif to != person.mail or not any(person.mails.around(at)):
            yield "a mail to another address, or unwanted"
        if copy.channel is Channel.MAIL and any(mail.back and mail.back <= at for mail in self._own_returned(one)):
            yield "by mail again though it came back"
        if one.kind in BEFORE and not any(person.reminders.around(at)):
            yield "a reminder though they are switched off"
        if all(copy.channel not in ways for ways in self._ways(one, copy)):
            yield f"by another way than was chosen: {list(self._ways(one, copy))}, {person.name}"

    def _ways(self, one: Notice, copy: Taken) -> Iterator[list[Channel]]:
        """Go through the ways by which it may come: the first that is not dead, before and after a change at that moment."""
        person = self.view.person(one)
        if one.kind == INVITATION:  # whatever else is chosen
            yield [Channel.MAIL]
            return
        for order, at in product(person.channels.around(copy.at), (copy.at, copy.at - BLINK)):
            open_to = [way for way in order if not way.by_hand and self._reaches(one, way, at)]
            yield open_to[:1]
        if self.view.is_tried(one) or person.texts.changed(one.created_at, copy.at):  # the others have their turns
            yield person.ways(copy.at)

    def _own_returned(self, one: Notice) -> list[Taken]:
        return [mail for mail in self.view.traffic.taken.get(one.id, ()) if mail.back]

    def _reaches(self, one: Notice, way: Channel, at: datetime) -> bool:
        address = self.view.person(one).address(way, at)
        return address is not None and address not in self.view.traffic.dead

    def _to_escort(self, one: Notice, copy: Taken) -> Iterator[str]:
        if copy.channel is not Channel.SMS or copy.to != self.view.escort(one):
            yield "not to the number that was named"
        if all(self.view.truth.stopped(copy.to, copy.at)):
            yield "to an escort after STOP"

    # ------------------------------------------------------------------ whether it says too much

    def _telling(self, one: Notice, copy: Taken) -> Iterator[str]:
        if word := TELLING.search(TOKEN.sub("", copy.text) + copy.calendar):
            yield f"says {word.group()!r}"
        if copy.channel is Channel.SMS and len(copy.text.strip()) > LONGEST:
            yield "too long for a text"
        spanish = self.view.person(one).spanish.around(copy.at)
        if one.kind in ESCORTED:
            if not spanish[-1] and not re.fullmatch(PICK_UPS[one.kind], copy.text):
                yield f"more than the pick-up: {copy.text!r}"
            if "Lovelace" in copy.text:
                yield "the patient's name"
        elif bool(SPANISH.search(copy.text)) not in spanish:
            yield "in another language"

    # ------------------------------------------------------------------ whether it is true

    def _untrue(self, one: Notice, copy: Taken) -> Iterator[str]:
        keys = appointments_of(one)
        if one.kind in NO_DRIVING:
            if not any(self._dosed(key, copy.at) for key in keys):
                yield "no dose was given"
            yield from self._too_early(copy, next(iter(keys)))
            return
        if one.kind == INVITATION:  # see calendars.py
            return
        if one.kind in ESCORTED:
            if one.kind == "pick-up-early" and not any(self._is_ready(key, copy.at) for key in keys):
                yield "nobody waits for them"
            return
        if one.kind in BEFORE:
            if not any(self._stands(key, copy) for key in keys):
                yield "no visit at that time is to take place"
        elif not all(self._said(key, copy) for key in keys):
            yield "it does not name the time"
        if not any(_tells_of_the_past(other) for other in self.view.together(one, copy)):
            yield from self._stale(one, copy)

    def _is_ready(self, key: UUID, at: datetime) -> bool:
        was = self.view.truth.around(key, at)
        return any(one.outcome is Outcome.NOTHING_GIVEN and one.arrived_at and not one.discharged_at for one in was)

    def _dosed(self, key: UUID, at: datetime) -> bool:
        was = self.view.truth.around(key, at)
        return any(one.outcome is Outcome.GIVEN or (one.outcome is None and one.arrived_at) for one in was)

    def _too_early(self, copy: Taken, key: UUID) -> Iterator[str]:
        """After an infusion each names the hour until which nobody drives, if that is still to come."""
        was = [visit for visit in self.view.truth.around(key, copy.at) if is_hourly(visit)]
        bounds = [left_at(visit) + DAY for visit in was]
        if bounds and all(at > copy.at for at in bounds) and not any(self._names(copy, at) for at in bounds):
            yield f"not until when nobody drives, {bounds[-1]}: {copy.text!r}"

    def _stands(self, key: UUID, copy: Taken) -> bool:
        """Whether a reminder names the time of a visit that was to take place then."""
        was = [one for one in self.view.truth.around(key, copy.at) if one.status in LIVE_THEN and one.start_at > copy.at]
        return any(self._names(copy, one.start_at) for one in was)

    def _said(self, key: UUID, copy: Taken) -> bool:
        """Whether a letter about changes names the time of a visit that it is about, or does not need to."""
        was = self.view.truth.around(key, copy.at)
        live = [one for one in was if one.status in LIVE_THEN and one.start_at > copy.at]
        cut = copy.channel is Channel.SMS and MORE.search(copy.text)
        return bool(cut) or len(live) < len(was) or any(self._names(copy, one.start_at) for one in live)

    def _stale(self, one: Notice, copy: Taken) -> Iterator[str]:
        """Find times at which the patient had a visit, and has none any more, that a message names with their day."""
        history = {key: self.view.truth.around(key, copy.at) for key in self.view.visits[one.patient_id]}
        then = {visit.start_at for was in history.values() for visit in was if visit.status in LIVE_THEN}
        for key in history:
            for since, visit in self.view.truth.history[key]:
                if since <= copy.at and visit.start_at not in then and self._names(copy, visit.start_at, day=True):
                    yield f"it names {visit.start_at}, which is cancelled"

    def _names(self, copy: Taken, at: datetime, *, day: bool = False) -> bool:
        """Whether a message names a time of the day on the clinic's wall, as any of its languages writes it."""
        wall = at.astimezone(self.view.facts.zone)
        half = "a" if wall.hour < 12 else "p"
        said = rf"(?<!\d)(?:{wall:%H:%M}|{wall.hour % 12 or 12}:{wall:%M} {half}\.? ?m)"
        text = " ".join(copy.text.split())  # between the hour and "pm" stands a space that is none
        return re.search(rf"(?<![\d:+-]){wall.day}(?![\d:])[^.;:]{{0,26}}?{said}" if day else said, text) is not None


def _tells_of_the_past(one: Notice) -> bool:
    """Whether a message says what is cancelled, or from when something was moved."""
    return one.kind == "cancelled" or any(one.facts.get(name) for name in ("moved", "from", "cancelled"))
