"""Scores, patients who wait, and many courses re-planned together. Lists are oldest first."""

from collections.abc import Collection
from uuid import UUID

from planner.domain.errors import NotFound
from planner.storage.repository import Keyed, Mapped, Versioned
from planner.storage.worklist_records import Offer, Replan, ReplanPart, ReplanStatus, Score, Waiting
from planner.storage.worklist_tables import OfferRow, ReplanPartRow, ReplanRow, ScoreRow, WaitingRow


class Scores(Keyed[Score]):
    """Patients' outcome scores; append-only."""

    mapped = Mapped(ScoreRow, Score, order_by="recorded_at")
    noun = "score"

    def of_patient(self, patient_id: UUID) -> list[Score]:
        """List a patient's scores, corrected ones included."""
        return self._list(self.mapped.table.c.patient_id == patient_id)


class WaitingList(Versioned[Waiting]):
    """Patients who would come earlier."""

    mapped = Mapped(WaitingRow, Waiting, order_by="created_at")
    noun = "entry of the waitlist"

    def open(self) -> list[Waiting]:
        """List who still waits."""
        return self._list(self.mapped.table.c.closed_at.is_(None))

    def of_appointments(self, appointment_ids: Collection[UUID]) -> list[Waiting]:
        """List the entries of some appointments, closed ones included."""
        return self._list(self.mapped.table.c.appointment_id.in_(set(appointment_ids)))


class Offers(Versioned[Offer]):
    """Slots offered to patients who wait."""

    mapped = Mapped(OfferRow, Offer, order_by="offered_at")
    noun = "offer"

    def of_waiting(self, waiting_ids: Collection[UUID]) -> list[Offer]:
        """List the offers to some entries of the waitlist, answered ones included."""
        return self._list(self.mapped.table.c.waiting_id.in_(set(waiting_ids)))

    def open(self) -> list[Offer]:
        """List the offers without an answer."""
        return self._list(self.mapped.table.c.answer.is_(None))


class Replans(Versioned[Replan]):
    """Changes of the clinic whose courses are re-planned together."""

    mapped = Mapped(ReplanRow, Replan, order_by="created_at")
    noun = "re-plan"
    _locking = mapped.by_id.with_for_update(key_share=True)

    def with_status(self, *statuses: ReplanStatus) -> list[Replan]:
        """List the re-plans that have come so far."""
        return self._list(self.mapped.table.c.status.in_(statuses))

    def lock(self, replan_id: UUID) -> Replan:
        """Find one and keep all others from changing it until the end; raises NotFound."""
        row = self._connection.execute(self._locking, {"_clinic_id": self._clinic_id, "_id": replan_id}).first()
        if row is None:
            raise NotFound(f"no {self.noun} {replan_id} in this clinic")
        return self.mapped.load(row)


class ReplanParts(Versioned[ReplanPart]):
    """The courses of re-plans."""

    mapped = Mapped(ReplanPartRow, ReplanPart, order_by="position")
    noun = "part of a re-plan"

    def of_replan(self, replan_id: UUID) -> list[ReplanPart]:
        """List the courses of a re-plan, in the order in which they are planned."""
        return self._list(self.mapped.table.c.replan_id == replan_id)

    def remove(self, part_ids: Collection[UUID]) -> None:
        """Drop parts that are no longer affected."""
        self._delete(part_ids)
