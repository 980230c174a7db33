"""Free starts by day and by person: what the calendar says before anybody asks for a time."""

from datetime import date, timedelta

import pytest

from builders import uid
from desks import EVALUATION, TUESDAY, at, open_desk
from planner.domain.errors import InvalidValue, NotFound
from planner.services import availability, visits
from planner.services.visits import VisitKind


@pytest.fixture
def desk(store):
    return open_desk(store)


def free(desk, kind=EVALUATION, first=TUESDAY, days=1):
    return availability.free_starts(desk.scheduler, kind=kind, first=first, days=days)


def test_every_free_start_can_be_booked_and_no_other(desk):
    (day,) = free(desk)
    booked = visits.book_visit(desk.scheduler, patient_id=desk.patient(), kind=EVALUATION, start=day.starts[0]).appointment
    (after,) = free(desk)
    taken = [start for start in day.starts if start not in after.starts]
    assert booked.start_at in taken
    assert all(abs(start - booked.start_at) < timedelta(hours=1) or start == booked.start_at for start in taken)


def test_each_start_names_who_could_serve_it(desk):
    (day,) = free(desk)
    assert set(day.starts) == {start for starts in day.by_staff.values() for start in starts}
    assert at("01-05", "11:00") in day.by_staff[uid("prescriber 1")]


def test_a_day_on_which_the_clinic_is_closed_has_none(desk):
    found = free(desk, first=date(2027, 1, 9), days=2)
    assert [(day.day.isoformat(), day.starts) for day in found] == [("2027-01-09", ()), ("2027-01-10", ())]


@pytest.mark.parametrize("days", [0, 93])
def test_a_stretch_that_cannot_be_is_refused(desk, days):
    with pytest.raises(InvalidValue, match="days"):
        free(desk, days=days)


def test_an_unknown_visit_or_protocol_is_refused(desk):
    with pytest.raises(InvalidValue, match="visit"):
        free(desk, VisitKind(EVALUATION.protocol, "nothing"))
    with pytest.raises(NotFound):
        free(desk, VisitKind("nothing", "nothing"))
