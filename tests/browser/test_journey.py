"""The whole way, in a real browser: from the sign-in over a booked series to a day of attendance, and out again.

The same steps hold on a desk's screen and on a phone, with scripts and without. Mails go to a real SMTP server.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect

from browsing import Site, sign_in
from builders import NEW_YORK, infusion, phase, protocol
from desks import Desk, at
from planner.notify.dispatcher import dispatch
from postroom import Mailbox, transport_to

NADIA, OWEN, PRIYA = "Nadia Brightwater", "Owen Tanaka", "Priya Moreau"
BOOKED = ["01-05 10:00", "01-07 11:00", "01-12 10:00", "01-14 10:00"]
STEP = timedelta(minutes=10)


@dataclass
class Reception:
    """The person at the desk, one step of the work at a time, and what is true behind the pages."""

    page: Page
    site: Site
    mailbox: Mailbox
    desk: Desk = field(init=False)
    patient_id: UUID = field(init=False)

    def __post_init__(self):
        self.desk = self.site.desk

    # ---- what the person does

    def press(self, name, within=None):
        (within or self.page).get_by_role("button", name=name, exact=True).click()

    def follow(self, name, within=None):
        (within or self.page).get_by_role("link", name=name, exact=True).click()

    def enter_patient(self):
        self.follow("Patients")
        self.follow("New patient", self.main)
        self.page.get_by_label("Name", exact=True).fill(NADIA)
        self.page.get_by_label("Mail address").fill("nadia@patients.example")
        self.press("Enter patient")
        expect(self.page.get_by_role("heading", name=NADIA)).to_be_visible()
        self.patient_id = UUID(self.page.url.rpartition("/")[2])

    def ask_for_series(self):
        """Four sessions, on Tuesdays and Thursdays around ten."""
        self.follow("New course", self.main)
        self.page.get_by_role("radio", name="induction, 4 sessions").check()
        self.press("Next: preferences")
        self.page.get_by_label("First session").fill("2027-01-05")
        self.page.get_by_label("Arrive around").fill("10:00")
        self.press("Show the whole series")
        expect(self.rows).to_have_count(4)

    def edit_row(self, number, time_of_day):
        self.follow(f"Edit session {number}")
        form = self.page.get_by_role("form", name=f"Edit session {number}")
        form.get_by_label("Time").fill(time_of_day)
        form.get_by_label("stay where they are").check()
        self.press("Try it", form)
        expect(self.rows.nth(number - 1)).to_contain_text("set by hand")

    def book(self):
        self.press("Book all 4")
        self.says("4 sessions booked.")
        expect(self.page.get_by_role("button", name="Undo")).to_be_visible()

    def open_session(self, day):
        self.main.get_by_role("link", name="Course", exact=True).first.click()
        self.page.get_by_role("link", name=day).first.click()

    def move(self, time_of_day):
        form = self.page.locator("form[action$='/move']")
        form.get_by_label("At, ").fill(time_of_day)
        self.press("Move", form)
        expect(self.page.get_by_role("button", name="Undo")).to_be_visible()

    def undo(self):
        self.page.get_by_role("button", name="Undo").click()
        expect(self.page.get_by_role("button", name="Undo")).to_have_count(0)

    def cancel(self, reason):
        self.page.get_by_label("Reason", exact=True).fill(reason)
        self.press("Cancel the appointment")
        expect(self.page.get_by_role("button", name="Undo")).to_be_visible()

    def come_back(self, day, time_of_day):
        """Sign in again: whoever has been away for a quarter of an hour is signed out."""
        self.desk.clock.now = at(day, time_of_day)
        self.page.goto("/")
        expect(self.page.get_by_role("heading", name="Sign in")).to_be_visible()
        sign_in(self.page, self.site)

    def until(self, day, time_of_day):
        """Work on until then: whoever asks for a page now and then stays signed in."""
        while self.desk.clock.now < at(day, time_of_day):
            self.desk.clock.now = min(at(day, time_of_day), self.desk.clock.now + STEP)
            assert self.page.request.get("/account").ok
        self.send_mails()
        self.page.goto("/")

    def due(self, name):
        """The row of a patient in what is due next."""
        return self.page.get_by_role("complementary", name="Due next").get_by_role("listitem").filter(has_text=name)

    def press_due(self, name, words):
        """Press the button that the board offers for a patient."""
        self.due(name).get_by_role("button", name=words).click()
        self.says(f"{words}, ")

    def record(self, name, **fields):
        """Fill a form of the attendance page in, and send it."""
        form = self.page.get_by_role("form", name=name, exact=True)
        for label, value in fields.items():
            form.get_by_label(label.replace("_", " ")).fill(value)
        self.press(name, form)
        self.says(f"{name}, ")

    def attendance_of(self, name):
        """Go from the board over the visit to its attendance."""
        self.page.get_by_role("region", name="Visits by chair").get_by_role("link", name=name).click()
        self.follow("Attendance")

    def corrects_the_dose(self):
        self.page.get_by_text("Correct Dosed").click()
        form = self.page.get_by_role("form", name="Correct Dosed")
        form.get_by_label("At, ").fill("10:20")
        form.get_by_label("Reason of the correction").fill("clock of the other room")
        self.press("Save the correction", form)
        self.says("Corrected.")

    def let_the_undo_pass(self):
        self.desk.clock.now += timedelta(seconds=11)
        self.send_mails()

    def send_mails(self):
        """Send what is due, as the worker would."""
        dispatch(self.desk.store, self.desk.clock, transport_to(self.mailbox))

    # ---- what is seen, and what is so

    def says(self, words):
        expect(self.page.get_by_role("status").filter(has_text=words)).to_be_visible()

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def rows(self) -> Locator:
        return self.page.get_by_role("table", name="Planned series").locator("tr.session")

    def starts(self):
        """The wall starts of what is booked for the patient."""
        with self.desk.store.read(self.desk.clinic_id) as uow:
            found = [one for one in uow.appointments.of_patient(self.patient_id) if one.status == "booked"]
        return sorted(one.wall_start[5:].replace("T", " ") for one in found)

    def owed(self):
        """What the patient is still owed, and when: "no-driving-evening 20:00"."""
        with self.desk.store.read(self.desk.clinic_id) as uow:
            found = sorted((one.due_at, one.kind) for one in uow.notices.of_patient(self.patient_id) if one.open)
        return [f"{kind} {due.astimezone(NEW_YORK):%H:%M}" for due, kind in found]

    def mails(self):
        """What the patient got, in order; each is one mail that the server took."""
        with self.desk.store.read(self.desk.clinic_id) as uow:
            sent = [one for one in uow.notices.of_patient(self.patient_id) if one.sent_at]
        assert len(sent) == len(self.mailbox.taken)
        return [one.kind for one in sorted(sent, key=lambda one: one.sent_at)]


@pytest.fixture
def reception(page, site):
    with Mailbox() as mailbox:
        yield Reception(page, site, mailbox)


def test_from_sign_in_to_sign_out(reception, page, site):
    sign_in(page, site)
    books_a_series(reception)
    moves_and_cancels(reception)
    lives_through_a_day(reception)
    signs_out(reception)


def books_a_series(desk):
    """Nothing is booked before the whole series was seen; what was seen is what is booked."""
    desk.enter_patient()
    desk.ask_for_series()
    desk.edit_row(2, "11:00")
    assert desk.starts() == []
    desk.book()
    assert desk.starts() == BOOKED
    desk.let_the_undo_pass()
    assert desk.mails() == ["booked"]


def moves_and_cancels(desk):
    """A move that is undone tells nobody; one that stands and a cancellation tell the patient once each."""
    desk.page.reload()
    desk.page.get_by_role("link", name="Thu 7 January, 11:00 EST").first.click()
    desk.move("13:00")
    assert desk.starts()[1] == "01-07 13:00"
    desk.undo()
    assert desk.starts() == BOOKED
    desk.let_the_undo_pass()
    assert desk.mails() == ["booked"]
    desk.page.reload()
    desk.move("10:00")
    desk.let_the_undo_pass()
    desk.open_session("Thu 14 January, 10:00 EST")
    desk.cancel("on holiday")
    desk.let_the_undo_pass()
    assert desk.starts() == ["01-05 10:00", "01-07 10:00", "01-12 10:00"]
    assert desk.mails() == ["booked", "moved", "cancelled"]


def lives_through_a_day(desk):
    """One is dosed, one gets an infusion, and one does not come: all of it from the board."""
    rows = phase("series", 6, (2, 3, 4), pattern="Tue Fri", visits=("infusion",))
    drips = replace(protocol(rows, visits=(infusion(),)), name="drips", title="Infusions", modality="ketamine-iv")
    desk.desk.publish(drips)
    desk.desk.book(desk.desk.begin("drips", patient=OWEN, at="11:00"))
    desk.desk.book(desk.desk.begin(patient=PRIYA, days="Tue Thu", at="14:00"))
    desk.come_back("01-05", "09:50")
    desk.press_due(NADIA, "Arrived")
    desk.until("01-05", "10:18")
    desk.due(NADIA).get_by_role("link", name="Dosed").click()
    desk.record("Dosed", At="10:16", Devices_used="2")
    desk.until("01-05", "11:20")
    desk.press_due(OWEN, "Arrived")
    desk.due(OWEN).get_by_role("link", name="Dosed").click()
    desk.record("Dosed", Infusion_began="11:20")
    desk.until("01-05", "12:45")
    desk.press_due(NADIA, "Discharged")
    desk.until("01-05", "13:25")
    desk.press_due(OWEN, "Discharged")
    desk.until("01-05", "14:35")
    desk.attendance_of(PRIYA)
    desk.record("Did not come", Why="could not be reached")
    desk.page.goto("/")
    expect(desk.page.get_by_text("Nothing is due any more.")).to_be_visible()
    desk.attendance_of(NADIA)
    desk.corrects_the_dose()
    assert desk.mails() == ["booked", "moved", "cancelled", "no-driving-discharge"]
    assert desk.owed() == ["no-driving-evening 20:00", "no-driving-morning 08:00"]


def signs_out(desk):
    """The cookie of the sign-in is dead afterwards, also where somebody has copied it."""
    context = desk.page.context
    copied = context.cookies()
    desk.press("Sign out")
    expect(desk.page.get_by_role("heading", name="Sign in")).to_be_visible()
    context.clear_cookies()
    context.add_cookies(copied)
    desk.page.goto("/patients")
    expect(desk.page.get_by_role("heading", name="Sign in")).to_be_visible()
