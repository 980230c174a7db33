"""A protocol as a form: its usual numbers, each with the source beside it; and the protocol that a filled-in form makes.

A value's field is named by where it stands (``phases.0.spacing.min_days``), a source's by the path in [sources]
(``sources.phases.induction.spacing.min_days``). Everything that has no field stays as it is.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from planner.documents.edge import InvalidDocument, parse
from planner.documents.protocol_document import OPEN_ENDED, protocol_document
from planner.documents.protocol_file import ProtocolTable
from planner.domain.errors import InvalidValue
from planner.domain.protocol import Protocol

_BLANK_INSTRUCTIONS = 2
_SPACINGS = ("spacing", "entry")
_DAYS = {"min_days": "at least, days", "target_days": "wished for, days", "max_days": "at most, days"}


@dataclass(frozen=True)
class Entry:
    """One value: its field, its path in [sources] (None: it needs none), its words, and where it is from.

    *own* is its own source, *around* that of the table around it. *shape*: number, words, days, yes-no.
    """

    name: str
    named: str | None
    label: str
    value: str
    shape: str = "number"
    own: str = ""
    around: str | None = None
    optional: bool = False


@dataclass(frozen=True)
class Section:
    """A phase, a visit, or another part of a protocol, with its values."""

    title: str
    entries: tuple[Entry, ...]


def sections(protocol: Protocol, *, blanks: bool = False) -> list[Section]:
    """Lay a protocol out as sections; with *blanks*, there is room for further instructions."""
    document = protocol_document(protocol)
    drawn = [Section("Protocol", (Entry("title", None, "Title", protocol.title, "words"),))]
    drawn += [_phase(protocol, index, table) for index, table in enumerate(document["phases"])]
    drawn += [_visit(protocol, name, table) for name, table in document["visits"].items()]
    if protocol.measures:
        drawn.append(Section("Outcome scores", tuple(_measures(protocol, document["measures"]))))
    drawn.append(Section("Driving", tuple(_driving(protocol, document["driving"]))))
    drawn.append(Section("Instructions", tuple(_instructions(protocol, document["instructions"], blanks=blanks))))
    return drawn


def _entry(
    protocol: Protocol, name: str, named: str, label: str, value: object, shape: str = "number", *, optional: bool = False
) -> Entry:
    own = protocol.sources.get(named, "")
    shown = "" if value is None else str(value)
    around = None if own else protocol.source_of(named)
    return Entry(name, named, label, shown, shape, own, around, optional)


def _phase(protocol: Protocol, index: int, table: Mapping[str, Any]) -> Section:
    at, named = f"phases.{index}", f"phases.{table['name']}"
    entries = [
        Entry(f"{at}.title", None, "Title", table.get("title", ""), "words", optional=True),
        _entry(protocol, f"{at}.sessions", f"{named}.sessions", f"sessions, or {OPEN_ENDED}", table["sessions"], "count"),
    ]
    for spacing in _SPACINGS:
        first = "first gap after another phase: " if spacing == "entry" else "gap: "
        for key, value in table.get(spacing, {}).items():
            path = f"{spacing}.{key}"
            entries.append(_entry(protocol, f"{at}.{path}", f"{named}.{path}", first + _DAYS[key], value))
    week = _entry(
        protocol, f"{at}.per_week", f"{named}.per_week", "sessions in a week, at most", table.get("per_week"), optional=True
    )
    days = Entry(f"{at}.weekdays", None, "usual weekdays", " ".join(table["weekdays"]), "days", optional=True)
    entries += [week, days]
    for part, key, label in (
        ("link", "min_hours", "linked visit: not before, hours after the dose"),
        ("link", "max_hours", "linked visit: not after, hours after the dose"),
        ("review", "within_days", "review: days after the last session"),
    ):
        if part in table:
            entries.append(_entry(protocol, f"{at}.{part}.{key}", f"{named}.{part}.{key}", label, table[part][key]))
    return Section(f"Phase: {table.get('title') or table['name']}", tuple(entries))


def _visit(protocol: Protocol, name: str, table: Mapping[str, Any]) -> Section:
    at = f"visits.{name}"
    entries = [Entry(f"{at}.title", None, "Title", table["title"], "words")]
    entries += [
        _entry(protocol, f"{at}.steps.{i}.minutes", f"{at}.steps.{step['name']}.minutes", f"{step['name']}, minutes",
               step["minutes"])
        for i, step in enumerate(table["steps"])
    ]  # fmt: skip
    return Section(f"Visit: {table['title']}", tuple(entries))


def _measures(protocol: Protocol, tables: list[dict[str, Any]]) -> Iterator[Entry]:
    for index, table in enumerate(tables):
        at = f"measures.{index}"
        asked = f"{table['scale'].upper()} in {table.get('phase', 'every phase')}"
        if "every_days" in table:
            yield _entry(protocol, f"{at}.every_days", f"{at}.every_days", f"{asked}: every, days", table["every_days"])
        else:
            yield Entry(f"{at}.when", None, f"{asked}: at the start, at each visit, or at the end", table["when"], "words")


def _driving(protocol: Protocol, table: Mapping[str, Any]) -> Iterator[Entry]:
    path = "driving.after_sleep"
    label = "not before the next day after a restful sleep"
    yield _entry(protocol, path, path, label, "yes" if table["after_sleep"] else "no", "yes-no")
    path = "driving.elapsed_hours"
    yield _entry(protocol, path, path, "not before, hours after discharge", table.get("elapsed_hours"), optional=True)


def _instructions(protocol: Protocol, tables: list[dict[str, Any]], *, blanks: bool) -> Iterator[Entry]:
    for index, table in enumerate([*tables, *([{}] * _BLANK_INSTRUCTIONS if blanks else [])]):
        at = f"instructions.{index}"
        said = f"{index + 1}: minutes before arrival"
        yield Entry(f"{at}.text", None, f"{index + 1}: what to do", table.get("text", ""), "words", optional=True)
        yield _entry(
            protocol, f"{at}.minutes_before", f"{at}.minutes_before", said, table.get("minutes_before"), optional=True
        )


def edited(protocol: Protocol, given: Mapping[str, str]) -> Protocol:
    """Make the protocol of a filled-in form; raises InvalidDocument with every field that is wrong.

    A number that was changed needs a source of its own, or "assumed".
    """
    known = {entry.name: entry for section in sections(protocol, blanks=True) for entry in section.entries}
    sourced = {f"sources.{entry.named}" for entry in known.values() if entry.named}
    stray = [InvalidValue(name, "is not a field of this form") for name in given if name not in known.keys() | sourced]
    lacking = [InvalidValue(name, "is missing") for name in known if name not in given]
    if stray or lacking:
        raise InvalidDocument(stray + lacking)
    document = deepcopy(protocol_document(protocol))
    bare = [problem for entry in known.values() if (problem := _fill(document, entry, given))]
    _close_up(document)
    return _read(document, bare, sourced)


def _fill(document: dict[str, Any], entry: Entry, given: Mapping[str, str]) -> InvalidValue | None:
    """Set one value and its source; gives what is wrong about the source of a changed number."""
    text = given[entry.name].strip()
    _set(document, entry.name.split("."), _value(entry, text))
    if entry.named is None:
        return None
    source = given.get(f"sources.{entry.named}", "").strip()
    document["sources"].pop(entry.named, None)
    if source and text:
        document["sources"][entry.named] = source
    if text and text != entry.value and not source:
        return InvalidValue(f"sources.{entry.named}", 'is missing: say where the new value is from, or "assumed"')
    return None


def _value(entry: Entry, text: str) -> object:
    if entry.shape == "days":
        return text.replace(",", " ").split()
    if not text:
        return None
    if entry.shape == "yes-no":
        return {"yes": True, "no": False}.get(text, text)
    is_number = entry.shape in {"number", "count"} and text.isascii() and text.lstrip("-").isdigit() and len(text) < 9
    return int(text) if is_number else text


def _set(document: Any, path: list[str], value: object) -> None:
    *around, key = path
    for part in around:
        if isinstance(document, list):
            document.extend({} for _ in range(int(part) + 1 - len(document)))
            document = document[int(part)]
        else:
            document = document[part]
    if value is None:
        document.pop(key, None)
    else:
        document[key] = value


def _close_up(document: dict[str, Any]) -> None:
    """Drop instructions that were emptied, and let the sources of the later ones move up with them."""
    kept = [index for index, table in enumerate(document["instructions"]) if table.get("text")]
    document["instructions"] = [document["instructions"][index] for index in kept]
    moved = {f"instructions.{old}.": f"instructions.{new}." for new, old in enumerate(kept)}
    sources: dict[str, str] = {}
    for path, source in document["sources"].items():
        head = next((head for head in moved if path.startswith(head)), None)
        if head or not path.startswith("instructions."):
            sources[path.replace(head, moved[head], 1) if head else path] = source
    document["sources"] = sources


def _read(document: dict[str, Any], bare: list[InvalidValue], sourced: set[str]) -> Protocol:
    """Check the whole, and name each problem by the field that it belongs to."""
    try:
        made = parse(ProtocolTable, document).value()
    except InvalidDocument as refusal:
        lacks = {problem.path for problem in bare}
        named = [_at_its_field(problem, sourced) for problem in refusal.problems]
        raise InvalidDocument([*bare, *(one for one in named if one.path not in lacks)]) from None
    if bare:
        raise InvalidDocument(bare)
    return made


def _at_its_field(problem: InvalidValue, sourced: set[str]) -> InvalidValue:
    source = f"sources.{problem.path}"
    return InvalidValue(source, problem.message) if source in sourced and "source" in problem.message else problem
