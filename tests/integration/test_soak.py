"""A small soak: what `python -m tests.soak` does with thousands of patients for a year, with a few for some weeks."""

import pytest

from planner.domain.notices import BEFORE, NO_DRIVING
from soak.run import soak, told


@pytest.fixture
def played(sqlite_store):
    """Sixteen patients of four clinics, over eight weeks with the nights in which London's and New York's clocks change."""
    return soak(sqlite_store, patients=16, days=84, seed=3)


def test_whatever_happens_every_message_that_is_owed_is_accounted_for(played):
    year, found = played
    print(told(year, found, 0))
    assert found.faults == []
    assert found.owed == found.delivered + found.asked + found.withdrawn + found.waiting
    sent = {one for office in year.town for one in kinds_sent(office)}
    assert sent >= {"booked", "moved"} | BEFORE | NO_DRIVING - {"no-driving-bound"}
    assert year.kills + year.post.met["unheard"] + year.post.met["server away"] > 0


def kinds_sent(office):
    with office.desk.store.read(office.desk.clinic_id) as uow:
        return {one.kind for one in uow.notices._list() if one.sent_at}
