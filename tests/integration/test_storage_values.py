"""Every value comes back as it went in, from both databases."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from builders import clinic, esketamine, hours, phase, protocol, resources, spravato, talk, uid
from planner.almanac import public_holidays
from planner.domain import orders
from planner.domain.clinic import Absence, Closure, Costs, Holiday, Shift, WeeklyHours
from planner.domain.course import AppointmentStatus, Away, CourseStatus, Gate, Given, Preferences
from planner.domain.errors import Conflict, InvalidValue, NotFound
from planner.domain.occupancy import BusyRow
from planner.domain.orders import ChangeSpacing
from planner.domain.protocol import DrivingRule, Instruction, Link, Review, SpacingRule
from planner.domain.roles import Role
from planner.domain.span import Span
from planner.storage.records import (
    AppointmentRecord,
    CourseRecord,
    GivenRecord,
    HolidayCalendar,
    OrderRecord,
    Patient,
    Staff,
    Task,
)

NOW = datetime(2027, 1, 4, 12, 30, 15, 123456, tzinfo=UTC)
DAY = timedelta(days=1)
ADA = Patient(uid("ada"), "Ada Lovelace", "17", "+15550100", "ada@example.org", date(1985, 12, 10))
DOCTOR = uid("prescriber 1")
EFFECTIVE = WeeklyHours((Shift(0, time(9), time(12, 30), date(2027, 1, 1), date(2027, 6, 30)), Shift(0, time(13), time(17))))
AWAY = tuple(replace(one, absences=(Absence(Span(NOW, NOW + DAY), "leave"),) * 2) for one in resources("prescriber", 1))
SITE = replace(
    clinic(resources("chair", 2), resources("nurse", 1, 4, EFFECTIVE), AWAY, zone=ZoneInfo("Australia/Lord_Howe")),
    closures=(Closure(Span(NOW, NOW + DAY), "floor"), Closure(Span(NOW + DAY, NOW + 2 * DAY))),
    costs=Costs(told=99), grid_minutes=30, overrun_days=3, first_within_days=9, horizon_days=200,
)
PROTOCOL = replace(
    protocol(
        phase("prepare", 1, (2, 3, 9), visits=("talk",)),
        replace(phase("induction", 6, (3, 4, 9), pattern="Tue Fri", link=Link("talk", 12, 24)), review=Review("go on?")),
        phase("on", None, (10, 14, 21), entry=(5, 7, 9)),
        visits=(spravato(), talk()),
    ),
    instructions=(Instruction("fast", 120), Instruction("bring socks")), gates=("consent",), clinician="therapist",
    driving=DrivingRule(after_sleep=True, elapsed_hours=24), sources={"phases.0": "the clinic"},
)
WISHES = Preferences(
    date(2027, 1, 5), (1, 4), {"induction": (2,)}, time(9, 30), hours("Mon-Sun", "08:00", "20:00"),
    (Away(date(2027, 2, 1), date(2027, 2, 7)),), DOCTOR,
)
ORDERS = (
    ChangeSpacing("on", SpacingRule(21, 28, 35)), orders.ChangePattern((1, 3), time(9, 30), "on"),
    orders.ChangeDose("on", "talk"),
    orders.ChangeObservation(150), orders.Skip(uid("visit")), orders.Extend("on", 2), orders.EndPhase("on"), orders.Hold(),
    orders.Hold(date(2027, 3, 1)), orders.Resume(date(2027, 3, 1)), orders.Stop(), orders.Continue("on"),
    orders.Succeed("iv", date(2027, 3, 1), (0,), time(9)), orders.OverrideSpacing(uid("visit"), NOW),
    orders.DeclineSuggestion(uid("task")), orders.TakeBack(uid("order")),
)  # fmt: skip
COURSE = CourseRecord(uuid4(), ADA.id, PROTOCOL, WISHES, NOW, CourseStatus.ON_HOLD, DOCTOR)


@pytest.fixture
def ready(store):
    """A store with the clinic, the patient and the course."""
    with store.begin(SITE.id) as uow:
        uow.clinics.add(SITE)
        uow.people.add(ADA)
        uow.courses.add(COURSE)
    return store


def test_a_clinic_comes_back_whole(ready):
    with ready.read(SITE.id) as uow:
        found = uow.clinics.get(NOW)
    assert found == SITE
    assert found.zone is SITE.zone
    assert [(one.id, one.name) for one in ready.clinics()] == [(SITE.id, SITE.name)]


def test_own_holidays_are_kept_where_there_is_no_calendar(ready):
    own = replace(SITE, holidays=(Holiday(date(2027, 5, 4), "Founders' day"),))
    with ready.begin(SITE.id) as uow:
        uow.clinics.save(own)
    with ready.read(SITE.id) as uow:
        assert uow.clinics.get(NOW) == own


def test_public_holidays_follow_the_calendar_and_the_year(ready):
    calendar = HolidayCalendar("US", "NY", ("Columbus Day",))
    with ready.begin(SITE.id) as uow:
        uow.clinics.keep_holidays(calendar)
    with ready.read(SITE.id) as uow:
        assert uow.clinics.calendar() == calendar
        assert uow.clinics.get(NOW).holidays == public_holidays("US", "NY", range(2026, 2031), ("Columbus Day",))
        assert {holiday.day.year for holiday in uow.clinics.get(NOW + 365 * DAY).holidays} == set(range(2027, 2032))


def test_an_unknown_country_is_refused_before_it_is_stored(ready):
    with pytest.raises(InvalidValue), ready.begin(SITE.id) as uow:
        uow.clinics.keep_holidays(HolidayCalendar("XX"))


def test_a_saved_clinic_replaces_what_was_stored_and_raises_its_version(ready):
    chair, *others = SITE.resources
    changed = replace(
        SITE, name="New", zone=ZoneInfo("Europe/London"), hours=hours("Tue"), closures=(),
        resources=(*reversed([replace(one, absences=()) for one in others]), *resources("pump", 1)),
    )
    with ready.begin(SITE.id) as uow:
        assert uow.calendar.lock(NOW) == 1
        uow.clinics.save(changed)
        assert uow.clinics.get(NOW) == changed
    with ready.begin(SITE.id) as uow:
        assert uow.calendar.lock(NOW) == 2
        assert uow.clinics.get(NOW) == changed
        uow.clinics.save(SITE)
    with ready.read(SITE.id) as uow:
        assert uow.clinics.get(NOW).resource(chair.id) == chair


def test_a_clinic_is_read_once_for_each_version(ready):
    with ready.read(SITE.id) as uow:
        first = uow.clinics.get(NOW)
    with ready.read(SITE.id) as uow:
        assert uow.clinics.get(NOW) is first
    with ready.begin(SITE.id) as uow:
        uow.clinics.save(replace(SITE, name="New"))
    with ready.read(SITE.id) as uow:
        assert uow.clinics.get(NOW).name == "New"


def test_a_change_that_was_rolled_back_is_not_remembered(ready):
    with pytest.raises(RuntimeError), ready.begin(SITE.id) as uow:  # noqa: PT012 - one transaction
        uow.clinics.save(replace(SITE, name="Never"))
        assert uow.clinics.get(NOW).name == "Never"
        raise RuntimeError
    with ready.begin(SITE.id) as uow:
        uow.clinics.save(replace(SITE, name="Now"))
    with ready.read(SITE.id) as uow:
        assert uow.clinics.get(NOW).name == "Now"


def test_a_course_comes_back_with_its_own_copy_of_the_protocol(ready):
    with ready.read(SITE.id) as uow:
        assert uow.courses.get(COURSE.id) == COURSE
        assert uow.courses.of_patient(ADA.id) == [COURSE]
        assert uow.courses.with_status(CourseStatus.ON_HOLD) == [COURSE]
        assert uow.courses.with_status(CourseStatus.ACTIVE) == []


def test_a_patient_comes_back_and_shows_no_name(ready):
    with ready.read(SITE.id) as uow:
        assert uow.people.get(ADA.id) == ADA == uow.people.with_record_number("17")
        assert uow.people.among({ADA.id, uuid4()}) == {ADA.id: ADA}
        assert uow.people.all() == [ADA]
    assert not any(word in repr(ADA) for word in ("Ada", "17,", "example", "1985"))


def test_a_record_number_is_given_once(ready):
    with pytest.raises(Conflict), ready.begin(SITE.id) as uow:
        uow.people.add(replace(ADA, id=uuid4()))


def test_staff_come_back(ready):
    desk, doctor = Staff(uuid4(), "B", Role.SCHEDULER), Staff(uuid4(), "A", Role.CLINICIAN, DOCTOR)
    with ready.begin(SITE.id) as uow:
        uow.staff.add(desk, doctor)
        assert uow.staff.all() == [doctor, desk]
        assert uow.staff.get(desk.id) == desk


def test_a_version_of_a_protocol_is_published_once(ready):
    first, second = esketamine(), replace(esketamine(), version=10)
    with ready.begin(SITE.id) as uow:
        uow.protocols.publish(second, author_id=DOCTOR, at=NOW)
        uow.protocols.publish(first, author_id=DOCTOR, at=NOW)
    with pytest.raises(Conflict), ready.begin(SITE.id) as uow:
        uow.protocols.publish(replace(first, title="other"), author_id=DOCTOR, at=NOW)
    with ready.read(SITE.id) as uow:
        assert (uow.protocols.get("course"), uow.protocols.get("course", 1)) == (second, first)
        assert uow.protocols.latest() == [second]
        assert [record.version for record in uow.protocols.versions("course")] == [1, 10]
        with pytest.raises(NotFound):
            uow.protocols.get("course", 2)


def test_appointments_come_back_by_start(ready):
    host = AppointmentRecord(
        uuid4(), ADA.id, NOW, NOW + timedelta(hours=2), "2027-01-04T07:30", spravato(), NOW, NOW,
        AppointmentStatus.TENTATIVE, COURSE.id, "induction", 3, None, DOCTOR, NOW, 2,
    )
    linked = replace(host, id=uuid4(), linked_to=host.id, start_at=NOW + DAY, end_at=NOW + 2 * DAY, profile=talk())
    with ready.begin(SITE.id) as uow:
        uow.appointments.add(host, linked)
    with ready.read(SITE.id) as uow:
        assert uow.appointments.get(host.id) == host
        assert uow.appointments.of_course(COURSE.id) == uow.appointments.of_patient(ADA.id) == [host, linked]
        assert uow.appointments.between(NOW, NOW + DAY) == [host]
        assert uow.appointments.between(NOW, NOW + 2 * DAY, AppointmentStatus.BOOKED) == []
        assert uow.appointments.among([linked.id]) == {linked.id: linked}


def test_sessions_given_come_back_in_date_order(ready):
    late = GivenRecord(uuid4(), COURSE.id, "induction", date(2027, 2, 2))
    early = GivenRecord(uuid4(), COURSE.id, "prepare", date(2027, 2, 1), elsewhere=True)
    with ready.begin(SITE.id) as uow:
        uow.given.add(late, early)
    with ready.begin(SITE.id) as uow:
        assert uow.given.of_course(COURSE.id) == uow.given.of_patient(ADA.id) == [early, late]
        assert uow.given.values_of(COURSE.id)[0] == Given("prepare", date(2027, 2, 1), elsewhere=True)
        uow.given.remove(early.id)
        assert uow.given.of_course(COURSE.id) == [late]
        with pytest.raises(NotFound):
            uow.given.remove(early.id)


def test_orders_come_back_with_the_terms_that_they_found(ready):
    asked = ChangeSpacing("on", SpacingRule(21, 28, 35))
    order = OrderRecord(uuid4(), COURSE.id, asked, COURSE.terms, "stable", DOCTOR, NOW, NOW.date())
    with ready.begin(SITE.id) as uow:
        uow.orders.add(order, replace(order, id=uuid4(), given_at=NOW - DAY))
        assert uow.orders.of_course(COURSE.id)[1] == order


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.kind)
def test_every_kind_of_order_comes_back_as_it_was_given(ready, order):
    with ready.begin(SITE.id) as uow:
        uow.orders.add(OrderRecord(uuid4(), COURSE.id, order, COURSE.terms, "so", DOCTOR, NOW, NOW.date()))
        assert uow.orders.of_course(COURSE.id)[0].content == order


def test_a_patients_gate_stands_before_the_clinics(ready):
    with ready.begin(SITE.id) as uow:
        uow.gates.put(Gate("consent", met=False))
        uow.gates.put(Gate("certified"))
        uow.gates.put(Gate("consent", met=False), ADA.id)
        uow.gates.put(Gate("consent", until=date(2027, 9, 1)), ADA.id)
        assert uow.gates.of_patient(ADA.id) == (Gate("certified"), Gate("consent", until=date(2027, 9, 1)))
        assert uow.gates.of_patient(uid("other")) == (Gate("certified"), Gate("consent", met=False))


def test_tasks_are_finished_once(ready):
    task = Task(uuid4(), "form", NOW + DAY, NOW, {"days": 7, "late": False, "who": None}, course_id=COURSE.id)
    with ready.begin(SITE.id) as uow:
        uow.tasks.add(task, replace(task, id=uuid4(), due_at=NOW + 2 * DAY))
        assert uow.tasks.open()[0] == uow.tasks.get(task.id) == task
        uow.tasks.finish(task.id, at=NOW, reason="sent")
        assert len(uow.tasks.open()) == 1
        assert uow.tasks.get(task.id) == replace(task, done_at=NOW, done_reason="sent")
        with pytest.raises(Conflict):
            uow.tasks.finish(task.id, at=NOW, reason="again")


def test_the_audit_keeps_its_order(ready):
    with ready.begin(SITE.id) as uow:
        for action in ("begin", "book"):
            facts = {"n": len(action)}
            uow.audit.put(at=NOW, actor_id=DOCTOR, action=action, subject_kind="course", subject_id=COURSE.id, facts=facts)
        assert [entry.action for entry in uow.audit.of_subject(COURSE.id)] == ["begin", "book"]
        assert uow.audit.all()[0].facts == {"n": 5}


def test_occupancy_is_read_where_it_touches(ready):
    booked = AppointmentRecord(uuid4(), ADA.id, NOW, NOW + DAY, "x", spravato(), NOW, NOW)
    night, day, far = (BusyRow(uid("chair 1"), 1, start, end) for start, end in ((0, 1560), (1560, 1600), (90_000, 90_100)))
    with ready.begin(SITE.id) as uow:
        uow.appointments.add(booked)
        uow.occupancy.put_all([(booked.id, [night, day, far])])
        rows, touching = uow.occupancy.rows, uow.occupancy.rows_touching
        assert rows(1559, 1560) == [night]
        assert rows(1560, 1561) == [day]
        assert rows(1600, 90_000) == []
        assert sorted(touching([(90_050, 90_060), (100, 101)])) == sorted([night, far])
        assert sorted(touching((10_000 * n, 10_000 * n + 1) for n in range(200))) == sorted([night, far])
        assert touching([]) == []
        assert set(uow.occupancy.of_appointments([booked.id])[booked.id]) == {night, day, far}
        uow.occupancy.release(booked.id)
        assert rows(0, 100_000) == []


def test_rows_clash_where_the_guard_would_refuse_them(ready):
    booked = AppointmentRecord(uuid4(), ADA.id, NOW, NOW + DAY, "x", spravato(), NOW, NOW)
    taken = BusyRow(uid("chair 1"), 1, 600, 700)
    beside = [taken._replace(start=500, end=600), taken._replace(start=700, end=800), taken._replace(seat=2)]
    across = [taken._replace(start=start, end=end) for start, end in ((600, 700), (550, 601), (699, 800), (650, 651))]
    with ready.begin(SITE.id) as uow:
        uow.appointments.add(booked)
        uow.occupancy.put_all([(booked.id, [taken])])
        assert sorted(uow.occupancy.clashing([*beside, *across])) == sorted(across)
        assert uow.occupancy.clashing([]) == []


def test_only_the_fields_named_are_written(ready):
    with ready.begin(SITE.id) as uow:
        saved = uow.courses.save(replace(COURSE, status=CourseStatus.ACTIVE, clinician_id=uid("nobody")), "status")
        assert saved.version == COURSE.version + 1
        assert uow.courses.get(COURSE.id) == replace(COURSE, status=CourseStatus.ACTIVE, version=saved.version)
