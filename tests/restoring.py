"""A night in which a clinic's messages go out, the database is lost, and last night's backup is put back."""

import sys
from collections import Counter
from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from planner.notify.letters import message_id
from postroom import notices, owe, still_owed

TIMED = Path(__file__).parent / "processes" / "timed.py"
BEFORE, SINCE, LATER = 2, 4, 2
"""How many messages are due before the backup, between it and the restoring, and after; one more since is a safety one."""
UNSENT = BEFORE
"""The number of the one that the mail server has not taken when the database is lost."""
SAFETY = UUID(int=77)
EVENING, NIGHT, AFTER = timedelta(hours=-12), timedelta(hours=-6), timedelta(hours=3)
"""When the backup is made, when the messages due since are sent, and when those due later are; restored is at 0."""


def owe_for_a_night(desk, now):
    """Owe what is due before the backup, since, and after *now*; one of those since tells a patient not to drive."""
    owe(desk, BEFORE + SINCE + LATER)
    hours = [-14] * BEFORE + [-8] * SINCE + [2] * LATER
    due = {desk.people[f"patient{number} of many"]: now + timedelta(hours=hour) for number, hour in enumerate(hours)}
    owed = still_owed(desk)
    with desk.store.begin(desk.clinic_id) as uow:
        for one in owed:
            uow.notices.hasten(one.id, due[one.patient_id])
        visit = uow.appointments.of_patient(desk.people["Ada Lovelace"])[0]
        uow.appointments.save(changed(visit, arrived_at=visit.start_at, dosed_at=visit.start_at))
        facts, at = {"appointment": str(visit.id)}, now + timedelta(hours=-8)
        uow.notices.put(changed(
            owed[0], id=SAFETY, key="safety", kind="no-driving-evening", patient_id=visit.patient_id, course_id=None,
            appointment_id=visit.id, facts=facts, due_at=at, next_attempt_at=at, expires_at=now + timedelta(hours=1),
        ))  # fmt: skip


def shifted(folder, shift, *words):
    """Give the words that run a command on a clock which differs by so much from this machine's."""
    file = folder / f"shift{shift.total_seconds():.0f}"
    file.write_text(str(shift.total_seconds()))
    return [sys.executable, str(TIMED), str(file), *words]


@dataclass(frozen=True)
class Account:
    """What became of all that was owed, counted: *asked* is left to a person, *late* was sent after it was parked."""

    owed: int
    delivered: int
    asked: int
    lost: int
    late: int
    twice: int


def account(desk, mailbox, parked):
    """Count what was owed by what arrived and by the tasks of the desk; *parked*: what must not be sent any more."""
    taken = Counter(mail["Message-ID"].strip("<>") for mail in mailbox.mails())
    owed = [one for one in notices(desk) if one.outcome != "copied"]
    tasks = [task for kind in ("parked-message", "phone-no-driving") for task in desk.tasks(kind)]
    asked = {UUID(task.facts["notice"]) for task in tasks}
    return Account(
        owed=len(owed), delivered=sum(1 for one in owed if taken[message_id(one)]), asked=len(asked),
        lost=sum(1 for one in owed if not taken[message_id(one)] and one.id not in asked),
        late=sum(1 for one in owed if one.id in parked and one.sent_at), twice=sum(count > 1 for count in taken.values()),
    )  # fmt: skip
