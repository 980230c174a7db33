"""Short texts by Apprise: any of the services that it knows, by an address in which the number is filled in.

Apprise is an optional extra, and is loaded with the first text. It says only whether a text was taken, so whatever is not
may work another time; and of a number that it cannot read it would text the sender and call it sent, so that is looked at
before.
"""

import logging
import warnings
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from urllib.parse import quote

from planner.domain.usable import text_number
from planner.notify.transports import Letter, TransportError

LONGEST = 10.0
"""Seconds that one text may take."""
PLACE = "{to}"
"""Where the number stands in the address of the service."""


def is_installed() -> bool:
    """Whether texts can be sent: the extra is there."""
    return find_spec("apprise") is not None


class TextTransport:
    """A service that sends texts. *url*: as Apprise writes it, such as twilio://SID:TOKEN@FROM/{to}?cto=3&rto=5."""

    def __init__(self, url: str, seconds: float = LONGEST) -> None:
        self._url, self._seconds = url, seconds

    def deliver(self, letter: Letter) -> None:
        """Hand a text over; raises TransportError: permanent only for a number that is none."""
        number = text_number(letter.to)
        if number is None:
            raise TransportError("bad-number", permanent=True)
        apprise = _apprise()
        service = apprise.Apprise()
        if not service.add(self._url.replace(PLACE, quote(number, safe=""))) or not _goes_to(service[0], number):
            raise TransportError("bad-sms-url", permanent=False)
        if not service.notify(body=letter.text.strip(), body_format=apprise.NotifyFormat.TEXT, timeout=self._seconds):
            raise TransportError("no-answer", permanent=False)


def _goes_to(service: Any, number: str) -> bool:
    """Whether a service read the number as the only one to text; a plain web address has it where it was put."""
    targets = getattr(service, "targets", None)
    if targets is None:
        return True
    digits = ["".join(filter(str.isdigit, one if isinstance(one, str) else str(one[-1]))) for one in targets]
    return digits == [number.removeprefix("+")]


@lru_cache(maxsize=1)
def _apprise() -> Any:
    for name in ("apprise", "urllib3"):  # they log addresses, with numbers and secrets in them
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*imghdr.*", category=DeprecationWarning)
        module = import_module("apprise")
        module.Apprise.instantiate("json://localhost")  # loads all services, which warns so
    return module
