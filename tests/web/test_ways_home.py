"""Which ways home a clinic accepts: set by who answers for patients, and offered nowhere else."""

import re
from dataclasses import replace
from datetime import date

import pytest

from answering import bearer_for, token_for
from planner.domain.channels import Channel
from planner.domain.errors import Conflict, Forbidden, InvalidValue
from planner.domain.notices import NoticeKind
from planner.domain.reaching import Delivery, Language, Purpose
from planner.domain.replies import ReplyKind, Ride, RideKind, RidePolicy
from planner.domain.roles import Role
from planner.notify.letters import write
from planner.notify.matters import matter_of
from planner.services import correspondence, policies, replying
from planner.services.letterhead import change_letterhead
from postroom import enter, notices
from webdesk import BASE

ADULT, TAXI, MEDICAL, SHUTTLE = RideKind
NO_TAXI = RidePolicy((ADULT, MEDICAL))
BY_TAXI = {"said": "ride", "kind": "rideshare", "name": "", "phone": "", "sequence": 0}


@pytest.fixture
def one(desk):
    """Ada's session of Tuesday 12 January."""
    enter(desk, "Ada Lovelace")
    head = {"public_name": "Harbor Rooms", "sender": "hello@harbor.example", "phone": "+1 212 555 0100"}
    change_letterhead(desk.admin, **head, version=None)
    course = desk.begin(start=date(2027, 1, 12))
    desk.book(course)
    return desk.live(course)[0]


def refuse_taxis(desk):
    policies.set_rides(desk.clinician, policy=NO_TAXI)


def offered(page):
    return re.findall(r'<input type="radio" name="kind" value="(\w+)"', page) or re.findall(r'<option value="(\w+)"', page)


def modality(desk, one):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.courses.get(one.course_id).protocol.modality


def accepted(desk):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.clinics.get(desk.clock()).rides


def test_all_four_are_accepted_until_somebody_sets_it(desk):
    assert accepted(desk).allowed("ketamine-iv") == (ADULT, TAXI, MEDICAL, SHUTTLE)


def test_a_modality_has_its_own_and_every_other_visit_the_rest():
    policy = RidePolicy((SHUTTLE, ADULT), (("ketamine-iv", (MEDICAL,)),))
    assert (policy.allowed("ketamine-iv"), policy.allowed("other"), policy.allowed(None)) == (
        (MEDICAL,), (ADULT, SHUTTLE), (ADULT, SHUTTLE),
    )  # fmt: skip


@pytest.mark.parametrize("made", [lambda: RidePolicy(()), lambda: RidePolicy((ADULT,), (("ketamine-iv", ()),))])
def test_one_way_home_is_left_for_every_visit(made):
    with pytest.raises(InvalidValue):
        made()


def test_a_patient_is_offered_only_what_is_accepted(web, desk, one):
    refuse_taxis(desk)
    token = token_for(desk, one, Purpose.RIDE)
    page = web.app.test_client().get(f"/answer/{token}/{one.id}/ride", base_url=BASE).text
    assert offered(page) == ["adult", "medical"]


def test_a_patient_who_asks_for_another_is_refused_in_their_language(web, desk, one):
    wish = {"language": Language.SPANISH, "delivery": Delivery.FEED, "wording": "", "version": 0}
    correspondence.choose_for(desk.scheduler, patient_id=one.patient_id, **wish)
    refuse_taxis(desk)
    token = token_for(desk, one, Purpose.RIDE)
    answer = web.app.test_client().post(f"/answer/{token}/{one.id}/ride", data={"kind": "rideshare"}, base_url=BASE)
    assert answer.status_code == 422
    assert "no es una forma de volver a casa que la clínica acepte para esta cita" in answer.text


def test_the_desk_is_offered_only_what_is_accepted(web, desk, one):
    refuse_taxis(desk)
    page = web.signed_in().get(f"/appointments/{one.id}").text
    form = page[page.index("Ride confirmed by phone") :]
    assert offered(form[: form.index("</form>")]) == ["adult", "medical"]


def test_the_desk_can_write_down_no_other(web, desk, one):
    refuse_taxis(desk)
    assert web.signed_in().post(f"/appointments/{one.id}/replies", BY_TAXI).status_code == 422


def test_what_the_modality_of_the_course_allows_counts(desk, one):
    policies.set_rides(desk.admin, policy=RidePolicy((ADULT,), ((modality(desk, one), (TAXI,)),)))
    replying.reply(bearer_for(desk, one), appointment_id=one.id, kind=ReplyKind.RIDE, ride=Ride(TAXI))
    ride = Ride(ADULT, "Jo", "555-0100")
    with pytest.raises(InvalidValue):
        replying.reply(bearer_for(desk, one), appointment_id=one.id, kind=ReplyKind.RIDE, ride=ride)


@pytest.fixture
def by_taxi(desk, one):
    """Ada has named a taxi, and then the clinic accepts none any more."""
    replying.reply(bearer_for(desk, one), appointment_id=one.id, kind=ReplyKind.RIDE, ride=Ride(TAXI))
    refuse_taxis(desk)
    return one


