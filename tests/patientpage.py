"""A patient in the middle of a course, and the page that her private link opens."""

import re
from dataclasses import dataclass, replace

from builders import esketamine
from desks import Desk, at
from planner.documents.protocols import shipped
from planner.domain.attendance import MarkKind
from planner.services import attendance, letterhead, page_links
from planner.services.bearing import Bearer, bearer_of
from planner.services.page_links import MintedPage
from planner.storage.records import AppointmentRecord, CourseRecord
from webdesk import BASE, WebDesk


def open_course(desk: Desk) -> CourseRecord:
    """Book a course of twenty visits, each with things to do before it, at a clinic that can be called."""
    head = {"public_name": "Main Street Practice", "sender": "office@example.org", "phone": "555-0100"}
    found = letterhead.letterhead(desk.admin)
    letterhead.change_letterhead(desk.admin, **head, version=found.version if found else None)
    desk.publish(replace(esketamine(), name="whole", instructions=shipped()["spravato-trd"].instructions))
    course = desk.begin("whole", patient="Nadia Rahman")
    desk.book(course)
    return course


def send_all(desk: Desk) -> None:
    """Say that every message has been sent."""
    with desk.store.begin(desk.clinic_id) as uow:
        for notice in (one for key in desk.people.values() for one in uow.notices.of_patient(key)):
            uow.notices.settle(replace(notice, sent_at=desk.clock()), notice.next_attempt_at)


def give(desk: Desk, record: AppointmentRecord, *, left: bool = False) -> None:
    """Mark a patient arrived and dosed on January 5, and gone if they have *left*."""
    marks = [(MarkKind.ARRIVED, "09:45"), (MarkKind.DOSED, "10:20"), (MarkKind.DISCHARGED, "12:40")]
    for kind, moment in marks if left else marks[:2]:
        desk.clock.now = at("01-05", moment)
        with desk.store.read(desk.clinic_id) as uow:
            version = uow.appointments.get(record.id).version
        facts = {"devices": 2} if kind is MarkKind.DOSED else {}
        attendance.record(
            desk.scheduler, appointment_id=record.id, kind=kind, version=version, at=desk.clock.now, facts=facts
        )


@dataclass
class OwnPage:
    """A patient's page in a browser that keeps nothing."""

    web: WebDesk
    minted: MintedPage

    @property
    def path(self):
        return f"/my/{self.minted.token}"

    @property
    def bearer(self) -> Bearer:
        return bearer_of(self.web.desk.store, self.web.desk.clock, self.minted.token)

    def ask(self, part="", method="GET", **options):
        return ask(self.web, self.path + part, method, **options)

    def send(self, part, **sent):
        return self.ask(part, "POST", data=sent)

    def html(self, part=""):
        answer = self.ask(part)
        assert answer.status_code == 200
        return answer.text.replace("\N{NO-BREAK SPACE}", " ")

    def words(self, part=""):
        return words(self.html(part))


def open_page(web: WebDesk, course: CourseRecord) -> OwnPage:
    """Make a link to the page of a course's patient."""
    return OwnPage(web, page_links.create(web.desk.scheduler, patient_id=course.patient_id, label="phone"))


def ask(web: WebDesk, path: str, method: str = "GET", **options):
    return web.app.test_client().open(path, method=method, base_url=BASE, **options)


def words(html: str) -> str:
    """Give what is read of a page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())
