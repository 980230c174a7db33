"""How messages reach a patient: written down at the desk, chosen on the patient's own page, in both languages."""

from datetime import time

import pytest

from patientpage import open_course, open_page
from planner.bootstrap import Parts
from planner.domain.channels import Channel, MessagePolicy, Quiet
from planner.domain.reaching import Delivery, Language
from planner.domain.roles import Role
from planner.services import clinics, consents, correspondence, patients, settings

MAIL, SMS, PHONE, PRINT = Channel
WISH = {
    "order": "sms-mail", "at_last": "print", "quiet_from": "22:00", "quiet_until": "07:30", "reminders": "yes",
    "version": "0",
}  # fmt: skip
AGREED = {"channel": "sms", "given": "yes", "how": "on paper"}


@pytest.fixture
def ada(desk):
    entered = clinics.NewPatient("Ada Lovelace", email="ada@mail.example", phone="+1 212 555 0100")
    (made,) = clinics.register_patients(desk.scheduler, [entered])
    return made.id


@pytest.fixture
def browser(web):
    return web.signed_in()


def chosen(desk, patient_id):
    return correspondence.chosen_for(desk.scheduler, patient_id)


def given(desk, patient_id):
    return consents.standing_for(desk.scheduler, patient_id).given


def test_what_is_wished_is_kept_and_shown(browser, desk, ada):
    assert browser.post(f"/patients/{ada}/channels", WISH).status_code == 303
    found = chosen(desk, ada)
    assert (found.channels, found.quiet, found.reminders) == ((SMS, MAIL, PRINT), Quiet(time(22), time(7, 30)), True)
    shown = browser.get(f"/patients/{ada}/channels").text
    assert 'value="22:00"' in shown
    assert '<option value="sms-mail" selected>' in shown
    assert "text message, then mail; text messages are not agreed to" in browser.get(f"/patients/{ada}").text


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("order", "pigeon"), ("at_last", "mail"), ("quiet_until", ""), ("quiet_until", "22:00"), ("quiet_from", "25:00")],
)
def test_a_wish_that_cannot_be_is_refused_beside_its_field_and_stays_filled_in(browser, desk, ada, field, wrong):
    answer = browser.post(f"/patients/{ada}/channels", WISH | {field: wrong})
    assert answer.status_code == 422
    assert f'id="f-{field}"' in answer.text
    assert f'aria-describedby="h-{field}" aria-invalid="true"' in answer.text
    assert chosen(desk, ada).version == 0


def test_the_page_says_of_whom_it_is(browser, ada):
    assert "How messages reach <span" in browser.get(f"/patients/{ada}/channels").text
    assert '<span class="full">Ada Lovelace</span>' in browser.get(f"/patients/{ada}/channels").text


def test_a_stale_wish_is_refused(browser, desk, ada):
    browser.post(f"/patients/{ada}/channels", WISH)
    assert browser.post(f"/patients/{ada}/channels", WISH | {"order": "mail"}).status_code == 409
    assert chosen(desk, ada).channels[0] is SMS


def test_an_agreement_is_written_down_with_how_and_by_whom(browser, desk, ada):
    assert browser.post(f"/patients/{ada}/consents", AGREED).status_code == 303
    assert given(desk, ada)[SMS]
    shown = browser.get(f"/patients/{ada}/channels").text
    assert "agreed, to the number ending in 0100" in shown
    assert "on paper, written down by Scheduler Person" in shown


@pytest.mark.parametrize(("field", "wrong"), [("channel", "phone"), ("how", " "), ("given", "maybe")])
def test_an_agreement_that_cannot_be_is_refused(browser, desk, ada, field, wrong):
    answer = browser.post(f"/patients/{ada}/consents", AGREED | {field: wrong})
    assert answer.status_code == 422
    assert f'id="h-{field}"' in answer.text
    assert not given(desk, ada)[SMS]


def test_a_number_without_its_country_gets_no_text_messages(browser, desk, ada):
    patient = patients.find(desk.scheduler, ada)
    national = clinics.NewPatient("Ada Lovelace", phone="212 555 0100")
    patients.correct(desk.scheduler, patient_id=ada, version=patient.version, changed=national)
    assert "no number with its country" in browser.get(f"/patients/{ada}/channels").text
    assert "needs a mobile number with its country" in browser.post(f"/patients/{ada}/consents", AGREED).text


def test_nobody_sees_it_without_signing_in(web, ada):
    assert web.browser().get(f"/patients/{ada}/channels").status_code == 303


class Nowhere:
    """A service of text messages that takes whatever it gets."""

    def deliver(self, letter):
        pass


