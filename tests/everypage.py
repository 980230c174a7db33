"""One of every kind of page of a busy clinic, for a real browser to walk through: its name, and how to get there."""

from collections.abc import Iterator
from datetime import timedelta

from playwright.sync_api import Page

from builders import uid
from busyclinic import EVIL, LONG, Busy
from desks import SITE_ID, at
from planner.domain.roles import Role
from planner.domain.span import Span
from planner.services import accounts, calendar
from planner.web.accounts import welcome_token
from webdesk import SECRET

SHIPPED = "/settings/protocols/spravato-trd"


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
