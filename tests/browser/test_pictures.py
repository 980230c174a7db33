"""The demo's clinic on a fixed day, full as a clinic is: nothing that is drawn lies on top of anything else.

Where TESTS_SCREENSHOTS names a folder, pictures of the pages are kept there; three of them are in the README.
"""

from dataclasses import dataclass
from datetime import date, time

import pytest
from playwright.sync_api import BrowserContext, StorageState

from browsing import DESKTOP, LETTERHEAD, PHONE, at_a_port, enter, fresh_store, opened, profile, shot
from builders import wall
from desks import HandClock
from planner.bootstrap import Parts
from planner.demo.living import catch_up
from planner.demo.seeding import seed
from planner.demo.serving import acting
from planner.domain.attendance import MarkKind
from planner.domain.course import Away, Preferences
from planner.domain.roles import Role
from planner.notify.dispatcher import dispatch
from planner.services import accounts, attendance, boards, clinics, courses, patients
from planner.services.letterhead import change_letterhead
from postroom import Mailbox, transport_to
from webdesk import PASSWORD, hashed

TUESDAY = date(2027, 3, 16)
BEGINNING, LAST_LOOK, NOW = wall(date(2027, 3, 2), "07:00"), wall(TUESDAY, "11:37"), wall(TUESDAY, "11:51")
ADDRESS, CLINICIAN = "reception@harbor-street.example", "cole@harbor-street.example"
OVERLAPS = """(lanes) => lanes.flatMap((lane) => {
  const drawn = [...lane.querySelectorAll(".sess")].map((one) => [one, one.getBoundingClientRect()]);
  const apart = (one, other) => one.right < other.left + 1 || other.right < one.left + 1
    || one.bottom < other.top + 1 || other.bottom < one.top + 1;
  return drawn.flatMap(([one, where], index) => drawn.slice(index + 1)
    .filter(([, there]) => !apart(where, there)).map(([other]) => `${one.innerText} / ${other.innerText}`));
})"""


CUT = """(feet) => feet.flatMap((foot) => {
  const frame = foot.getBoundingClientRect();
  const half = (one) => one.top < frame.bottom - 1 && one.right > frame.right + 1;
  return [...foot.children].filter((one) => half(one.getBoundingClientRect())).map((one) => foot.innerText);
})"""


@dataclass
class Demo:
    """The demo's pages, and what a browser keeps of a scheduler's sign-in, and of a clinician's."""

    parts: Parts
    base: str
    state: StorageState
    clinician: StorageState
    pages: dict[str, str]

    def profile(self, browser, viewport, **more) -> BrowserContext:
        return profile(browser, self.base, viewport, **{"storage_state": self.state, **more})


@pytest.fixture(scope="module")
def demo(chromium, migrated_sqlite, tmp_path_factory):
    """A clinic that has been busy for two weeks, on a Tuesday before noon."""
    with fresh_store(migrated_sqlite, tmp_path_factory.mktemp("demo")) as store, Mailbox() as mailbox:
        parts = Parts(store, HandClock(BEGINNING), transport_to(mailbox))
        seed(parts, lambda *_: None)
        admin = acting(parts, Role.ADMIN)
        change_letterhead(admin, **LETTERHEAD, version=None)
        members = [accounts.hire(admin, name=name, email=email, role=role) for name, email, role in (
            ("M. Castellan", ADDRESS, Role.SCHEDULER), ("Dr I. Cole", CLINICIAN, Role.CLINICIAN))]  # fmt: skip
        live_on(parts)
        with at_a_port(parts) as (app, base):
            with app.app_context():
                for member in members:
                    accounts.set_password(store, parts.clock, member, hashed(PASSWORD))
            states = [signed_in(chromium, base, email) for email in (ADDRESS, CLINICIAN)]
            yield Demo(parts, base, *states, pages_of(parts))


def signed_in(chromium, base, email):
    """What a browser keeps of somebody's sign-in."""
    with opened(profile(chromium, base, DESKTOP)) as page:
        enter(page, email, PASSWORD)
        return page.context.storage_state()


