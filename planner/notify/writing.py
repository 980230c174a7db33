"""Writing into one clinic in short transactions, so that whatever can wait a moment costs none of its own."""

from collections.abc import Callable, Sequence
from uuid import UUID

from planner.domain.errors import Conflict, Unavailable
from planner.storage.unit_of_work import Store, UnitOfWork

Writing = Callable[[UnitOfWork], object]
_TRIES = 3


class Book:
    """What a round writes of one clinic. What waits is written with what is written next, or by `flush`.

    It is lost only where the database stays away: then what was sent comes back when its lease has run out.
    """

    def __init__(self, store: Store, clinic_id: UUID) -> None:
        self._store, self._clinic_id = store, clinic_id
        self._waiting: list[Writing] = []
        self._patients: set[UUID | None] = set()

    def soon(self, write: Writing, patient_id: UUID | None) -> None:
        """Let something about a patient wait for what is written next."""
        self._waiting.append(write)
        self._patients.add(patient_id)

    def write(self, *new: Writing) -> None:
        """Write this with all that waits; what waits is written even where this cannot be. Raises Unavailable."""
        waiting, self._waiting = self._waiting, []
        self._patients.clear()
        try:
            self._commit([*waiting, *new])
        except Unavailable:
            raise
        except Exception:
            if waiting and new:
                self._commit(waiting)
            raise

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            self.write()

    def flush_about(self, patient_id: UUID | None) -> None:
        """Write what waits, if any of it is about a patient whose facts are to be read."""
        if patient_id in self._patients:
            self.flush()

    def _commit(self, writings: Sequence[Writing]) -> None:
        """Write all at once. A database that is busy just now is asked again: an unwritten "sent" is a second copy."""
        for left in reversed(range(_TRIES)):
            try:
                with self._store.begin(self._clinic_id) as uow:
                    for one in writings:
                        one(uow)
            except Unavailable:
                if not left:
                    raise
            except Conflict:
                if left == _TRIES - 1:
                    raise
                return  # it is there: only the answer to the try before was lost
            else:
                return
