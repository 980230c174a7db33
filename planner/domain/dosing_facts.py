"""What is noted beside a time: of a dose the devices used, or when the infusion ran; of a discharge, who went along."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from planner.domain.attendance import MarkKind
from planner.domain.contact import clean
from planner.domain.errors import Fact, InvalidValue
from planner.domain.span import check_instant

_LONGEST_INFUSION = timedelta(hours=6)
LEFT_WITH = "left_with"
"""The fact of a discharge that says with whom the patient left: it names somebody, so no log and no audit holds it."""
_TIMES = ("infusion_start", "infusion_end")


def check_facts(
    kind: MarkKind, facts: Mapping[str, object], at: datetime, now: datetime, modality: str | None = None
) -> dict[str, Fact]:
    """Give the facts of a mark as they are kept: *devices* (1 to 3), *infusion_start* and *infusion_end* in UTC.

    Of a discharge: *left_with*, in words.
    Instants, or ISO text with an offset; empty ones are left out. *modality*: the protocol's, where it is known: devices
    are for esketamine, infusions for anything else. Raises InvalidValue that names the fact.
    """
    given = {name: value for name, value in facts.items() if value is not None and value != ""}
    if kind is MarkKind.DISCHARGED and given.keys() <= {LEFT_WITH}:
        return {name: clean(str(value), f"facts.{name}") for name, value in given.items()}
    for name in given:
        if kind is not MarkKind.DOSED or name not in {"devices", *_TIMES}:
            raise InvalidValue(f"facts.{name}", f"is not noted of {kind}")
        if modality and (name == "devices") is not modality.startswith("esketamine"):
            raise InvalidValue(f"facts.{name}", "is not noted of this kind of session")
    kept: dict[str, Fact] = {}
    if "devices" in given:
        kept["devices"] = _devices(given["devices"])
    times = {name: _instant(given[name], f"facts.{name}", now) for name in _TIMES if name in given}
    _check_infusion(times, at)
    return kept | {name: instant.isoformat() for name, instant in times.items()}


def _devices(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 3:
        raise InvalidValue("facts.devices", "a session uses 1 to 3 devices")
    return value


def _instant(value: object, path: str, now: datetime) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise InvalidValue(path, "must be a time") from None
    if not isinstance(value, datetime):
        raise InvalidValue(path, "must be a time")
    instant = check_instant(value, path).astimezone(UTC)
    if instant > now:
        raise InvalidValue(path, "has not come yet")
    return instant


def _check_infusion(times: Mapping[str, datetime], at: datetime) -> None:
    start, end = times.get("infusion_start", at), times.get("infusion_end")
    if abs(start - at) > _LONGEST_INFUSION:
        raise InvalidValue("facts.infusion_start", "is more than 6 hours from the dose")
    if end and not timedelta(0) < end - start <= _LONGEST_INFUSION:
        raise InvalidValue("facts.infusion_end", "must be after the start, by at most 6 hours")
