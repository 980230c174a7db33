"""Resources, letterhead, what is missing, and what a change did: always accepted, listed, and refused for a stale page."""

from dataclasses import replace

import pytest

from builders import clinic, hours, resources, uid
from desks import Desk, at, induction, open_desk
from planner.domain.errors import Code, Conflict, Forbidden, InvalidValue, NotFound
from planner.domain.roles import Role
from planner.domain.span import Span
from planner.services import accounts, calendar, clinics, letterhead, settings
from planner.services import resources as things
from planner.services.access import check_named
from planner.services.effects import change_of
from planner.services.settings import Lack

DAY = Span(at("01-07", "00:00"), at("01-08", "00:00"))
HEADED = {"public_name": "Harbor Street", "sender": "Desk@Harbor.example", "phone": "+1 212 555 0100"}


@pytest.fixture
def desk(store):
    return open_desk(store)


@pytest.fixture
def series(desk):
    """Four sessions on Tuesdays and Thursdays at 10:00, from 5 January."""
    return desk.book(desk.begin()).appointments


def version(desk):
    return settings.setup(desk.admin).version


def named(desk, kind):
    return [one.name for one in clinics.the_clinic(desk.admin).of_kind(kind)]


def test_a_change_can_be_looked_up_with_what_it_broke_and_who_it_concerns(desk, series):
    effects = calendar.close(desk.scheduler, span=DAY, reason="flood")
    change = change_of(desk.scheduler, effects.change_id)
    (affected,) = change.broken
    assert (affected.appointment.id, affected.patient.name) == (series[1].id, "Ada Lovelace")
    assert [one.code for one in affected.violations] == [Code.CLOSED]
    assert change.entry.action == "close"


def test_a_second_change_lists_only_what_it_breaks_itself(desk, series):
    calendar.close(desk.scheduler, span=DAY, reason="flood")
    effects = calendar.close(desk.scheduler, span=Span(at("01-12", "00:00"), at("01-13", "00:00")), reason="drill")
    assert len(effects.broken) == 2
    assert effects.newly == {series[2].id}


def test_taking_a_closure_back_lists_what_fits_again(desk, series):
    calendar.close(desk.scheduler, span=DAY, reason="flood")
    effects = calendar.reopen(desk.scheduler, span=DAY)
    assert [one.appointment.id for one in change_of(desk.admin, effects.change_id).settled] == [series[1].id]


def test_a_change_of_another_clinic_is_not_found(store, desk, series):
    effects = calendar.close(desk.scheduler, span=DAY, reason="flood")
    elsewhere = open_desk(store, replace(clinic(()), id=uid("elsewhere"), name="Elsewhere"))
    with pytest.raises(NotFound):
        change_of(elsewhere.scheduler, effects.change_id)


def test_a_page_that_shows_older_settings_is_refused_and_nothing_is_written(desk):
    seen = version(desk)
    calendar.close(desk.scheduler, span=DAY, reason="flood", seen=seen)
    for change in (
        lambda: calendar.close(desk.scheduler, span=DAY, reason="again", seen=seen),
        lambda: calendar.keep_holidays(desk.admin, calendar=None, seen=seen),
        lambda: things.add_resource(desk.admin, name="Room", kind="room", capacity=1, seen=seen),
    ):
        with pytest.raises(Conflict):
            change()
    assert version(desk) == seen + 1


def test_a_resource_is_added_last_of_its_kind_and_can_be_moved_up(desk):
    things.add_resource(desk.admin, name="Chair by the window", kind="chair", capacity=1)
    added = clinics.the_clinic(desk.admin).resources[-1]
    things.rank_resource(desk.admin, resource_id=added.id, later=False)
    assert named(desk, "chair") == ["chair 1", "Chair by the window", "chair 2"]
    things.rank_resource(desk.admin, resource_id=uid("chair 1"), later=False)
    assert named(desk, "chair")[0] == "chair 1"


