"""What appointments owe to their patients before them, brought up to date in the transaction that changes anything of it.

Moved, cancelled, taken back, a ride named, other quiet hours wished: what is not sent yet is owed anew for the appointment
as it is, and what it was owed for before is withdrawn. What was sent for the appointment as it is (its SEQUENCE) is never
owed again.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from planner.domain.channels import Quiet
from planner.domain.course import LIVE
from planner.domain.notices import BEFORE, NoticeKind, Owed
from planner.domain.outbox import TAKEN_BACK
from planner.domain.preparing import arrival, cues, instructions_for
from planner.domain.protocol import Protocol
from planner.domain.reminders import Coming, is_still_owed, owed_before
from planner.domain.replies import ReplyKind, RidePolicy
from planner.domain.roles import Permission
from planner.services.context import Context
from planner.storage.desk_records import Notice
from planner.storage.records import AppointmentRecord, CourseRecord
from planner.storage.unit_of_work import UnitOfWork

CHANNEL = "mail"
_AHEAD = timedelta(days=9)
"""How far ahead the first reminder of a visit may be due, and a day more."""


def owe_before(uow: UnitOfWork, records: Iterable[AppointmentRecord], now: datetime) -> int:
    """Owe what a patient's appointments owe before them, and withdraw what they no longer do; gives how many are new."""
    ahead = [one for one in records if one.start_at > now or one.status not in LIVE]
    if not ahead:
        return 0
    waiting, clinic = _waiting(uow, ahead), uow.clinics.get(now)
    chosen = uow.correspondence.of_patient(ahead[0].patient_id)
    quiet = clinic.messaging.quiet_for(chosen.quiet)
    reminds = clinic.reminds and chosen.reminders
    wanted = {one.id: (one, coming) for one, coming in _wanted(uow, ahead, now)} if reminds else {}
    stays = {notice.id for notice in waiting if _stands(notice, wanted, clinic.zone, now, quiet)}
    off = {one.id for one in ahead if one.id not in wanted and one.status in LIVE and one.told_at}
    for reason, some in (("reminders-off", off), ("replaced", {one.id for one in ahead} - off)):
        gone = [notice.id for notice in waiting if notice.id not in stays and notice.appointment_id in some]
        if gone:
            uow.notices.withdraw(gone, now, reason)
    earlier = [one for one in uow.notices.of_appointments(wanted) if one.kind in BEFORE] if wanted else []
    done = {(one.appointment_id, one.kind, one.facts["sequence"]) for one in earlier if _is_done(one)}
    new = [
        _reminder(record, owed, earlier, now)
        for record, coming in wanted.values()
        for owed in owed_before(coming, clinic.zone, now, quiet)
        if (record.id, owed.kind, record.sequence) not in done
    ]
    return uow.notices.put(*new)


def catch_up(ctx: Context) -> int:
    """Owe what the visits of the next days owe, where nothing owed it yet: it was booked before the clinic reminded."""
    ctx.require(Permission.BOOK)
    with ctx.begin() as uow:
        now = ctx.clock()
        by_patient: dict[UUID, list[AppointmentRecord]] = {}
        for one in uow.appointments.between(now, now + _AHEAD, *LIVE):
            by_patient.setdefault(one.patient_id, []).append(one)
        return sum(owe_before(uow, some, now) for some in by_patient.values())


def _waiting(uow: UnitOfWork, ahead: Sequence[AppointmentRecord]) -> list[Notice]:
    mine = {one.id for one in ahead}
    kept = uow.notices.keep(patient_id=ahead[0].patient_id)
    return [one for one in kept if one.kind in BEFORE and one.appointment_id in mine]


