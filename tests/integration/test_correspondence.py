"""How a patient is written to: chosen on their own page or at the desk, and what follows from choosing."""

from dataclasses import replace

import pytest

from planner.domain.errors import Conflict, Forbidden, InvalidValue, NotFound
from planner.domain.reaching import Audience, Delivery, Language, Purpose
from planner.domain.roles import Role
from planner.domain.subscribing import Wanted
from planner.services import booking, correspondence, feeds, page_links
from planner.services.bearing import bearer_of
from planner.services.page_links import mint
from postroom import notices, open_post

FEED, INVITATIONS, NEITHER = Delivery.FEED, Delivery.INVITATIONS, Delivery.NEITHER


@pytest.fixture
def desk(store):
    return open_post(store)


@pytest.fixture
def bearer(desk):
    made = page_links.create(desk.scheduler, patient_id=desk.patient(), label="Ada's phone")
    return bearer_of(desk.store, desk.clock, made.token)


def choose(bearer, delivery=FEED, language=Language.ENGLISH, wording="Appointment", **more):
    version = correspondence.chosen(bearer).version
    return correspondence.choose(
        bearer, **{"language": language, "delivery": delivery, "wording": wording, "version": version, **more}
    )


def link(desk, label, **more):
    return feeds.create(desk.scheduler, Wanted(label, **more), patient_id=desk.patient(), agreed=True).link


def links_on(desk):
    return {one.label for one in feeds.list_of(desk.scheduler, patient_id=desk.patient()) if one.revoked_at is None}


def owed_invitations(desk):
    return [one for one in notices(desk) if one.kind == "invitation" and one.open]


def test_who_has_never_chosen_gets_a_feed_in_english_of_appointments(bearer):
    found = correspondence.chosen(bearer)
    assert (found.language, found.delivery, found.wording, found.version) == (Language.ENGLISH, FEED, "Appointment", 0)


def test_what_is_chosen_is_kept_and_audited_without_its_words(desk, bearer):
    chosen = choose(bearer, NEITHER, Language.SPANISH, "  Yoga ")
    assert correspondence.chosen(bearer) == chosen
    assert (chosen.language, chosen.delivery, chosen.wording, chosen.version) == (Language.SPANISH, NEITHER, "Yoga", 1)
    (entry,) = desk.audit("choose-correspondence")
    assert entry.facts == {"language": "es", "delivery": "neither", "links_off": 0}
    assert (entry.actor_id, entry.subject_id) == (bearer.link.id, desk.patient())


def test_a_page_that_is_stale_changes_nothing(desk, bearer):
    choose(bearer, NEITHER)
    for version in (0, 7):
        with pytest.raises(Conflict):
            choose(bearer, FEED, version=version)
    assert correspondence.chosen_for(desk.scheduler, desk.patient()).delivery is NEITHER


@pytest.mark.parametrize("wording", ["Ketamine", "My infusions", "a\nb", "a\u202eb", "x" * 61])
def test_a_wording_that_tells_or_is_no_short_line_is_refused(bearer, wording):
    with pytest.raises(InvalidValue) as refused:
        choose(bearer, wording=wording)
    assert refused.value.path == "wording"


def test_the_languages_own_word_goes_along_with_the_language(bearer):
    assert choose(bearer, language=Language.SPANISH).wording == "Cita"
    assert choose(bearer, language=Language.SPANISH, wording="Appointment").wording == "Appointment"
    assert choose(bearer, language=Language.SPANISH, wording=" ").wording == "Cita"


def test_invitations_need_a_mail_address(desk, bearer):
    with desk.store.begin(desk.clinic_id) as uow:
        uow.people.save(replace(uow.people.get(desk.patient()), email=None))
    with pytest.raises(InvalidValue) as refused:
        choose(bearer, INVITATIONS)
    assert refused.value.path == "delivery"
    assert correspondence.chosen(bearer).version == 0


@pytest.mark.parametrize("delivery", [INVITATIONS, NEITHER])
def test_who_leaves_the_feed_has_their_own_links_switched_off_and_a_carers_stay(desk, bearer, delivery):
    link(desk, "phone")
    link(desk, "Mum's phone", audience=Audience.CARER)
    choose(bearer, delivery)
    assert links_on(desk) == {"Mum's phone"}


def test_who_makes_a_link_gets_the_dates_by_it_from_then_on(desk, bearer):
    desk.book(desk.begin())
    choose(bearer, INVITATIONS)
    assert len(owed_invitations(desk)) == 4
    feeds.create_own(bearer, Wanted("phone"))
    assert correspondence.chosen(bearer).delivery is FEED
    assert (owed_invitations(desk), links_on(desk)) == ([], {"phone"})


def test_a_carers_link_changes_nothing_for_the_patient(desk, bearer):
    choose(bearer, INVITATIONS)
    link(desk, "Mum's phone", audience=Audience.CARER)
    assert correspondence.chosen(bearer).delivery is INVITATIONS


def test_only_what_the_patient_was_told_of_and_is_ahead_is_invited_to(desk, bearer):
    course = desk.begin()
    desk.book(course, told=False)
    choose(bearer, INVITATIONS)
    assert owed_invitations(desk) == []
    other = desk.begin("infusions", start=course.preferences.start.replace(day=25), patient="Ada Lovelace")
    desk.book(other)
    desk.clock.now = desk.live(other)[0].start_at
    choose(bearer, FEED)
    choose(bearer, INVITATIONS)
    assert {one.appointment_id for one in owed_invitations(desk)} == {one.id for one in desk.live(other)[1:]}


def test_an_invitation_is_named_after_its_appointment_and_sequence_and_lasts_until_the_appointment(desk, bearer):
    choose(bearer, INVITATIONS)
    course = desk.begin()
    desk.book(course)
    first = desk.live(course)[0]
    booking.move(desk.scheduler, appointment_id=first.id, start=first.start_at.replace(hour=18), version=first.version)
    (owed,) = [one for one in owed_invitations(desk) if one.appointment_id == first.id]
    assert (owed.key, owed.channel) == (f"invitation:{first.id}:1", "invitation")
    assert owed.expires_at == desk.live(course)[0].start_at
    assert owed.facts == {"appointment": str(first.id), "sequence": 1, "raised": 0}


def test_the_desk_chooses_for_a_patient_and_nobody_else_does(desk):
    wanted = {"language": Language.ENGLISH, "delivery": NEITHER, "wording": "Visit", "version": 0}
    made = correspondence.choose_for(desk.scheduler, patient_id=desk.patient(), **wanted)
    assert correspondence.chosen_for(desk.scheduler, desk.patient()) == made
    with pytest.raises(Forbidden):
        correspondence.choose_for(desk.acting(Role.PATIENT), patient_id=desk.patient(), **wanted)
    with pytest.raises(Forbidden):
        correspondence.chosen_for(desk.acting(Role.PATIENT), desk.patient())
    with pytest.raises(NotFound):
        correspondence.choose_for(desk.scheduler, patient_id=desk.clinic_id, **wanted)


def test_a_link_for_one_thing_does_not_choose(desk):
    with desk.store.begin(desk.clinic_id) as uow:
        made = mint(uow, desk.clock(), desk.patient(), Purpose.COME, "by mail")
    single = bearer_of(desk.store, desk.clock, made.token)
    with pytest.raises(NotFound):
        correspondence.chosen(single)
    with pytest.raises(NotFound):
        correspondence.choose(single, language=Language.ENGLISH, delivery=FEED, wording="Visit", version=0)
