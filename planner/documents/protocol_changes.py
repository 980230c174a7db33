"""What is different between two versions of a protocol: each value by its path, with where the new one is from."""

from dataclasses import dataclass

from planner.documents.sources import leaves
from planner.domain.protocol import Protocol


@dataclass(frozen=True)
class Difference:
    """One value that differs (None: it is not there). *same_source*: a changed number that claims the old one's source."""

    path: str
    before: str | None
    after: str | None
    source: str | None
    same_source: bool = False


def differences(before: Protocol, after: Protocol) -> list[Difference]:
    """List what differs, in the order of the document: values first, then the sources of those that stay."""
    old, new = leaves(before), leaves(after)
    paths = [path for path in dict.fromkeys((*new, *old)) if old.get(path) != new.get(path)]
    return [_value(path, before, after, old.get(path), new.get(path)) for path in paths] + [
        one for one in _sources(before, after) if one.path.removeprefix("sources.") not in paths
    ]


def _value(path: str, before: Protocol, after: Protocol, old: str | None, new: str | None) -> Difference:
    source = after.source_of(path) if new is not None else None
    claimed = source not in {None, "assumed"} and old is not None and before.source_of(path) == source
    return Difference(path, old, new, source, same_source=claimed)


def _sources(before: Protocol, after: Protocol) -> list[Difference]:
    paths = dict.fromkeys((*after.sources, *before.sources))
    changed = [path for path in paths if before.sources.get(path) != after.sources.get(path)]
    return [Difference(f"sources.{p}", before.sources.get(p), after.sources.get(p), None) for p in changed]