def test_two_resources_never_have_one_name(desk):
    with pytest.raises(InvalidValue) as refused:
        things.add_resource(desk.admin, name="CHAIR 1", kind="chair", capacity=1)
    assert refused.value.path == "name"
    with pytest.raises(InvalidValue):
        things.change_resource(desk.admin, resource_id=uid("chair 2"), name="chair 1", capacity=1)


def test_a_retired_chair_gives_its_visits_to_the_other(desk, series):
    chairs = {uid("chair 1"), uid("chair 2")}
    (chair,) = desk.taken_by(series[0].id) & chairs
    effects = things.retire_resource(desk.admin, resource_id=chair)
    assert set(effects.reassigned) == {one.id for one in series}
    assert effects.newly == frozenset()
    assert desk.taken_by(series[0].id) & chairs == chairs - {chair}
    assert desk.overlaps() == 0


def test_the_last_chair_retired_breaks_everything_and_is_accepted(desk, series):
    things.retire_resource(desk.admin, resource_id=uid("chair 1"))
    effects = things.retire_resource(desk.admin, resource_id=uid("chair 2"))
    assert effects.newly == {one.id for one in series}
    assert {one.facts["have"] for found in effects.broken for one in found.violations} == {0}


def test_a_retired_therapist_breaks_the_promise_to_their_patients(desk):
    course = desk.begin("psychotherapy")
    booked = desk.book(course).appointments
    promised = desk.course(course).clinician_id or booked[0].clinician_id
    effects = things.retire_resource(desk.admin, resource_id=promised)
    assert effects.newly == {one.id for one in booked}


def test_fewer_units_reassign_what_one_nurse_held_alone(store):
    people = resources("nurse", 2, 4, hours()), resources("prescriber", 1, 1, hours())
    desk = open_desk(store, clinic(resources("chair", 3), *people, resources("therapist", 1), resources("pump", 1)))
    booked = [desk.book(desk.begin(patient=name)).appointments for name in ("Ada", "Grace")]
    effects = things.change_resource(desk.admin, resource_id=uid("nurse 1"), name="nurse 1", capacity=2)
    assert effects.newly == frozenset()
    assert desk.overlaps() == 0
    assert effects.reassigned
    effects = things.change_resource(desk.admin, resource_id=uid("nurse 2"), name="nurse 2", capacity=1)
    assert len(effects.newly) == len(booked[0])


def test_an_unknown_or_retired_resource_is_not_found(desk):
    things.retire_resource(desk.admin, resource_id=uid("pump 1"))
    for change in (
        lambda one: things.change_resource(desk.admin, resource_id=one, name="x", capacity=1),
        lambda one: things.rank_resource(desk.admin, resource_id=one, later=True),
        lambda one: things.retire_resource(desk.admin, resource_id=one),
    ):
        with pytest.raises(NotFound):
            change(uid("pump 1"))


@pytest.mark.parametrize("role", [Role.SCHEDULER, Role.CLINICIAN])
def test_only_who_may_configure_changes_what_a_clinic_has(desk, role):
    ctx, one = desk.acting(role), uid("chair 1")
    for change in (
        lambda: things.add_resource(ctx, name="x", kind="chair", capacity=1),
        lambda: things.change_resource(ctx, resource_id=one, name="x", capacity=1),
        lambda: things.rank_resource(ctx, resource_id=one, later=True),
        lambda: things.retire_resource(ctx, resource_id=one),
        lambda: letterhead.change_letterhead(ctx, **HEADED, version=None),
    ):
        with pytest.raises(Forbidden):
            change()
    assert named(desk, "chair") == ["chair 1", "chair 2"]


