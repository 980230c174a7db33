"""A night in which a clinic's messages go out, the database is lost, and last night's backup is put back."""

from dataclasses import replace as changed
from datetime import timedelta
from uuid import UUID

from postroom import owe, still_owed

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
