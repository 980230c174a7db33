"""A shown plan, checked again: the same people and places where they are free, in each of their parts."""

from datetime import date

from builders import clinic, esketamine, hours, minutes, request, resources, uid, wall
from planner.domain.occupancy import BusyRow, Occupancy
from planner.domain.planning import plan
from planner.domain.rechecking import recheck, shown_of

TUESDAY = date(2027, 1, 5)
SITE = clinic(resources("chair", 2), resources("nurse", 2, 4, hours()), resources("prescriber", 1, 1, hours()))
ASKED = request(SITE, esketamine(1), TUESDAY, at="10:00", days="Tue Thu")


def starter_busy(nurse: str) -> BusyRow:
    return BusyRow(uid(nurse), 0, minutes(wall(TUESDAY, "10:00")), minutes(wall(TUESDAY, "11:00")))


def test_a_plan_is_rechecked_to_what_was_shown():
    occupancy = Occupancy(SITE)
    found = plan(ASKED, occupancy)
    placed, broken = recheck(ASKED, occupancy, shown_of(found))
    assert broken == {}
    assert [(one.start, one.assignments) for one in placed] == [(one.start, one.assignments) for one in found.placed]


def test_who_starts_the_dose_and_who_holds_the_step_both_stay_when_others_become_free():
    found = plan(ASKED, Occupancy(SITE, [starter_busy("nurse 1")]))
    devices = {one.mode: one.resource_id for one in found.placed[0].assignments if one.step == "devices"}
    assert devices == {"hold": uid("nurse 1"), "start": uid("nurse 2")}
    placed, _ = recheck(ASKED, Occupancy(SITE), shown_of(found))
    assert placed[0].assignments == found.placed[0].assignments


def test_what_is_settled_is_not_looked_at_again():
    before, _ = recheck(ASKED, Occupancy(SITE), shown_of(plan(ASKED, Occupancy(SITE))))
    full = Occupancy(SITE, [starter_busy("nurse 1"), starter_busy("nurse 2")])
    settled = {one.number: one for one in before}
    assert recheck(ASKED, full, shown_of(plan(ASKED, Occupancy(SITE))), settled) == (before, {})


def test_a_session_that_no_longer_fits_is_named_with_what_it_breaks():
    found = plan(ASKED, Occupancy(SITE))
    full = Occupancy(SITE, [starter_busy("nurse 1"), starter_busy("nurse 2")])
    placed, broken = recheck(ASKED, full, shown_of(found))
    assert list(broken) == [1]
    assert [(violation.facts["kind"], violation.facts["mode"]) for violation in broken[1]] == [("nurse", "start")]
    assert len(placed) == len(found.placed) - 1
