"""What holds for all of the patient's page: looking changes nothing, and every word of it is said in Spanish as well."""

import re
from html import unescape

import pytest
from sqlalchemy import MetaData, select

from desks import at
from patientpage import give, open_course, open_page, send_all, words
from planner.domain.reaching import Delivery, Language
from planner.domain.replies import ReplyKind, Ride, RideKind
from planner.languages import phrases
from planner.services import booking, correspondence, feeds, replying

NOTED = {"used_at", "used_by", "expires_at"}
SPANISH = phrases(Language.SPANISH)


@pytest.fixture
def course(desk):
    """A course under way: the first visit given, one moved, one cancelled, one answered."""
    course = open_course(desk)
    send_all(desk)
    third, fourth = desk.live(course)[2:4]
    booking.move(
        desk.scheduler, appointment_id=third.id, start=at("01-12", "11:00"), version=third.version, told=True
    )
    booking.cancel(desk.scheduler, appointment_id=fourth.id, version=fourth.version, reason="ill", told=True)
    return course


@pytest.fixture
def mine(web, desk, course):
    """The page of the course's patient, with all that it can show."""
    mine = open_page(web, course)
    second = desk.live(course)[1]
    replying.reply(mine.bearer, appointment_id=second.id, kind=ReplyKind.COME)
    ride = Ride(RideKind.RIDESHARE)
    replying.reply(mine.bearer, appointment_id=second.id, kind=ReplyKind.RIDE, ride=ride)
    feeds.create_own(mine.bearer, feeds.Wanted("tablet"))
    return mine


def stored(desk):
    """All rows of the database but for what is noted of a link's use, and how often links are opened."""
    engine = desk.store.engine
    found = MetaData()
    found.reflect(engine)
    with engine.connect() as connection:
        return {
            table.name: sorted(
                str([value for name, value in row._mapping.items() if table.name != "page_link" or name not in NOTED])
                for row in connection.execute(select(table))
            )
            for table in found.sorted_tables
            if table.name != "throttle"
        }  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(web, desk, course, mine, method):
    second = desk.live(course)[1].id
    ids = {"appointment_id": second, "token": mine.minted.token}
    rules = [
        rule for rule in web.app.url_map.iter_rules()
        if rule.endpoint.startswith(("mine.", "own_calendar.", "own_messages.")) and "GET" in rule.methods
    ]  # fmt: skip
    assert len(rules) >= 5
    before = stored(desk)
    for rule in rules:
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda name: str(ids[name[1]]), rule.rule)
        answer = mine.web.app.test_client().open(path, method=method, base_url="http://127.0.0.1:8000")
        assert answer.status_code == 200, path
        assert bool(answer.data) == (method == "GET")
    assert stored(desk) == before


def english():
    """All phrases that there are in both languages, and differ."""
    known = {key: SPANISH.gettext(key) for key in SPANISH._catalog if isinstance(key, str) and len(key) > 8}
    plain = {re.sub(r"%\(\w+\)s.*", "", key) for key, said in known.items() if said != key}
    return sorted((one for one in plain if len(one) > 8), key=len)


def speak_spanish(mine, **changed):
    known = correspondence.chosen(mine.bearer)
    wish = {"language": Language.SPANISH, "delivery": Delivery.FEED, "wording": "", "version": known.version, **changed}
    correspondence.choose(mine.bearer, **wish)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("part", ["", "/hand-out", "/stop", "/messages"])
def test_the_spanish_page_holds_no_english_sentence(desk, course, mine, part, full):
    speak_spanish(mine, full=full)
    give(desk, desk.live(course)[0], left=True)
    shown = unescape(words(mine.html(part)))
    assert [one for one in english() if re.search(rf"(?<!\w){re.escape(one)}", shown)] == []
    assert "Friday" not in shown
    assert "January" not in shown


@pytest.mark.parametrize("delivery", list(Delivery))
def test_every_way_of_delivery_is_said_in_spanish(desk, course, mine, delivery):
    with desk.store.begin(desk.clinic_id) as uow:
        patient = uow.people.get(course.patient_id)
        uow.people.save(type(patient)(**{**vars(patient), "email": "nadia@mail.example"}))
    speak_spanish(mine, delivery=delivery)
    shown = unescape(words(mine.html()))
    assert [one for one in english() if re.search(rf"(?<!\w){re.escape(one)}", shown)] == []


def test_a_refusal_is_said_in_spanish(mine):
    speak_spanish(mine)
    answer = mine.send("/links", program="apple", label="", audience="patient")
    assert answer.status_code == 422
    shown = unescape(words(answer.text))
    assert "¿De quién es el dispositivo? debe tener de 1 a 200 caracteres" in shown
    assert [one for one in english() if re.search(rf"(?<!\w){re.escape(one)}", shown)] == []


@pytest.mark.parametrize("made", [("/links", {"program": "qr", "label": "mi reloj"}), ("/renew", {}), ("/stop", {})])
def test_what_a_button_answers_is_said_in_spanish(mine, made):
    speak_spanish(mine)
    shown = unescape(words(mine.send(made[0], **made[1]).text))
    assert [one for one in english() if re.search(rf"(?<!\w){re.escape(one)}", shown)] == []
