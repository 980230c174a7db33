"""What a gateway posts: its time and its fields, read from the bytes as they came; nothing in them raises."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl

_MOST_FIELDS = 200


@dataclass(frozen=True)
class Posted:
    """What came in: to which *url* as the world knows it, with which headers, and the body byte by byte."""

    url: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def instant_of(timestamp: str) -> datetime | None:
    """Read seconds since 1970; None for what are none."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
        return None
    return datetime.fromtimestamp(int(timestamp), UTC)


def earlier(written: object, tried_at: datetime | None) -> datetime | None:
    """Give when a message came in, as it is written in it, but at the latest when it was handed over."""
    try:
        came_at = datetime.fromisoformat(str(written))
    except ValueError:
        return tried_at
    return min(came_at, tried_at) if came_at.tzinfo and tried_at else tried_at


def form_of(body: bytes) -> list[tuple[str, str]] | None:
    """Give the fields of a form; None for what is none."""
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        return None


def fields_of(posted: Posted) -> list[tuple[str, str]]:
    """Give the fields of a form, or of a JSON object of texts; none where it is neither."""
    if posted.headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
        return form_of(posted.body) or []
    try:
        found = json.loads(posted.body)
        json.dumps(found, ensure_ascii=False).encode()  # half a character cannot be: nobody can have signed it
    except (ValueError, RecursionError):
        return []
    return [(name, value) for name, value in found.items() if isinstance(value, str)] if isinstance(found, dict) else []
