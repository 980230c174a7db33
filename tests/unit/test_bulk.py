"""Many courses re-planned together after a change of the clinic: who goes first, what is taken, and who is named."""

from dataclasses import replace
from datetime import date, datetime, time
from uuid import UUID

import pytest

import builders
from builders import NEW_YORK, hours, phase, protocol, resources, uid, wall
from planner.domain.affected import deadline, only_standing
from planner.domain.bulk import Affected, Replanned, Replanning, Unplaced, replan_all
from planner.domain.clinic import Absence, Clinic, Resource, Shift, WeeklyHours
from planner.domain.course import Booked, Given, Neighbour
from planner.domain.ledger import Ledger
from planner.domain.occupancy import BusyRow
from planner.domain.plan import PlanRequest
from planner.domain.planning import Tries
from planner.domain.protocol import Phase
from planner.domain.rechecking import shown_of
from planner.domain.relaxing import explain_blocked
from planner.domain.replanning import Change
from planner.domain.seating import seat_visit
from planner.domain.span import Span, local_day

WEEKLY, FOUR_WEEKLY = phase("weekly", None, (5, 7, 9)), phase("four-weekly", None, (21, 28, 35))
INDUCTION = phase("induction", 8, (2, 3, 5), pattern="Mon Thu", per_week=2)


def july(day: int) -> date:
    return date(2027, 7, day)


def june(day: int) -> date:
    return date(2027, 6, day)


def course(
    name: str, site: Clinic, only: Phase, given: tuple[date, ...], booked: tuple[date, ...], *, days: str = "Mon",
    at: str = "10:00",
) -> PlanRequest:  # fmt: skip
    """A course on Tuesday, 29 June, with sessions given and others booked and told."""
    asked = builders.request(site, protocol(only), june(29), at=at, days=days)
    standing = tuple(Booked(uid(f"{name} {day}"), only.name, wall(day, at)) for day in booked)
    return replace(
        asked, patient_id=uid(name), given=tuple(Given(only.name, day) for day in given), standing=standing
    )


def affected(*requests: PlanRequest, before: Clinic) -> list[Affected]:
    """Seat what stands as it was booked, before the clinic changed."""
    ledger, found = Ledger(before, ()), []
    for asked in requests:
        rows: dict[UUID, tuple[BusyRow, ...]] = {}
        was = replace(asked, clinic=before)
        starts = {number: one.start for number, one in enumerate(was.standing, len(was.given) + 1)}
        request, open_ended = only_standing(replace(was, pinned=starts))
        tries = Tries(request, ledger)
        for placed in tries.assemble(request, tries.best(request, open_ended)).placed:
            own = next(one for one in was.standing if one.start == placed.start)
            others = ledger.on_day(local_day(placed.start, NEW_YORK).toordinal())
            capacity = {one.id: one.capacity for one in before.resources}
            span = Span(placed.start, placed.end)
            rows[own.appointment_id] = tuple(seat_visit(placed.assignments, others, capacity, was.patient_id, span))
            ledger.take(rows[own.appointment_id])
        assert len(rows) == len(asked.standing)
        found.append(Affected(uid(f"course of {asked.standing[0].appointment_id}"), asked, rows))
    return found


def taken(courses: list[Affected]) -> list[BusyRow]:
    return [row for one in courses for row in one.taken]


def days_of(found: Replanned) -> list[str]:
    return [f"{placed.start.astimezone(NEW_YORK):%a %m-%d %H:%M}" for placed in found.plan.placed]


def moves(changes: tuple[Change, ...]) -> list[tuple[str, str]]:
    return [(f"{c.booked.start:%m-%d}", f"{c.placed.start:%m-%d}") for c in changes]


def site(chairs: int = 2, **settings: object) -> Clinic:
    people = (resources("nurse", 2, 4), resources("prescriber", 1))
    return builders.clinic(resources("chair", chairs), *people, opening=hours("Mon-Sat"), **settings)


