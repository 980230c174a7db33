"""Consents, numbers that stopped, attempts and a clinic's own words; append-only, each list oldest first."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam

from planner.domain.channels import Channel
from planner.domain.reaching import Language
from planner.storage.message_records import Attempt, Consent, OwnWords, TextStart, TextStop
from planner.storage.message_tables import AttemptRow, ConsentRow, OwnWordsRow, TextStartRow, TextStopRow
from planner.storage.repository import Mapped, Repository


class Consents(Repository[Consent]):
    """What patients agreed to, and withdrew."""

    mapped = Mapped(ConsentRow, Consent, order_by="at")
    _of_patient = mapped.all.where(mapped.table.c.patient_id == bindparam("_patient_id"))

    def of_patient(self, patient_id: UUID) -> list[Consent]:
        """List all that a patient ever said about channels."""
        return self._listed(self._of_patient, _patient_id=patient_id)

    def standing(self, patient_id: UUID) -> dict[Channel, bool]:
        """Give the last word about each channel of which a patient has said anything."""
        return {one.channel: one.given for one in self.of_patient(patient_id)}


class TextStops(Repository[TextStop]):
    """The numbers that stopped text messages, those of who takes a patient home among them."""

    mapped = Mapped(TextStopRow, TextStop, order_by="at")

    def last(self, number: str) -> TextStop | None:
        """Give the last word of a number (E.164); None where it never said any."""
        return next(reversed(self._list(self.mapped.table.c.number == number)), None)

    def holds(self, number: str) -> bool:
        """Whether a number wants no text messages."""
        last = self.last(number)
        return last is not None and last.stopped


class TextStarts(Repository[TextStart]):
    """The messages that wanted texts again and are used up."""

    mapped = Mapped(TextStartRow, TextStart, order_by="at")

    def knows(self, mark: str) -> bool:
        """Whether a message was heard before, by its mark."""
        return bool(self._list(self.mapped.table.c.mark == mark))


class Attempts(Repository[Attempt]):
    """What became of each try."""

    mapped = Mapped(AttemptRow, Attempt, order_by="at")
    _of_notice = mapped.all.where(mapped.table.c.notice_id == bindparam("_notice_id"))

    def of_notice(self, notice_id: UUID) -> list[Attempt]:
        """List the tries of a message."""
        return self._listed(self._of_notice, _notice_id=notice_id)

    def of_others(self, notice_ids: Collection[UUID], channel: Channel, since: datetime) -> list[Attempt]:
        """List the tries by a channel since an instant, but for those of some messages."""
        columns = self.mapped.table.c
        return self._list(columns.channel == channel, columns.at >= since, columns.notice_id.not_in(notice_ids))


class OwnWordsKept(Repository[OwnWords]):
    """A clinic's own words."""

    mapped = Mapped(OwnWordsRow, OwnWords, order_by="at")
    _of_kind = mapped.all.where(mapped.table.c.kind == bindparam("_kind"))

    def all(self) -> list[OwnWords]:
        """List all that was ever written."""
        return self._list()

    def of_kind(self, kind: str) -> list[OwnWords]:
        """List all that was ever written for a kind of message."""
        return self._listed(self._of_kind, _kind=kind)

    def standing(self, kind: str, language: Language, channel: Channel) -> OwnWords | None:
        """Give what holds now; None where the shipped words do."""
        mine = [one for one in self.of_kind(kind) if (one.language, one.channel) == (language, channel)]
        return mine[-1] if mine and mine[-1].body else None
