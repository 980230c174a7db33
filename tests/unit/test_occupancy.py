"""Who is free when: hours, closures, absences, units, starters and presence."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, time

import pytest

from builders import NEW_YORK, busy, clinic, closure, hours, infusion, minutes, nurse, resources, uid, wall
from planner.domain.bitmaps import CHUNK, instant_of
from planner.domain.clinic import Absence, Clinic, Holiday, Shift, WeeklyHours
from planner.domain.occupancy import BusyRow, Occupancy, lane
from planner.domain.reach import set_bits
from planner.domain.span import Span
from planner.domain.visit import Mode, Need, Step, VisitProfile

MONDAY = date(2027, 3, 1)


def visit(*steps: Step, place: str | None = None) -> VisitProfile:
    return VisitProfile("visit", "Visit", steps, place)


def starts(
    site: Clinic, profile: VisitProfile, rows: Iterable[BusyRow] = (), day: date = MONDAY, extend: int = 0
) -> list[str]:
    return starts_of(Occupancy(site, rows, extend=extend), profile, day)


def starts_of(occupancy: Occupancy, profile: VisitProfile, day: date) -> list[str]:
    """List the wall times at which a clinic can give the visit."""
    bits = lane(occupancy.starts(profile, day.toordinal() // CHUNK), day)
    return [f"{instant_of(day, slot, NEW_YORK).astimezone(NEW_YORK):%H:%M}" for slot in set_bits(bits)]


def short(opening: str = "09:00", closing: str = "11:00", **settings: object) -> Clinic:
    standard = (*resources("chair", 1), *resources("nurse", 1, 4))
    return clinic(settings.pop("has", standard), opening=hours("Mon-Fri", opening, closing), **settings)  # type: ignore[arg-type]


TALK = visit(Step("talk", 60), place="chair")
NURSED = visit(Step("observe", 60, (nurse(2),)))


class TestHours:
    def test_a_visit_starts_on_the_grid_and_ends_by_closing(self) -> None:
        assert starts(short(), TALK) == ["09:00", "09:15", "09:30", "09:45", "10:00"]

    def test_a_coarser_grid_leaves_fewer_starts(self) -> None:
        assert starts(short(grid_minutes=60), TALK) == ["09:00", "10:00"]

    def test_nothing_starts_on_a_weekday_without_hours(self) -> None:
        assert starts(short(), TALK, day=date(2027, 3, 6)) == []

    def test_turnover_after_hours_may_run_past_closing(self) -> None:
        late = visit(Step("talk", 60), Step("turnover", 30, turnover=True, after_hours=True), place="chair")
        assert starts(short(), late)[-1] == "10:00"

    def test_turnover_within_hours_must_end_by_closing(self) -> None:
        inside = visit(Step("talk", 60), Step("turnover", 30, turnover=True), place="chair")
        assert starts(short(), inside)[-1] == "09:30"

    def test_a_visit_ends_on_the_local_day_it_starts(self) -> None:
        late = visit(Step("talk", 30), Step("turnover", 60, turnover=True, after_hours=True), place="chair")
        assert starts(short("22:00", "23:45"), late)[-1] == "22:30"

    def test_a_place_with_hours_of_its_own_is_held_only_within_them(self) -> None:
        has = resources("chair", 1, shifts=hours("Mon-Fri", "09:30", "10:45"))
        assert starts(short(has=has), TALK) == ["09:30", "09:45"]

    def test_the_turnover_of_a_place_must_lie_within_the_places_own_hours(self) -> None:
        has = resources("chair", 1, shifts=hours("Mon-Fri", "09:00", "11:00"))
        late = visit(Step("talk", 60), Step("turnover", 30, turnover=True, after_hours=True), place="chair")
        assert starts(short(has=has), late)[-1] == "09:30"

    def test_a_part_day_closure_takes_its_stretch_only(self) -> None:
        site = short(closures=(closure(MONDAY, "09:00", "09:50"),))
        assert starts(site, TALK) == ["10:00"]

    def test_a_holiday_closes_the_whole_day(self) -> None:
        assert starts(short(holidays=(Holiday(MONDAY, "Day"),)), TALK) == []

    def test_an_absence_takes_the_resource_away(self) -> None:
        ill = Absence(Span(wall(MONDAY, "09:00"), wall(MONDAY, "09:31")))
        (chair,) = resources("chair", 1)
        assert starts(short(has=(replace(chair, absences=(ill,)),)), TALK) == ["09:45", "10:00"]

    def test_longer_hours_begin_earlier_and_end_later(self) -> None:
        assert (starts(short(), TALK, extend=15)[0], starts(short(), TALK, extend=15)[-1]) == ("08:45", "10:15")

    def test_the_same_bookings_can_be_seen_under_other_hours(self) -> None:
        taken = Occupancy(short(), [busy("chair 1", MONDAY, "09:00", "10:00")])
        assert starts_of(taken.under(short("09:00", "12:00")), TALK, MONDAY)[::4] == ["10:00", "11:00"]


class TestUnits:
    @pytest.mark.parametrize(("taken", "free"), [(0, True), (1, True), (2, True), (3, False), (4, False)])
    def test_a_nurse_of_four_takes_two_more_while_two_are_free(self, taken: int, free: bool) -> None:
        rows = [busy("nurse 1", MONDAY, "09:00", "11:00", seat=seat + 1) for seat in range(taken)]
        assert bool(starts(short(), NURSED, rows)) == free

    def test_units_taken_one_after_the_other_do_not_add_up(self) -> None:
        rows = [busy("nurse 1", MONDAY, "09:00", "10:00", seat=1), busy("nurse 1", MONDAY, "10:00", "11:00", seat=1)]
        assert starts(short(), visit(Step("observe", 60, (nurse(3),))), rows) == starts(short(), NURSED)

    def test_units_of_two_nurses_do_not_make_one_need(self) -> None:
        rows = [busy(name, MONDAY, "09:00", "11:00", seat=seat) for name in ("nurse 1", "nurse 2") for seat in (1, 2, 3)]
        site = short(has=resources("nurse", 2, 4))
        assert starts(site, NURSED, rows) == []

    def test_more_units_than_anybody_has_are_never_covered(self) -> None:
        assert starts(short(), visit(Step("observe", 60, (nurse(5),)))) == []

    def test_one_nurse_may_take_one_step_and_another_the_next(self) -> None:
        rows = [busy("nurse 1", MONDAY, "09:30", "11:00", seat=seat) for seat in (1, 2, 3)]
        rows += [busy("nurse 2", MONDAY, "09:00", "09:30", seat=seat) for seat in (1, 2, 3)]
        two = visit(Step("vitals", 30, (nurse(2),)), Step("line", 30, (nurse(2),)))
        assert "09:00" in starts(short(has=resources("nurse", 2, 4)), two, rows)

    def test_nobody_takes_over_in_the_middle_of_a_step(self) -> None:
        rows = [busy("nurse 1", MONDAY, "09:30", "11:00", seat=seat) for seat in (1, 2, 3)]
        rows += [busy("nurse 2", MONDAY, "09:00", "09:30", seat=seat) for seat in (1, 2, 3)]
        assert "09:00" not in starts(short(has=resources("nurse", 2, 4)), NURSED, rows)

    def test_a_steady_pump_is_the_same_one_all_through(self) -> None:
        rows = [busy("pump 1", MONDAY, "09:30", "11:00"), busy("pump 2", MONDAY, "09:00", "09:30")]
        steps = [Step(name, 30, (Need("pump", steady=True),)) for name in ("infuse", "flush")]
        assert "09:00" not in starts(short(has=resources("pump", 2)), visit(*steps), rows)

    def test_pumps_that_are_not_steady_may_change(self) -> None:
        rows = [busy("pump 1", MONDAY, "09:30", "11:00"), busy("pump 2", MONDAY, "09:00", "09:30")]
        steps = [Step(name, 30, (Need("pump"),)) for name in ("infuse", "flush")]
        assert "09:00" in starts(short(has=resources("pump", 2)), visit(*steps), rows)

    def test_a_chair_is_kept_from_seat_to_turnover(self) -> None:
        rows = [busy("chair 1", MONDAY, "10:00", "10:05")]
        assert starts(short("09:00", "12:00"), infusion(), rows) == []

    def test_a_booking_off_the_five_minutes_takes_all_it_touches(self) -> None:
        rows = [BusyRow(uid("chair 1"), 1, minutes(wall(MONDAY, "09:00")), minutes(wall(MONDAY, "09:31")))]
        assert starts(short(), TALK, rows) == ["09:45", "10:00"]


class TestStarters:
    DOSE = visit(Step("vitals", 15), Step("dose", 5, (Need("nurse", Mode.START),), dose=True), Step("observe", 40))

    def test_a_starter_keeps_others_off_for_a_quarter_of_an_hour(self) -> None:
        rows = [busy("nurse 1", MONDAY, "09:30", "09:45", seat=0)]
        assert starts(short(), self.DOSE, rows) == ["09:00", "09:30", "09:45", "10:00"]

    def test_the_quarter_hour_rolls(self) -> None:
        rows = [busy("nurse 1", MONDAY, "09:25", "09:40", seat=0)]
        assert starts(short(), self.DOSE, rows) == ["09:30", "09:45", "10:00"]

    def test_a_second_nurse_starts_another_dose_at_the_same_time(self) -> None:
        rows = [busy("nurse 1", MONDAY, "09:30", "09:45", seat=0)]
        assert starts(short(has=resources("nurse", 2, 4)), self.DOSE, rows) == starts(short(), self.DOSE)

    def test_a_nurse_whose_units_are_all_taken_can_still_start(self) -> None:
        rows = [busy("nurse 1", MONDAY, "09:00", "11:00", seat=seat) for seat in (1, 2, 3, 4)]
        assert starts(short(), self.DOSE, rows) == starts(short(), self.DOSE)

    def test_a_nurse_off_shift_starts_nothing(self) -> None:
        has = resources("nurse", 1, 4, hours("Mon-Fri", "10:00", "11:00"))
        assert starts(short(has=has), self.DOSE) == ["09:45", "10:00"]


class TestPresence:
    WATCHED = visit(Step("dose", 60, (Need("prescriber", Mode.PRESENCE),)))

    def prescribers(self, *shifts: tuple[str, str]) -> Clinic:
        people = resources("prescriber", len(shifts))
        own = [hours("Mon-Fri", start, end) for start, end in shifts]
        return short("09:00", "12:00", has=tuple(replace(one, hours=o) for one, o in zip(people, own, strict=True)))

    def test_one_prescriber_may_hand_over_to_another(self) -> None:
        assert "09:30" in starts(self.prescribers(("09:00", "10:00"), ("10:00", "12:00")), self.WATCHED)

    def test_a_gap_between_two_prescribers_breaks_the_presence(self) -> None:
        site = self.prescribers(("09:00", "10:00"), ("10:05", "12:00"))
        assert starts(site, self.WATCHED) == ["09:00", "10:15", "10:30", "10:45", "11:00"]

    def test_the_lunch_break_of_the_only_prescriber_breaks_the_presence(self) -> None:
        lunch = WeeklyHours((Shift(0, time(9), time(10)), Shift(0, time(10, 30), time(12))))
        (one,) = resources("prescriber", 1)
        site = short("09:00", "12:00", has=(replace(one, hours=lunch),))
        assert starts(site, self.WATCHED) == ["09:00", "10:30", "10:45", "11:00"]

    def test_one_prescriber_is_present_for_any_number_of_patients(self) -> None:
        site = self.prescribers(("09:00", "12:00"))
        rows = [busy("prescriber 1", MONDAY, "09:00", "12:00")]
        assert starts(site, self.WATCHED, rows) == starts(site, self.WATCHED)

    def test_somebody_without_shifts_is_there_while_the_clinic_is_open(self) -> None:
        site = short(has=resources("prescriber", 1), closures=(closure(MONDAY, "09:00", "09:30"),))
        assert starts(site, self.WATCHED) == ["09:30", "09:45", "10:00"]

    def test_without_anybody_of_the_kind_nothing_starts(self) -> None:
        assert starts(short(), self.WATCHED) == []
