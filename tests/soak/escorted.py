"""Whoever takes a patient home: told when to pick up if the patient agreed, and told off; nothing of a visit that is not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from planner.storage.desk_records import Notice
from planner.storage.records import AppointmentRecord
from soak.people import dialled
from soak.post import Taken
from soak.reckoned import Reckoned
from soak.said import Named
from soak.view import DAY, GONE, PROMPT, View

UNDO = timedelta(seconds=10)


@dataclass(frozen=True)
class Arranged:
    """From *since* until *till* a visit stood with this ride; None: nobody is to be told, or what was said is void."""

    record: AppointmentRecord
    ride: Named | None
    since: datetime
    till: datetime

    @property
    def number(self) -> str | None:
        """The number to tell, as it is dialled."""
        return dialled(self.ride.number) if self.ride else None


class Escorted:
    """Goes through the visits."""

    def __init__(self, view: View, found: Reckoned) -> None:
        self.view, self.found, self.truth = view, found, view.truth

    def go(self, key: UUID) -> None:
        """Compare what was arranged for a visit with what was said to who takes the patient home."""
        if not any(one.number for one in self.truth.named[key]):
            return
        told = sorted(self._told(key), key=lambda one: one[1].at)
        for one, copy in told:
            self._check(key, one, copy)
        for arranged in self._arranged(key):
            self._expect(key, arranged, told)
        self._for_nothing(key, told)

    def _told(self, key: UUID) -> Iterator[tuple[Notice, Taken]]:
        for kind in ("pick-up", "pick-up-off"):
            for one in self.view.about[kind, key]:
                for copy in self.view.came[one.id]:
                    yield one, copy

    def _arranged(self, key: UUID) -> Iterator[Arranged]:
        """Go through the visit's times and rides, as long as each stood."""
        history, said = self.truth.history[key], self.truth.named[key]
        ends = sorted({since for since, _ in history} | {one.at for one in said})
        for since, till in zip(ends, [*ends[1:], self.view.now], strict=True):
            record, ride = self.truth.around(key, since)[-1], self.truth.ride(key, since)
            holds = ride is not None and ride.number is not None and ride.sequence == record.sequence
            yield Arranged(record, ride if holds else None, since, till)

    # ------------------------------------------------------------------ what was told was so

    def _check(self, key: UUID, one: Notice, copy: Taken) -> None:
        """A pick-up is for a visit that takes place, by who was named last with leave to tell, until the patient leaves."""
        leaves_at = datetime.fromisoformat(one.facts["leaves_at"])
        was = self.truth.around(key, copy.at)
        if one.kind == "pick-up":
            stands = any(visit.status not in GONE and visit.end_at == leaves_at and not visit.discharged_at for visit in was)
            rides = [self.truth.ride(key, at) for at in (copy.at, copy.at - timedelta(seconds=1))]
            if not stands or not any(ride and dialled(ride.number) == copy.to for ride in rides):
                self.found.misleading.append(f"pick-up at {copy.at} for what is not arranged, visit {key}")
            if not self._window(copy, leaves_at):
                self.found.misleading.append(f"pick-up at {copy.at} without the time, visit {key}")
        elif self._holds(key, copy.to, leaves_at, copy.at):
            self.found.misleading.append(f"pick-up-off at {copy.at} for what stands, visit {key}")
        if copy.at >= leaves_at:
            self.found.late.append(f"{one.kind} at {copy.at}, after the patient left")

    def _window(self, copy: Taken, leaves_at: datetime) -> bool:
        ends = (leaves_at + timedelta(minutes=15)).astimezone(self.view.facts.zone)
        return any(said in copy.text for said in (f"{ends:%H:%M}", f"{ends.hour % 12 or 12}:{ends:%M}"))

    def _holds(self, key: UUID, number: str, leaves_at: datetime, at: datetime) -> bool:
        """Whether an escort is to come at a time, as things are at an instant."""
        was, ride = self.truth.around(key, at), self.truth.ride(key, at)
        stands = all(visit.status not in GONE and visit.end_at == leaves_at for visit in was)
        return stands and ride is not None and dialled(ride.number) == number

    # ------------------------------------------------------------------ what must have been told

    def _expect(self, key: UUID, one: Arranged, told: list[tuple[Notice, Taken]]) -> None:
        """Ask that the escort knows before a change, or before the patient leaves, or that a person was asked to."""
        record, view = one.record, self.view
        if one.ride is None or record.status in GONE or record.discharged_at:
            return
        day = record.end_at.astimezone(view.facts.zone).date()
        begin = max(view.at(day - DAY, 19), one.since + UNDO)
        end = min(one.till, record.end_at)
        if begin >= end or begin > view.now:
            return
        self.found.expected += 1
        mine = view.about["pick-up", key]
        known = [notice for notice, copy in told if copy.to == one.number and copy.at < end]
        if known[-1:] and known[-1].kind == "pick-up" and self._leaves(known[-1]) == record.end_at:
            return
        if any(self._is_left(notice) and self._leaves(notice) == record.end_at for notice in mine):
            return
        ready = [view.free_at(notice, begin) for notice in mine]
        if any(at + PROMPT > end for at in ready) or (any(map(view.is_tried, mine)) and end < record.end_at) or (
            end > view.now and any(notice.open for notice in mine)
        ):  # fmt: skip
            self.found.overtaken += 1
        else:
            self.found.lost.append(f"nobody told {one.number} of {record.end_at}, visit {key}")

    def _is_left(self, one: Notice) -> bool:
        """Whether a person tells them, or took it back."""
        return bool(one.given_up_at and self.view.is_asked(one)) or one.id in self.truth.taken_back

    @staticmethod
    def _leaves(one: Notice) -> datetime:
        return datetime.fromisoformat(one.facts["leaves_at"])

    def _for_nothing(self, key: UUID, told: list[tuple[Notice, Taken]]) -> None:
        """Nobody comes for nothing: who was told, and is not to come any more, was told so, or a person was asked."""
        for one, copy in told:
            leaves_at = self._leaves(one)
            if one.kind != "pick-up" or leaves_at > self.view.now or self._holds_till(key, copy.to, leaves_at):
                continue
            self.found.expected += 1
            offs = [other for other in self.view.about["pick-up-off", key] if self._leaves(other) == leaves_at]
            came = any(again.at > copy.at and again.to == copy.to for other, again in told if other in offs)
            if not came and not any(map(self._is_left, offs)):
                self.found.lost.append(f"{copy.to} comes at {leaves_at} for nothing, visit {key}")

    def _holds_till(self, key: UUID, number: str, leaves_at: datetime) -> bool:
        """Whether a pick-up held until the patient left; what changes in the last seconds can no longer be told."""
        at = leaves_at - UNDO - PROMPT
        was, ride = self.truth.around(key, at), self.truth.ride(key, at)
        stood = any(visit.status not in GONE and visit.end_at == leaves_at for visit in was)
        return stood and ride is not None and dialled(ride.number) == number