def _wanted(
    uow: UnitOfWork, ahead: Sequence[AppointmentRecord], now: datetime
) -> Iterable[tuple[AppointmentRecord, Coming]]:
    """Go through the appointments that owe anything to a patient who is reminded: told, live, and to come."""
    live = [one for one in ahead if one.status in LIVE and one.told_at and one.start_at > now]
    if not live:
        return
    courses = _courses(uow, live)
    rides = _with_ride(uow, live, courses, uow.clinics.get(now).rides)
    first = {key: _first_dosing(uow, course) for key, course in courses.items()}
    published = () if all(one.course_id for one in live) else uow.protocols.latest()
    for one in live:
        course = courses.get(one.course_id) if one.course_id else None
        yield one, _coming(one, course, published, ride=one.id in rides, first=one.id in first.values())


def _with_ride(
    uow: UnitOfWork, live: Sequence[AppointmentRecord], courses: Mapping[UUID, CourseRecord], policy: RidePolicy
) -> set[UUID]:
    """Find the appointments of which it is said who takes the patient home, as they are now, in a way that is accepted."""
    sequences = {one.id: one.sequence for one in live}
    said = (one for one in uow.replies.of_appointments(sequences) if one.kind is ReplyKind.RIDE)
    rides = {one.appointment_id: one.ride for one in said if one.sequence == sequences[one.appointment_id]}
    modality = {one.id: courses[one.course_id].protocol.modality if one.course_id else None for one in live}
    return {key for key, ride in rides.items() if policy.accepts(ride, modality[key])}


def _courses(uow: UnitOfWork, live: Iterable[AppointmentRecord]) -> Mapping[UUID, CourseRecord]:
    return {key: uow.courses.get(key) for key in {one.course_id for one in live if one.course_id}}


def _first_dosing(uow: UnitOfWork, course: CourseRecord) -> UUID | None:
    """Find the first dosing visit of a course of which nothing was given yet."""
    if uow.given.of_course(course.id):
        return None
    dosing = (one for one in uow.appointments.of_course(course.id) if one.profile.dosing and one.status in LIVE)
    return min(((one.start_at, one.id) for one in dosing), default=(None, None))[1]


def _coming(
    one: AppointmentRecord, course: CourseRecord | None, published: Sequence[Protocol], *, ride: bool, first: bool
) -> Coming:
    arrives_at = arrival(one.start_at, one.profile)
    asked = instructions_for(one.profile, course.protocol if course else None, published)
    cut_offs = tuple(cue.since for cue in cues(asked, arrives_at, full=True) if cue.since)
    return Coming(one.start_at, arrives_at, one.profile.dosing, cut_offs, ride, first)


def _is_done(notice: Notice) -> bool:
    """Whether a reminder is owed, was sent or failed, or a person has taken it back: it is not owed again."""
    return not notice.withdrawn_at or notice.outcome == TAKEN_BACK


def _stands(
    notice: Notice, wanted: Mapping[UUID, tuple[AppointmentRecord, Coming]], zone: ZoneInfo, now: datetime,
    quiet: Quiet | None,
) -> bool:  # fmt: skip
    """Whether a reminder that waits is owed still: for the appointment as it is, at the same time."""
    record, coming = wanted.get(notice.appointment_id, (None, None)) if notice.appointment_id else (None, None)
    if record is None or coming is None or notice.facts["sequence"] != record.sequence:
        return False
    if "again" in notice.facts:  # sent again by hand: due when somebody asked for it
        return True
    waiting = Owed(NoticeKind(notice.kind), notice.due_at, notice.expires_at)
    return is_still_owed(waiting, coming, zone, now, quiet)


def _reminder(record: AppointmentRecord, owed: Owed, earlier: Iterable[Notice], now: datetime) -> Notice:
    revision = sum(one.kind == owed.kind and one.appointment_id == record.id for one in earlier)
    facts = {"appointments": [str(record.id)], "sequence": record.sequence}
    return Notice(
        uuid4(), f"{owed.kind}:{record.id}:{record.sequence}:{revision}", owed.kind, CHANNEL, record.patient_id,
        record.course_id, record.id, facts, now, owed.due_at, owed.due_at, owed.expires_at,
    )  # fmt: skip