@pytest.fixture
def mine(web, desk):
    """The page of a patient who can be written to by both ways."""
    course = open_course(desk)
    patient = patients.find(desk.scheduler, course.patient_id)
    entered = clinics.NewPatient("Nadia Rahman", email="nadia@mail.example", phone="+1 212 555 0142")
    patients.correct(desk.scheduler, patient_id=patient.id, version=patient.version, changed=entered)
    web.app.extensions["planner"] = Parts(desk.store, desk.clock, transports={SMS: Nowhere()})
    return open_page(web, course)


def test_the_patients_page_leads_to_it(mine):
    assert f"{mine.path}/messages" in mine.html()


def test_a_patient_agrees_to_text_messages_and_stops_them(mine, desk):
    assert "your number that ends in 0142" in mine.words("/messages")
    assert "555" not in mine.words("/messages").replace("555-0100", "")
    assert mine.send("/consents", channel="sms", given="yes").status_code == 303
    assert given(desk, mine.bearer.patient_id)[SMS]
    assert "Stop text messages" in mine.words("/messages")
    mine.send("/consents", channel="sms", given="no")
    assert not given(desk, mine.bearer.patient_id)[SMS]


def test_where_no_text_messages_are_sent_none_are_offered(mine, web, desk):
    web.app.extensions["planner"] = Parts(desk.store, desk.clock)
    assert "ext message" not in mine.words("/messages")
    assert "sends no text messages yet" in web.signed_in().get(f"/patients/{mine.bearer.patient_id}/channels").text


def test_a_patient_stops_mail_and_is_told_what_remains(mine, desk):
    mine.send("/consents", channel="mail", given="no")
    assert not given(desk, mine.bearer.patient_id)[MAIL]
    assert "You get no mail from us." in mine.words("/messages")
    assert "a person tells you by phone" in mine.words("/messages")


def test_a_patient_chooses_how_messages_come(mine, desk):
    assert mine.send("/messages", **WISH).status_code == 303
    found = chosen(desk, mine.bearer.patient_id)
    assert (found.channels, found.quiet) == ((SMS, MAIL, PRINT), Quiet(time(22), time(7, 30)))


def test_what_a_patient_cannot_choose_shows_the_form_again_as_it_was_sent(mine, desk):
    answer = mine.send("/messages", **WISH | {"quiet_until": ""})
    assert answer.status_code == 422
    assert "say from when until when" in answer.text
    assert 'value="22:00"' in answer.text
    assert mine.send("/consents", channel="print", given="no").status_code == 422
    assert chosen(desk, mine.bearer.patient_id).version == 0


def test_it_is_all_said_in_spanish_as_well(mine):
    correspondence.choose(
        mine.bearer, language=Language.SPANISH, delivery=Delivery.FEED, wording="Cita", version=0
    )  # fmt: skip
    said = mine.words("/messages")
    for english in ("Text messages", "Quiet", "Save", "Remind", "agree"):
        assert english not in said
    assert "Responda ALTO" in said
    assert "falta: diga" in mine.send("/messages", **WISH | {"quiet_until": "", "version": "1"}).text


def test_only_the_link_to_the_page_opens_it(web, mine):
    assert mine.web.app.test_client().get("/my/none/messages", base_url="http://127.0.0.1:8000").status_code == 404


def test_it_is_small_and_keeps_nothing(mine):
    answer = mine.ask("/messages")
    assert len(answer.data) < 50_000
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


QUIET = {"quiet_from": "20:00", "quiet_until": "09:00", "safety_in_quiet": "yes"}


def messaging(desk):
    found = settings.setup(desk.admin)
    return found.clinic.messaging, str(found.version)


def test_an_administrator_sets_the_clinics_quiet_hours(web, desk):
    browser = web.signed_in(Role.ADMIN)
    assert browser.post("/settings/quiet-hours", QUIET | {"version": messaging(desk)[1]}).status_code == 303
    assert messaging(desk)[0] == MessagePolicy(Quiet(time(20), time(9)), safety_in_quiet=True)
    assert 'value="20:00"' in browser.get("/settings/self-service").text
    none = {"quiet_from": "", "quiet_until": "", "version": messaging(desk)[1]}
    assert browser.post("/settings/quiet-hours", none).status_code == 303
    assert messaging(desk)[0] == MessagePolicy(None, safety_in_quiet=False)


def test_quiet_hours_that_cannot_be_are_refused_beside_their_field(web, desk):
    browser, before = web.signed_in(Role.ADMIN), messaging(desk)
    answer = browser.post("/settings/quiet-hours", QUIET | {"quiet_until": "20:00", "version": before[1]})
    assert answer.status_code == 422
    assert 'aria-describedby="h-quiet_until" aria-invalid="true"' in answer.text
    assert messaging(desk) == before


def test_nobody_else_sets_them(web, desk):
    browser, before = web.signed_in(Role.SCHEDULER), messaging(desk)
    assert browser.post("/settings/quiet-hours", QUIET | {"version": before[1]}).status_code == 403
    assert messaging(desk) == before
