"""Letters: what is owed, in neutral words, from the facts of the moment at which it is sent."""

import re
from dataclasses import replace
from functools import lru_cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from planner.documents.templates import templates_directory
from planner.domain.channels import Channel
from planner.domain.notices import NoticeKind
from planner.notify.invitations import MATTER, Invitation, written
from planner.notify.matters import Matter
from planner.notify.transports import Letter
from planner.notify.wording import is_neutral, one_line
from planner.storage.desk_records import Letterhead, Notice
from planner.storage.unit_of_work import UnitOfWork

_GAPS = re.compile(r"\n{3,}")


class Unwritable(Exception):
    """A letter that cannot be written. *permanent*: waiting would not help. *reason*: a word for the notice's outcome."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        self.reason, self.permanent = reason, permanent
        super().__init__(reason)


def write(uow: UnitOfWork, notice: Notice, matter: Matter, channel: Channel = Channel.MAIL) -> Letter:
    """Write a notice's letter for a channel (mail or sms: a text without a subject, to a number of E.164).

    Raises Unwritable without an address or a letterhead, or for words that tell too much.
    """
    if channel is not Channel.MAIL:
        raise Unwritable("no-words", permanent=True)
    patient = uow.people.get(notice.patient_id) if notice.patient_id else None
    if patient is None or not patient.email:
        raise Unwritable("no-address", permanent=True)
    letterhead = uow.letterheads.get()
    if letterhead is None:
        raise Unwritable("no-letterhead", permanent=False)
    invites = notice.kind == NoticeKind.INVITATION
    letter = (_invitation if invites else _letter)(notice.kind, letterhead, patient.email, matter)
    if not is_neutral(f"{letter.subject}\n{letterhead.sender}\n{letter.text}"):
        raise Unwritable("not-neutral", permanent=True)
    return replace(letter, message_id=message_id(notice))


def _letter(kind: str, letterhead: Letterhead, address: str, matter: Matter) -> Letter:
    subject, text = _rendered(kind, letterhead, matter)
    return Letter(address, subject, text, "", one_line(letterhead.public_name), letterhead.sender)


def _invitation(_: str, letterhead: Letterhead, address: str, matter: Matter) -> Letter:
    """Write an invitation: its subject and its text say all that its other parts do."""
    asked: Invitation = matter[MATTER]
    made, name = written(asked, letterhead, address), one_line(letterhead.public_name)
    return Letter(address, made.subject, made.text, "", name, letterhead.sender, made.html, made.calendar, asked.method)


def sample(kind: str, letterhead: Letterhead, matter: Matter) -> str:
    """Give the text of a letter before there is a notice: for whoever is about to cause one."""
    return _rendered(kind, letterhead, matter)[1]


def message_id(notice: Notice) -> str:
    """Name the mail of a notice: the same at every attempt, whatever the clinic's sender is by then."""
    return f"{notice.id.hex}@notice.invalid"


def _rendered(kind: str, letterhead: Letterhead, matter: Matter) -> tuple[str, str]:
    """Fill a template: its first line is the subject."""
    name = "no-driving" if NoticeKind(kind).safety else kind
    values = {"name": one_line(letterhead.public_name), "phone": one_line(letterhead.phone), "kind": kind, **matter}
    subject, _, text = _templates().get_template(f"letters/{name}.txt").render(values).partition("\n")
    return subject, _GAPS.sub("\n\n", text).strip("\n") + "\n"


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(templates_directory()),
        autoescape=False,  # noqa: S701 -- plain text: a name is written as it is
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
