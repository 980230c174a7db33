"""Whatever a clinic, a protocol or a patient is called: nothing goes out that tells, and no header can be slipped in."""

from contextlib import suppress
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

from hypothesis import given
from hypothesis import strategies as st

from builders import NEW_YORK, spravato, uid
from desks import NOW
from planner.domain.inviting import Method
from planner.domain.neutral import FORBIDDEN, forbidden_in
from planner.domain.notices import BEFORE, NoticeKind
from planner.domain.protocol import Instruction
from planner.domain.reaching import Language
from planner.languages.speech import Speech
from planner.notify.invitations import MATTER, Invitation
from planner.notify.letters import Unwritable, write
from planner.notify.transports import TransportError, mail_of
from planner.notify.wording import instructions_in_words, one_line
from planner.storage.desk_records import Letterhead, Notice
from planner.storage.records import AppointmentRecord, Patient

SLIPPED = st.sampled_from(
    ["\r\nBcc: e@x.example", "\nSubject: x", "\x00", "\u202e", "\u2028", ", e@x.example", "<e@x.example>", "\r"]
)  # fmt: skip
TEXT = st.lists(st.one_of(st.text(max_size=12), st.sampled_from(FORBIDDEN), SLIPPED), max_size=4).map(" ".join)
HEADERS = {"From", "To", "Subject", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "Content-Type",
           "Content-Transfer-Encoding", "MIME-Version"}  # fmt: skip
LINE = {
    "when": "Tuesday 5 January 2027, 10:00 (EST, New York time)", "until": "12:35", "before": "", "provisional": "yes",
}  # fmt: skip
PAGE = {"address": "https://clinic.example/my/secret", "say": Speech(Language.SPANISH, NEW_YORK).say, "days": 7}


class Records:
    """What a letter reads of a unit of work."""

    def __init__(self, patient, letterhead):
        self.people = self.letterheads = self
        self._found = {True: patient, False: letterhead}

    def get(self, *key):
        return self._found[bool(key)]


def owed(kind):
    return Notice(
        uid("notice"), "key", kind, "mail", uid("patient"), None, None, {}, NOW, NOW, NOW, NOW + timedelta(days=1), 1
    )  # fmt: skip


def matter(kind, before):
    if kind.safety:
        advice = {"bound": "", "first_day": "tomorrow", "after_sleep": True}
        return {"visit_day": "Tuesday 5 January 2027", "same_day": True, **advice}
    if kind is NoticeKind.INVITATION:
        return {MATTER: invited(one_line(" ".join(one.text for one in before)))}
    if kind in BEFORE:
        return reminder(before)
    lists = {"whole": [], "added": [LINE], "moved": [LINE], "cancelled": ["Tuesday 5 January 2027, 10:00"]}
    lists |= {"confirmed": [LINE], "next": LINE, "provisional": "Provisional: not confirmed yet. You will hear from us."}
    return lists | {"before": instructions_in_words(before), "arrive": "", **PAGE}


def reminder(before):
    """What a letter before a visit is filled with: what it does not say is told apart by its gatherer."""
    lines = [{"from": "7:00 am", "text": text} for text in instructions_in_words(before)]
    links = dict.fromkeys(("come", "ride", "change"), "https://clinic.example/answer/secret")
    words = {"when": LINE["when"], "day": "martes, 5 de enero", "arrive": "9:30", "leave": "12:35", "dates": [LINE["when"]]}
    yes = dict.fromkeys(("dosing", "provisional", "withheld"), True)
    return {**words, **yes, **links, "cues": lines, "has_ride": False, "comes": False, "say": PAGE["say"]}


def invited(title, method=Method.REQUEST, sequence=0, language=Language.ENGLISH):
    start = NOW + timedelta(days=1)
    end = start + timedelta(hours=2)
    visit = AppointmentRecord(uid("visit"), uid("patient"), start, end, "2027-01-05T07:00", spravato(), NOW, NOW)
    return Invitation(method, visit, sequence, False, title, Speech(language, NEW_YORK), NOW)


def said_in(mail):
    """All that a mail says, its calendar unfolded and without whom it invites."""
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            lines = part.get_content().replace("\r\n ", "").splitlines()
            yield from (line for line in lines if not line.startswith("ATTENDEE"))


@given(st.sampled_from(NoticeKind), TEXT, TEXT, TEXT, st.lists(TEXT.map(Instruction), max_size=2), st.emails() | TEXT)
def test_what_goes_out_has_our_headers_one_recipient_and_no_telling_word(kind, name, public_name, phone, before, to):
    records = Records(Patient(uid("patient"), name, email=to), Letterhead(public_name, "hello@harbor.example", phone))
    with suppress(Unwritable, TransportError):
        letter = write(records, owed(kind), matter(kind, before))
        mail = message_from_bytes(mail_of(letter).as_bytes(), policy=default)
        assert set(mail.keys()) <= HEADERS
        assert [one.addr_spec for one in mail["To"].addresses] == [to]
        assert [one.addr_spec for one in mail["From"].addresses] == ["hello@harbor.example"]
        said = "\n".join(str(mail[one]) for one in HEADERS - {"To"}) + "\n".join(said_in(mail))
        assert forbidden_in(said) == []
        assert mail["Message-ID"] == f"<{uid('notice').hex}@notice.invalid>"


@given(TEXT)
def test_a_harmless_letter_goes_out_whatever_the_patient_is_called(name):
    assert written_to(name) == written_to("Somebody Else")


def written_to(name):
    patient = Patient(uid("patient"), name, email="a@b.example")
    records = Records(patient, Letterhead("Harbor", "hello@harbor.example", "555"))
    return write(records, owed(NoticeKind.MOVED), matter(NoticeKind.MOVED, []))
