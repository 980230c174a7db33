"""The strict edge: text becomes plain values, and every problem is named by the dotted path of its field."""

import json
import tomllib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails

from planner.domain.errors import InvalidValue

MOST_CHARACTERS = 4_000_000
"""The longest file that is read: years of bookings fit, a mistaken upload does not."""
_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a known field",
    "int_type": "must be a whole number, without quotes",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "string_pattern_mismatch": "must be lower-case words joined by hyphens, such as lead-in",
    "list_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
}

Read = TypeVar("Read", bound=BaseModel)
Item = TypeVar("Item")
Made = TypeVar("Made")


class InvalidDocument(InvalidValue):
    """A file that cannot be read: *problems* holds all that is wrong, each with the dotted path of its field."""

    def __init__(self, problems: Iterable[InvalidValue]) -> None:
        self.problems = tuple(problems)
        super().__init__("", "\n".join(str(problem) for problem in self.problems))

    def under(self, prefix: str) -> "InvalidDocument":
        """Give the same complaints with their paths below *prefix*."""
        return InvalidDocument(problem.under(prefix) for problem in self.problems)


def problems_of(problem: InvalidValue) -> tuple[InvalidValue, ...]:
    """List what is wrong: the problems of a whole document, or the single one."""
    return problem.problems if isinstance(problem, InvalidDocument) else (problem,)


class Entry(BaseModel):
    """A table of a document: unknown fields and wrong types are refused, nothing is converted on the quiet."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Checked(Entry):
    """A table that stands for one value of the domain, whose own refusals are reported where the table stands."""

    def value(self) -> object:
        """Make the domain's value; raises InvalidValue for one that cannot be."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _makes_its_value(self) -> "Checked":
        self.value()
        return self


def every(path: str, items: Sequence[Item], make: Callable[[Item], Made]) -> tuple[Made, ...]:
    """Make a value of each item; raises InvalidDocument with the problems of all, below *path* and index."""
    made: list[Made] = []
    problems: list[InvalidValue] = []
    for index, item in enumerate(items):
        try:
            made.append(make(item))
        except InvalidValue as problem:
            problems += problems_of(problem.under(f"{path}.{index}"))
    if problems:
        raise InvalidDocument(problems)
    return tuple(made)


def load(text: str, suffix: str) -> dict[str, Any]:
    """Parse TOML or JSON by the file's suffix; raises InvalidDocument where the text is not of that kind."""
    if len(text) > MOST_CHARACTERS:
        raise InvalidDocument([InvalidValue("", f"the file is longer than {MOST_CHARACTERS} characters")])
    try:
        found = _PARSERS[suffix.lower()](text)
    except KeyError:
        raise InvalidDocument([InvalidValue("", f"a file named *{suffix} is neither .toml nor .json")]) from None
    except InvalidValue as problem:
        raise InvalidDocument(problems_of(problem)) from None
    except RecursionError:
        raise InvalidDocument([InvalidValue("", "the file is nested too deeply")]) from None
    except ValueError as problem:
        raise InvalidDocument([InvalidValue("", f"this is no {suffix.lower()[1:].upper()}: {problem}")]) from None
    if not isinstance(found, dict):
        raise InvalidDocument([InvalidValue("", "the file must hold one table")])
    return found


def _parse_json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise InvalidValue(repeated, "stands twice in one table")
    return table


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidValue("", f"{name} is no number")


_PARSERS: dict[str, Callable[[str], Any]] = {".toml": tomllib.loads, ".json": _parse_json}


def parse(model: type[Read], data: object) -> Read:
    """Read a table into its model; raises InvalidDocument with all problems at once."""
    try:
        return model.model_validate(data)
    except ValidationError as refusal:
        raise InvalidDocument(p for error in refusal.errors() for p in _problems(error)) from None


def _problems(error: ErrorDetails) -> tuple[InvalidValue, ...]:
    path = ".".join(str(part) for part in error["loc"] if part != "[key]")
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, InvalidValue):
        return problems_of(cause.under(path) if path else cause)
    return (InvalidValue(path, _WORDS.get(error["type"], error["msg"])),)