class TestA8TheClinicDropsMondays:
    """Three courses of one clinic that closes on Mondays from July on, and on 5 July, re-planned in one go."""

    @pytest.fixture
    def before(self) -> Clinic:
        return site()

    @pytest.fixture
    def courses(self, before: Clinic) -> list[Affected]:
        monday = Shift(0, time(9), time(17), last_day=june(30))
        opening = WeeklyHours((*hours("Tue-Sat").shifts, monday))
        after = replace(before, hours=opening, closures=(builders.closure(july(5), reason="Independence Day"),))
        only_mondays = course("A", after, FOUR_WEEKLY, (june(14),), (july(12),))
        wishes = replace(only_mondays.preferences, hours=hours("Mon", "08:00", "18:00"))
        return affected(
            replace(only_mondays, preferences=wishes),
            course("B", after, WEEKLY, (june(28),), (july(5), july(12), july(19)), at="13:00"),
            course(
                "C", after, INDUCTION, (june(17), june(21), june(24), june(28)), (july(1), july(5), july(8), july(12)),
                days="Mon Thu",
            ),
            before=before,
        )  # fmt: skip

    @pytest.fixture
    def found(self, courses: list[Affected]) -> dict[str, Replanned]:
        by_key = {one.key: one for one in replan_all(courses, taken(courses))}
        return {name: by_key[one.key] for name, one in zip("ABC", courses, strict=True)}

    def test_the_mondays_only_patient_is_named_and_keeps_the_appointment(self, found: dict[str, Replanned]) -> None:
        (left,) = found["A"].unresolved
        assert (left.booked.start, left.reason) == (wall(july(12), "10:00"), Unplaced.NO_PLACE)
        assert not found["A"].changes

    def test_the_mondays_only_patient_gets_three_proposals_beside_the_others(
        self, found: dict[str, Replanned]
    ) -> None:
        request, _ = only_standing(found["A"].request)
        request = replace(request, horizon=july(20))
        others = Ledger(request.clinic, [*found["B"].rows, *found["C"].rows])
        blocked = explain_blocked(request, others, found["A"].plan)
        proposed = [f"{p.placed.start.astimezone(NEW_YORK):%a %m-%d %H:%M}" for p in blocked.proposals]
        assert proposed == ["Tue 07-13 10:00", "Wed 07-14 10:00", "Sat 07-10 10:00"]
        assert (blocked.keep_by, blocked.last_usable) == (july(19), july(17))

    def test_the_weekly_patient_moves_to_tuesdays(self, found: dict[str, Replanned]) -> None:
        assert days_of(found["B"]) == ["Tue 07-06 13:00", "Tue 07-13 13:00", "Tue 07-20 13:00"]
        assert moves(found["B"].diff.move) == [("07-05", "07-06"), ("07-12", "07-13"), ("07-19", "07-20")]

    def test_the_induction_keeps_its_thursdays_and_moves_two_mondays_to_tuesday(self, found: dict[str, Replanned]) -> None:
        assert days_of(found["C"]) == ["Thu 07-01 10:00", "Tue 07-06 10:00", "Thu 07-08 10:00", "Tue 07-13 10:00"]
        assert [change.booked.start for change in found["C"].diff.keep] == [wall(july(1), "10:00"), wall(july(8), "10:00")]
        assert (found["C"].diff.cancel, found["C"].diff.add) == ((), ())

    def test_the_induction_goes_first_then_the_earliest_deadline(self, courses: list[Affected]) -> None:
        by_key = {one.key: name for name, one in zip("ABC", courses, strict=True)}
        assert [by_key[one.key] for one in replan_all(courses, taken(courses))] == ["C", "B", "A"]


