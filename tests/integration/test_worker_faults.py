"""A worker that was off for hours (F14), or must end while a server hangs (F17)."""

from dataclasses import replace
from datetime import timedelta
from time import monotonic
from uuid import UUID

import pytest

from planner.clock import system_clock
from planner.notify.transports import LONGEST
from postroom import Mailbox, address, notices, owe, owed, post_of_today, still_owed, until
from tally import Tally
from workers import ENDS_WITHIN, Shift, working

HOUR = timedelta(hours=1)
OFF = {
    UUID(int=0): ("booked", HOUR), UUID(int=1): ("booked", 2 * HOUR), UUID(int=2): ("no-driving-discharge", 2 * HOUR),
    UUID(int=3): ("no-driving-evening", 9 * HOUR),
}  # fmt: skip
"""What is due to one patient while no worker is there: of which kind, and how long it makes sense."""


@pytest.fixture
def desk(store):
    return post_of_today(store)


def owe_while_off(desk, real):
    """Owe it to a patient who was given a dose today: two changes, and two reminders not to drive."""
    now = system_clock()
    with desk.store.begin(desk.clinic_id) as uow:
        visit = uow.appointments.of_patient(desk.people["Ada Lovelace"])[0]
        uow.appointments.save(replace(visit, arrived_at=visit.start_at, dosed_at=visit.start_at))
        for key, (kind, lasts) in OFF.items():
            facts = real.facts if kind == "booked" else {"appointment": str(visit.id)}
            about = None if kind == "booked" else visit.id
            uow.notices.put(replace(
                real, id=key, key=f"off {key}", kind=kind, facts=facts, due_at=now + HOUR / 2,
                next_attempt_at=now + HOUR / 2, expires_at=now + lasts, appointment_id=about, patient_id=visit.patient_id,
            ))  # fmt: skip


def test_off_for_three_hours_it_sends_what_holds_and_leaves_the_rest_to_the_desk(desk, database_url, tmp_path, count):
    owe(desk, 4)
    whole = still_owed(desk)
    owe_while_off(desk, whole[0])
    with Mailbox() as mailbox, working(database_url, mailbox, shift=Shift(tmp_path / "clock", 3 * HOUR)):
        back_at = system_clock() + 3 * HOUR
        until(lambda: not owed(desk))
    assert {one.id for one in notices(desk) if one.outcome == "sent"} == {one.id for one in whole} | {UUID(int=3)}
    assert {one.id for one in notices(desk) if one.outcome == "expired"} == {UUID(int=0), UUID(int=1), UUID(int=2)}
    assert [task.facts["notice"] for task in desk.tasks("phone-no-driving")] == [str(UUID(int=2))]
    assert {task.facts["notice"] for task in desk.tasks("undeliverable")} == {str(UUID(int=0)), str(UUID(int=1))}
    found = count("F14 a worker off for three hours", desk, mailbox, back_at=back_at)
    assert found == Tally(owed=8, delivered=5, asked=3)


def test_told_to_end_while_a_server_hangs_it_ends_when_the_letter_has_had_its_time(desk, database_url, tmp_path, count):
    owe(desk, 3)
    limit, clock = 1.0, Shift(tmp_path / "clock")
    with Mailbox({address(number): [30 * limit, "250 OK"] for number in range(3)}) as mailbox:
        with working(database_url, mailbox, shift=clock, limit=limit) as worker:
            until(lambda: mailbox.tried)
            worker.tell_to_end()
            began = monotonic()
            assert worker.wait() == 0
            assert monotonic() - began < 15 * limit
        assert LONGEST + 5 < ENDS_WITHIN, "the same with the product's own limit ends within what is promised"
        assert sorted((one.attempts, one.outcome) for one in still_owed(desk)) == [(0, None), (0, None), (1, "no-answer")]
        assert sum(one.next_attempt_at <= system_clock() for one in still_owed(desk)) == 2
        mailbox.answers.clear()
        clock.set(seconds=62)
        back_at = system_clock() + timedelta(seconds=62)
        with working(database_url, mailbox, shift=clock):
            until(lambda: not owed(desk))
    found = count("F17 told to end while a server hangs", desk, mailbox, back_at=back_at)
    assert found == Tally(owed=3, delivered=3)
