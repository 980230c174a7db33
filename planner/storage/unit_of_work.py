"""One use-case, one transaction: a unit of work commits when its block ends cleanly and rolls back on any exception.

Whoever writes to a calendar locks it first (`uow.calendar.lock(now)`) and reads afterwards: what was read then cannot
change before the commit. Only writing down what happened (attendance) goes without that lock.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from planner.domain.errors import NotFound
from planner.storage.appointments import Appointments, Holds
from planner.storage.asking import AskedOnce
from planner.storage.boards import Boards
from planner.storage.changes import Changes
from planner.storage.clinics import LOCK, Cache, ClinicName, Clinics, clinic_names
from planner.storage.courses import Courses, GivenSessions, Orders, Protocols
from planner.storage.desk import Marks, Notices, SignIns, Undos
from planner.storage.engine import reading
from planner.storage.feed_marks import FeedMarks
from planner.storage.feed_visits import FeedVisits
from planner.storage.installation import Installation
from planner.storage.journal import Audit, Tasks
from planner.storage.kept import KeptCalendars
from planner.storage.letterheads import Letterheads
from planner.storage.links import Correspondences, FeedLinks, PageLinks, Replies
from planner.storage.messages import Attempts, Consents, OwnWordsKept, TextStarts, TextStops
from planner.storage.occupancy import OccupancyRows
from planner.storage.outbox import Outbox
from planner.storage.people import Gates, People, StaffMembers
from planner.storage.refusals import reachable, refusal_of
from planner.storage.worklists import Offers, ReplanParts, Replans, Scores, WaitingList


class Calendar:
    """The lock of a clinic's calendar: the clinic's own row."""

    def __init__(self, connection: Connection, clinic_id: UUID, holds: Holds) -> None:
        self._connection, self._clinic_id, self._holds = connection, clinic_id, holds
        self.version = 0
        """The clinic's version as the lock found it."""
        self.locked_at: datetime | None = None
        """When it was locked, as the use-case says; None where it is not."""

    def lock(self, now: datetime) -> int:
        """Keep all other writers off until the end, drop expired holds, and give the clinic's version; raises NotFound.

        The lock is one that a foreign key's check does not wait for: attendance goes on beside a long re-plan.
        """
        version: int | None = self._connection.execute(LOCK, {"_clinic_id": self._clinic_id}).scalar()
        if version is None:
            raise NotFound(f"no clinic {self._clinic_id}")
        self._holds.expire(now)
        self.version, self.locked_at = version, now
        return version


class UnitOfWork:
    """One transaction in one clinic: all that it can read and write, each through its repository."""

    def __init__(
        self, connection: Connection, clinic_id: UUID, cache: Cache, kept: KeptCalendars | None = None
    ) -> None:
        self.clinic_id = clinic_id
        self.kept = kept
        """What the process remembers of calendars; None where this transaction may change one."""
        self.changes = Changes(connection, clinic_id)
        self.holds = Holds(connection, clinic_id, self.changes)
        self.calendar = Calendar(connection, clinic_id, self.holds)
        self.clinics = Clinics(connection, clinic_id, cache, lambda: self.calendar.locked_at)
        self.people = People(connection, clinic_id)
        self.staff = StaffMembers(connection, clinic_id)
        self.gates = Gates(connection, clinic_id)
        self.protocols = Protocols(connection, clinic_id)
        self.courses = Courses(connection, clinic_id)
        self.given = GivenSessions(connection, clinic_id)
        self.orders = Orders(connection, clinic_id)
        self.appointments = Appointments(connection, clinic_id)
        self.occupancy = OccupancyRows(connection, clinic_id, self.changes)
        self.boards = Boards(connection, clinic_id)
        self.tasks = Tasks(connection, clinic_id)
        self.marks = Marks(connection, clinic_id)
        self.undos = Undos(connection, clinic_id)
        self.scores = Scores(connection, clinic_id)
        self.waiting = WaitingList(connection, clinic_id)
        self.offers = Offers(connection, clinic_id)
        self.replans = Replans(connection, clinic_id)
        self.replan_parts = ReplanParts(connection, clinic_id)
        self.sign_ins = SignIns(connection, clinic_id)
        self.audit = Audit(connection, clinic_id)
        self._open_correspondence(connection, clinic_id)

    def _open_correspondence(self, connection: Connection, clinic_id: UUID) -> None:
        """Give what goes out to people, and by what it reaches them, its repositories."""
        self.notices = Notices(connection, clinic_id)
        self.outbox = Outbox(connection, clinic_id)
        self.feed_links = FeedLinks(connection, clinic_id)
        self.feed_visits = FeedVisits(connection, clinic_id)
        self.page_links = PageLinks(connection, clinic_id)
        self.consents = Consents(connection, clinic_id)
        self.text_stops = TextStops(connection, clinic_id)
        self.text_starts = TextStarts(connection, clinic_id)
        self.attempts = Attempts(connection, clinic_id)
        self.own_words = OwnWordsKept(connection, clinic_id)
        self.replies = Replies(connection, clinic_id)
        self.correspondence = Correspondences(connection, clinic_id)
        self.letterheads = Letterheads(connection, clinic_id)


class Store:
    """The database, and clinics and calendars as this process last read them; safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reading = reading(engine)
        self._clinics: Cache = {}
        self._kept = KeptCalendars()
        self.feed_marks = FeedMarks(engine)

    @contextmanager
    def begin(self, clinic_id: UUID) -> Iterator[UnitOfWork]:
        """Open a transaction that writes; what the database refuses is raised as Conflict or NotFound."""
        try:
            with reachable(writes=True), self.engine.begin() as connection:
                uow = UnitOfWork(connection, clinic_id, self._clinics)
                yield uow
                uow.changes.write()
                uow.occupancy.stays.write(uow.calendar.locked_at)
        except IntegrityError as error:
            if refusal := refusal_of(error):
                raise refusal from None  # PostgreSQL's own words quote the row, and a log would keep them
            raise

    @contextmanager
    def read(self, clinic_id: UUID) -> Iterator[UnitOfWork]:
        """Open a snapshot that locks nothing; what is written in it is dropped, or refused."""
        with reachable(), self._reading.connect() as connection, connection.begin() as transaction:
            yield UnitOfWork(connection, clinic_id, self._clinics, self._kept)
            transaction.rollback()

    @contextmanager
    def look(self, clinic_id: UUID, patient_id: UUID | None = None) -> Iterator[UnitOfWork]:
        """Open a snapshot as `read` does, in which nothing is written even to be dropped: so each question is asked once.

        What every message to a patient has to know is asked in one.
        """
        with reachable(), self._reading.connect() as connection, connection.begin() as transaction:
            asked = AskedOnce(connection)
            if patient_id:
                asked.ask_about(clinic_id, patient_id)
            yield UnitOfWork(cast("Connection", asked), clinic_id, self._clinics, self._kept)
            transaction.rollback()

    @contextmanager
    def begin_installation(self) -> Iterator[Installation]:
        """Open a transaction that writes what belongs to no one clinic."""
        with reachable(writes=True), self.engine.begin() as connection:
            yield Installation(connection)

    @contextmanager
    def read_installation(self) -> Iterator[Installation]:
        """Open a snapshot of what belongs to no one clinic."""
        with reachable(), self._reading.connect() as connection, connection.begin() as transaction:
            yield Installation(connection)
            transaction.rollback()

    def clinics(self) -> list[ClinicName]:
        """List all clinics by name."""
        with reachable(), self._reading.connect() as connection:
            return clinic_names(connection)

    def close(self) -> None:
        """Close all connections."""
        self.feed_marks.close()
        self.engine.dispose()