def pages_of(parts):
    """Where to find what is worth a picture; a new course fits only here and there into a full clinic."""
    ctx = acting(parts)
    (dana,) = clinics.register_patients(ctx, [clinics.NewPatient("Dana Okafor", "20511", email="dana@patients.example")])
    asked = Preferences(date(2027, 3, 18), (1, 3), at=time(10), away=(Away(date(2027, 4, 1), date(2027, 4, 2)),))
    draft = courses.begin(ctx, patient_id=dana.id, protocol="spravato-trd", preferences=asked)
    visit = next(card for card in boards.day(ctx, day=TUESDAY).cards if card.name == "Dmitri Sandoval")
    return {
        "series": f"/courses/{draft.id}/plan", "course": f"/courses/{visit.course_id}", "settings": "/settings",
        "attendance": f"/appointments/{visit.id}/attendance", "day-sheet": "/day-sheet",
    }  # fmt: skip


def live_on(parts):
    """Bring the clinic to the present: all is recorded but for the last minutes, and a worker is alive."""
    ctx = acting(parts)
    parts.clock.now = LAST_LOOK
    catch_up(ctx)
    parts.clock.now = NOW
    cards = {card.name: card for card in boards.day(ctx, day=TUESDAY).cards}
    for name, kind, at in (("Ingrid Castellan", MarkKind.DOSED, "11:46"), ("Mei Moreau", MarkKind.ARRIVED, "11:48")):
        card = cards[name]
        attendance.record(ctx, appointment_id=card.id, kind=kind, version=card.version, at=wall(TUESDAY, at))
    while dispatch(parts.store, parts.clock, parts.transport).leased:
        continue
    with parts.store.begin_installation() as installation:
        installation.beat("worker", NOW)


@pytest.fixture(params=["desktop", "phone", "dark desktop", "dark phone"])
def page(request, chromium, demo):
    """A page of somebody who is signed in, on each screen, light and dark."""
    screen = request.param.removeprefix("dark ")
    scheme = "dark" if request.param != screen else "light"
    with opened(demo.profile(chromium, DESKTOP if screen == "desktop" else PHONE, color_scheme=scheme)) as page:
        page.picture = request.param.replace(" ", "-")
        yield page


def test_the_visits_of_a_full_board_lie_beside_each_other(page):
    page.goto("/")
    assert page.locator(".sess").count() > 10
    shot(page, f"board-{page.picture}")
    assert page.locator(".lane").evaluate_all(OVERLAPS) == []


def test_no_word_on_a_visit_is_cut_in_half(page):
    page.goto("/")
    assert page.locator(".sess-foot").evaluate_all(CUT) == []


def test_the_pages_of_a_full_clinic_fit(page, demo):
    wide = {}
    for name, address in demo.pages.items():
        page.goto(address)
        shot(page, f"{name}-{page.picture}")
        wide[name] = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
    assert wide == dict.fromkeys(demo.pages, 0)


def test_a_course_of_half_a_year_is_seen_whole_with_the_names_of_its_rows(chromium, demo):
    with opened(demo.profile(chromium, DESKTOP, storage_state=demo.clinician)) as page:
        page.goto(story_of(demo.parts))
        shot(page, "course")
        axis = page.locator(".chart-wrap").bounding_box()
        name, day = (page.locator(".chart").nth(index).bounding_box() for index in (0, 1))
    assert (axis["x"] <= name["x"], day["x"] + day["width"] <= axis["x"] + axis["width"] + 1) == (True, True)


def test_the_names_of_the_rows_stay_while_a_course_is_scrolled_on_a_phone(chromium, demo):
    with opened(demo.profile(chromium, PHONE, storage_state=demo.clinician)) as page:
        page.goto(story_of(demo.parts))
        axis, name = page.locator(".chart-wrap"), page.locator(".chart-names")
        assert axis.evaluate("one => one.scrollLeft") > 0
        assert name.bounding_box()["x"] == axis.bounding_box()["x"]


def test_on_a_phone_the_orders_are_behind_one_word(chromium, demo):
    with opened(demo.profile(chromium, PHONE, storage_state=demo.clinician)) as page:
        page.goto(story_of(demo.parts))
        hold = page.get_by_role("link", name="Hold")
        assert hold.count() == 0
        page.get_by_text("Orders", exact=True).first.click()
        assert hold.is_visible()


def story_of(parts):
    """The page of the course that did not go as planned."""
    ctx = acting(parts)
    (found,) = patients.search(ctx, "20388").patients
    return f"/courses/{patients.whole(ctx, found.id).courses[0].course.id}"
