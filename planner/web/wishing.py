"""How messages reach a patient, as a form says it: at the desk and on the patient's own page."""

from collections.abc import Sequence
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
        return Wish(ordered(sending, self.at_last), self._quiet, self.reminders, self.version)

    @property
    def _quiet(self) -> Quiet | None:
        if self.quiet_from is None or self.quiet_until is None:
            if self.quiet_from == self.quiet_until:
                return None
            missing = "quiet_from" if self.quiet_from is None else "quiet_until"
            raise InvalidValue(missing, "is missing: say from when until when")
        if self.quiet_from == self.quiet_until:
            raise InvalidValue("quiet_until", "must be another time than the first")
        return Quiet(self.quiet_from, self.quiet_until)


class ConsentForm(Form):
    """What a patient says about a channel on their own page."""

    channel: Channel
    given: bool


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
