"""Scenarios A13 and A4 of the domain as they are told: a clock set by hand, the worker's rounds, a real mail server."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from builders import NEW_YORK, hours, infusion, phase, protocol, resources, spravato, wall
from builders import clinic as site
from gateway import Gateway
from planner.domain.attendance import MarkKind
from planner.domain.channels import Channel
from planner.domain.notices import BEFORE, NO_DRIVING
from planner.domain.protocol import DrivingRule, Instruction
from planner.notify.dispatcher import UNDELIVERABLE_TASK, Post, dispatch
from planner.services import attendance, booking, clinics, consents, sweeping, wishes
from planner.services.writing import RIDE_TASK
from postroom import Mailbox, notices, open_post, transport_to

K = MarkKind
CUT_OFFS = (
    Instruction("Do not eat.", 120), Instruction("Use no nasal corticosteroid or decongestant spray.", 60),
    Instruction("Do not drink anything.", 30),
)  # fmt: skip
SESSIONS = phase("sessions", 1, (2, 3, 9))
SERIES = replace(protocol(SESSIONS, visits=(spravato(),)), name="series", instructions=CUT_OFFS)
DRIP = replace(phase("drip", 1, (2, 3, 9)), visits=("infusion",))
BY_HOURS = replace(protocol(DRIP, visits=(infusion(),)), name="drip", driving=DrivingRule(elapsed_hours=24))
WEEK = site(
    resources("chair", 2), resources("nurse", 2, 4), resources("prescriber", 1), resources("pump", 1), reminds=True,
    opening=hours("Mon-Sun", "07:00", "18:00"),
)  # fmt: skip
CLOCK = re.compile(r"[0-9]:[0-9]{2}|[0-9] ?[ap]\.?m\b")
JANUARY = wall(date(2027, 1, 11), "10:00")


def utc(text):
    """An instant as the scenario has it: "03-12T14:00"."""
    return datetime.fromisoformat(f"2027-{text}").replace(tzinfo=UTC)


class Walk:
    """A clinic whose clock goes on as it is told, and what came when: mails by the mail server, texts by the gateway."""

    def __init__(self, desk, mailbox, gateway):
        self.desk, self.mailbox, self.gateway, self.came = desk, mailbox, gateway, []
        self.post = Post({Channel.MAIL: transport_to(mailbox), Channel.SMS: gateway.transport()})

    def book(self, now, arrival, course="series", check_in=15, **more):
        """Book one session by its time of arrival."""
        self.desk.clock.now = now
        start = (arrival + timedelta(minutes=check_in)).astimezone(NEW_YORK)
        begun = self.desk.begin(course, start.date(), at=f"{start:%H:%M}", **more)
        (one,) = self.desk.book(begun).appointments
        assert one.start_at == start
        return one

    def to(self, end):
        """Go on until an instant: by four hours, a second before and at each time at which a message is to go."""
        while (now := self.desk.clock.now) < end:
            tries = [one.next_attempt_at for one in notices(self.desk) if one.open]
            stops = [at for due in tries for at in (due - timedelta(seconds=1), due) if at > now]
            self.desk.clock.now = min([*stops, now + timedelta(hours=4), end])
            self.round()

    def round(self):
        sweeping.sweep(self.desk.scheduler)
        dispatch(self.desk.store, self.desk.clock, self.post)
        new = self.mailbox.mails()[len(self.came) :]
        self.came += [(f"{self.desk.clock.now:%m-%dT%H:%M}", mail["Subject"], text_of(mail)) for mail in new]

    def mark(self, one, **marks):
        for kind, instant in marks.items():
            self.to(instant)
            with self.desk.store.read(self.desk.clinic_id) as uow:
                version = uow.appointments.get(one.id).version
            mark = K(kind.replace("_", "-"))
            attendance.record(self.desk.scheduler, appointment_id=one.id, kind=mark, version=version)
            self.round()

    def told(self):
        """Let what is due now come, and forget it."""
        self.to(self.desk.clock.now + timedelta(minutes=1))
        self.came.clear()
        self.mailbox.taken.clear()

    def times(self):
        return [when for when, *_ in self.came]

    def texts(self):
        return [text for *_, text in self.came]


def text_of(mail):
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n").replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def walk(store):
    desk = open_post(store, site=WEEK)
    desk.publish(SERIES, BY_HOURS)
    with Mailbox() as mailbox, Gateway() as gateway:
        yield Walk(desk, mailbox, gateway)


def test_a13_i_across_the_change_of_clocks_each_reminder_comes_once_by_the_wall(walk):
    one = walk.book(JANUARY, utc("03-15T13:00"))
    walk.told()
    walk.desk.clock.now = utc("03-08T13:30")
    walk.to(utc("03-08T14:00"))
    walk.desk.clock.now = utc("03-12T12:30")
    walk.mark(one, arrived=utc("03-15T13:00"), dosed=utc("03-15T13:30"), discharged=utc("03-15T15:50"))
    walk.to(utc("03-16T14:00"))
    rides, *others = walk.times()
    assert rides == "03-08T14:00"  # the rides of a series, which the scenario does not list
    assert others == ["03-12T14:00", "03-14T13:00", "03-14T23:00", "03-15T15:50", "03-16T00:00", "03-16T12:00"]
    prepare = walk.texts()[3]
    assert "- From 7:00 am: Do not eat." in prepare
    spray = "- From 8:00 am: There is one more thing to do, which a message may not name. Please ask us."
    assert spray in prepare
    assert "- From 8:30 am: Do not drink anything." in prepare
    assert "9:00 am: Be there." in prepare


def test_a13_i_nobody_has_named_a_ride_so_the_desk_phones_from_noon(walk):
    one = walk.book(JANUARY, utc("03-15T13:00"))
    walk.desk.clock.now = utc("03-14T15:59")
    walk.round()
    assert walk.desk.tasks(RIDE_TASK) == []
    walk.to(utc("03-14T16:00"))
    assert [task.appointment_id for task in walk.desk.tasks(RIDE_TASK)] == [one.id]


def test_a13_ii_at_short_notice_nothing_is_back_dated(walk):
    booked = wall(date(2027, 3, 11), "15:00")
    walk.book(booked, wall(date(2027, 3, 12), "10:00"))
    walk.desk.clock.now += timedelta(seconds=10)
    walk.round()
    walk.to(utc("03-12T15:00"))
    assert walk.times() == ["03-11T20:00", "03-12T00:00"]
    confirmation, prepare = walk.texts()
    assert "Please tell us who takes you; without a ride the appointment cannot take place." in confirmation
    assert "I have a ride home:\nhttp" in confirmation
    assert "- From 8:00 am: Do not eat." in prepare
    assert "- From 9:30 am: Do not drink anything." in prepare


def test_a13_iii_a_move_voids_what_waits_and_nothing_comes_twice(walk):
    one = walk.book(JANUARY, utc("03-15T13:00"))
    walk.desk.clock.now = utc("03-12T13:00")
    walk.to(utc("03-13T15:00"))
    walk.told()
    former = {notice.id for notice in notices(walk.desk) if notice.open and notice.kind in BEFORE}
    later = one.start_at + timedelta(days=1)
    booking.move(walk.desk.scheduler, appointment_id=one.id, start=later, version=one.version, told=True)
    assert former
    assert not former & {notice.id for notice in notices(walk.desk) if notice.open}
    walk.to(utc("03-16T13:00"))
    assert walk.times() == ["03-13T15:01", "03-15T13:00", "03-15T23:00"]
    assert all("Tuesday" in text for text in walk.texts())
    keys = [notice.key for notice in notices(walk.desk) if notice.sent_at]
    assert {f"ride:{one.id}:0:0", f"ride-again:{one.id}:1:1", f"prepare:{one.id}:1:1"} <= set(keys)
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("at_last", [Channel.PHONE, Channel.PRINT])
def test_a13_iv_after_stop_no_text_goes_and_a_person_phones_or_prints(walk, at_last):
    (grace,) = clinics.register_patients(walk.desk.scheduler, [clinics.NewPatient("Grace Hopper", phone="+1 212 555 0101")])
    walk.desk.people[grace.name] = grace.id
    consents.say(walk.desk.scheduler, grace.id, Channel.SMS, True, "on paper")
    wishes.wish_for(walk.desk.scheduler, grace.id, wishes.Wish((Channel.SMS, at_last), None, reminders=True, version=0))
    walk.book(JANUARY, utc("03-15T13:00"), patient=grace.name)
    walk.told()
    assert [number for number, _ in walk.gateway.taken] == ["+12125550101"]
    consents.receive(walk.desk.store, walk.desk.clock, "+12125550101", "STOP", walk.desk.clock())
    assert [task.patient_id for task in walk.desk.tasks(consents.STOPPED_TASK)] == [grace.id]
    for day in ("03-12T13:30", "03-14T12:30"):
        walk.desk.clock.now = utc(day)
        walk.to(utc(day) + timedelta(hours=11))
    assert len(walk.gateway.taken) == 1
    assert [task.facts.get("by", "phone") for task in walk.desk.tasks(UNDELIVERABLE_TASK)] == [at_last]


def left(walk, discharged, course="drip", dose=True):
    """Let Ada come and go; gives what came since she came."""
    start = discharged - timedelta(minutes=105 if course == "drip" else 155)  # ten minutes early, or on time
    one = walk.book(start - timedelta(days=6), start, course, 0 if course == "drip" else 15)
    walk.desk.clock.now = start - timedelta(minutes=1)
    walk.round()
    walk.told()
    marks = {"dosed": start + timedelta(minutes=30), "discharged": discharged} if dose else {"nothing_given": discharged}
    walk.mark(one, arrived=start, **marks)
    walk.to(discharged + timedelta(hours=26))
    return walk.texts()


@pytest.mark.parametrize(
    ("discharged", "bound"),
    [
        (wall(date(2027, 3, 13), "15:00"), "4:00 pm, New York time (EDT)"),
        (wall(date(2027, 11, 6), "15:00"), "2:00 pm, New York time (EST)"),
    ],
)
def test_a4_i_ii_hours_elapse_across_the_change_of_clocks(walk, discharged, bound):
    now, evening, morning, later = left(walk, discharged)
    assert all(f"before {bound}, tomorrow, Sunday" in text for text in (now, evening))
    assert f"before {bound}, today, Sunday" in morning
    assert "New York time" not in later  # the hours are over: what is left is the sleep


def test_a4_iii_a_rule_of_sleep_names_no_time(walk):
    texts = left(walk, wall(date(2027, 3, 13), "12:35"), "series")
    assert len(texts) == 3
    assert all("only after a restful night's sleep" in text for text in texts[:2])
    assert all("before tomorrow, Sunday" in text for text in texts[:2])
    assert [CLOCK.findall(text) for text in texts] == [[], [], []]


def test_a4_iv_where_nothing_was_given_nothing_is_said_of_driving(walk):
    assert left(walk, wall(date(2027, 3, 13), "12:35"), "series", dose=False) == []
    assert not [one for one in notices(walk.desk) if one.kind in NO_DRIVING and one.sent_at]


def test_who_leaves_later_than_planned_is_told_of_the_later_hour_as_they_leave(walk):
    planned = wall(date(2027, 3, 13), "15:10")
    one = walk.book(planned - timedelta(days=6), planned - timedelta(minutes=115), "drip", 0)
    walk.desk.clock.now = one.start_at - timedelta(minutes=1)
    walk.told()
    walk.mark(one, arrived=one.start_at, dosed=one.start_at + timedelta(minutes=30))
    walk.to(planned)
    walk.mark(one, discharged=planned + timedelta(hours=1))
    walk.to(planned + timedelta(hours=2))
    assert [when[6:] for when in walk.times()] == ["20:10", "21:10"]
    assert ["before 4:10 pm, New York time (EDT)" in text for text in walk.texts()] == [True, False]
    assert "before 5:10 pm, New York time (EDT)" in walk.texts()[1]


def test_the_way_home_is_not_asked_about_in_the_evening_once_the_patient_has_left(walk):
    now, evening, _ = left(walk, wall(date(2027, 3, 13), "12:35"), "series")
    assert ["How do you get home?" in text for text in (now, evening)] == [True, False]