class TestWhoIsInTheWay:
    def closed(self, chairs: int = 1) -> tuple[Clinic, Clinic]:
        before = site(chairs, grid_minutes=60)
        return before, replace(before, closures=(builders.closure(july(6)),))

    def test_what_one_course_takes_the_next_one_does_not(self) -> None:
        before, after = self.closed(1)
        one = course("one", after, WEEKLY, (june(29),), (july(6),), days="")
        two = course("two", after, WEEKLY, (june(29),), (july(6),), days="", at="13:00")
        courses = affected(one, replace(two, preferences=replace(two.preferences, at=time(10))), before=before)
        found = replan_all(courses, taken(courses))
        assert sorted(day for one in found for day in days_of(one)) == ["Mon 07-05 10:00", "Wed 07-07 10:00"]

    def test_who_is_not_broken_stays(self) -> None:
        before, after = self.closed(1)
        one = course("one", after, WEEKLY, (june(29),), (july(6), july(13)), days="")
        two = course("two", after, WEEKLY, (june(29),), (july(7), july(14)), days="")
        courses = affected(one, two, before=before)
        first, second = sorted(replan_all(courses, taken(courses)), key=lambda found: found.key != courses[0].key)
        assert days_of(first)[0] == "Mon 07-05 10:00"
        assert not second.changes

    def test_only_what_is_broken_moves(self) -> None:
        before, after = self.closed(2)
        one = course("one", after, WEEKLY, (june(29),), (july(6), july(13), july(20)), days="")
        (found,) = replan_all(courses := affected(one, before=before), taken(courses))
        assert moves(found.diff.keep) == [("07-13", "07-13"), ("07-20", "07-20")]
        assert len(found.diff.move) == 1

    def test_a_course_keeps_apart_from_where_the_patients_other_course_has_moved(self) -> None:
        before, after = self.closed(2)
        one = course("one", after, WEEKLY, (june(28),), (july(6),), days="")
        two = course("two", after, WEEKLY, (june(29),), (july(8),), days="", at="13:00")
        one = replace(one, neighbours=(Neighbour(july(8), 2),))
        two = replace(two, patient_id=one.patient_id, neighbours=(Neighbour(july(6), 2),))
        after = replace(after, closures=(*after.closures, builders.closure(july(8))))
        pair = affected(replace(one, clinic=after), replace(two, clinic=after), before=before)
        first, second = (local_day(found.plan.placed[0].start, NEW_YORK) for found in replan_all(pair, taken(pair)))
        assert abs((first - second).days) >= 2


class TestWhoIsAway:
    def away(self, before: Clinic, name: str) -> Clinic:
        span = Span(wall(july(6), "00:00"), wall(july(7), "00:00"))

        def changed(one: Resource) -> Resource:
            return replace(one, absences=(Absence(span, "away"),)) if one.id == uid(name) else one

        return replace(before, resources=tuple(map(changed, before.resources)))

    def test_another_chair_is_taken_silently_where_one_is_free(self) -> None:
        after = self.away(site(2), "chair 1")
        courses = affected(course("one", after, WEEKLY, (june(29),), (july(6),), days=""), before=site(2))
        (found,) = replan_all(courses, taken(courses))
        chairs = {row.subject_id for row in found.rows} & {uid("chair 1"), uid("chair 2")}
        assert (found.diff.changes_nothing, found.reassigned, chairs) == (True, True, {uid("chair 2")})

    def test_the_visit_moves_where_nobody_else_can_be_there(self) -> None:
        after = self.away(site(2), "prescriber 1")
        courses = affected(course("one", after, WEEKLY, (june(29),), (july(6),), days=""), before=site(2))
        (found,) = replan_all(courses, taken(courses))
        assert moves(found.diff.move) == [("07-06", "07-07")]

    def test_who_stays_keeps_the_chair_and_the_nurse_they_had(self) -> None:
        before = site(2)
        after = replace(before, closures=(builders.closure(july(6)),))
        one = course("one", after, WEEKLY, (june(29),), (july(6), july(13)), days="")
        other = course("other", after, WEEKLY, (june(29),), (july(13),), days="")
        _, mine = affected(other, one, before=before)
        (found,) = replan_all([mine], mine.taken)
        assert uid("chair 2") in {row.subject_id for row in mine.rows[uid("one 2027-07-13")]}
        had = {(row.subject_id, row.start) for row in mine.rows[uid("one 2027-07-13")]}
        assert had <= {(row.subject_id, row.start) for row in found.rows}
        assert not found.reassigned


