"""Scores, patients who wait, and many courses re-planned together. Lists are oldest first."""

from collections.abc import Collection
from uuid import UUID

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

    def with_status(self, *statuses: ReplanStatus) -> list[Replan]:
        """List the re-plans that have come so far."""
        return self._list(self.mapped.table.c.status.in_(statuses))


class ReplanParts(Versioned[ReplanPart]):
    """The courses of re-plans."""

    mapped = Mapped(ReplanPartRow, ReplanPart, order_by="position")
    noun = "part of a re-plan"

    def of_replan(self, replan_id: UUID) -> list[ReplanPart]:
        """List the courses of a re-plan, in the order in which they are planned."""
        return self._list(self.mapped.table.c.replan_id == replan_id)
