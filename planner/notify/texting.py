"""Short texts by Apprise: any of the services that it knows, by an address in which the number is filled in.

Apprise is an optional extra, and is loaded with the first text. It says whether a text was taken, and of one that was not
its own note tells the service's code: a refusal of this text, trouble, or no answer. None of these is for good by itself, as
a service that is set up wrongly refuses in the same words; `planner.domain.turns` says when a refusal is. Of a number that
it cannot read Apprise would text the sender and call it sent, so that is looked at before. A few services refuse within an
answer that Apprise takes for a success (ANSWERS_UNREAD).
"""

import logging
import re
import warnings
from collections.abc import Iterable
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from urllib.parse import quote

from planner.domain.turns import refusal
from planner.domain.usable import text_number
from planner.notify.transports import NO_ANSWER, Letter, TransportError

LONGEST = 10.0
"""Seconds that one text may take."""
PLACE = "{to}"
"""Where the number stands in the address of the service."""
ANSWERS_UNREAD = frozenset({"vonage", "nexmo", "clicksend"})
"""Services that answer 200 and refuse in the body, which Apprise does not read: what they refuse counts as sent."""
_CODE = re.compile(r"error=([0-9]+)\.?$")
_NOT_THE_NUMBERS = {"401", "402", "403", "407", "408", "425", "429"}
"""Codes of HTTP that are about the account, or about how much is asked."""


def is_installed() -> bool:
    """Whether texts can be sent: the extra is there."""
    return find_spec("apprise") is not None


class TextTransport:
    """A service that sends texts. *url*: as Apprise writes it, such as twilio://SID:TOKEN@FROM/{to}?cto=3&rto=5."""

    def __init__(self, url: str, seconds: float = LONGEST) -> None:
        self._url, self._seconds = url, seconds

    def deliver(self, letter: Letter) -> None:
        """Hand a text over; raises TransportError: permanent only for a number that is none, else with its code."""
        number = text_number(letter.to)
        if number is None:
            raise TransportError("bad-number", permanent=True)
        apprise = _apprise()
        service = apprise.Apprise()
        if not service.add(self._url.replace(PLACE, quote(number, safe=""))) or not _goes_to(service[0], number):
            raise TransportError("bad-sms-url", permanent=False)
        with service.notify(
            body=letter.text.strip(), body_format=apprise.NotifyFormat.TEXT, timeout=self._seconds
        ) as result:  # fmt: skip
            if not result:
                raise TransportError(_answer(one.message for one in result.logs()), permanent=False)


def _answer(notes: Iterable[str]) -> str:
    """Give what a service answered, by Apprise's notes; all else in them, numbers too, is left out."""
    found = [code[1] for code in map(_CODE.search, notes) if code]
    if not found:
        return NO_ANSWER
    code = found[-1]
    asked_wrongly = re.fullmatch("4[0-9]{2}", code) is not None and code not in _NOT_THE_NUMBERS
    return refusal(code) if asked_wrongly or _is_twilios(code) else code


def _is_twilios(code: str) -> bool:
    """Whether it is a code of Twilio's own about what it was asked to send, and to whom."""
    return re.fullmatch("21[0-9]{3}", code) is not None


def _goes_to(service: Any, number: str) -> bool:
    """Whether a service read the number as the only one to text; a plain web address has it where it was put."""
    targets = getattr(service, "targets", None)
    if targets is None:
        return True
    digits = ["".join(filter(str.isdigit, one if isinstance(one, str) else str(one[-1]))) for one in targets]
    return digits == [number.removeprefix("+")]


@lru_cache(maxsize=1)
def _apprise() -> Any:
    for name in ("apprise", "urllib3"):  # they log addresses, with numbers and secrets in them: for nobody else to see
        log = logging.getLogger(name)
        log.setLevel(logging.WARNING)
        log.propagate = False
        log.addHandler(logging.NullHandler())
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*imghdr.*", category=DeprecationWarning)
        module = import_module("apprise")
        module.Apprise.instantiate("json://localhost")  # loads all services, which warns so
    return module
