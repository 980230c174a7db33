"""Whatever a clinic, a protocol or a patient is called: nothing goes out that tells, and no header can be slipped in."""

from contextlib import suppress
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

from hypothesis import given
from hypothesis import strategies as st

from builders import NEW_YORK, spravato, uid
from desks import NOW
from planner.domain.channels import Channel
from planner.domain.contact import initials
from planner.domain.inviting import Method
from planner.domain.neutral import FORBIDDEN, forbidden_in
from planner.domain.notices import ESCORTED, NoticeKind
from planner.domain.own_words import KINDS, words_kind
from planner.domain.protocol import Instruction
from planner.domain.reaching import Language
from planner.domain.replies import ReplyKind, Ride, RideKind
from planner.languages.speech import Speech
from planner.notify.invented import invented
from planner.notify.invitations import MATTER, Invitation
from planner.notify.letters import Unwritable, write
from planner.notify.rendering import LONGEST_SMS
from planner.notify.transports import TransportError, mail_of
from planner.notify.wording import instructions_in_words, one_line
from planner.storage.desk_records import Letterhead, Notice
from planner.storage.link_records import Reply
from planner.storage.records import AppointmentRecord, Patient

SLIPPED = st.sampled_from(
    ["\r\nBcc: e@x.example", "\nSubject: x", "\x00", "\u202e", "\u2028", ", e@x.example", "<e@x.example>", "\r"]
)  # fmt: skip
TEXT = st.lists(st.one_of(st.text(max_size=12), st.sampled_from(FORBIDDEN), SLIPPED), max_size=4).map(" ".join)
HEADERS = {"From", "To", "Subject", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "Content-Type",
           "Content-Transfer-Encoding", "MIME-Version"}  # fmt: skip
WORDED = [kind for kind in NoticeKind if words_kind(kind) in KINDS]
ALL = [*WORDED, NoticeKind.INVITATION]


class Records:
    """What a letter reads of a unit of work."""

    def __init__(self, patient, letterhead):
        self.people = self.letterheads = self.own_words = self.replies = self
        self._found = {True: patient, False: letterhead}

    def get(self, *key):
        return self._found[bool(key)]

    def standing(self, *_):
        return None

    def of_appointments(self, _):
        ride = Ride(RideKind.ADULT, "Jo", "+1 212 555 0100", contact=True)
        return [Reply(uid("reply"), uid("patient"), uid("visit"), ReplyKind.RIDE, 0, NOW, uid("link"), ride)]


def owed(kind):
    facts = {"appointments": [str(uid("visit"))], "reply": str(uid("reply"))} if kind in ESCORTED else {}
    return Notice(
        uid("notice"), "key", kind, "mail", uid("patient"), None, None, facts, NOW, NOW, NOW, NOW + timedelta(days=1), 1
    )  # fmt: skip


def matter(kind, before):
    if kind is NoticeKind.INVITATION:
        return {MATTER: invited(one_line(" ".join(one.text for one in before)))}
    found = invented(words_kind(kind), Speech(Language.SPANISH, NEW_YORK), NOW, "https://clinic.example")
    told = {"before": instructions_in_words(before)} if "before" in found else {}
    return {**found, **told}


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


@given(st.sampled_from(ALL), TEXT, TEXT, TEXT, st.lists(TEXT.map(Instruction), max_size=2), st.emails() | TEXT)
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


@given(st.sampled_from([*WORDED, *sorted(ESCORTED)]), TEXT, TEXT, TEXT)
def test_a_text_message_is_one_short_line_without_a_telling_word(kind, public_name, phone, named):
    records = Records(Patient(uid("patient"), "A", phone="+1 212 555 0100"), Letterhead(public_name, "a@b.example", phone))
    with suppress(Unwritable):
        pick_up = {"who": one_line(initials(named)), "place": one_line(named)} if kind in ESCORTED else {}
        letter = write(records, owed(kind), {**matter(kind, []), **pick_up}, Channel.SMS)
        assert (letter.to, letter.subject, forbidden_in(letter.text)) == ("+12125550100", "", [])
        assert letter.text.isprintable()
        assert len(letter.text) <= LONGEST_SMS
        assert letter.text.count("https://") <= 1


@given(TEXT)
def test_a_harmless_letter_goes_out_whatever_the_patient_is_called(name):
    assert written_to(name) == written_to("Somebody Else")


def written_to(name):
    patient = Patient(uid("patient"), name, email="a@b.example")
    records = Records(patient, Letterhead("Harbor", "hello@harbor.example", "555"))
    return write(records, owed(NoticeKind.MOVED), matter(NoticeKind.MOVED, []))
