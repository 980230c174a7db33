"""Settings: one frozen value out of the environment; every problem is reported at once, and no secret is printed."""

from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from planner.domain.errors import PlannerError
from planner.domain.inbound import Gateway
from planner.domain.neutral import forbidden_in

PREFIX = "PLANNER_"
_SCHEMES = ("sqlite", "postgresql", "postgresql+psycopg", "postgres")
_SHORTEST_KEY, _FEWEST_LETTERS = 32, 12
_SHORTEST_OF_A_SERVICE, _PUBLIC_KEY = 16, 32
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
    *secret_key* signs cookies and one-time links. *base_url* is where browsers and calendars find this server, and the only
    host it answers to; *proxy_hops* is how many proxies stand before it. *smtp_url* is the mail server, such as
    smtp://user:password@mail.example.org:587?starttls=1; without one, messages wait. *lease_seconds* is how long a worker
    that has died keeps the messages it had taken; it must outlast the sending of one, which takes up to 20 s.
    *sms_url* is a service for texts as Apprise writes it, with {to} where the number goes, such as
    twilio://SID:TOKEN@FROM/{to}; without one, nobody is texted. *mail_per_minute* and *sms_per_minute*: how many may go in a
    minute, from all workers together (0: any number); what is over that waits.
    *webhook_secret* is shared with the gateway that hands over text messages; without one none are taken in. *webhook_kind*
    is whose rules it signs by: planner (our own), twilio (the secret is its auth token), vonage (its signature secret) or
    telnyx (its public key).
    *metrics_token* is what whoever asks for /metrics must bring; without one that address is not there.
    """

    database_url: str = field(default="sqlite:///planner.db", repr=False)
    log_level: str = "WARNING"
    busy_timeout_seconds: float = 5.0
    pool_size: int = 10
    secret_key: str | None = field(default=None, repr=False)
    base_url: str = "http://127.0.0.1:8000"
    proxy_hops: int = 0
    smtp_url: str | None = field(default=None, repr=False)
    lease_seconds: float = 120.0
    sms_url: str | None = field(default=None, repr=False)
    mail_per_minute: int = 0
    sms_per_minute: int = 0
    webhook_secret: str | None = field(default=None, repr=False)
    webhook_kind: Gateway = Gateway.PLANNER
    metrics_token: str | None = field(default=None, repr=False)

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
        problems += _weak_secret(values, given)
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


def _secret_key(text: str) -> str:
    if len(text) < _SHORTEST_KEY or len(set(text)) < _FEWEST_LETTERS:
        raise ValueError(f"must be at least {_SHORTEST_KEY} random characters")
    return text


def _service_secret(text: str) -> str:
    if len(text) < _SHORTEST_OF_A_SERVICE or not text.isascii():
        raise ValueError(f"must be at least {_SHORTEST_OF_A_SERVICE} characters")
    return text


def _public_key(text: str) -> str:
    try:
        usable = len(b64decode(text, validate=True)) == _PUBLIC_KEY
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("must be the account's public key as Telnyx shows it, 44 characters")
    return text


def _weak_secret(values: Mapping[str, Any], given: Mapping[str, str]) -> list[str]:
    """Find what is wrong with a secret of our own kind, or with a public key; other services' secrets are as they are.

    What was found wrong with the secret, or with its kind, before is not said again.
    """
    secret, kind = values.get("webhook_secret"), values.get("webhook_kind", Gateway.PLANNER)
    if kind is not Gateway.PLANNER and "PLANNER_WEBHOOK_SECRET" not in given:
        return [f"PLANNER_WEBHOOK_SECRET: is needed for {kind}: without it no STOP is heard"]
    check = _CHECKS.get(kind)
    if secret is None or check is None or ("PLANNER_WEBHOOK_KIND" in given and "webhook_kind" not in values):
        return []
    try:
        check(secret)
    except ValueError as error:
        return [f"PLANNER_WEBHOOK_SECRET: {error}"]
    return []


_CHECKS: Mapping[Gateway, Callable[[str], str]] = {Gateway.PLANNER: _secret_key, Gateway.TELNYX: _public_key}


def _webhook_kind(text: str) -> Gateway:
    if text.lower() not in list(Gateway):
        raise ValueError(f"must be one of {', '.join(Gateway)}")
    if text.lower() == Gateway.TELNYX and not find_spec("cryptography"):
        raise ValueError("needs the package cryptography, which the extra sms brings")
    return Gateway(text.lower())


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    named = parts.hostname and parts.port != 0  # raises ValueError for a port that cannot be
    if parts.scheme not in {"http", "https"} or not named or parts.query or parts.fragment or parts.username:
        raise ValueError("must be like https://planner.example.org")
    if forbidden_in(text):
        raise ValueError("stands in what patients get: it must not tell what the clinic treats")
    return text.rstrip("/")


def _smtp_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"smtp", "smtps"} and parts.hostname and (parts.port or True) and parts.path in {"", "/"}
    except ValueError:
        usable = False
    if not usable or parts.query not in {"", "starttls=1"}:
        raise ValueError("must be like smtp://user:password@mail.example.org:587?starttls=1, or begin with smtps://")
    return text


def _sms_url(text: str) -> str:
    scheme, _, rest = text.partition("://")
    if not scheme.isalnum() or rest.count("{to}") != 1 or not text.isprintable() or " " in text:
        raise ValueError("must be a service's address with {to} once, such as twilio://SID:TOKEN@FROM/{to}")
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
    "PLANNER_SECRET_KEY": _secret_key,
    "PLANNER_BASE_URL": _base_url,
    "PLANNER_PROXY_HOPS": _number(int, 0, 5),
    "PLANNER_SMTP_URL": _smtp_url,
    "PLANNER_LEASE_SECONDS": _number(float, 1, 3600),
    "PLANNER_SMS_URL": _sms_url,
    "PLANNER_MAIL_PER_MINUTE": _number(int, 0, 100_000),
    "PLANNER_SMS_PER_MINUTE": _number(int, 0, 100_000),
    "PLANNER_WEBHOOK_SECRET": _service_secret,
    "PLANNER_WEBHOOK_KIND": _webhook_kind,
    "PLANNER_METRICS_TOKEN": _secret_key,
}
