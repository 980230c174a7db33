"""All addresses of the application, one of everything that they can name, and another clinic."""

import re
from dataclasses import replace
from uuid import UUID, uuid4

from builders import clinic, hours, resources, uid
from desks import NOW, SITE_ID
from planner.domain.attendance import MarkKind
from planner.domain.reaching import Purpose
from planner.domain.rescheduling import PlanAgain
from planner.domain.roles import Role
from planner.domain.scores import Scale
from planner.services import accounts, attendance, rescheduling, scores, waitlist
from planner.storage.link_records import FeedLink, PageLink
from planner.storage.records import Task
from planner.storage.worklist_records import Offer
from planner.web.accounts import LINKED, PUBLIC

UNKNOWN = UUID("00000000-0000-4000-8000-000000000000")


def address(rule, **ids):
    """Write a route's address, with ids where it names something and words where it wants text."""
    path = rule.rule
    for name in rule.arguments:
        value = ids.get(name, UNKNOWN if name.endswith("_id") else "1" if f"int:{name}" in path else "none")
        path = re.sub(rf"<(?:\w+:)?{name}>", str(value), path)
    return path


def rules(app):
    """The addresses that ask for a sign-in."""
    signed = (rule for rule in app.url_map.iter_rules() if rule.endpoint not in PUBLIC)
    return [rule for rule in signed if rule.endpoint.partition(".")[0] not in LINKED]


def ask(browser, rule, method, path):
    return browser.post(path) if method == "POST" else browser.get(path)


def methods(rule):
    return sorted(rule.methods & {"GET", "POST"})


def neighbour():
    """Another clinic, with resources of its own."""
    chairs, nurses = resources("chair", 2), resources("nurse", 2, 4, hours())
    everybody = (*chairs, *nurses, *resources("prescriber", 1, 1, hours()))
    renamed = tuple(replace(one, id=uid(f"other {one.name}")) for one in everybody)
    return replace(clinic(), id=uid("other clinic"), name="Other", resources=renamed)


def everything(desk, web):
    """One of everything that an address can name, in the first clinic."""
    browser = web.signed_in()
    patient_id = desk.patient()
    course = desk.begin()
    booking = desk.book(course)
    first = booking.appointments[0]
    desk.clock.now = first.start_at
    attendance.record(desk.scheduler, appointment_id=first.id, kind=MarkKind.ARRIVED, version=first.version)
    (mark,) = attendance.marks_of(desk.scheduler, first.id)
    desk.clock.now = NOW
    browser.sign_in(web.hire(Role.SCHEDULER))
    (person,) = [one for one in accounts.staff(desk.admin) if one.role is Role.SCHEDULER]
    task = Task(uuid4(), "review", NOW, NOW)
    link = FeedLink(uuid4(), patient_id, "phone", "0" * 64, "Appointment", True, NOW, NOW)
    page = PageLink(uuid4(), patient_id, Purpose.PAGE, "phone", "1" * 64, NOW, NOW)
    score = scores.record(desk.scheduler, patient_id=patient_id, scale=Scale.PHQ_9, value=17)
    waiting = waitlist.add(desk.scheduler, appointment_id=booking.appointments[-1].id)
    offer = Offer(uuid4(), waiting.id, uuid4(), NOW, NOW, uid(Role.SCHEDULER), NOW)
    with desk.store.begin(SITE_ID) as uow:
        notice_id = uow.notices.of_patient(patient_id)[0].id
        uow.offers.add(offer)
        uow.tasks.add(task)
        uow.feed_links.add(link)
        uow.page_links.add(page)
    return {
        "patient_id": patient_id, "course_id": course.id, "appointment_id": first.id, "mark_id": mark.id, "task_id": task.id,
        "staff_id": person.id, "sign_in_id": accounts.sign_ins_of(desk.admin, person.id)[0].id, "link_id": link.id,
        "replan_id": rescheduling.draft(desk.scheduler, change=PlanAgain()).id, "undo_id": booking.undo_id,
        "waiting_id": waiting.id, "offer_id": offer.id, "resource_id": uid("chair 1"), "score_id": score.id,
        "page_link_id": page.id, "notice_id": notice_id,
    }  # fmt: skip
