"""Two servers, each of two processes, on one database: what is changed through one is there at the other's next fetch."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

import pytest

from desks import open_desk
from planner.domain.clinic import SelfService
from planner.domain.reaching import Audience
from planner.domain.subscribing import Wanted
from planner.services import feeds, page_links, policies
from serving import serving
from subscribing import CHAIR, NURSE


@pytest.fixture
def desk(store):
    found = open_desk(store)
    policies.set_self_service(found.admin, policy=SelfService(moves=True))
    found.book(found.begin(at="10:00"))
    found.clock.now += timedelta(minutes=1)
    return found


@pytest.fixture
def servers(desk, database_url, tmp_path):
    with ExitStack() as stack, ThreadPoolExecutor() as both:
        yield list(both.map(stack.enter_context, [serving(desk, database_url, tmp_path) for _ in range(2)]))


def test_what_is_moved_and_switched_off_through_one_server_is_seen_at_the_other(desk, servers):
    first, second = servers
    page = page_links.create(desk.scheduler, patient_id=desk.patient(), label="phone").token
    own = feeds.create(desk.scheduler, Wanted("phone"), patient_id=desk.patient())
    carer = feeds.create(desk.scheduler, Wanted("Mum", Audience.CARER), patient_id=desk.patient(), agreed=True)
    staff = [feeds.create_for_resource(desk.admin, Wanted("desktop"), resource_id=one) for one in (NURSE, CHAIR)]
    paths = [f"/calendar/{one.token}.ics" for one in (own, carer, *staff)]

    def tags():
        """What each calendar is at both servers, in all four processes: one and the same."""
        found = [first.tags(path) | second.tags(path) for path in paths]
        assert [len(one) for one in found] == [1] * 4
        return [one.pop() for one in found]

    before = tags()
    with desk.store.read(desk.clinic_id) as uow:
        last = uow.appointments.of_patient(desk.patient())[-1]
    later = last.start_at + timedelta(hours=2)
    first.post(f"/answer/{page}/{last.id}/change", version=str(last.version), start=later.isoformat())
    moved = tags()
    assert not set(before) & set(moved)
    assert f"DTSTART:{later:%Y%m%dT%H%M%SZ}" in second.get(paths[2])

    second.post(f"/my/{page}/links/{carer.link.id}/stop")
    feeds.revoke(desk.admin, link_id=staff[0].link.id)
    off = tags()
    assert [now != was for now, was in zip(off, moved, strict=True)] == [False, True, True, False]
    for path in paths[1:3]:
        assert first.get(path).count("SUMMARY:This calendar link was switched off") == 1
