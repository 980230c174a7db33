"""One of every kind of page of a busy clinic, for a real browser to walk through: its name, and how to get there.

The patients' names are what nobody is called: one that would run a script if it were ever markup, and one without a gap.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID, uuid4

from playwright.sync_api import Page

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
from planner.web.accounts import welcome_token
from webdesk import SECRET

EVIL = "<img src=x onerror=alert(1)>"
LONG = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren"
SHIPPED = "/settings/protocols/spravato-trd"
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


def message(clinic: Busy) -> str:
    """Give the address of a message that is owed."""
    with clinic.desk.store.read(SITE_ID) as uow:
        return f"/messages/{uow.notices.of_patient(clinic.desk.patient(LONG))[0].id}"


def addresses(clinic: Busy) -> dict[str, str]:
    """Pages that a clinician finds by their address alone."""
    patient, long = clinic.desk.patient(EVIL), clinic.desk.patient(LONG)
    return {
        "messages": "/messages", "messages of a patient": f"/messages?state=all&patient={long}",
        "messages, none": "/messages?state=sent", "message": message(clinic),
        "board": "/", "board of a day to come": "/?day=2027-01-07", "board of a closed day": "/?day=2027-01-10",
        "board by state": "/?day=2027-01-05&state=observing", "week": "/week", "list": "/list", "day sheet": "/day-sheet",
        "patients": "/patients", "new patient": "/patients/new", "patient": f"/patients/{patient}",
        "patient with a long name": f"/patients/{long}", "edit patient": f"/patients/{patient}/edit",
        "hand-out": f"/patients/{patient}/hand-out",
        "scores": f"/patients/{patient}/scores", "scores of nobody scored": f"/patients/{long}/scores",
        "new link": f"/patients/{patient}/links/new", "how a patient is written to": f"/patients/{patient}/correspondence",
        "how messages reach a patient": f"/patients/{patient}/channels",
        "courses": "/courses", "new course": "/courses/new",
        "protocol of a new course": f"/courses/new?patient={patient}", "plan": f"/courses/{clinic.draft}/plan",
        "plan, a row open": f"/courses/{clinic.draft}/plan?edit=2",
        "plan that is blocked": f"/courses/{clinic.blocked}/plan",
        "course": f"/courses/{clinic.course}", "course that is a draft": f"/courses/{clinic.draft}",
        "appointment": f"/appointments/{clinic.later}", "appointment that was cancelled": f"/appointments/{clinic.gone}",
        **{f"order: {one}": f"/courses/{clinic.course}/orders/{one}" for one in ("spacing", "pattern", "stop", "re-induce")},
        "order: override": f"/courses/{clinic.course}/orders/override?appointment_id={clinic.later}",
        "attendance": f"/appointments/{clinic.visit}/attendance",
        "attendance of one to come": f"/appointments/{clinic.later}/attendance", "tasks": "/tasks",
        "changes not made yet": "/reschedule", "what a closure affects": f"/reschedule/{clinic.replan}",
        "what waits for a worker": f"/reschedule/{clinic.waiting}", "what is left of closures": "/reschedule/unresolved",
        "missed session": f"/appointments/{clinic.missed}/missed", "reviews due": "/reviews",
        "missed session, marked": f"/appointments/{clinic.missed}/attendance",
        "policy of missed sessions": "/settings/missed", "what patients may change": "/settings/self-service",
        "drift": "/drift", "waitlist": "/waitlist",
        "ask for something sooner": f"/waitlist/appointments/{clinic.later}",
        "account": "/account", "password": "/account/password", "settings": "/settings",
        "closures": "/settings/closures", "change": f"/settings/changes/{clinic.change}",
        "protocols": "/settings/protocols", "protocol": SHIPPED, "protocol in numbers": f"{SHIPPED}/edit",
        "protocol as text": f"{SHIPPED}/text",
        "no such page": "/nothing",
    }  # fmt: skip


def addresses_of_admin(clinic: Busy) -> dict[str, str]:
    """Pages that only an administrator can use."""
    return {
        "settings, all": "/settings", "hours": "/settings/hours", "holidays": "/settings/holidays",
        "holidays, a preview": "/settings/holidays?country=US&subdivision=NY", "resources": "/settings/resources",
        "nurse": f"/settings/resources/{uid('nurse 1')}", "chair": f"/settings/resources/{uid('chair 1')}",
        "letterhead": "/settings/letterhead", "words of messages": "/settings/words",
        "words of a mail": "/settings/words/no-driving/es/mail", "words of a text": "/settings/words/ride/en/sms",
        "accounts": "/settings/staff",
        "policy of missed sessions, set": "/settings/missed", "what patients may change, set": "/settings/self-service",
        "colleague": f"/settings/staff/{clinic.colleague}", "links": "/settings/links",
        "links, all": "/settings/links?state=all",
        "links to be switched off": f"/settings/links/revoke?patient={clinic.desk.patient(EVIL)}",
        "new link of a chair": f"/settings/resources/{uid('chair 1')}/links/new",
        "what an administrator may not": "/courses/new",
    }  # fmt: skip


def forms_of_patients(clinic: Busy, page: Page) -> Iterator[str]:
    """Go to pages that answer a form about a patient: found, refused, made, asked again; give what each is called."""
    page.goto("/patients")
    page.locator("#term").fill("img")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("heading", name="Patients found").wait_for()
    yield "patients found"
    page.goto("/patients/new")
    page.get_by_label("Name", exact=True).fill(" ")
    page.get_by_role("button", name="Enter patient").click()
    page.get_by_role("alert").wait_for()
    yield "new patient, refused"
    page.goto(f"/patients/{clinic.desk.patient(EVIL)}/links/new")
    page.get_by_label("Whose device").fill(EVIL)
    page.get_by_role("button", name="Make the link").click()
    page.wait_for_url("**/links")
    yield "link made"
    page.goto(f"/patients/{clinic.desk.patient(EVIL)}/links/new")
    page.get_by_label("A carer").first.check()
    page.get_by_label("Whose device").fill(LONG)
    page.get_by_role("button", name="Make the link").click()
    page.get_by_role("alert").wait_for()
    yield "carer's link, refused"
    page.goto(f"/patients/{clinic.desk.patient(EVIL)}")
    page.get_by_label("Whose device").fill(EVIL)
    page.get_by_role("button", name="Make a link, to show or print").click()
    page.get_by_text("Shown only now").wait_for()
    yield "link of a page, made"
    page.goto(f"/courses/new?patient={clinic.desk.patient(EVIL)}")
    page.get_by_role("button", name="Next: preferences").click()
    page.get_by_role("button", name="Show the whole series").wait_for()
    yield "preferences of a new course"
    yield from _scores(clinic, page)


def forms_of_courses(clinic: Busy, page: Page) -> Iterator[str]:
    """Go to pages that answer a form about a course or an appointment: refused, made, asked again."""
    yield from _plans(clinic, page)
    yield from _orders(clinic, page)
    yield from _appointments(clinic, page)


def _scores(clinic: Busy, page: Page) -> Iterator[str]:
    page.goto(f"/patients/{clinic.desk.patient(EVIL)}/scores")
    page.get_by_label("Score", exact=True).fill("55")
    page.get_by_role("button", name="Record").click()
    page.get_by_role("alert").wait_for()
    yield "score, refused"
    page.goto(f"/patients/{clinic.desk.patient(EVIL)}/scores")
    page.get_by_text("Correct").first.click()
    yield "score, to be corrected"


def _orders(clinic: Busy, page: Page) -> Iterator[str]:
    page.goto(f"/courses/{clinic.course}/orders/hold")
    page.get_by_label("Until").fill("2027-01-19")
    page.get_by_role("button", name="Show the difference").click()
    page.get_by_text("See the text of the message").click()
    yield "order, its difference"
    page.get_by_role("button", name="Save order").click()
    page.get_by_text("must be 1 to").wait_for()
    yield "order without a reason"
    page.goto(f"/courses/{clinic.course}/orders/override?appointment_id={clinic.later}")
    page.get_by_label("At, ").fill("03:00")
    page.get_by_role("button", name="Show the difference").click()
    page.get_by_role("alert").wait_for()
    yield "order that cannot be"


def _plans(clinic: Busy, page: Page) -> Iterator[str]:
    page.goto(f"/courses/{clinic.draft}/plan?edit=2")
    form = page.get_by_role("form", name="Edit session 2")
    form.get_by_label("Time").fill("03:00")
    form.get_by_role("button", name="Try it").click()
    page.get_by_role("alert").wait_for()
    yield "plan, a row refused"
    page.goto(f"/courses/{clinic.draft}/plan")
    calendar.close(clinic.desk.scheduler, span=Span(at("02-09", "00:00"), at("02-10", "00:00")), reason="painters")
    page.get_by_role("button", name="Book all 20").click()
    page.get_by_role("heading", name="Nothing was booked").wait_for()
    yield "plan that has changed"


def _appointments(clinic: Busy, page: Page) -> Iterator[str]:
    address = f"/appointments/{clinic.later}"
    page.goto(address)
    page.get_by_label("At, ").fill("03:00")
    page.get_by_role("button", name="Move", exact=True).click()
    page.get_by_role("alert").wait_for()
    yield "appointment, a move refused"
    page.goto(address)
    page.get_by_label("This and all later ones").check()
    page.get_by_label("Reason", exact=True).fill("moving away")
    page.get_by_role("button", name="Cancel the appointment").click()
    page.get_by_role("link", name="Keep them").wait_for()
    yield "appointment, all later ones"
    page.goto(address)
    page.get_by_label("Reason", exact=True).fill("on holiday")
    page.get_by_role("button", name="Cancel the appointment").click()
    page.get_by_role("button", name="Undo").wait_for()
    yield "appointment, cancelled just now"
    clinic.desk.clock.now += timedelta(minutes=1)
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("heading", name="This was not undone").wait_for()
    yield "too late to undo"


def welcome(clinic: Busy) -> str:
    """Give the address at which a colleague sets a first password."""
    member = accounts.member_by_email(clinic.desk.store, clinic.site.hire(Role.ADMIN))
    with clinic.site.app.app_context():
        return f"/welcome/{welcome_token(SECRET, member)}"
