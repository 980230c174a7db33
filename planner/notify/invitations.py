"""Invitations by mail: what each says, in the patient's language, and the file for the calendar program in it.

What has changed and how to prepare stands in the messages about changes, which come as ever; an invitation says only which
appointment it is, so that nobody reads everything twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from textwrap import fill
from uuid import UUID

from planner.domain.course import AppointmentStatus
from planner.domain.inviting import Method, may_hold, method_for, raised_by
from planner.domain.notices import NoticeKind
from planner.domain.reaching import Delivery
from planner.feeds.entries import Entry, EntryStatus
from planner.feeds.itip import invitation_bytes
from planner.languages.speech import Speech
from planner.notify.wording import is_neutral, one_line
from planner.storage.desk_records import Letterhead, Notice
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import UnitOfWork

MATTER = "invitation"
_WIDTH = 76


@dataclass(frozen=True)
class Invitation:
    """What a patient's calendar is to be sent at *now* about a visit, under a *title*; *sequence* is the mail's SEQUENCE.

    *held*: the calendar may hold it already. *place*: where the clinic is, if the patient wants that said.
    """

    method: Method
    visit: AppointmentRecord
    sequence: int
    held: bool
    title: str
    speech: Speech
    now: datetime
    place: str = ""

    @property
    def stays(self) -> bool:
        """Whether an appointment that is taken out of the calendar takes place all the same."""
        return self.method is Method.CANCEL and self.visit.status is not AppointmentStatus.CANCELLED

    @property
    def provisional(self) -> bool:
        """Whether the date is not confirmed yet."""
        return self.visit.status is AppointmentStatus.TENTATIVE


@dataclass(frozen=True)
class Written:
    """An invitation in words and as a file."""

    subject: str
    text: str
    html: str
    calendar: bytes


def invitation_matter(uow: UnitOfWork, notice: Notice, now: datetime) -> Mapping[str, Invitation] | None:
    """Find what a patient's calendar must be sent about an appointment; None where it is right, or the visit has begun."""
    visit = uow.appointments.get(UUID(notice.facts["appointment"]))
    if visit.start_at <= now:
        return None
    chosen = uow.correspondence.of_patient(visit.patient_id)
    mailed = [one for one in uow.notices.of_appointment(visit.id) if one.kind == NoticeKind.INVITATION]
    held = may_hold(one for one in mailed if one.id != notice.id or notice.attempts > 1)
    wanted = chosen.delivery is Delivery.INVITATIONS and visit.status is not AppointmentStatus.CANCELLED
    method = method_for(wanted=wanted, held=held)
    if method is None:
        return None
    speech = Speech(chosen.language, uow.clinics.get(now).zone)
    title, sequence = one_line(chosen.wording), visit.sequence + raised_by(mailed)
    place = _place(uow) if chosen.shows_place else ""
    return {MATTER: Invitation(method, visit, sequence, held, title, speech, now, place)}


def _place(uow: UnitOfWork) -> str:
    """Give the clinic's address, where it has one that tells nothing."""
    letterhead = uow.letterheads.get()
    place = one_line(letterhead.address) if letterhead else ""
    return place if is_neutral(place) else ""


def written(asked: Invitation, letterhead: Letterhead, address: str) -> Written:
    """Write an invitation for a patient's mail address; a program's answer would go to the sender."""
    subject, paragraphs = _subject(asked), list(_paragraphs(asked, letterhead))
    text = "\n\n".join(fill(one, _WIDTH) for one in paragraphs) + "\n"
    organizer = (one_line(letterhead.public_name), letterhead.sender)
    calendar = invitation_bytes(asked.method, _entry(asked), organizer, address, asked.now, _comment(asked))
    return Written(subject, text, _html(asked.speech.language, subject, paragraphs), calendar)


def _entry(asked: Invitation) -> Entry:
    """Give the entry of the patient's feed, with this mail's SEQUENCE."""
    visit, gone = asked.visit, asked.method is Method.CANCEL
    status = EntryStatus.TENTATIVE if asked.provisional else EntryStatus.CONFIRMED
    title = asked.speech.say("%s (provisional)") % asked.title if asked.provisional else asked.title
    entry = Entry(
        visit.id, asked.sequence, visit.span, title, status, gone, visit.created_at, visit.updated_at, asked.place
    )  # fmt: skip
    return replace(entry, title=asked.title, status=EntryStatus.CANCELLED) if gone else entry


def _comment(asked: Invitation) -> str:
    if not asked.stays:
        return ""
    return asked.speech.say("Your appointment stays as it is. It is only taken out of this calendar.")


def _subject(asked: Invitation) -> str:
    say, day = asked.speech.say, asked.speech.day(asked.speech.local_day(asked.visit.start_at))
    values = {"what": asked.title, "day": day}
    if asked.method is Method.REQUEST:
        return say("Invitation, changed: %(what)s, %(day)s" if asked.held else "Invitation: %(what)s, %(day)s", **values)
    if asked.stays:
        return say("Taken out of your calendar: %(what)s, %(day)s", **values)
    return say("Cancelled: %(what)s, %(day)s", **values)


def _paragraphs(asked: Invitation, letterhead: Letterhead) -> Iterable[str]:
    say, name, phone = asked.speech.say, one_line(letterhead.public_name), one_line(letterhead.phone)
    when, what = _when(asked), asked.title
    if asked.method is Method.REQUEST:
        yield say("%(what)s at %(name)s: %(when)s.", what=what, name=name, when=when)
        if asked.place:
            yield say("Where: %(place)s.", place=asked.place)
        if asked.provisional:
            yield say("This date is provisional: it is not confirmed yet. You will hear from us.")
        yield say("With this mail your calendar program can enter the appointment, or correct what it has of it.")
    elif asked.stays:
        yield say("Your appointment at %(name)s stays as it is: %(when)s.", name=name, when=when)
        yield say("It is only taken out of this calendar, since your dates do not come by invitations any more.")
    else:
        yield say("%(what)s at %(name)s is cancelled: %(when)s.", what=what, name=name, when=when)
        yield say("With this mail your calendar program can take it out of your calendar.")
    yield say(
        "An answer that your calendar program sends is not read. To tell us that you come, or that you need another time,"
        " use your private page, or call %(phone)s.", phone=phone,
    )  # fmt: skip


def _when(asked: Invitation) -> str:
    """Say when it is, until when about, and in which zone."""
    speech, visit = asked.speech, asked.visit
    values = {
        "day": speech.day(speech.local_day(visit.start_at)), "start": speech.time(visit.start_at),
        "end": speech.time(visit.end_at), "zone": speech.zone_name(visit.start_at),
    }  # fmt: skip
    return speech.say("%(day)s, %(start)s until about %(end)s, %(zone)s", **values)


def _html(language: str, subject: str, paragraphs: Iterable[str]) -> str:
    body = "\n".join(f"<p>{escape(one)}</p>" for one in paragraphs)
    head = f'<head><meta charset="utf-8"><title>{escape(subject)}</title></head>'
    return f'<!DOCTYPE html>\n<html lang="{language}">\n{head}\n<body>\n{body}\n</body>\n</html>\n'
