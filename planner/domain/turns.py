"""Whose turn it is among the channels by which a message can go, when one of them does not take it for now.

It stays with the first until that has failed PATIENCE times in a row, about six minutes by the table of waits: a mail server
that puts off whom it does not know takes it by then, and a mail says more than a text. Then each of the others is tried at
once; when none took it, they take turns, each after the wait that the message has come to. What keeps a patient from
driving goes to the next channel at the first failure.

What one channel has taken is never tried by another. Where no answer came it may have been taken: a second copy is worth
more than none, by another channel as by the same.
"""

from collections.abc import Collection, Sequence

from planner.domain.channels import Channel

PATIENCE, HASTE = 3, 1
"""Failures in a row of the first channel before another is tried: of most messages, and of those that are for safety."""
REFUSALS = 3
"""How often a service refuses one number before that counts as for good, unless it refuses all others too."""
TAKEN = "sent"
"""The outcome of an attempt that was taken."""
_REFUSED = "refused"
_NO_SUCH_ADDRESS = frozenset({"bad-number", "550", "551", "553"})
"""What a number that is none, and a mail server that knows no such mailbox (RFC 5321), are answered."""
_CAME_BACK = ("bounced 5.0.", "bounced 5.1.", "bounced 5.2.1")
"""How the status of a mail that came back begins where its address is wrong, or may be (RFC 3463)."""


def whose_turn(channels: Sequence[Channel], failed: Sequence[Channel], patience: int) -> Channel:
    """Say by which of some channels, in the patient's order, a message is tried next.

    *failed*: the channel of each failure for now, oldest first; one that is not among the channels does not count.
    """
    mine = [one for one in failed if one in channels]
    untried = [one for one in channels if one not in mine]
    if mine and len(set(mine)) == 1 and len(mine) < patience:
        return mine[-1]
    return untried[0] if untried else max(channels, key=mine[::-1].index)


def another_at_once(channels: Sequence[Channel], failed: Sequence[Channel], patience: int) -> bool:
    """Whether the next channel is tried without waiting, should the one whose turn it is fail: it never was."""
    then = [*failed, whose_turn(channels, failed, patience)]
    return whose_turn(channels, then, patience) not in then


def refusal(code: str) -> str:
    """Write down that a service answered, and would not text this number: as an attempt's outcome."""
    return f"{_REFUSED} {code}"


def is_refusal(outcome: str) -> bool:
    """Whether an attempt's outcome is that a service would not text this number."""
    return outcome.startswith(f"{_REFUSED} ")


def is_about_address(outcome: str) -> bool:
    """Whether what became of a try that was for good means the number or the address, not the text or who sends it."""
    return is_refusal(outcome) or outcome in _NO_SUCH_ADDRESS or outcome.startswith(_CAME_BACK)


def is_this_number(others: Collection[str]) -> bool:
    """Whether a service that has refused a number REFUSALS times means that number, for good.

    *others*: what became of texts to others since the first refusal. Where there were some and none was taken, the service
    itself is in trouble, or is set up wrongly: this number may yet be texted.
    """
    return not others or TAKEN in others