def test_a_letterhead_is_set_and_changed(desk):
    assert letterhead.letterhead(desk.scheduler) is None
    letterhead.change_letterhead(desk.admin, **HEADED, version=None)
    letterhead.change_letterhead(desk.admin, **HEADED | {"phone": "555 0101"}, version=1)
    found = letterhead.letterhead(desk.scheduler)
    assert (found.public_name, found.sender, found.phone, found.version) == (
        "Harbor Street", "desk@harbor.example", "555 0101", 2,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("public_name", "Harbor Ketamine Clinic"),
        ("public_name", "Institute of Psychiatry"),
        ("public_name", "Spravato at Harbor"),
        ("public_name", " "),
        ("public_name", "x" * 81),
        ("sender", "desk@ketamine-clinic.example"),
        ("sender", "desk@harbor.example\nBcc: a@b.example"),
        ("phone", "call us"),
        ("address", "1 Pier Street, Ketamine Tower"),
        ("address", "1 Pier\u202e Street"),
        ("address", "x" * 121),
    ],
)
def test_a_letterhead_that_tells_too_much_is_refused_by_its_field(desk, field, value):
    with pytest.raises(InvalidValue) as refused:
        letterhead.change_letterhead(desk.admin, **HEADED | {field: value}, version=None)
    assert refused.value.path == field
    assert letterhead.letterhead(desk.admin) is None


def test_a_letterhead_may_say_where_to_come_in_one_line(desk):
    kept = letterhead.change_letterhead(desk.admin, **HEADED, address=" 1 Pier Street,\n New York ", version=None)
    assert kept.address == letterhead.letterhead(desk.admin).address == "1 Pier Street, New York"
    assert letterhead.change_letterhead(desk.admin, **HEADED, version=1).address == ""


def test_a_stale_letterhead_is_refused(desk):
    letterhead.change_letterhead(desk.admin, **HEADED, version=None)
    with pytest.raises(Conflict):
        letterhead.change_letterhead(desk.admin, **HEADED | {"phone": "555 0199"}, version=None)
    assert letterhead.letterhead(desk.admin).phone == HEADED["phone"]


def test_an_empty_clinic_lacks_everything_in_the_order_in_which_it_is_set(store):
    site = replace(clinic((), opening=hours("")), id=uid("empty"))
    clinics.open_clinic(store, site)
    found = settings.missing(settings.setup(Desk(store, clinic_id=site.id).admin))
    assert [one.lack for one in found] == [
        Lack.HOURS, Lack.LETTERHEAD, Lack.PEOPLE, Lack.PROTOCOLS, Lack.RESOURCES,
    ]  # fmt: skip


def test_what_published_protocols_ask_for_and_nobody_has_is_named(desk):
    things.retire_resource(desk.admin, resource_id=uid("pump 1"))
    (kinds,) = [one.names for one in settings.missing(settings.setup(desk.admin)) if one.lack is Lack.RESOURCES]
    assert kinds == ("pump",)


def test_a_version_is_published_after_the_one_that_was_seen(desk):
    changed = induction(5)
    assert clinics.next_version(desk.clinician, changed, after=1).version == 2
    with pytest.raises(Conflict):
        clinics.next_version(desk.clinician, changed, after=1)
    with pytest.raises(Conflict):
        clinics.next_version(desk.clinician, changed, after=0)
    assert [one.version for one in clinics.published(desk.admin, "course")] == [1, 2]


def test_a_renewed_account_is_out_of_all_its_browsers_and_links(desk):
    member = accounts.hire(desk.admin, name="Lin", email="lin@clinic.example", role=Role.SCHEDULER)
    accounts.sign_in(desk.store, desk.clock, member, "", "")
    renewed = accounts.renew(desk.admin, staff_id=member.staff.id, version=member.staff.version)
    assert renewed.staff.uniquifier != member.staff.uniquifier
    assert accounts.sign_ins_of(desk.admin, member.staff.id) == []
    with pytest.raises(Conflict):
        accounts.renew(desk.admin, staff_id=member.staff.id, version=member.staff.version)


@pytest.mark.parametrize("name", ["a\x00b", "a\nb", "\u202eb"])
def test_nothing_in_an_address_is_looked_for_that_no_name_can_hold(desk, name):
    with pytest.raises(NotFound):
        check_named(desk.scheduler, {"name": name})
