"""Whose calendar links are, who may make, see and end them, and the list of all of them that an administrator has."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from builders import uid
from desks import open_desk
from planner.domain.errors import Forbidden, InvalidMove, InvalidValue, NotFound
from planner.domain.reaching import Audience, Language, Purpose
from planner.domain.rescheduling import Retire
from planner.domain.roles import Actor, Role
from planner.domain.subscribing import MOST_LINKS, Wanted
from planner.services import accounts, committing, every_link, feeds, page_links, rescheduling, resources
from planner.services.bearing import bearer_of
from planner.services.context import Context
from planner.services.every_link import LinkKind, LinkState, Which
from webroutes import neighbour

NURSE, CHAIR = uid("nurse 1"), uid("chair 1")
MUM = Wanted("Mum's phone", Audience.CARER)


@pytest.fixture
def desk(sqlite_store):
    return open_desk(sqlite_store)


def bearer(desk, patient="Ada Lovelace"):
    token = page_links.create(desk.scheduler, patient_id=desk.patient(patient), label="phone").token
    return bearer_of(desk.store, desk.clock, token)


def nurse(desk):
    """Give who is nurse 1, and no administrator."""
    member = accounts.hire(desk.admin, name="Lin", email="lin@clinic.example", role=Role.CLINICIAN, resource_id=NURSE)
    return Context(Actor(member.staff.id, Role.CLINICIAN, desk.clinic_id), desk.store, desk.clock)


def test_a_carers_link_is_made_only_if_the_patient_agrees_and_says_since_when(desk):
    with pytest.raises(InvalidValue) as refused:
        feeds.create(desk.scheduler, MUM, patient_id=desk.patient())
    assert refused.value.path == "agreed"
    link = feeds.create(desk.scheduler, MUM, patient_id=desk.patient(), agreed=True).link
    assert (link.audience, link.agreed_at) == (Audience.CARER, desk.clock())
    desk.clock.now += timedelta(days=1)
    assert feeds.rotate(desk.scheduler, link_id=link.id).link.agreed_at == link.agreed_at


def test_a_patient_who_makes_a_carers_link_agrees_by_that(desk):
    assert feeds.create_own(bearer(desk), MUM).link.agreed_at == desk.clock()


@pytest.mark.parametrize("audience", [Audience.CLINICIAN, Audience.ROOM])
def test_a_patient_has_no_link_of_staff(desk, audience):
    with pytest.raises(InvalidValue) as refused:
        feeds.create_own(bearer(desk), Wanted("phone", audience))
    assert refused.value.path == "audience"


def test_a_link_is_called_by_the_languages_word_unless_another_is_asked_for(desk):
    asked = [Wanted("phone"), Wanted("phone", language=Language.SPANISH), Wanted("phone", wording="Visit")]
    made = [feeds.create(desk.scheduler, one, patient_id=desk.patient()).link.wording for one in asked]
    assert made == ["Appointment", "Cita", "Visit"]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (Wanted("Ketamine phone"), "label"), (Wanted("a\u202eb"), "label"), (Wanted("x" * 61), "label"),
        (Wanted(" "), "label"), (Wanted("phone", wording="Infusion"), "wording"),
        (Wanted("phone", alarm_minutes=7), "alarm_minutes"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused_by_its_field(desk, wanted, field):
    with pytest.raises(InvalidValue) as refused:
        feeds.create_own(bearer(desk), wanted)
    assert refused.value.path == field


def test_a_patient_replaces_and_stops_their_own_links_and_sees_no_others(desk):
    mine, theirs = bearer(desk), bearer(desk, "Grace Hopper")
    first = feeds.create_own(mine, Wanted("phone")).link
    second = feeds.rotate_own(mine, first.id).link
    for act in (feeds.rotate_own, feeds.stop_own):
        with pytest.raises(NotFound):
            act(theirs, second.id)
    assert feeds.links_of(theirs) == []
    assert feeds.stop_own(mine, second.id).revoked_at == desk.clock()
    assert [one.id for one in feeds.links_of(mine)] == [first.id, second.id]
    assert [entry.actor_id for entry in desk.audit("revoke-link")] == [mine.link.id]


def test_a_link_for_one_thing_alone_opens_no_calendars(desk):
    only = bearer(desk)
    only = replace(only, link=replace(only.link, purpose=Purpose.COME))
    for act in (feeds.links_of, lambda one: feeds.create_own(one, Wanted("x")), lambda one: feeds.stop_own(one, uuid4())):
        with pytest.raises(NotFound):
            act(only)


def test_nobody_has_more_than_twenty_links_that_are_on(desk):
    made = [feeds.create(desk.scheduler, Wanted(f"no. {number}"), patient_id=desk.patient()) for number in range(MOST_LINKS)]
    with pytest.raises(InvalidMove, match="20 links are on already"):
        feeds.create_own(bearer(desk), Wanted("one more"))
    feeds.rotate(desk.scheduler, link_id=made[0].link.id)
    feeds.revoke(desk.scheduler, link_id=made[1].link.id)
    feeds.create_own(bearer(desk), Wanted("one more"))


def test_a_person_makes_links_of_their_own_calendar_and_of_no_other(desk):
    lin = nurse(desk)
    link = feeds.create_for_resource(lin, Wanted("phone"), resource_id=NURSE).link
    assert (link.audience, link.resource_id, link.patient_id) == (Audience.CLINICIAN, NURSE, None)
    again = feeds.rotate(lin, link_id=link.id).link
    others = feeds.create_for_resource(desk.admin, Wanted("screen"), resource_id=CHAIR).link
    refusals = (
        lambda: feeds.create_for_resource(lin, Wanted("x"), resource_id=CHAIR),
        lambda: feeds.create_for_resource(desk.scheduler, Wanted("x"), resource_id=NURSE),
        lambda: feeds.rotate(lin, link_id=others.id),
        lambda: feeds.revoke(lin, link_id=others.id),
        lambda: feeds.revoke(desk.scheduler, link_id=again.id),
    )
    for refused in refusals:
        with pytest.raises(Forbidden):
            refused()
    assert others.audience is Audience.ROOM
    assert feeds.revoke(lin, link_id=again.id).revoked_at


def test_the_calendars_of_a_closed_account_are_switched_off(desk):
    lin = nurse(desk)
    feeds.create_for_resource(lin, Wanted("phone"), resource_id=NURSE)
    person = accounts.member(desk.admin, lin.actor.id).staff
    accounts.change_account(desk.admin, staff_id=person.id, version=person.version, role=person.role, active=False)
    (link,) = feeds.list_of_resource(desk.admin, resource_id=NURSE)
    assert link.revoked_at == desk.clock()


@pytest.mark.parametrize("planned", [False, True])
def test_the_calendars_of_what_is_taken_out_of_use_are_switched_off(desk, planned):
    for resource_id in (CHAIR, NURSE):
        feeds.create_for_resource(desk.admin, Wanted("screen"), resource_id=resource_id)
    if planned:
        drafted = rescheduling.draft(desk.admin, change=Retire(CHAIR))
        committing.commit(desk.admin, replan_id=drafted.id, version=drafted.version)
    else:
        resources.retire_resource(desk.admin, resource_id=CHAIR)
    assert kinds(desk, state=LinkState.OFF) == ["room"]
    assert kinds(desk, state=LinkState.ON) == ["clinician"]


def test_a_resource_that_is_not_there_gets_no_link(desk):
    with pytest.raises(NotFound):
        feeds.create_for_resource(desk.admin, Wanted("x"), resource_id=uuid4())


def filled(desk):
    """Make a link of every kind: two of Ada's (one a carer's), her page, one of a nurse and one of a chair."""
    ada = desk.patient()
    feeds.create(desk.scheduler, Wanted("phone"), patient_id=ada)
    feeds.create(desk.scheduler, MUM, patient_id=ada, agreed=True)
    page_links.create(desk.scheduler, patient_id=ada, label="own page")
    feeds.create(desk.scheduler, Wanted("phone"), patient_id=desk.patient("Grace Hopper"))
    for resource_id in (NURSE, CHAIR):
        feeds.create_for_resource(desk.admin, Wanted("screen"), resource_id=resource_id)


@pytest.fixture
def everything(store):
    desk = open_desk(store)
    filled(desk)
    return desk


def kinds(desk, **which):
    return sorted(line.kind.value for line in every_link.all_links(desk.admin, Which(**which)))


def test_an_administrator_sees_all_links_with_whose_they_are(everything):
    assert kinds(everything) == ["carer", "clinician", "page", "patient", "patient", "room"]
    lines = every_link.all_links(everything.admin)
    names = {line.patient.name if line.patient else line.resource.name for line in lines}
    assert names == {"Ada Lovelace", "Grace Hopper", "nurse 1", "chair 1"}
    for role in (everything.scheduler, everything.clinician):
        with pytest.raises(Forbidden):
            every_link.all_links(role)
        with pytest.raises(Forbidden):
            every_link.revoke_every(role, Which())


def test_links_are_found_by_what_they_open_by_whose_they_are_and_by_whether_they_are_on(everything):
    desk = everything
    assert kinds(desk, kind=LinkKind.CARER) == ["carer"]
    assert kinds(desk, patient_id=desk.patient()) == ["carer", "page", "patient"]
    assert kinds(desk, resource_id=CHAIR) == ["room"]
    (carer,) = every_link.all_links(desk.admin, Which(LinkKind.CARER))
    feeds.revoke(desk.scheduler, link_id=carer.link.id)
    assert kinds(desk, state=LinkState.OFF) == ["carer"]
    assert kinds(desk, state=LinkState.ON, patient_id=desk.patient()) == ["page", "patient"]


def test_all_that_are_meant_are_switched_off_together_and_written_down_once(everything):
    desk = everything
    assert every_link.revoke_every(desk.admin, Which(patient_id=desk.patient())) == 3
    assert kinds(desk, state=LinkState.ON) == ["clinician", "patient", "room"]
    (entry,) = desk.audit("revoke-links")
    assert entry.facts == {"patient": str(desk.patient()), "feeds": 2, "pages": 1}
    assert every_link.revoke_every(desk.admin, Which(LinkKind.ROOM)) == 1
    assert every_link.revoke_every(desk.admin, Which()) == 2
    assert every_link.revoke_every(desk.admin, Which()) == 0
    assert kinds(desk, state=LinkState.ON) == []


def test_a_link_that_is_over_has_ended_and_is_not_switched_off_again(desk):
    feeds.create(desk.scheduler, Wanted("phone"), patient_id=desk.patient())
    (line,) = every_link.all_links(desk.admin)
    with desk.store.begin(desk.clinic_id) as uow:
        uow.feed_links.note_fetch(line.link.id, desk.clock(), "a program", desk.clock())
    assert kinds(desk, state=LinkState.ENDED) == ["patient"]
    assert every_link.revoke_every(desk.admin, Which()) == 0


def test_the_links_of_another_clinic_are_neither_seen_nor_switched_off(everything):
    other = open_desk(everything.store, site=neighbour())
    assert every_link.all_links(other.admin) == []
    assert every_link.revoke_every(other.admin, Which()) == 0
    assert len(kinds(everything, state=LinkState.ON)) == 6
