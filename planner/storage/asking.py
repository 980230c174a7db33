"""A snapshot's connection that asks each question once: within one snapshot the answer cannot be another."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Executable, Select, and_, bindparam, select

from planner.storage.clinics import VERSION
from planner.storage.desk_tables import LetterheadRow
from planner.storage.letterheads import Letterheads
from planner.storage.link_tables import CorrespondenceRow
from planner.storage.links import Correspondences
from planner.storage.people import People
from planner.storage.tables import ClinicRow, PatientRow, table_of


class Answer:
    """The rows that answer a question, to be read as often as it is asked."""

    def __init__(self, rows: Sequence[Sequence[Any]]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[Sequence[Any]]:
        return iter(self._rows)

    def all(self) -> Sequence[Sequence[Any]]:
        """Give all rows."""
        return self._rows

    def first(self) -> Sequence[Any] | None:
        """Give the first row; None without any."""
        return self._rows[0] if self._rows else None

    def one(self) -> Sequence[Any]:
        """Give the only row."""
        (row,) = self._rows
        return row

    def scalar(self) -> Any:
        """Give the first column of the first row; None without any."""
        return self._rows[0][0] if self._rows else None


class AskedOnce:
    """Executes as the connection of a snapshot does, and remembers the answers to statements that were made once.

    A statement that is made anew at each call is another question each time: it is asked, and costs nothing more.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection, self._answers = connection, dict[Any, Answer]()
        self.dialect = connection.dialect

    def execute(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Any:
        """Give the answer of the database, or the same again; the values of what may be asked again can be hashed."""
        key = statement, tuple((values or {}).items())
        try:
            found = self._answers.get(key)
        except TypeError:  # lists cannot be hashed
            return self._connection.execute(statement, values)
        if found is None:
            found = self._answers[key] = Answer(self._connection.execute(statement, values).all())
        return found

    def ask_about(self, clinic_id: UUID, patient_id: UUID) -> None:
        """Ask in one statement what every message to a patient has to know."""
        row = self._connection.execute(_ABOUT, {"_clinic_id": clinic_id, "_patient_id": patient_id}).first()
        for (statement, named), (begin, end) in zip(_QUESTIONS, pairwise(_ENDS), strict=True):
            values = {"_clinic_id": clinic_id} | ({named: patient_id} if named else {})
            there = row is not None and row[begin] is not None
            self._answers[statement, tuple(values.items())] = Answer([row[begin + 1 : end]] if row and there else [])


_CLINIC, _LETTERHEAD = table_of(ClinicRow), table_of(LetterheadRow)
_PATIENT, _CORRESPONDENCE = table_of(PatientRow), table_of(CorrespondenceRow)
_QUESTIONS: tuple[tuple[Select[Any], str], ...] = (
    (VERSION, ""), (Letterheads.asked, ""), (People.mapped.by_id, "_id"), (Correspondences.asked, "_patient_id"),
)  # fmt: skip
"""The statements that are answered at once, and what each calls the patient's id."""
_KEYS = (_CLINIC.c.id, _LETTERHEAD.c.clinic_id, _PATIENT.c.id, _CORRESPONDENCE.c.id)
_PARTS = [[key, *statement.selected_columns] for key, (statement, _) in zip(_KEYS, _QUESTIONS, strict=True)]
_ENDS = [0, *accumulate(map(len, _PARTS))]
_ABOUT = (
    select(*(column.label(None) for part in _PARTS for column in part))
    .select_from(_CLINIC)
    .outerjoin(_LETTERHEAD, _LETTERHEAD.c.clinic_id == _CLINIC.c.id)
    .outerjoin(_PATIENT, and_(_PATIENT.c.clinic_id == _CLINIC.c.id, _PATIENT.c.id == bindparam("_patient_id")))
    .outerjoin(
        _CORRESPONDENCE,
        and_(_CORRESPONDENCE.c.clinic_id == _CLINIC.c.id, _CORRESPONDENCE.c.id == bindparam("_patient_id")),
    )
    .where(_CLINIC.c.id == bindparam("_clinic_id"))
)
