"""Several messages to one person as one: what is owed for safety first, and how all of them begin and end said once.

Its Message-ID is that of exactly these messages. A mailbox may drop what it has already: under the name of one of them that
came before, alone, the others would never be seen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from uuid import UUID

from planner.domain.channels import Channel
from planner.domain.notices import ALONE, NO_DRIVING
from planner.domain.texts import places
from planner.notify.rendering import LONGEST_SMS
from planner.notify.routing import Way
from planner.notify.transports import Letter
from planner.storage.desk_records import Notice
from planner.storage.leasing import Found
from planner.storage.link_records import PageLink

_GAP = "\n\n"
_BETWEEN = f"{_GAP}* * *{_GAP}"
"""What parts one message from the next in a mail; a text has no room for it."""
_LONGEST_SUBJECT = 200


@dataclass(frozen=True)
class Ready:
    """A message that can go, and the links in it that are stored before it does."""

    notice: Notice
    way: Way
    letter: Letter
    links: Sequence[PageLink]


def by_person(leased: Iterable[Found[Notice]]) -> Iterable[tuple[UUID, list[Notice]]]:
    """Put together what is owed to one person; what goes alone, or to nobody known, is by itself."""
    found: dict[tuple[object, ...], tuple[UUID, list[Notice]]] = {}
    for one in leased:
        notice = one.record
        alone = notice.id if notice.kind in ALONE or notice.patient_id is None else None
        key = (one.clinic_id, notice.patient_id, notice.recipient, alone)
        found.setdefault(key, (one.clinic_id, []))[1].append(notice)
    return found.values()


def parcels(channel: Channel, ready: Iterable[Ready]) -> Iterable[list[Ready]]:
    """Put together what goes as one message, what is owed for safety first; texts only where the whole is short enough.

    Nothing new joins what was tried before: that may have arrived, and its second copy must bear the name of the first.
    """
    found: list[list[Ready]] = []
    for one in sorted(ready, key=lambda one: (one.notice.kind not in NO_DRIVING, one.notice.due_at, one.notice.id)):
        alike = [parcel for parcel in found if parcel[0].notice.attempts == one.notice.attempts]
        if alike and fits([*(other.letter for other in alike[-1]), one.letter], channel):
            alike[-1].append(one)
        else:
            found.append([one])
    return found


def together(letters: Sequence[Letter]) -> Letter:
    """Make one letter of several to the same address by the same channel, in their order; its subject names each.

    Only the greeting, and the end that all share, are said once: what a letter says of its own visit stays beside it.
    """
    first = letters[0]
    if len(letters) == 1:
        return first
    texts = [text.split(_GAP) for text in dict.fromkeys(one.text.strip("\n") for one in letters)]
    begins = min(_shared(texts), 1)
    rest = [text[begins:] for text in texts]
    ends = _shared([text[::-1] for text in rest])
    middle = (_BETWEEN if first.subject else _GAP).join(_GAP.join(text[: len(text) - ends]) for text in rest)
    text = _GAP.join(filter(None, [*texts[0][:begins], middle, *rest[0][len(rest[0]) - ends :]])) + "\n"
    return replace(first, subject=_subject(letters), text=text, message_id=_shared_id(letters))


def fits(letters: Sequence[Letter], channel: Channel) -> bool:
    """Whether letters can be one: a text message has a length, a mail has none."""
    return channel is not Channel.SMS or places(together(letters).text.strip()) <= LONGEST_SMS


def _subject(letters: Sequence[Letter]) -> str:
    """Name all that a letter is about: who reads of a cancelled visit alone would not look for the one that was moved."""
    whole = "; ".join(dict.fromkeys(one.subject for one in letters))
    return whole if len(whole) <= _LONGEST_SUBJECT else letters[0].subject


def _shared_id(letters: Sequence[Letter]) -> str:
    """Name them all by the first of their ids, whatever their order, and by a mark of the others; a bounce is read by it."""
    names = sorted(one.message_id for one in letters)
    name, _, domain = names[0].partition("@")
    return f"{name}@{sha256(' '.join(names).encode()).hexdigest()[:8]}.{domain}"


def _shared(texts: Sequence[Sequence[str]]) -> int:
    """Count the paragraphs with which all of them begin."""
    shared = 0
    for one in zip(*texts, strict=False):
        if len(set(one)) > 1:
            break
        shared += 1
    return shared
