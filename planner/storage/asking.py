"""A snapshot's connection that asks each question once: within one snapshot the answer cannot be another."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Executable, FrozenResult, Result


class AskedOnce:
    """Executes as the connection of a snapshot does, and remembers the answers to statements that were made once.

    A statement that is made anew at each call is another question each time: it is asked, and costs nothing more.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection, self._answers = connection, dict[Any, FrozenResult[Any]]()
        self.dialect = connection.dialect

    def execute(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Result[Any]:
        """Give the answer of the database, or the same again; the values of what may be asked again can be hashed."""
        key = statement, tuple((values or {}).items())
        try:
            found = self._answers.get(key)
        except TypeError:  # lists cannot be hashed
            return self._connection.execute(statement, values)
        if found is None:
            found = self._answers[key] = self._connection.execute(statement, values).freeze()
        return found()
