"""Instants, spans and local days: instants are UTC, days are local, and the code says which."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from planner.domain.errors import InvalidValue

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
RESOLUTION = timedelta.resolution


def zone_named(name: str, path: str = "zone") -> ZoneInfo:
    """Find an IANA time zone; raises InvalidValue for an unknown name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidValue(path, f"{name!r} is no time zone of the IANA database, such as America/New_York") from None


def check_day(day: date, path: str) -> date:
    """Refuse a day outside 2000-2199: nothing that a clinic plans lies there, and arithmetic stays safe."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise InvalidValue(path, f"{day.isoformat()} is not between {FIRST_DAY} and {LAST_DAY}")
    return day


def check_instant(instant: datetime, path: str) -> datetime:
    """Give an instant in UTC; raises InvalidValue for one without a zone, or too far away to be meant."""
    if instant.tzinfo is None:
        raise InvalidValue(path, "an instant needs its zone")
    check_day(instant.date(), path)
    return instant.astimezone(UTC)


@dataclass(frozen=True, order=True)
class Span:
    """A stretch of time [start, end) between two instants, kept in UTC; raises InvalidValue for a naive or reversed one."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            object.__setattr__(self, name, check_instant(getattr(self, name), name))
        if self.end <= self.start:
            raise InvalidValue("end", "must be after start")

    def overlaps(self, other: "Span") -> bool:
        """Whether the two share an instant; touching ends do not."""
        return self.start < other.end and other.start < self.end


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """Give the calendar day of an instant on the clinic's wall."""
    return instant.astimezone(zone).date()


@lru_cache(maxsize=8192)
def day_start(day: date, zone: ZoneInfo) -> datetime:
    """Give the UTC instant at which the local day begins."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def at_wall(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """Give the UTC instant of a wall time: the first of an ambiguous pair; a skipped one moves on by the skipped hour."""
    return datetime.combine(day, wall, tzinfo=zone).astimezone(UTC)


def wall_instants(day: date, wall: time, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Give every UTC instant that a wall time can mean: none where the clocks skip it, two where they show it twice."""
    local = datetime.combine(day, wall)
    both = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return tuple(sorted(one for one in both if one.astimezone(zone).replace(tzinfo=None) == local))


def minute_of(instant: datetime) -> int:
    """Count whole minutes since 1970 UTC, rounding down."""
    return int((instant - EPOCH) // MINUTE)


def from_minute(minute: int) -> datetime:
    """Give the UTC instant of a minute counted since 1970."""
    return EPOCH + minute * MINUTE
