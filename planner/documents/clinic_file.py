"""The [clinic] of a what-if file: its settings, closures, holidays and resources."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from planner.almanac import public_holidays
from planner.documents.edge import Checked, Entry, every
from planner.documents.fields import Name, Slug
from planner.documents.stretches import Hours, StretchTable, weekly
from planner.domain.clinic import Absence, Clinic, Closure, Costs, Holiday, MissedPolicy, Resource, WeeklyHours
from planner.domain.errors import InvalidValue
from planner.domain.span import zone_named

NAMES = UUID("6f1f8a3e-54d0-5b3c-9d0e-2f0a5c7b9e41")
"""The namespace that turns the names of a what-if file into ids: the same file always gives the same ids."""


def named_id(kind: str, name: str) -> UUID:
    """Give the id that stands for a name in a what-if file."""
    return uuid5(NAMES, f"{kind}/{name}")


class HolidaysTable(Entry):
    """Whose public holidays are kept, and on which of them the clinic works anyway."""

    country: Annotated[Name, AfterValidator(str.upper)]
    subdivision: Name | None = None
    open_on: list[Name] = Field(default_factory=list)


class CostsTable(Checked):
    """What each deviation costs, in points; what is left out keeps the usual cost."""

    off_pattern: int = Costs.off_pattern
    off_pattern_day: int = Costs.off_pattern_day
    passed_over: int = Costs.passed_over
    interval_day: int = Costs.interval_day
    off_weekday: int = Costs.off_weekday
    beyond_max_day: int = Costs.beyond_max_day
    told: int = Costs.told
    time_per_4h: int = Costs.time_per_4h
    time_most: int = Costs.time_most
    other_clinician: int = Costs.other_clinician

    def value(self) -> Costs:
        """Make the costs."""
        return Costs(**self.model_dump())


class ResourceTable(Checked):
    """A chair, room, pump or person."""

    name: Name
    kind: Slug
    capacity: int = 1
    hours: Hours | None = None
    absences: list[StretchTable] = Field(default_factory=list)

    def value(self) -> Resource:
        """Make the resource, without its absences: they need the clinic's zone."""
        hours = None if self.hours is None else weekly(self.hours)
        return Resource(named_id("resource", self.name), self.name, self.kind, self.capacity, hours)

    def within(self, zone: ZoneInfo) -> Resource:
        """Make the resource with its absences on the clinic's wall."""
        made = self.value()
        absences = every("absences", self.absences, lambda item: Absence(item.span(zone), item.reason or ""))
        return Resource(made.id, made.name, made.kind, made.capacity, made.hours, absences)


def _in_zone_list(name: str) -> str:
    zone_named(name, "")
    return name


def _without_doubles(resources: list[ResourceTable]) -> list[ResourceTable]:
    counts = Counter(resource.name for resource in resources)
    for index, resource in enumerate(resources):
        if counts[resource.name] > 1:
            raise InvalidValue(f"{index}.name", "another resource has this name, too")
    return resources


class ClinicTable(Checked):
    """One clinic."""

    name: Name
    zone: Annotated[Name, AfterValidator(_in_zone_list)]
    hours: Hours
    closures: list[StretchTable] = Field(default_factory=list)
    holidays: HolidaysTable | None = None
    resources: Annotated[list[ResourceTable], AfterValidator(_without_doubles)] = Field(default_factory=list)
    costs: CostsTable = CostsTable()
    grid_minutes: int = 15
    overrun_days: int = 14
    first_within_days: int = 14
    horizon_days: int = 84
    missed: MissedPolicy = MissedPolicy.MAKE_UP

    def value(self) -> Clinic:
        """Make the clinic as far as its zone is not needed."""
        return self._clinic(weekly(self.hours))

    def within(self, years: Iterable[int]) -> Clinic:
        """Make the clinic with what stands on its wall: closures, absences and the public holidays of these years."""
        zone = zone_named(self.zone)
        return self._clinic(
            weekly(self.hours),
            every("closures", self.closures, lambda item: Closure(item.span(zone), item.reason or "")),
            self._holidays(years),
            every("resources", self.resources, lambda item: item.within(zone)),
        )

    def _clinic(
        self,
        hours: WeeklyHours,
        closures: tuple[Closure, ...] = (),
        holidays: tuple[Holiday, ...] = (),
        resources: tuple[Resource, ...] = (),
    ) -> Clinic:
        return Clinic(
            id=named_id("clinic", self.name),
            name=self.name,
            zone=zone_named(self.zone),
            hours=hours,
            closures=closures,
            holidays=holidays,
            resources=resources,
            grid_minutes=self.grid_minutes,
            costs=self.costs.value(),
            overrun_days=self.overrun_days,
            first_within_days=self.first_within_days,
            horizon_days=self.horizon_days,
            missed=self.missed,
        )

    def _holidays(self, years: Iterable[int]) -> tuple[Holiday, ...]:
        kept = self.holidays
        if kept is None:
            return ()
        try:
            return public_holidays(kept.country, kept.subdivision, years, kept.open_on)
        except InvalidValue as problem:
            raise problem.under("holidays") from None
