"""A busy clinic with one of everything, whose clock stands at a Tuesday before noon.

The patients' names are what nobody is called: one that would run a script if it were ever markup, and one without a gap.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID, uuid4

from browsing import Site
from builders import esketamine, uid
from desks import SITE_ID, Desk, at
from planner.documents.protocols import shipped
from planner.domain.attendance import MarkKind
from planner.domain.course import Away, CourseStatus, Given
from planner.domain.protocol import Review
from planner.domain.reaching import Audience
from planner.domain.rescheduling import CloseClinic
from planner.domain.roles import Role
from planner.domain.scores import Reading, Scale
from planner.domain.span import Span
from planner.domain.subscribing import Wanted
from planner.services import accounts, attendance, booking, calendar, feeds, page_links, rescheduling, scores, waitlist
from planner.services.rescheduling import ReplanStatus
from planner.storage.records import AppointmentRecord, CourseRecord, Task
from planner.storage.worklist_records import Offer

EVIL = "<img src=x onerror=alert(1)>"
LONG = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren"
NOON = at("01-05", "10:50")
SUGGESTED = {
    "phase": "induction", "missed_on": "2026-12-29", "was_days": 14, "min_days": 5, "target_days": 7, "max_days": 9,
    "scale": "phq-9", "from": 7, "from_day": "2026-12-22", "to": 17, "to_day": "2027-01-04",
}  # fmt: skip


@dataclass
class Busy:
    """What a busy clinic has one of."""

    site: Site
    desk: Desk
    course: UUID
    draft: UUID
    blocked: UUID
    visit: UUID
    later: UUID
    gone: UUID
    change: UUID
    colleague: UUID
    missed: UUID
    replan: UUID
    waiting: UUID


def busy(site: Site) -> Busy:
    """Fill a clinic, and set its clock to a Tuesday before noon: one patient is observed, one is not there yet."""
    desk = site.desk
    desk.publish(shipped()["spravato-trd"])
    course = desk.begin(days="Tue Thu", patient=EVIL)
    desk.book(course)
    other = desk.begin(days="Tue Thu", at="11:00", patient=LONG)
    desk.book(other)
    first, *_, last = desk.live(course)
    booking.cancel(desk.scheduler, appointment_id=last.id, version=last.version, reason="on holiday")
    missed = waiting(desk)
    draft = desk.begin("esketamine", date(2027, 2, 2), patient="Ada Lovelace", days="Tue Thu")
    blocked = desk.begin(start=date(2027, 1, 12), patient=EVIL, away=(Away(date(2027, 1, 14), date(2027, 3, 1)),))
    closed = Span(at("01-12", "00:00"), at("01-13", "00:00"))
    change = calendar.close(desk.scheduler, span=closed, reason="staff training")
    ill = Span(at("01-07", "00:00"), at("01-08", "00:00"))
    calendar.note_absence(desk.scheduler, resource_id=uid("nurse 1"), span=ill, reason="ill")
    with desk.store.begin(SITE_ID) as uow:
        uow.tasks.add(Task(uuid4(), "phone-no-driving", NOON, NOON, patient_id=desk.patient(EVIL)))
        uow.tasks.add(Task(uuid4(), "suggestion", NOON, NOON, SUGGESTED, None, course.id, desk.patient(EVIL)))
    for score in (Reading(date(2026, 12, 22), 7), Reading(date(2027, 1, 4), 17)):
        scores.record(desk.scheduler, patient_id=desk.patient(EVIL), scale=Scale.PHQ_9, value=score.value, day=score.day)
    site.hire(Role.ADMIN)
    waits(desk, course, other)
    links(desk)
    desk.clock.now = at("01-05", "10:18")
    attendance.record(
        desk.scheduler, appointment_id=missed.id, kind=MarkKind.LATE_CANCEL, version=missed.version, reason="a cold"
    )
    for kind, moment in ((MarkKind.ARRIVED, "09:50"), (MarkKind.DOSED, "10:16")):
        first = attendance.record(
            desk.scheduler, appointment_id=first.id, kind=kind, version=first.version, at=at("01-05", moment),
            facts={"devices": 2} if kind is MarkKind.DOSED else {},
        )  # fmt: skip
    desk.clock.now = NOON
    return Busy(
        site, desk, course.id, draft.id, blocked.id, first.id, desk.live(course)[1].id, last.id, change.change_id,
        next(one.id for one in accounts.staff(desk.admin)), missed.id, *replans(desk),
    )  # fmt: skip


def links(desk: Desk) -> None:
    """Give one patient links of every kind, some of which are off, and one each to a nurse and a chair."""
    patient = desk.patient(EVIL)
    off = feeds.create(desk.scheduler, Wanted(EVIL, alarm_minutes=60, shows_place=True), patient_id=patient)
    feeds.rotate(desk.scheduler, link_id=off.link.id)
    feeds.create(desk.scheduler, Wanted("Mum’s phone", Audience.CARER), patient_id=patient, agreed=True)
    page_links.create(desk.scheduler, patient_id=patient, label=EVIL)
    page_links.create(desk.scheduler, patient_id=desk.patient(LONG), label=LONG)
    for name in ("nurse 1", "chair 1"):
        feeds.create_for_resource(desk.admin, Wanted(LONG), resource_id=uid(name))


def replans(desk: Desk) -> tuple[UUID, UUID]:
    """Look at two closures: one is planned, with a course that finds no place; the other waits for a worker."""
    away = Span(at("01-19", "00:00"), at("02-20", "00:00"))
    planned = rescheduling.draft(desk.scheduler, change=CloseClinic(away, "floods"))
    with desk.store.begin(SITE_ID) as uow:
        waiting = replace(planned, id=uuid4(), status=ReplanStatus.WAITING, done=0, version=1)
        uow.replans.add(waiting)
    return planned.id, waiting.id


def waiting(desk: Desk) -> AppointmentRecord:
    """Book a course whose taper waits for a review, and give its first session."""
    whole = esketamine()
    induction = replace(whole.phases[0], review=Review("Evaluate the benefit"))
    desk.publish(replace(whole, name="reviewed", title="Reviewed", phases=(induction, *whole.phases[1:])))
    course = desk.begin("reviewed", at="14:00", patient="Grace Hopper", days="Tue Thu")
    return desk.book(course).appointments[0]


def waits(desk: Desk, course: CourseRecord, other: CourseRecord) -> None:
    """Put two patients on the waitlist, offer one of them a time, and let a course drift with nothing booked."""
    soon, last = desk.live(course)[1], desk.live(other)[-1]
    entry = waitlist.add(desk.scheduler, appointment_id=soon.id, until_day=date(2027, 1, 9))
    waitlist.add(desk.scheduler, appointment_id=last.id)
    drifting = desk.begin("esketamine", patient=LONG, given=(Given("induction", date(2026, 12, 31)),))
    offer = Offer(uuid4(), entry.id, uuid4(), at("01-06"), NOON, entry.created_by, NOON + timedelta(hours=1))
    with desk.store.begin(SITE_ID) as uow:
        uow.offers.add(offer)
        uow.courses.save(replace(drifting, status=CourseStatus.ACTIVE))
