"""Names, mail addresses and telephone numbers: what they may be, and how a patient is found by a part of one."""

import re
import unicodedata

from planner.domain.errors import InvalidValue

LONGEST_NAME = 200
_ADDRESS = re.compile(r"[^@\s,;:<>()\[\]\\\"]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
_PHONE = re.compile(r"\+?[0-9 ().\-/]+")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"})
_DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def clean(name: str, path: str) -> str:
    """Give a name without spaces around it; raises InvalidValue for an empty, long or unprintable one."""
    if not name.strip() or len(name) > LONGEST_NAME:
        raise InvalidValue(path, f"must be 1 to {LONGEST_NAME} characters")
    if not name.isprintable() or any(unicodedata.bidirectional(letter) in _DIRECTIONS for letter in name):
        raise InvalidValue(path, "must not contain control characters")
    return name.strip()


def initials(name: str) -> str:
    """Write "D.O." for "Dana Okafor"."""
    return "".join(f"{part[0].upper()}." for part in name.split()[:3])


def mail_address(text: str, path: str = "email") -> str:
    """Give a mail address in lower case; raises InvalidValue for one that cannot be."""
    found = text.strip().lower()
    if len(found) > 254 or not found.isascii() or not found.isprintable() or not _ADDRESS.fullmatch(found):
        raise InvalidValue(path, "must be a mail address, such as name@example.org")
    return found


def phone_number(text: str, path: str = "phone") -> str:
    """Give a telephone number as it was written; raises InvalidValue for one without 5 to 15 digits."""
    found = " ".join(text.split())
    if not _PHONE.fullmatch(found) or not 5 <= len(digits(found)) <= 15:
        raise InvalidValue(path, "must be a telephone number of 5 to 15 digits")
    return found


def digits(text: str) -> str:
    """Give the digits of a text."""
    return "".join(letter for letter in text if letter.isascii() and letter.isdigit())


def fold(text: str) -> str:
    """Give a text as it is searched for: without accents, in small letters, single spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).split())


def search_key(name: str, record_number: str | None, phone: str | None) -> str:
    """Give what a search looks through: the folded name, the record number, the digits of the telephone number."""
    return " ".join(part for part in (fold(name), fold(record_number or ""), digits(phone or "")) if part)


def search_words(term: str) -> tuple[str, ...]:
    """Give the parts that must all be found: a term that looks like a telephone number is one, by its digits."""
    if _PHONE.fullmatch(term.strip()) and len(digits(term)) >= 3:
        return (digits(term),)
    return tuple(fold(term).split()[:8])
