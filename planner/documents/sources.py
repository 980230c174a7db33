"""No number without a source: each one in a protocol file says where it is from, or that it is assumed.

A path follows the file, with names instead of positions: ``phases.induction.spacing.min_days``,
``visits.infusion.steps.recovery.minutes``. The source of a table covers the numbers below it.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from planner.documents.edge import InvalidDocument
from planner.documents.protocol_document import protocol_document
from planner.domain.errors import InvalidValue
from planner.domain.protocol import Protocol

_OWN = {"version", "sources"}


def check_sources(protocol: Protocol) -> None:
    """Raise InvalidDocument for each number without a source, and each source whose path names nothing."""
    document = protocol_document(protocol)
    parts = dict(chain.from_iterable(_walk(key, part) for key, part in document.items() if key not in _OWN))
    bare = (path for path, part in parts.items() if _is_number(part) and protocol.source_of(path) is None)
    problems = [InvalidValue(path, 'has no source: give it one in [sources], or "assumed"') for path in bare]
    stray = (path for path in protocol.sources if path not in parts)
    problems += [InvalidValue(f"sources.{path}", "names nothing in this protocol") for path in stray]
    if problems:
        raise InvalidDocument(problems)


def leaves(protocol: Protocol) -> dict[str, str]:
    """Write out every single value of a protocol by its path: what two versions differ in."""
    found: dict[str, str] = {}
    for key, part in protocol_document(protocol).items():
        for path, value in _walk(key, part) if key not in _OWN else ():
            if not isinstance(value, Mapping | list):
                found[_unused(path, found)] = ("no", "yes")[value] if isinstance(value, bool) else str(value)
    return found


def _unused(path: str, found: Mapping[str, str]) -> str:
    """Keep two steps of one name apart."""
    number = 1
    while (named := path if number == 1 else f"{path} ({number})") in found:
        number += 1
    return named


def _walk(path: str, part: Any) -> Iterator[tuple[str, Any]]:
    yield path, part
    if isinstance(part, Mapping):
        for key, below in part.items():
            yield from _walk(f"{path}.{key}", below)
    elif isinstance(part, list):
        for index, below in enumerate(part):
            yield from _walk(f"{path}.{_called(below, index)}", below)


def _called(part: Any, index: int) -> str:
    """Name an item of a list by its name or its kind, else by its place."""
    if isinstance(part, Mapping):
        return str(part.get("name") or part.get("kind") or index)
    return str(index)


def _is_number(part: Any) -> bool:
    return isinstance(part, int | float) and not isinstance(part, bool)
