"""How messages reach a patient, as a form says it: at the desk and on the patient's own page."""

from collections.abc import Sequence
from datetime import time
from typing import Annotated

from planner.domain.channels import Channel, Quiet
from planner.domain.errors import InvalidValue
from planner.services.wishes import Correspondence, Wish, ordered
from planner.web.asking import Blank, Count, Form, WallTime

ORDERS = ("mail-sms", "sms-mail", "mail", "sms", "none")
"""The channels that send, in order."""


class WishForm(Form):
    """What is wished; quiet hours from and until, both or neither. *version*: what was seen."""

    order: str
    at_last: Channel
    quiet_from: Annotated[WallTime | None, Blank] = None
    quiet_until: Annotated[WallTime | None, Blank] = None
    reminders: bool = False
    version: Count

    @property
    def wish(self) -> Wish:
        """Give the wish; raises InvalidValue (*order*, *at_last*, *quiet_from*, *quiet_until*)."""
        if self.order not in ORDERS:
            raise InvalidValue("order", "must be one of those offered")
        sending = tuple(Channel(name) for name in self.order.split("-") if name != "none")
        quiet = quiet_of(self.quiet_from, self.quiet_until)
        return Wish(ordered(sending, self.at_last), quiet, self.reminders, self.version)


class ConsentForm(Form):
    """What a patient says about a channel on their own page."""

    channel: Channel
    given: bool


def quiet_of(start: time | None, end: time | None) -> Quiet | None:
    """Give quiet hours, None where neither end is said; raises InvalidValue (*quiet_from*, *quiet_until*)."""
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise InvalidValue("quiet_from" if start is None else "quiet_until", "is missing: say from when until when")
    if start == end:
        raise InvalidValue("quiet_until", "must be another time than the first")
    return Quiet(start, end)


def order_of(channels: Sequence[Channel]) -> str:
    """Give the order of a form for channels."""
    return "-".join(one for one in channels if not one.by_hand) or "none"


def at_last_of(channels: Sequence[Channel]) -> Channel:
    """Give what a person does in the end."""
    return next((one for one in channels if one.by_hand), Channel.PHONE)


def filled(chosen: Correspondence) -> dict[str, str]:
    """Give the fields of the form as they stand."""
    quiet = chosen.quiet
    return {
        "order": order_of(chosen.channels), "at_last": at_last_of(chosen.channels).value,
        "quiet_from": f"{quiet.start:%H:%M}" if quiet else "", "quiet_until": f"{quiet.end:%H:%M}" if quiet else "",
        "reminders": "yes" if chosen.reminders else "", "version": str(chosen.version),
    }  # fmt: skip
