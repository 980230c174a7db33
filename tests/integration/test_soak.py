"""A small soak: what `python -m tests.soak` does with thousands of patients for a year, with a few for some weeks."""

import pytest

from planner.domain.channels import Channel
from planner.domain.notices import BEFORE, NO_DRIVING
from soak.run import soak, told


@pytest.fixture
def played(sqlite_store):
    """Sixteen patients of four clinics, over eight weeks with the nights in which London's and New York's clocks change."""
    return soak(sqlite_store, patients=16, days=84, seed=2)


def test_whatever_happens_every_message_that_is_owed_is_accounted_for(played):
    year, found = played
    print(told(year, found, 0))
    assert found.faults == []
    assert found.owed == found.delivered + found.asked + found.withdrawn + found.waiting
    sent = {(one.kind, one.channel) for office in year.town for one in sent_by(office)}
    assert {kind for kind, _ in sent} >= {"booked", "pick-up"} | BEFORE | NO_DRIVING - {"no-driving-bound"}
    assert {channel for _, channel in sent} == {Channel.MAIL, Channel.SMS}
    faults = (f"{channel} {fault}" for channel in Channel for fault in ("unheard", "away"))
    assert year.crew.kills + sum(map(year.post.met.__getitem__, faults)) > 0
    acts = {act for office in year.town for act in office.acts}
    assert acts >= {"wished", "tasks done", "answered by link"}
    assert year.crew.hangs > 0


def sent_by(office):
    with office.desk.store.read(office.desk.clinic_id) as uow:
        return [one for one in uow.notices._list() if one.sent_at]
