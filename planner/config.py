"""Settings: one frozen value out of the environment; every problem is reported at once, and no secret is printed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from planner.domain.errors import PlannerError

PREFIX = "PLANNER_"
_SCHEMES = ("sqlite", "postgresql", "postgresql+psycopg", "postgres")
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class InvalidSettings(PlannerError):
    """The environment cannot be used: *problems* lists every one, by variable, without the values of secrets."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


@dataclass(frozen=True)
class Settings:
    """How this process runs. What belongs to a clinic (its zone, hours, costs) is data, never a setting.

    *busy_timeout_seconds* is how long a writer waits for SQLite's lock or a row's; *pool_size* counts connections kept.
    """

    database_url: str = field(default="sqlite:///planner.db", repr=False)
    log_level: str = "WARNING"
    busy_timeout_seconds: float = 5.0
    pool_size: int = 10

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read the PLANNER_ variables; raises InvalidSettings with every unknown name and every bad value."""
        given = {name: value for name, value in env.items() if name.startswith(PREFIX)}
        problems = [f"{name}: no such setting" for name in sorted(given.keys() - _READERS.keys())]
        values: dict[str, Any] = {}
        for name, read in _READERS.items():
            if name in given:
                try:
                    values[name.removeprefix(PREFIX).lower()] = read(given[name].strip())
                except ValueError as error:
                    problems.append(f"{name}: {error}")
        if problems:
            raise InvalidSettings(problems)
        return cls(**values)


def _database_url(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValueError("is no URL") from None
    if parts.scheme not in _SCHEMES:
        raise ValueError("must begin with sqlite:/// or postgresql://")
    if parts.scheme == "sqlite" and not (text.startswith("sqlite:///") and parts.path.strip("/") not in {"", ":memory:"}):
        raise ValueError("must name a file, such as sqlite:///planner.db")
    return text


def _log_level(text: str) -> str:
    if text.upper() not in _LEVELS:
        raise ValueError(f"must be one of {', '.join(_LEVELS)}")
    return text.upper()


def _number(kind: type[int] | type[float], least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            number = kind(-1)
        if not least <= number <= most:
            raise ValueError(f"must be a number between {least:g} and {most:g}")
        return number

    return read


_READERS: Mapping[str, Callable[[str], Any]] = {
    "PLANNER_DATABASE_URL": _database_url,
    "PLANNER_LOG_LEVEL": _log_level,
    "PLANNER_BUSY_TIMEOUT_SECONDS": _number(float, 0.1, 60),
    "PLANNER_POOL_SIZE": _number(int, 1, 100),
}
