"""The patient's own page, by private link: what it shows, what its buttons do, and what it never gives away."""

import pytest

from planner.services import page_links
from webdesk import BASE


@pytest.fixture
def course(desk):
    """A booked course, heard of."""
    course = desk.begin()
    desk.book(course)
    return course


@pytest.fixture
def minted(desk, course):
    """A link to the page of the course's patient."""
    return page_links.create(desk.scheduler, patient_id=course.patient_id, label="phone")


def get(web, path, method="GET", **options):
    return web.app.test_client().open(path, method=method, base_url=BASE, **options)


def test_a_link_opens_the_page_by_itself(web, minted):
    assert get(web, f"/my/{minted.token}").status_code == 200


def test_an_unknown_link_says_so_in_both_languages(web, minted):
    answer = get(web, "/my/" + "x" * 43)
    assert answer.status_code == 404
    assert "This link does not open anything" in answer.text
    assert "Este enlace no abre nada" in answer.text
