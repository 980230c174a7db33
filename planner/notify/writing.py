"""Writing into one clinic in short transactions, so that whatever can wait a moment costs none of its own."""

import logging
from collections.abc import Callable, Sequence
from uuid import UUID

from planner.domain.errors import Conflict, Unavailable
from planner.storage.unit_of_work import Store, UnitOfWork

log = logging.getLogger(__name__)

Writing = Callable[[UnitOfWork], object]
_TRIES = 3


class Book:
    """What a round writes of one clinic. What waits is written with what is written next, or by `flush`.

    Where the database stays away it waits on, for the next round: an unwritten "sent" is a second copy.
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
        """Write this with all that waits; what waits is written even where this cannot be. Raises Unavailable.

        Of what waits, each is written that can be, whatever is wrong with another.
        """
        try:
            self._commit([*self._waiting, *new])
        except Unavailable:
            raise
        except Exception:
            if not self._waiting:
                raise
            self._write_apart()
            if new:
                self._commit(new)
        else:
            self._waiting.clear()
            self._patients.clear()

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            self.write()

    def flush_about(self, patient_id: UUID | None) -> None:
        """Write what waits, if any of it is about a patient whose facts are to be read."""
        if patient_id in self._patients:
            self.flush()

    def _write_apart(self) -> None:
        while self._waiting:
            try:
                self._commit(self._waiting[:1])
            except Unavailable:
                raise
            except Conflict:
                log.info("what became of a message of clinic %s is written already", self._clinic_id)
            except Exception:  # the others must be written
                log.exception("what became of a message of clinic %s cannot be written", self._clinic_id)
            del self._waiting[0]
        self._patients.clear()

    def _commit(self, writings: Sequence[Writing]) -> None:
        """Write all at once. A database that is busy just now is asked again."""
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


class Books:
    """The books of all clinics that a worker writes to, kept from round to round."""

    def __init__(self, store: Store) -> None:
        self._store, self._books = store, dict[UUID, Book]()

    def of(self, clinic_id: UUID) -> Book:
        """Give the book of a clinic."""
        return self._books.setdefault(clinic_id, Book(self._store, clinic_id))

    def flush(self) -> None:
        """Write what the rounds before could not; raises Unavailable where it still cannot be."""
        for one in self._books.values():
            one.flush()