class TestDeadlines:
    def test_a_course_is_due_when_its_longest_gap_is_over(self) -> None:
        assert deadline(course("one", site(), WEEKLY, (june(28),), (july(5),))) == july(7)

    def test_what_stands_before_the_first_broken_session_counts(self) -> None:
        asked = course("one", site(), WEEKLY, (june(28),), (july(5), july(12)))
        assert deadline(asked, {asked.standing[1].appointment_id}) == july(14)

    def test_a_course_that_has_not_begun_is_due_when_its_first_session_must_be(self) -> None:
        assert deadline(course("one", site(), WEEKLY, (), (july(5),))) == july(13)


class TestStepByStep:
    @pytest.fixture
    def courses(self) -> list[Affected]:
        before = site(1)
        after = replace(before, closures=(builders.closure(july(6)),))
        names = [("one", "09:00"), ("two", "12:00")]
        requests = (course(name, after, WEEKLY, (june(29),), (july(6),), days="", at=at) for name, at in names)
        return affected(*requests, before=before)

    def test_it_says_how_far_it_is(self, courses: list[Affected]) -> None:
        replanning = Replanning(courses, taken(courses), improve=False)
        seen = []
        while not replanning.finished:
            replanning.step()
            seen.append((replanning.done, replanning.total))
        assert seen == [(1, 2), (2, 2)]

    def test_what_was_found_before_is_taken_up(self, courses: list[Affected]) -> None:
        first = replan_all(courses, taken(courses))
        before = {one.key: shown_of(one.plan) for one in first[:1]}
        again = Replanning(courses, taken(courses), settled=before, improve=False)
        while not again.finished:
            again.step()
        assert [days_of(one) for one in again.found] == [days_of(one) for one in first]

    def test_what_was_found_before_and_is_taken_by_now_is_planned_anew(self, courses: list[Affected]) -> None:
        first = replan_all(courses, taken(courses))[0]
        start: datetime = first.plan.placed[0].start
        chair = BusyRow(uid("chair 1"), 1, builders.minutes(start), builders.minutes(start) + 60)
        again = Replanning(courses, [*taken(courses), chair], settled={first.key: shown_of(first.plan)}, improve=False)
        (found,) = again.step()
        assert found.key == first.key
        assert found.plan.placed[0].start != start

    def test_nothing_affected_is_nothing_to_do(self) -> None:
        assert Replanning([], []).finished


def test_a_course_gives_way_where_the_other_has_no_choice() -> None:
    """One visit fits a day. The first to be planned could come on Saturday as well as on Wednesday; the other could not."""
    people = (resources("nurse", 1, 4), resources("prescriber", 1))
    before = builders.clinic(resources("chair", 1), *people, opening=hours("Mon-Sat", "09:00", "12:00"))
    after = replace(before, closures=(builders.closure(july(5)), builders.closure(july(6))))
    first = course("first", after, WEEKLY, (june(28),), (july(5),), days="", at="09:00")
    second = course("second", after, WEEKLY, (june(29),), (july(6),), days="", at="09:00")
    second = replace(second, preferences=replace(second.preferences, hours=hours("Tue Wed")))
    courses = affected(first, second, before=before)
    plain, better = (replan_all(courses, taken(courses), improve=improve) for improve in (False, True))
    assert [days_of(one) for one in plain] == [["Wed 07-07 09:00"], ["Tue 07-13 09:00"]]
    assert [days_of(one) for one in better] == [["Sat 07-03 09:00"], ["Wed 07-07 09:00"]]
