"""Column types: domain values as JSON text, and words out of an enumeration."""

from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Dialect, Enum, Text, Uuid
from sqlalchemy.types import TypeDecorator


class Stored(TypeDecorator[Any]):
    """A frozen value, always read and written whole, as JSON text; its own checks run again when it is read.

    The same text gives the same value: what a clinic reads over and over (its protocols) is parsed once.
    """

    impl = Text
    cache_ok = True

    def __init__(self, value: Any) -> None:
        self.value = value
        super().__init__()

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write the value as JSON."""
        return None if value is None else _adapter(self.value).dump_json(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Read the value from JSON; raises where it is no longer one that can be."""
        return None if value is None else _parsed(self.value, value)


@lru_cache
def _adapter(value: Any) -> TypeAdapter[Any]:
    return TypeAdapter(value)


@lru_cache(maxsize=1024)
def _parsed(value: Any, text: str) -> Any:
    return _adapter(value).validate_json(text)


class Known(Uuid[UUID]):
    """A UUID that comes again and again: SQLite's text of it is parsed once."""

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        """Parse, and remember; a database that gives UUIDs has nothing to parse."""
        parse = super().result_processor(dialect, coltype)  # type: ignore[no-untyped-call]
        return lru_cache(maxsize=65_536)(parse) if parse else None


def stored(value: Any) -> Any:
    """Give the column type for a frozen domain value."""
    return Stored(value)


def word(words: type[StrEnum]) -> Any:
    """Give the column type for a word out of an enumeration, checked by the database as well."""
    return Enum(
        words, name=words.__name__.lower(), native_enum=False, create_constraint=True, length=20,
        values_callable=lambda enum: [member.value for member in enum],
    )
