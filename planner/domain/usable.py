"""Which channels can be used for somebody: there is an address, and the patient agreed to it or did not say no."""

import re
from collections.abc import Collection, Mapping

from planner.domain.channels import Channel

_PUNCTUATION = re.compile(r"[ ().\-/]")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def text_number(phone: str | None) -> str | None:
    """Give the number to which an SMS can go, such as +12125550100; None for one without its country's code.

    A nought in brackets, dialled only inside its country, leaves the number in doubt: None too.
    """
    if "(0)" in (phone or ""):
        return None
    number = _PUNCTUATION.sub("", phone or "")
    return number if _E164.fullmatch(number) else None


def usable_channels(
    email: str | None, phone: str | None, standing: Mapping[Channel, bool], configured: Collection[Channel]
) -> set[Channel]:
    """List what can be used: mail unless it was refused, an SMS only with recorded consent; a person can always act.

    *standing*: the patient's last word about each channel, if any; *configured*: what this installation can send by.
    """
    found = {Channel.PHONE, Channel.PRINT}
    if email and standing.get(Channel.MAIL, True):
        found.add(Channel.MAIL)
    if text_number(phone) and standing.get(Channel.SMS, False):
        found.add(Channel.SMS)
    return {one for one in found if one.by_hand or one in configured}
