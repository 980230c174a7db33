"""Who may do what, in which clinic: every use-case by each role, and with the ids of another clinic."""

import logging
from dataclasses import replace
from datetime import date

import pytest

from builders import clinic, hours, uid
from desks import EVALUATION, Desk, at, open_desk
from planner.config import Settings
from planner.domain.attendance import MarkKind
from planner.domain.course import Gate, Override, Preferences
from planner.domain.editing import Edit
from planner.domain.errors import Forbidden, NotFound, PlannerError
from planner.domain.orders import ChangeSpacing
from planner.domain.protocol import SpacingRule
from planner.domain.roles import ALLOWED, Permission, Role
from planner.domain.span import Span
from planner.services import attendance, booking, calendar, clinics, courses, drafts, ordering, sweeping, undoing, visits
from planner.services.courses import Wish
from planner.storage.engine import open_engine
from planner.storage.unit_of_work import Store

DAY = Span(at("01-07", "00:00"), at("01-08", "00:00"))
P = Permission


class Things:
    """Ids of one clinic, and every use-case asked of them."""

    def __init__(self, desk: Desk) -> None:
        self.patient = desk.patient()
        self.course = desk.begin()
        series = desk.book(self.course)
        self.booked, self.undo_id = series.appointments[1], series.undo_id
        evaluation = {"patient_id": self.patient, "kind": EVALUATION}
        self.single = visits.book_visit(desk.scheduler, start=at("01-11"), **evaluation).appointment
        self.hold = visits.hold(desk.scheduler, start=at("01-13"), **evaluation)

    def with_ids(self, ctx):
        """Every use-case that takes an id, with the permission that it needs."""
        who, course, booked = self.patient, self.course.id, {"appointment_id": self.booked.id, "version": 1}
        asked = Preferences(date(2027, 2, 2))
        more = {"order": ChangeSpacing("induction", SpacingRule(2, 3, 5)), "reason": "stable", "version": 2}
        soon = {"patient_id": who, "kind": EVALUATION, "start": at("01-14")}
        taken = {"appointment_id": self.single.id, "course_id": course, "version": 1}
        return {
            "begin": (P.BOOK, lambda: courses.begin(ctx, patient_id=who, protocol="course", preferences=asked)),
            "offer": (P.BOOK, lambda: drafts.offer(ctx, patient_id=who)),
            "draft": (P.READ, lambda: drafts.look_up(ctx, course_id=course)),
            "edit": (P.BOOK, lambda: drafts.edit_start(ctx, course_id=course, wish=Wish(), edit=Edit(1, at("01-14")))),
            "prefer": (P.BOOK, lambda: drafts.prefer(ctx, course_id=course, preferences=asked, version=1)),
            "discard": (P.BOOK, lambda: drafts.discard(ctx, course_id=course, version=1)),
            "preview": (P.READ, lambda: courses.preview(ctx, course_id=course)),
            "booked": (P.READ, lambda: courses.booked(ctx, course_id=course)),
            "order": (P.PRESCRIBE, lambda: ordering.give(ctx, course_id=course, **more)),
            "series": (P.BOOK, lambda: booking.book_series(ctx, course_id=course)),
            "move": (P.BOOK, lambda: booking.move(ctx, start=at("01-08"), **booked)),
            "override": (P.OVERRIDE, lambda: booking.move(ctx, start=at("01-08"), override=Override("so"), **booked)),
            "cancel": (P.BOOK, lambda: booking.cancel(ctx, reason="ill", **booked)),
            "undo": (P.BOOK, lambda: undoing.undo(ctx, undo_id=self.undo_id)),
            "attend": (P.ATTEND, lambda: attendance.record(ctx, kind=MarkKind.ARRIVED, **booked)),
            "correct": (P.ATTEND, lambda: attendance.correct(ctx, mark_id=uid("x"), reason="no", withdraw=True, **booked)),
            "marks": (P.READ, lambda: attendance.marks_of(ctx, self.booked.id)),
            "visit": (P.BOOK, lambda: visits.book_visit(ctx, **soon)),
            "overridden visit": (P.OVERRIDE, lambda: visits.book_visit(ctx, override=Override("so"), **soon)),
            "hold": (P.BOOK, lambda: visits.hold(ctx, **soon)),
            "held": (P.BOOK, lambda: visits.book_visit(ctx, hold_id=self.hold.id, **soon)),
            "adopt": (P.BOOK, lambda: visits.adopt(ctx, **taken)),
            "gate": (P.REGISTER, lambda: clinics.set_gate(ctx, Gate("screening"), who)),
            "shifts": (P.CONFIGURE, lambda: calendar.set_shifts(ctx, resource_id=uid("nurse 1"), hours=hours())),
            "absence": (P.CLOSE, lambda: calendar.note_absence(ctx, resource_id=uid("nurse 1"), span=DAY, reason="")),
            "presence": (P.CLOSE, lambda: calendar.end_absence(ctx, resource_id=uid("nurse 1"), span=DAY)),
        }  # fmt: skip

    def without_ids(self, ctx):
        """The use-cases that concern the clinic as a whole."""
        return {
            "clinic": (P.READ, lambda: clinics.the_clinic(ctx)),
            "find": (P.READ, lambda: courses.of_record_number(ctx, "17")),
            "published": (P.READ, lambda: clinics.published(ctx, "course")),
            "broken": (P.READ, lambda: calendar.broken_appointments(ctx)),
            "register": (P.REGISTER, lambda: clinics.register_patients(ctx, [clinics.NewPatient("Edith")])),
            "publish": (P.PUBLISH, lambda: clinics.publish(ctx, replace(self.course.protocol, version=7))),
            "next": (P.PUBLISH, lambda: clinics.next_version(ctx, self.course.protocol)),
            "sweep": (P.ATTEND, lambda: sweeping.sweep(ctx)),
            "release": (P.BOOK, lambda: visits.release(ctx, hold_ids=[self.hold.id])),
            "close": (P.CLOSE, lambda: calendar.close(ctx, span=DAY, reason="flood")),
            "reopen": (P.CLOSE, lambda: calendar.reopen(ctx, span=DAY)),
            "hours": (P.CONFIGURE, lambda: calendar.set_hours(ctx, hours=hours())),
            "holidays": (P.CONFIGURE, lambda: calendar.keep_holidays(ctx, calendar=None)),
        }  # fmt: skip


