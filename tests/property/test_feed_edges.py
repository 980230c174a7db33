"""Any text that somebody enters is refused, or goes out in calendars once where it belongs; no word that tells ever does."""

import shutil
from contextlib import ExitStack
from datetime import date
from functools import partial

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from builders import uid
from conftest import settings_for
from desks import induction, open_desk
from planner.domain.contact import initials
from planner.domain.errors import InvalidValue
from planner.domain.neutral import FORBIDDEN, forbidden_in
from planner.domain.reaching import Audience
from planner.domain.subscribing import Wanted
from planner.services import feeds, page_links, patients, resources
from planner.services.clinics import NewPatient
from planner.services.letterhead import change_letterhead, letterhead
from planner.storage.desk_records import Letterhead
from planner.storage.engine import open_engine
from planner.storage.unit_of_work import Store
from readers.reading import READERS, lacks, misread, must_not_skip, opened
from webdesk import BASE, web_desk

ODD = [
    "\r\nATTACH:http://evil", "BEGIN:VEVENT", "\u0085", "\u2028", "\u202e", "\ud800", "\\", "\\N", ";", ",", '"', ":",
    "e\u0301" * 9, "🙂", "漢" * 26, "x" * 40, "\u00a0", " ", "%s", "%0D%0A",
]  # fmt: skip
CHAIR, NURSE = uid("chair 1"), uid("nurse 1")
STANDARD = {"wording": "Appointment", "name": "Harbor", "street": "", "chair": "chair 1", "patient": "Ada Lovelace"}
FIELDS, FOLD = tuple(STANDARD), "\r\n "


@st.composite
def typed(draw):
    """What somebody may type into a field: words of their own, odd characters, and words that tell."""
    word = st.one_of(st.text(max_size=9), st.sampled_from(ODD), st.sampled_from(["Ada", "Harbor", "12", "room"]))
    telling = st.sampled_from(FORBIDDEN) if draw(st.integers(0, 4)) == 0 else word
    return "".join(draw(st.lists(st.one_of(word, telling), min_size=1, max_size=5)))


class Entered:
    """A clinic with one patient and one appointment, into whose fields texts are entered, and what then goes out."""

    def __init__(self, store):
        self.desk = open_desk(store)
        self.desk.publish(induction(1, "once"))
        self.desk.book(self.desk.begin("once", start=date(2027, 3, 9)))
        self.client = web_desk(self.desk).app.test_client()

    def enter(self, field, text):
        """Enter a text, or the standard one where it is refused; gives what is in the field then."""
        put = getattr(self, f"_put_{field}")
        try:
            return put(text)
        except InvalidValue:
            return put(STANDARD[field])

    def _put_wording(self, text):
        return Wanted("phone", wording=text).checked().wording

    def _put_name(self, text):
        return self._headed(public_name=text).public_name

    def _put_street(self, text):
        return self._headed(address=text).address

    def _headed(self, **changed):
        before = letterhead(self.desk.admin) or Letterhead("Harbor", "desk@harbor.example", "555 0100")
        entered = {name: getattr(before, name) for name in ("public_name", "sender", "phone", "address")} | changed
        version = before.version if letterhead(self.desk.admin) else None
        return change_letterhead(self.desk.admin, **entered, version=version)

    def _put_chair(self, text):
        resources.change_resource(self.desk.admin, resource_id=CHAIR, name=text, capacity=1)
        return text.strip()

    def _put_patient(self, text):
        found = patients.find(self.desk.scheduler, self.desk.patient())
        changed = NewPatient(text)
        return patients.correct(self.desk.scheduler, patient_id=found.id, version=found.version, changed=changed).name

    def answers(self, wording):
        """Everything that goes out: by each kind of calendar, what the server answers."""
        desk, whose = self.desk, {"patient_id": self.desk.patient()}
        full = Wanted("phone", wording=wording, shows_place=True, alarm_minutes=60)
        made = {
            "patient": feeds.create(desk.scheduler, full, **whose),
            "carer": feeds.create(desk.scheduler, Wanted("phone", Audience.CARER), agreed=True, **whose),
            "clinician": feeds.create_for_resource(desk.admin, Wanted("phone"), resource_id=NURSE),
            "room": feeds.create_for_resource(desk.admin, Wanted("wall"), resource_id=CHAIR),
        }
        found = {kind: self.client.get(f"/calendar/{one.token}.ics", base_url=BASE) for kind, one in made.items()}
        for one in made.values():
            feeds.revoke(desk.admin, link_id=one.link.id)
        page = page_links.create(desk.scheduler, label="phone", **whose)
        found["download"] = self.client.get(f"/my/{page.token}/appointments.ics", base_url=BASE)
        page_links.revoke(desk.scheduler, link_id=page.link.id)
        return found


@pytest.fixture(scope="module")
def clinic(migrated_sqlite, tmp_path_factory):
    path = tmp_path_factory.mktemp("edges") / "planner.db"
    shutil.copy(migrated_sqlite, path)
    store = Store(open_engine(settings_for(f"sqlite:///{path}")))
    yield Entered(store)
    store.close()


@pytest.fixture(scope="module")
def readers():
    with ExitStack() as until_the_end:
        yield {one: until_the_end.enter_context(opened(one)) for one in READERS if must_not_skip() or not lacks(one)}


def neutral(name, otherwise):
    """What stands for a name at the desk that would tell."""
    return otherwise if forbidden_in(name) else name


def meant(taken):
    """By each kind of calendar, its name, and the titles and places of its entries."""
    wording, name, street, chair, patient = (taken[field] for field in FIELDS)
    return {
        "patient": (name, [("No driving today", None), (wording, street or None)]),
        "carer": ("Pick-up", [("Pick-up", street or None)]),
        "clinician": ("nurse 1", [(initials(patient) + neutral(f", {chair}", ""), None)]),
        "room": (neutral(chair, "Busy"), [("Busy", None)]),
        "download": (name, [("Appointment", None)]),
    }


def as_meant(reader, seen, text):
    """Whether a text was read as it is meant, or is one that this reader is known to misread."""
    return seen == text or bool(misread(reader, text or ""))


def told_of(event):
    """An event in brief, the advice before the visits of its day."""
    return event.title != "No driving today", event.title, event.place


COSTLY = settings(max_examples=25, phases=(Phase.explicit, Phase.reuse, Phase.generate))  # an example takes 0.1 s


@COSTLY
@given(st.fixed_dictionaries({field: typed() for field in FIELDS}))
def test_every_reader_finds_what_was_taken_where_it_belongs(clinic, readers, texts):
    taken = {field: clinic.enter(field, text) for field, text in texts.items()}
    for kind, answer in clinic.answers(taken["wording"]).items():
        name, entries = meant(taken)[kind]
        for reader, read in readers.items():
            found = read(answer.data)
            assert as_meant(reader, found.name, name), reader
            for (_, *seen), texts_meant in zip(sorted(map(told_of, found.events)), entries, strict=True):
                assert all(map(partial(as_meant, reader), seen, texts_meant)), (reader, seen)


@COSTLY
@given(st.fixed_dictionaries({field: typed() for field in FIELDS}))
def test_nothing_that_goes_out_has_a_word_that_tells(clinic, texts):
    taken = {field: clinic.enter(field, text) for field, text in texts.items()}
    told = {
        kind: forbidden_in(f"{answer.headers}{answer.text.replace(FOLD, '')}")
        for kind, answer in clinic.answers(taken["wording"]).items()
    }
    assert not any(told.values()), told
