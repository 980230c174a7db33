"""Letters: what is owed, in neutral words, from the facts of the moment at which it is sent."""

from dataclasses import replace

from planner.domain.channels import Channel
from planner.domain.notices import ESCORTED, NoticeKind
from planner.domain.own_words import words_kind
from planner.domain.reaching import Language
from planner.domain.usable import text_number
from planner.languages.speech import anywhere
from planner.notify.escorts import escorts_number
from planner.notify.invitations import MATTER, Invitation, written
from planner.notify.matters import Matter
from planner.notify.rendering import Values, own, shipped, values_of
from planner.notify.transports import Letter
from planner.notify.wording import is_neutral, one_line
from planner.storage.desk_records import Letterhead, Notice
from planner.storage.message_records import OwnWords
from planner.storage.unit_of_work import UnitOfWork


class Unwritable(Exception):
    """A letter that cannot be written. *permanent*: waiting would not help. *reason*: a word for the notice's outcome."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        self.reason, self.permanent = reason, permanent
        super().__init__(reason)


def write(uow: UnitOfWork, notice: Notice, matter: Matter, channel: Channel = Channel.MAIL) -> Letter:
    """Write a notice's letter for a channel (mail or sms: a text without a subject, to a number of E.164).

    It is in the clinic's own words where these can go out, else in those that are shipped. Raises Unwritable without an
    address or a letterhead, for an SMS that is too long, and for words that tell too much.
    """
    if notice.kind in ESCORTED and channel is not Channel.SMS:
        raise Unwritable("by-sms-only", permanent=True)
    address = _address(uow, notice, channel)
    if not address:
        raise Unwritable("no-address", permanent=True)
    letterhead = uow.letterheads.get()
    if letterhead is None:
        raise Unwritable("no-letterhead", permanent=False)
    if notice.kind == NoticeKind.INVITATION:
        letter = _invitation(letterhead, address, matter, channel)
    else:
        subject, text = _text(uow, notice.kind, channel, letterhead, matter)
        letter = Letter(address, subject, text, "", one_line(letterhead.public_name), letterhead.sender)
    if not is_neutral(f"{letter.subject}\n{letterhead.sender}\n{letter.text}"):
        raise Unwritable("not-neutral", permanent=True)
    return replace(letter, message_id=message_id(notice))


def _address(uow: UnitOfWork, notice: Notice, channel: Channel) -> str | None:
    if notice.kind in ESCORTED:
        return escorts_number(uow, notice)
    if notice.patient_id is None:
        return None
    patient = uow.people.get(notice.patient_id)
    return text_number(patient.phone) if channel is Channel.SMS else patient.email


def _text(uow: UnitOfWork, kind: str, channel: Channel, letterhead: Letterhead, matter: Matter) -> tuple[str, str]:
    """Give subject and text; a clinic's own words that come out too long or telling are not used."""
    kept = uow.own_words.standing(words_kind(kind), matter.get("language", Language.ENGLISH), channel)
    found = _worded(kind, channel, values_of(letterhead, matter), kept)
    if found is None:
        raise Unwritable("too-long", permanent=True)
    return found


def _worded(kind: str, channel: Channel, values: Values, kept: OwnWords | None) -> tuple[str, str] | None:
    found = own(kept.subject, kept.body, kind, channel, values) if kept else None
    return found if found and is_neutral("\n".join(found)) else shipped(kind, channel, values)


def _invitation(letterhead: Letterhead, address: str, matter: Matter, channel: Channel) -> Letter:
    """Write an invitation: its subject and its text say all that its other parts do. A text message cannot carry one."""
    if channel is not Channel.MAIL:
        raise Unwritable("not-by-sms", permanent=True)
    asked: Invitation = matter[MATTER]
    made, name = written(asked, letterhead, address), one_line(letterhead.public_name)
    return Letter(address, made.subject, made.text, "", name, letterhead.sender, made.html, made.calendar, asked.method)


def sample(
    kind: str, letterhead: Letterhead, matter: Matter, language: Language = Language.ENGLISH,
    channel: Channel = Channel.MAIL, kept: OwnWords | None = None,
) -> tuple[str, str]:  # fmt: skip
    """Give subject and text of a message before there is a notice, for who is about to cause one.

    *kept*: the clinic's own words, where they have any for it. Empty texts for what cannot be made to fit.
    """
    values = values_of(letterhead, {"say": anywhere(language).say, "language": language, **matter})
    return _worded(kind, channel, values, kept) or ("", "")


def message_id(notice: Notice) -> str:
    """Name the mail of a notice: the same at every attempt, whatever the clinic's sender is by then."""
    return f"{notice.id.hex}@notice.invalid"
