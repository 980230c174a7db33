"""Several messages to one person as one: what is owed for safety first, and what all of them say said once."""

from collections.abc import Sequence
from dataclasses import replace

from planner.domain.channels import Channel
from planner.notify.rendering import LONGEST_SMS
from planner.notify.transports import Letter

_GAP = "\n\n"


def together(letters: Sequence[Letter]) -> Letter:
    """Make one letter of several to the same address by the same channel, in their order; its subject is the first one's."""
    first = letters[0]
    if len(letters) == 1:
        return first
    texts = [one.text.strip("\n").split(_GAP) for one in letters]
    ends = _shared_end(texts)
    middle: list[str] = []
    for text in texts:
        middle += [part for part in text[: len(text) - ends] if part not in middle]
    end = texts[0][len(texts[0]) - ends :]
    return replace(first, text=_GAP.join([*middle, *end]) + "\n")


def fits(letters: Sequence[Letter], channel: Channel) -> bool:
    """Whether letters can be one: a text message has a length, a mail has none."""
    return channel is not Channel.SMS or len(together(letters).text.strip()) <= LONGEST_SMS


def _shared_end(texts: Sequence[Sequence[str]]) -> int:
    """Count the paragraphs with which all of them end."""
    shared = 0
    for last in zip(*(reversed(text) for text in texts), strict=False):
        if len(set(last)) > 1:
            break
        shared += 1
    return shared
