"""Whatever is booked, moved, cancelled, undone and chosen, and however mails are answered: the mailed calendar is right."""

import os
from contextlib import suppress
from datetime import timedelta
from random import Random

import pytest

from desks import at
from inviting import MailedCalendar, choose, send
from planner.domain.course import LIVE
from planner.domain.errors import PlannerError
from planner.domain.reaching import Delivery
from planner.services import booking, correspondence, undoing
from postroom import LOST, Mailbox, open_post, still_owed

SEEDS = range(int(os.environ.get("WALKS", "3")))
TIMES = ["09:00", "10:00", "11:30", "13:00", "14:00"]
ANSWERS = ["250 OK", "250 OK", "250 OK", LOST, "451 later"]


class Walk:
    """One patient with a course, one calendar, and one step after the other, drawn by a seed."""

    def __init__(self, desk, mailbox, seed):
        self.desk, self.mailbox, self.random = desk, mailbox, Random(seed)
        self.calendar, self.undo_id = MailedCalendar(), None
        self.course = desk.begin()
        desk.book(self.course)

    def any_live(self):
        return self.random.choice([one for one in self.desk.live(self.course) if one.start_at > self.desk.clock.now])

    def move(self):
        one = self.any_live()
        start = at(one.wall_start[5:10], self.random.choice(TIMES))
        told = self.random.random() < 0.8
        self.undo_id = booking.move(
            self.desk.scheduler, appointment_id=one.id, start=start, version=one.version, told=told
        ).undo_id  # fmt: skip

    def cancel(self):
        one = self.any_live()
        self.undo_id = booking.cancel(
            self.desk.scheduler, appointment_id=one.id, version=one.version, reason="ill"
        ).undo_id  # fmt: skip

    def book_again(self):
        self.undo_id = self.desk.book(self.desk.course(self.course)).undo_id

    def undo(self):
        if self.undo_id:
            undoing.undo(self.desk.scheduler, undo_id=self.undo_id)

    def choose(self):
        choose(self.desk, self.random.choice(list(Delivery)))

    def wait(self):
        self.desk.clock.now += timedelta(seconds=self.random.choice([1, 5, 20, 60]))

    def send(self):
        self.calendar.receive(*send(self.desk, self.mailbox))

    def settle(self):
        """Wait until nothing is owed any more."""
        while [one for one in still_owed(self.desk) if one.kind == "invitation"]:
            self.desk.clock.now += timedelta(minutes=1)
            self.send()

    def step(self):
        steps = [self.move, self.move, self.cancel, self.book_again, self.undo, self.undo, self.choose, self.wait, self.send]
        with suppress(PlannerError, IndexError):  # it may be refused, or nothing may be left to choose from
            self.random.choice(steps)()

    def check(self):
        """The calendar holds all that the patient was told of and is ahead, and nothing at another time, if it is mailed."""
        ahead = {str(one.id): one for one in self.desk.records(self.course) if one.start_at > self.desk.clock.now}
        held = {uid: start for uid, start in self.calendar.shows().items() if uid in ahead}
        chosen = correspondence.chosen_for(self.desk.scheduler, self.desk.patient())
        live = {uid: one for uid, one in ahead.items() if one.status in LIVE and chosen.delivery is Delivery.INVITATIONS}
        assert held == {uid: one.start_at for uid, one in live.items() if uid in held}
        assert {uid for uid, one in live.items() if one.told_at} <= held.keys()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mailed_calendar_is_right_whenever_nothing_is_owed(sqlite_store, seed):
    draws = Random(seed)
    with Mailbox({"ada@mail.example": [draws.choice(ANSWERS) for _ in range(200)] + ["250 OK"]}) as mailbox:
        walk = Walk(open_post(sqlite_store), mailbox, seed)
        for _ in range(5):
            for _ in range(6):
                walk.step()
            walk.settle()
            walk.check()
