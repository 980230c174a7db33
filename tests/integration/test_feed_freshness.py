"""A process that keeps a calendar's bytes serves what is stored, whatever was written, by whichever process.

The clock stands still in between: what tells a change is never its time.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders import phase, protocol
from desks import EVALUATION, at, open_desk
from planner.domain.attendance import MarkKind
from planner.domain.course import AppointmentStatus, CourseStatus
from planner.domain.orders import ChangeDose, Continue, TakeBack
from planner.domain.protocol import Review
from planner.domain.reaching import Audience, Delivery, Language
from planner.domain.rescheduling import CloseClinic
from planner.domain.span import Span
from planner.domain.tokens import token_hash
from planner.services import (
    attendance,
    booking,
    calendar,
    committing,
    correspondence,
    extending,
    feeds,
    letterhead,
    ordering,
    patients,
    rescheduling,
    resources,
    undoing,
    visits,
)
from planner.services.clinics import NewPatient
from planner.storage.unit_of_work import Store
from subscribing import CHAIR, NURSE, subscribe, subscribe_all, subscribe_staff

PATIENT, CARER, CLINICIAN, ROOM = Audience
ALL, STAFF = frozenset(Audience), {CLINICIAN, ROOM}
NOBODY = frozenset()


class Watched:
    """A desk, and one subscriber of each audience to each of two processes that keep what they have rendered."""

    def __init__(self, store):
        self.desk = desk = open_desk(store)
        induction = replace(phase("induction", 2, (2, 3, 5), pattern="Tue Thu", per_week=2), review=Review("Evaluate"))
        both = replace(protocol(induction, phase("weekly", 2, (5, 7, 10))), name="reviewed")
        desk.publish(both)
        self.course = desk.begin("reviewed", at="10:00")
        desk.book(self.course)
        desk.clock.now += timedelta(seconds=30)
        self.other = Store(store.engine)
        self.readers = subscribe_all(desk)
        self.others = subscribe_all(desk, self.other)
        self.tags = self.look()

    def look(self):
        return {audience: reader.page().tag for audience, reader in self.readers.items()}

    def changes(self, step):
        """Do something; gives for whom it changed the calendar, once both processes serve what is stored now."""
        for reader in [*self.readers.values(), *self.others.values()]:
            reader.page()
        done = step()
        for reader in [*self.readers.values(), *self.others.values()]:
            assert is_off(reader) or reader.page().body == reader.truth()
        before, self.tags = self.tags, self.look()
        self.done = done
        return {audience for audience in Audience if self.tags[audience] != before[audience]}

    @property
    def live(self):
        return self.desk.live(self.course)

    def version(self, record):
        with self.desk.store.read(self.desk.clinic_id) as uow:
            return uow.appointments.get(record.id).version

    def order(self, order):
        version = self.desk.course(self.course).version
        return ordering.give(self.desk.clinician, course_id=self.course.id, order=order, reason="well", version=version)


def link_of(reader):
    with reader.desk.store.read_installation() as installation:
        return installation.feed(token_hash(reader.token)).link


def is_off(reader):
    return link_of(reader).revoked_at is not None


@pytest.fixture
def watched(store):
    found = Watched(store)
    yield found
    found.other.feed_marks.close()


def test_what_the_desk_books_moves_cancels_and_undoes(watched):
    desk, last = watched.desk, watched.live[-1]
    ctx = desk.scheduler
    assert watched.changes(lambda: booking.move(
        ctx, appointment_id=last.id, start=last.start_at + timedelta(hours=1), version=last.version)) == ALL  # fmt: skip
    assert watched.changes(lambda: undoing.undo(ctx, undo_id=watched.done.undo_id)) == ALL
    gone = {"appointment_id": last.id, "reason": "cold"}
    assert watched.changes(lambda: booking.cancel(ctx, version=watched.version(last), **gone)) == ALL
    assert watched.changes(lambda: undoing.undo(ctx, undo_id=watched.done.undo_id)) == ALL
    assert watched.changes(lambda: booking.cancel(ctx, version=watched.version(last), told=False, **gone)) == ALL
    desk.clock.now += timedelta(minutes=5)
    assert watched.changes(lambda: visits.book_visit(
        ctx, patient_id=desk.patient(), kind=EVALUATION, start=at("01-06"))) == {PATIENT}  # fmt: skip
    assert watched.changes(lambda: undoing.undo(ctx, undo_id=watched.done.undo_id)) == {PATIENT}


def test_what_is_recorded_too_late_to_be_cancelled_and_corrected(watched):
    desk, first = watched.desk, watched.live[0]
    desk.clock.now = first.start_at
    watched.tags = watched.look()
    said = {"appointment_id": first.id}

    def mark(kind):
        return attendance.record(desk.scheduler, kind=MarkKind(kind), version=watched.version(first), **said)

    def take_back():
        (*_, latest) = attendance.marks_of(desk.scheduler, first.id)
        withdrawn = {"mark_id": latest.id, "withdraw": True, "reason": "wrong patient"}
        return attendance.correct(desk.scheduler, version=watched.version(first), **said, **withdrawn)

    assert watched.changes(lambda: mark("late-cancel")) == ALL
    assert watched.changes(take_back) == ALL
    for kind in ("arrived", "dosed"):
        assert watched.changes(lambda kind=kind: mark(kind)) == NOBODY
    assert watched.changes(take_back) == NOBODY


def test_what_a_clinician_orders(watched):
    going_on = watched.changes(lambda: watched.order(Continue("induction")))
    assert going_on == ALL
    watched.desk.clock.now += timedelta(minutes=1)
    assert watched.changes(lambda: watched.order(TakeBack(watched.done.order.id))) == ALL


def test_a_longer_visit(watched):
    desk = watched.desk
    larger = desk.begin("esketamine", at="13:00", patient="Ben")
    desk.book(larger)
    reader = subscribe_staff(desk, CHAIR)
    before = reader.page().tag
    version = desk.course(larger).version
    with desk.store.begin(desk.clinic_id) as uow:
        course = uow.courses.get(larger.id)
        longer = replace(course.protocol.visits["spravato"], name="longer")
        longer = replace(longer, steps=tuple(
            replace(step, minutes=step.minutes + 10) if step.turnover else step for step in longer.steps))  # fmt: skip
        changed = replace(course.protocol, visits={**course.protocol.visits, "longer": longer})
        uow.courses.save(replace(course, protocol=changed))
    ordering.give(
        desk.clinician, course_id=larger.id, order=ChangeDose("induction", "longer"), reason="well", version=version + 1
    )
    assert reader.page().body == reader.truth()
    assert reader.page().tag != before


def test_a_change_of_the_whole_clinic(watched):
    desk = watched.desk
    thursday = Span(at("01-07", "00:00"), at("01-08", "00:00"))

    def close():
        made = rescheduling.draft(desk.admin, change=CloseClinic(thursday, "flood"))
        return committing.commit(desk.admin, replan_id=made.id, version=made.version)

    assert watched.changes(close) == ALL


def test_who_has_a_visit_and_where_is_heard_of_by_staff_alone(watched):
    desk, week = watched.desk, Span(at("01-05", "00:00"), at("01-09", "00:00"))
    away = watched.changes(lambda: calendar.note_absence(desk.admin, resource_id=CHAIR, span=week, reason="repair"))
    assert away == STAFF
    assert watched.changes(
        lambda: calendar.note_absence(desk.admin, resource_id=NURSE, span=week, reason="ill")
    ) == {CLINICIAN}


def test_names(watched):
    desk = watched.desk
    renamed = {"resource_id": CHAIR, "name": "Window", "capacity": 1}
    assert watched.changes(lambda: resources.change_resource(desk.admin, **renamed)) == STAFF

    def call(name, version, **more):
        changed = NewPatient(name, **more)
        return patients.correct(desk.scheduler, patient_id=desk.patient(), version=version, changed=changed)

    assert watched.changes(lambda: call("Mary Shelley", 1)) == {CLINICIAN}
    assert watched.changes(lambda: call("Mary Smith", 2, phone="555-0100")) == NOBODY


def test_the_clinics_name_and_address(watched):
    desk, said = watched.desk, {"sender": "desk@clinic.example", "phone": "555-0100"}

    def set_letterhead(public_name, address, version):
        return letterhead.change_letterhead(
            desk.admin, public_name=public_name, address=address, version=version, **said
        )  # fmt: skip

    assert watched.changes(lambda: set_letterhead("Harbor Street", "", None)) == {PATIENT}
    assert watched.changes(lambda: set_letterhead("Harbor Street", "12 Harbor Street", 1)) == {PATIENT, CARER}


def test_a_link_that_is_replaced_or_switched_off(watched):
    desk = watched.desk
    for audience, reader in watched.readers.items():
        assert watched.changes(lambda reader=reader: feeds.revoke(desk.admin, link_id=link_of(reader).id)) == {audience}
        assert reader.titles() == ["This calendar link was switched off"]
    for reader in watched.others.values():
        feeds.rotate(desk.admin, link_id=link_of(reader).id)
        assert reader.titles() == ["This calendar link was switched off"]


def test_who_goes_over_to_invitations_has_no_calendar_link_any_more(watched):
    desk = watched.desk
    said = {"sender": "desk@clinic.example", "phone": "555-0100", "public_name": "Harbor Street", "address": ""}
    letterhead.change_letterhead(desk.admin, version=None, **said)
    ada = {"patient_id": desk.patient(), "version": 1, "changed": NewPatient("Ada Lovelace", email="ada@patient.example")}
    patients.correct(desk.scheduler, **ada)
    chosen = {"language": Language.SPANISH, "delivery": Delivery.INVITATIONS, "wording": "", "version": 0}
    correspondence.choose_for(desk.scheduler, patient_id=desk.patient(), **chosen)
    for readers in (watched.readers, watched.others):
        assert readers[PATIENT].titles() == ["This calendar link was switched off"]


def test_an_open_end_that_grows(store):
    desk = open_desk(store)
    endless = replace(protocol(phase("weekly", None, (5, 7, 10))), name="endless")
    desk.publish(endless)
    course = desk.begin("endless")
    desk.book(course)
    reader = subscribe(desk)
    before = len(reader.titles())
    desk.clock.now += timedelta(days=21)
    reader.page()
    extending.extend(desk.scheduler)
    assert reader.page().body == reader.truth()
    assert len(reader.titles()) > before


def test_an_evaluation_that_a_course_adopts_may_become_provisional(watched):
    desk, third = watched.desk, watched.live[2]
    with desk.store.begin(desk.clinic_id) as uow:
        loose = replace(third, course_id=None, phase=None, number=None, status=AppointmentStatus.BOOKED)
        uow.appointments.save(loose)
    watched.tags = watched.look()
    adopted = watched.changes(lambda: visits.adopt(
        desk.scheduler, appointment_id=third.id, course_id=watched.course.id, version=third.version + 1))  # fmt: skip
    assert {PATIENT, CARER} <= adopted


def test_a_course_that_ends_lets_its_calendars_go_on_until_they_are_over(watched):
    desk = watched.desk

    def end():
        with desk.store.begin(desk.clinic_id) as uow:
            uow.courses.save(replace(uow.courses.get(watched.course.id), status=CourseStatus.COMPLETED))

    assert watched.changes(end) == NOBODY


def test_a_second_change_within_the_same_instant_is_seen(watched):
    desk, last = watched.desk, watched.live[-1]
    for hours in (1, 2, 1, 0):
        start = watched.live[-1].start_at.replace(hour=15 + hours)
        step = {"appointment_id": last.id, "start": start, "version": watched.version(last)}
        assert watched.changes(lambda step=step: booking.move(desk.scheduler, **step)) == ALL


def test_another_patients_changes_leave_the_bytes_as_they_are(watched):
    desk = watched.desk
    ben = desk.begin("infusions", at("01-06").date(), at="13:00", patient="Ben")
    assert watched.changes(lambda: desk.book(ben)) <= STAFF