@pytest.fixture
def desk(store):
    return open_desk(store)


def state(desk):
    """Everything that a clinic's rows say, to see whether something was written."""
    with desk.store.engine.connect() as connection:
        return [
            connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
            for table in (
                "appointment", "occupancy", "course", "patient", "hold", "audit", "task", "protocol", "gate", "mark",
                "notice", "undo",
            )
        ]


@pytest.mark.parametrize("role", list(Role))
def test_a_role_without_the_permission_is_forbidden_and_nothing_is_written(desk, role):
    things, ctx = Things(desk), desk.acting(role)
    before = state(desk)
    for name, (permission, ask) in {**things.with_ids(ctx), **things.without_ids(ctx)}.items():
        if permission not in ALLOWED[role]:
            with pytest.raises(Forbidden):
                ask()
            assert state(desk) == before, name


def test_with_the_ids_of_another_clinic_there_is_nothing_to_find(store, desk):
    things = Things(desk)
    elsewhere = open_desk(store, replace(clinic(()), id=uid("elsewhere"), name="Elsewhere"))
    before = state(desk)
    asked, by_admin = things.with_ids(elsewhere.clinician), things.with_ids(elsewhere.admin)
    for name, (permission, ask) in asked.items():
        with pytest.raises(NotFound):
            by_admin[name][1]() if permission is P.CONFIGURE else ask()
        assert state(desk) == before, name
    visits.release(elsewhere.scheduler, hold_ids=[things.hold.id])
    assert courses.of_record_number(elsewhere.scheduler, "17") == []
    assert calendar.broken_appointments(elsewhere.scheduler) == []
    assert state(desk) == before


def test_what_is_done_is_written_down_once_with_who_did_it(desk):
    things = Things(desk)
    with desk.store.read(desk.clinic_id) as uow:
        done = [(entry.action, entry.actor_id) for entry in uow.audit.all()]
    scheduler = desk.scheduler.actor.id
    assert [who for _, who in done if who != desk.clinician.actor.id] == [scheduler] * 5
    assert [action for action, who in done if who == scheduler] == ["register", "begin", "book-series", "book-visit", "hold"]
    assert {things.booked.id, things.single.id} == {one.id for one in booked_of(desk)}


def booked_of(desk):
    with desk.store.read(desk.clinic_id) as uow:
        return [one for one in uow.appointments.of_patient(desk.patient()) if one.number in {None, 2}]


NAME = "Zebulon Quartermaine"


def test_no_name_is_in_a_log_a_repr_or_a_refusal(database_url, caplog):
    caplog.set_level(logging.DEBUG)
    settings = Settings(database_url=database_url, pool_size=2)
    store = Store(open_engine(settings))
    try:
        desk = open_desk(store)
        course = desk.begin(patient=NAME)
        refusals = [repr(clinics.NewPatient(NAME, "17-A")), repr(settings), repr(desk.book(course))]
        (made,) = clinics.register_patients(desk.scheduler, [clinics.NewPatient(NAME, "17-A")])
        refusals.append(repr(made))
        second = desk.live(course)[1]
        for ask in (
            lambda: clinics.register_patients(desk.scheduler, [clinics.NewPatient(NAME, "17-A")]),
            lambda: clinics.register_patients(desk.scheduler, [clinics.NewPatient(f"{NAME}\r\nBcc: e@x")]),
            lambda: clinics.register_patients(desk.scheduler, [clinics.NewPatient(NAME * 500_000)]),
            lambda: booking.move(desk.scheduler, appointment_id=second.id, start=at("01-06"), version=1),
            lambda: visits.book_visit(desk.scheduler, patient_id=uid("x"), kind=EVALUATION, start=at("01-06")),
        ):
            with pytest.raises(PlannerError) as refused:
                ask()
            refusals += [str(refused.value), repr(refused.value), str(refused.value.__cause__)]
        refusals.append(repr(courses.preview(desk.scheduler, course_id=course.id)))
    finally:
        store.close()
    for part in (NAME, "Zebulon", "Quartermaine"):
        assert part not in caplog.text
        assert not any(part in text for text in refusals)


@pytest.mark.parametrize("name", ["", "   ", "A\r\nB", "\x00", "\u202eA", "x" * 201])
def test_a_name_that_cannot_be_is_refused_by_its_field(desk, name):
    before = state(desk)
    for patient, field in (
        (clinics.NewPatient(name), "patients.1.name"), (clinics.NewPatient("Ada", name), "patients.1.record_number"),
    ):  # fmt: skip
        with pytest.raises(PlannerError) as refused:
            clinics.register_patients(desk.scheduler, [clinics.NewPatient("Grace"), patient])
        assert refused.value.path == field
    assert state(desk) == before
