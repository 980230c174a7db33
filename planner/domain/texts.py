"""How long a text message is, as networks count it: by the alphabet of GSM 03.38, or in UTF-16 once a letter is not in that.

A part holds 160 letters of the one or 70 of the other; of several parts each holds 153 or 67, since they are numbered.
"""

_ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("^{}\\[~]|€\f")
"""The letters of the alphabet's extension: each takes two places."""
_PLAIN = str.maketrans({
    "\N{LEFT SINGLE QUOTATION MARK}": "'", "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"', "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{EN DASH}": "-", "\N{EM DASH}": "-", "\N{HORIZONTAL ELLIPSIS}": "...",
})  # fmt: skip


def plain(text: str) -> str:
    """Write a text in one line, with the quotes and dashes of a typewriter: a single other one would more than double it."""
    return " ".join(text.translate(_PLAIN).split())


def is_basic(text: str) -> bool:
    """Whether the alphabet of GSM 03.38 has all of a text."""
    return _ALPHABET.union(_ESCAPED).issuperset(text)


def places(text: str) -> int:
    """Count the places that a text takes in its alphabet."""
    if is_basic(text):
        return len(text) + sum(letter in _ESCAPED for letter in text)
    return len(text.encode("utf-16-le")) // 2


def parts(text: str) -> int:
    """Count the parts in which a text is sent, and paid for."""
    alone, numbered = (160, 153) if is_basic(text) else (70, 67)
    taken = places(text)
    return 1 if taken <= alone else -(-taken // numbered)