def test_what_was_named_before_is_shown_as_no_longer_accepted(web, desk, by_taxi):
    browser = web.signed_in()
    for page in (f"/appointments/{by_taxi.id}", f"/appointments/{by_taxi.id}/attendance"):
        assert "Ride, no longer accepted here" in browser.get(page).text
    board = browser.get("/?day=2027-01-12").text
    assert "not accepted: " in board
    assert "ride, no longer accepted here: " in board  # for whoever hears the page
    policies.set_rides(desk.admin, policy=RidePolicy())
    assert "accepted" not in browser.get(f"/appointments/{by_taxi.id}").text


def test_a_patient_is_asked_anew_and_the_same_again_is_not_taken(web, desk, by_taxi):
    address = f"/answer/{token_for(desk, by_taxi, Purpose.RIDE)}"
    client = web.app.test_client()
    assert "You told us who takes you home" not in client.get(address, base_url=BASE).text
    sent = client.post(f"{address}/{by_taxi.id}/ride", data={"kind": "rideshare"}, base_url=BASE)
    assert sent.status_code == 422


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.ADMIN])
def test_a_clinician_and_an_administrator_set_it_and_it_is_written_down(web, desk, one, role):
    browser, mine = web.signed_in(role), modality(desk, one)
    sent = {"allowed": [f"{mine}/adult", f"{mine}/medical", "/adult"], "version": 1}
    assert browser.post("/settings/rides", sent).status_code == 303
    assert accepted(desk).allowed(mine) == (ADULT, MEDICAL)
    assert accepted(desk).allowed(None) == (ADULT,)
    (entry,) = desk.audit("set-rides")
    assert entry.facts["to"]["otherwise"] == ["adult"]
    assert entry.facts["from"] == {"otherwise": ["adult", "rideshare", "medical", "shuttle"]}


@pytest.mark.parametrize(
    ("role", "changed", "status"),
    [(Role.ADMIN, {"version": 99}, 409), (Role.ADMIN, {"allowed": []}, 422), (Role.ADMIN, {"allowed": ["/bus"]}, 422),
     (Role.ADMIN, {"allowed": ["/adult"]}, 422), (Role.ADMIN, {"allowed": ["surgery/adult"]}, 422),
     (Role.SCHEDULER, {}, 403)],
)  # fmt: skip
def test_what_cannot_be_set_is_refused(web, desk, role, changed, status):
    sent = {"allowed": ["/adult", "esketamine/adult"], "version": 1, **changed}
    assert web.signed_in(role).post("/settings/rides", sent).status_code == status
    assert accepted(desk) == RidePolicy()


def test_what_gives_no_dose_is_not_asked_about(web):
    assert '"consultation/adult"' not in web.signed_in(Role.ADMIN).get("/settings/self-service").text


def test_a_scheduler_reads_what_is_accepted(web, desk):
    refuse_taxis(desk)
    page = web.signed_in().get("/settings/self-service").text
    assert "An adult whom the patient names, medical transport." in page


def test_who_saw_an_older_page_sets_nothing(desk):
    with pytest.raises(Conflict):
        policies.set_rides(desk.admin, policy=NO_TAXI, seen=99)
    with pytest.raises(Forbidden):
        policies.set_rides(desk.scheduler, policy=NO_TAXI)


def letters(desk, channel, kind=NoticeKind.RIDE):
    found = next(one for one in notices(desk) if one.kind == kind)
    with desk.store.read(desk.clinic_id) as uow:
        return write(uow, found, matter_of(uow, found, desk.clock()), channel).text


@pytest.fixture
def reminded(desk, request):
    """The same, where patients are reminded."""
    policies.set_reminders(desk.admin, wanted=True)
    return request.getfixturevalue("one")


@pytest.mark.parametrize("kind", [NoticeKind.RIDE, NoticeKind.RIDE_AGAIN, NoticeKind.PLAN_RIDES])
def test_a_letter_names_what_is_accepted_where_not_all_is(desk, reminded, kind):
    assert "The clinic accepts" not in letters(desk, Channel.MAIL, kind)
    refuse_taxis(desk)
    assert "The clinic accepts: an adult whom you name, a medical transport." in " ".join(
        letters(desk, Channel.MAIL, kind).split()
    )


def test_a_text_message_names_them_in_spanish_too(desk, reminded):
    wish = {"language": Language.SPANISH, "delivery": Delivery.FEED, "wording": "", "version": 0}
    correspondence.choose_for(desk.scheduler, patient_id=reminded.patient_id, **wish)
    with desk.store.begin(desk.clinic_id) as uow:
        uow.people.save(replace(uow.people.get(reminded.patient_id), phone="+12125550101"))
    refuse_taxis(desk)
    assert "Se acepta: un adulto que usted nombre, un transporte médico." in letters(desk, Channel.SMS)
