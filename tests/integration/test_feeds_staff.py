"""Calendars of carers, people and rooms, from the desk to the bytes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders import phase, protocol, talk, uid
from desks import NOW, at, open_desk
from planner.domain.attendance import MarkKind
from planner.domain.clinic import Resource
from planner.domain.course import AppointmentStatus
from planner.domain.reaching import Audience, Language
from planner.domain.span import Span
from planner.services import attendance, booking, calendar, patients, undoing
from planner.services import resources as having
from planner.services.clinics import NewPatient
from planner.storage.stays import Stay, taken_by
from subscribing import CHAIR, NURSE, booked, seen, set_address, subscribe, subscribe_staff

OTHER_CHAIR, OTHER_NURSE, PUMP = uid("chair 2"), uid("nurse 2"), uid("pump 1")


@pytest.fixture
def desk(store):
    return open_desk(store)


def times(reader):
    return [(f"{event['DTSTART'].dt:%m-%d %H:%M}", f"{event['DTEND'].dt:%H:%M}") for event in reader.events()]


def stamps(reader):
    """When each event last changed, as both of its stamps say it."""
    events = reader.events()
    assert all(event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt for event in events)
    return [event["LAST-MODIFIED"].dt for event in events]


class TestCarer:
    def test_sees_when_and_where_to_pick_up_and_nothing_else(self, desk):
        booked(desk)
        set_address(desk)
        reader = subscribe(desk, audience=Audience.CARER, wording="Visit of Ada")
        (first, *_) = reader.events()
        assert seen(first)[:4] == ["01-05 17:35", "01-05 18:05", "0", "Pick-up"]
        assert first["LOCATION"] == "12 Harbor Street"
        body = reader.page().body.decode()
        assert "NAME:Pick-up\r\n" in body
        for secret in ("Ada", "Lovelace", "A.L.", "chair", "nurse", "Harbor Street\r\n", "Visit", "driving", "555-"):
            assert secret not in body.replace("LOCATION:12 Harbor Street\r\n", "")

    def test_hears_of_a_move_and_a_cancellation(self, desk):
        last = booked(desk)[-1]
        reader = subscribe(desk, audience=Audience.CARER)
        (uid_before,) = {str(event["UID"]) for event in reader.events()[-1:]}
        later = last.start_at + timedelta(hours=1)
        moved = booking.move(desk.scheduler, appointment_id=last.id, start=later, version=last.version)
        assert (times(reader)[-1], str(reader.events()[-1]["UID"])) == (("01-14 18:35", "19:05"), uid_before)
        booking.cancel(desk.scheduler, appointment_id=last.id, version=moved.appointment.version, reason="cold")
        assert seen(reader.events()[-1])[2:6] == ["2", "Cancelled: Pick-up", "CANCELLED", "TRANSPARENT"]
        desk.clock.now = moved.appointment.end_at + timedelta(minutes=30)
        assert len(reader.events()) == 3


class TestClinician:
    def test_sees_own_visits_by_initials_and_chair(self, desk):
        booked(desk)
        reader = subscribe_staff(desk, NURSE)
        assert seen(reader.events()[0])[:5] == ["01-05 15:00", "01-05 17:35", "0", "A.L., chair 1", "CONFIRMED"]
        assert b"NAME:nurse 1\r\n" in reader.page().body
        assert not any(word in reader.page().body for word in (b"Ada", b"Lovelace", b"LOCATION", b"VALARM"))

    def test_sees_only_own_ones(self, desk):
        booked(desk)
        assert subscribe_staff(desk, OTHER_NURSE).events() == []

    def test_sees_visits_that_are_promised_to_them(self, desk):
        dates = booked(desk, "psychotherapy")
        reader = subscribe_staff(desk, uid("therapist 1"))
        assert len(reader.events()) == len(dates) == 4
        assert {str(event["SUMMARY"]) for event in reader.events()} == {"A.L., chair 1", "A.L."}

    def test_keeps_what_is_cancelled_until_its_planned_end(self, desk):
        last = booked(desk)[-1]
        reader = subscribe_staff(desk, NURSE)
        booking.cancel(desk.scheduler, appointment_id=last.id, version=last.version, reason="cold")
        gone = ["01-14 15:00", "01-14 17:35", "1", "Cancelled: A.L., chair 1", "CANCELLED", "TRANSPARENT", "PRIVATE"]
        assert seen(reader.events()[-1]) == gone
        desk.clock.now = last.end_at - timedelta(seconds=1)
        assert seen(reader.events()[-1]) == gone
        desk.clock.now = last.end_at
        assert len(reader.events()) == 3

    def test_hears_when_another_chair_is_given_and_only_of_what_changed(self, desk):
        booked(desk)
        reader = subscribe_staff(desk, NURSE)
        desk.clock.now += timedelta(hours=1)
        repaired = Span(at("01-07", "00:00"), at("01-08", "00:00"))
        calendar.note_absence(desk.admin, resource_id=CHAIR, span=repaired, reason="repair")
        assert reader.titles() == ["A.L., chair 1", "A.L., chair 2", "A.L., chair 1", "A.L., chair 1"]
        assert stamps(reader) == [NOW, NOW + timedelta(hours=1), NOW, NOW]
        assert [event["SEQUENCE"] for event in reader.events()] == [0] * 4

    def test_another_nurse_for_a_visit_changes_no_stamp_of_whom_it_does_not_concern(self, desk):
        booked(desk)
        chair = subscribe_staff(desk, CHAIR)
        tag = chair.page().tag
        desk.clock.now += timedelta(hours=1)
        week = Span(at("01-04", "00:00"), at("01-16", "00:00"))
        calendar.note_absence(desk.admin, resource_id=NURSE, span=week, reason="ill")
        assert len(subscribe_staff(desk, OTHER_NURSE).events()) == 4
        assert chair.page().tag == tag

    def test_hears_of_another_name_and_of_nothing_else_about_a_patient(self, desk):
        booked(desk)
        reader = subscribe_staff(desk, NURSE)
        ada = {"patient_id": desk.patient()}
        desk.clock.now += timedelta(hours=1)
        patients.correct(desk.scheduler, **ada, version=1, changed=NewPatient("Ada Lovelace", phone="555-0100"))
        assert stamps(reader) == [NOW] * 4
        patients.correct(desk.scheduler, **ada, version=2, changed=NewPatient("Ada King"))
        desk.clock.now += timedelta(hours=1)
        patients.correct(desk.scheduler, **ada, version=3, changed=NewPatient("Ada Kings"))
        assert (set(reader.titles()), set(stamps(reader))) == ({"A.K., chair 1"}, {NOW + timedelta(hours=1)})

    def test_hears_of_a_chairs_other_name(self, desk):
        booked(desk)
        reader = subscribe_staff(desk, NURSE)
        desk.clock.now += timedelta(hours=1)
        having.change_resource(desk.admin, resource_id=OTHER_CHAIR, name="Garden", capacity=1)
        assert stamps(reader) == [NOW] * 4
        having.change_resource(desk.admin, resource_id=CHAIR, name="Window, left", capacity=1)
        assert (set(reader.titles()), set(stamps(reader))) == ({"A.L., Window, left"}, {NOW + timedelta(hours=1)})

    def test_is_called_by_name_even_after_leaving(self, desk):
        booked(desk)
        reader = subscribe_staff(desk, NURSE)
        having.retire_resource(desk.admin, resource_id=NURSE)
        assert b"NAME:nurse 1\r\n" in reader.page().body

    def test_speaks_the_links_language(self, desk):
        last = booked(desk)[-1]
        reader = subscribe_staff(desk, NURSE, language=Language.SPANISH)
        booking.cancel(desk.scheduler, appointment_id=last.id, version=last.version, reason="cold")
        assert reader.titles()[-1] == "Cancelada: A.L., chair 1"


class TestRoom:
    def test_is_busy_while_it_is_taken_turnover_included(self, desk):
        booked(desk)
        reader = subscribe_staff(desk, CHAIR)
        assert times(reader)[0] == ("01-05 15:00", "17:45")
        assert set(reader.titles()) == {"Busy"}
        assert not any(word in reader.page().body for word in (b"A.L.", b"Ada", b"LOCATION", b"Appointment"))

    def test_of_several_seats_shows_each_visit_once(self, desk):
        booked(desk)
        with desk.store.begin(desk.clinic_id) as uow:
            site = uow.clinics.get(NOW)
            wide = replace(site, resources=(*site.resources, Resource(uid("salon"), "Salon", "salon", 4)))
            uow.clinics.save(wide)
        group = replace(protocol(phase("group", 1, (1, 1, 30), visits=("group",)), visits=(salon_talk(),)), name="group")
        desk.publish(group)
        for patient in ("Ben", "Cleo"):
            booked(desk, "group", patient, at="10:00")
        assert times(subscribe_staff(desk, uid("salon"))) == [("01-05 15:00", "16:00")] * 2

    def test_a_pump_is_busy_while_it_runs(self, desk):
        booked(desk, "infusions")
        assert times(subscribe_staff(desk, PUMP))[0] == ("01-06 15:15", "15:55")

    def test_is_cancelled_until_it_would_have_been_free(self, desk):
        last = booked(desk)[-1]
        reader = subscribe_staff(desk, CHAIR)
        booking.cancel(desk.scheduler, appointment_id=last.id, version=last.version, reason="cold")
        gone = ["01-14 15:00", "01-14 17:45", "1", "Cancelled: Busy", "CANCELLED", "TRANSPARENT", "PRIVATE"]
        assert seen(reader.events()[-1]) == gone
        desk.clock.now = last.end_at + timedelta(minutes=10)
        assert len(reader.events()) == 3

    def test_is_cancelled_when_a_visit_is_cancelled_too_late_to_set_it_free(self, desk):
        first = booked(desk)[0]
        reader = subscribe_staff(desk, CHAIR)
        desk.clock.now = first.start_at
        late = {"kind": MarkKind.LATE_CANCEL, "version": first.version}
        attendance.record(desk.scheduler, appointment_id=first.id, **late)
        assert (reader.titles()[0], desk.taken_by(first.id) >= {CHAIR}) == ("Cancelled: Busy", True)

    def test_what_is_booked_and_undone_leaves_no_trace(self, desk):
        course = desk.begin(at="10:00")
        made = desk.book(course)
        readers = [subscribe_staff(desk, CHAIR), subscribe_staff(desk, NURSE)]
        undoing.undo(desk.scheduler, undo_id=made.undo_id)
        assert [reader.events() for reader in readers] == [[], []]

    def test_what_moves_to_another_chair_leaves_the_first_one_free(self, desk):
        booked(desk)
        readers = [subscribe_staff(desk, one) for one in (CHAIR, OTHER_CHAIR)]
        week = Span(at("01-04", "00:00"), at("01-16", "00:00"))
        calendar.note_absence(desk.admin, resource_id=CHAIR, span=week, reason="repair")
        assert [len(reader.events()) for reader in readers] == [0, 4]

    def test_what_somebody_else_does_in_it_is_shown_beside_what_was_cancelled(self, desk):
        last = booked(desk)[-1]
        reader = subscribe_staff(desk, CHAIR)
        booking.cancel(desk.scheduler, appointment_id=last.id, version=last.version, reason="cold")
        booked(desk, "infusions", "Ben", start=last.start_at.date())
        that_day = [str(event["SUMMARY"]) for event in reader.events() if event["DTSTART"].dt >= last.start_at]
        assert {"Cancelled: Busy", "Busy"} <= set(that_day)


def salon_talk():
    step = replace(talk().steps[0], needs=(replace(talk().steps[0].needs[0], kind="salon", units=2),))
    return replace(talk("group"), steps=(step,))


class TestStays:
    """What a visit takes, as it is written down beside it."""

    def test_stretches_that_touch_are_one_whichever_their_seat(self):
        stays = [Stay(CHAIR, 10, 20), Stay(NURSE, 0, 5), Stay(CHAIR, 0, 10), Stay(CHAIR, 30, 40)]
        assert taken_by(stays) == {CHAIR: [(0, 20), (30, 40)], NURSE: [(0, 5)]}

    def test_what_is_given_back_as_it_was_is_no_change(self, desk):
        booked(desk)
        reader = subscribe_staff(desk, NURSE)
        desk.clock.now += timedelta(hours=1)
        with desk.store.read(desk.clinic_id) as uow:
            (course,) = uow.courses.of_patient(desk.patient())
        desk.book(course, desk.shown(course))
        assert stamps(reader) == [NOW] * 4

    def test_a_visit_that_is_booked_again_has_nothing_of_when_it_was_cancelled(self, desk):
        last = booked(desk)[-1]
        gone = booking.cancel(desk.scheduler, appointment_id=last.id, version=last.version, reason="cold")
        undoing.undo(desk.scheduler, undo_id=gone.undo_id)
        with desk.store.read(desk.clinic_id) as uow:
            assert uow.appointments.get(last.id).status is AppointmentStatus.BOOKED
        assert subscribe_staff(desk, CHAIR).titles() == ["Busy"] * 4
