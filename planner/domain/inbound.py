"""What a text message that comes in asks for: to stop, to start again, for help, or anything else."""

import re
from collections.abc import Mapping
from enum import StrEnum
from itertools import dropwhile

from planner.domain.contact import fold

_LETTERS = re.compile(r"[a-z]+")


class Gateway(StrEnum):
    """By whose rules what comes in is signed and written: our own, or a service's."""

    PLANNER = "planner"
    TWILIO = "twilio"
    VONAGE = "vonage"
    TELNYX = "telnyx"


class Word(StrEnum):
    """What a text message that comes in asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    OTHER = "other"


_STOP_FIRST = {"stop", "stopall", "unsubscribe", "optout", "revoke", "alto", "baja", "parar", "pare", "basta"}
"""Words that stop messages whatever follows: "stop sending me these"."""
_ALONE: Mapping[str, Word] = {
    **dict.fromkeys(("end", "quit", "cancel", "opt out", "cancelar", "fin", "salir", "no mas"), Word.STOP),
    **dict.fromkeys(("start", "unstop", "iniciar", "empezar", "comenzar"), Word.START),
    **dict.fromkeys(("help", "info", "ayuda"), Word.HELP),
}
"""Words that mean something only if nothing else is said."""

_POLITE = {"please", "pls", "plz", "por", "favor"}
"""What may stand before all that."""


def word_of(text: str) -> Word:
    """Tell what a text message asks for, in English or Spanish; in doubt it stops, and a person is asked to phone."""
    words = list(dropwhile(_POLITE.__contains__, _LETTERS.findall(fold(text))))
    if words and words[0] in _STOP_FIRST:
        return Word.STOP
    return _ALONE.get(" ".join(words), Word.OTHER)
