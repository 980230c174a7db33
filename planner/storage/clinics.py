"""Clinics: read whole, written whole, and kept in memory by version, since every booking reads its clinic."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, select

from planner.almanac import public_holidays
from planner.domain.clinic import Absence, Clinic, Closure, Holiday, Resource
from planner.domain.errors import NotFound
from planner.domain.span import Span, zone_named
from planner.storage.records import HolidayCalendar
from planner.storage.tables import AbsenceRow, ClinicRow, ClosureRow, ResourceRow, table_of

_CLINIC, _CLOSURE, _RESOURCE, _ABSENCE = (table_of(row) for row in (ClinicRow, ClosureRow, ResourceRow, AbsenceRow))
VERSION = select(_CLINIC.c.version).where(_CLINIC.c.id == bindparam("_clinic_id"))
LOCK = VERSION.with_for_update(key_share=True)
_SETTINGS = ("name", "hours", "costs", "grid_minutes", "overrun_days", "first_within_days", "horizon_days", "missed",
             "self_service", "reminds", "messaging", "rides", "holidays")
_RESOURCE_FIELDS = ("id", "name", "kind", "capacity", "hours")
_YEARS_BACK, _YEARS_AHEAD = 1, 3


class ClinicName(NamedTuple):
    """A clinic as a list of clinics shows it."""

    id: UUID
    name: str


class Key(NamedTuple):
    """What a clinic in memory is good for: one version, and the years whose holidays it knows."""

    clinic_id: UUID
    version: int
    year: int


Cache = dict[UUID, tuple[Key, Clinic]]


class Clinics:
    """The clinic of this unit of work. Whoever changes it holds the calendar's lock."""

    def __init__(
        self, connection: Connection, clinic_id: UUID, cache: Cache, locked_at: Callable[[], datetime | None]
    ) -> None:
        self._connection, self._clinic_id, self._cache, self._locked_at = connection, clinic_id, cache, locked_at

    def version(self) -> int:
        """Give the clinic's version; raises NotFound for an unknown clinic."""
        version: int | None = self._connection.execute(VERSION, {"_clinic_id": self._clinic_id}).scalar()
        if version is None:
            raise NotFound(f"no clinic {self._clinic_id}")
        return version

    def get(self, now: datetime) -> Clinic:
        """Give the clinic with its public holidays from the year before *now* to three years after; raises NotFound."""
        key = Key(self._clinic_id, self.version(), now.year)
        cached = self._cache.get(self._clinic_id)
        if cached and cached[0] == key:
            return cached[1]
        while True:  # without a lock, somebody may change the clinic between two of our statements
            clinic = self._load(key.year)
            after = key._replace(version=self.version())
            if after == key:
                break
            key = after
        self._cache[self._clinic_id] = (key, clinic)
        return clinic

    def _load(self, year: int) -> Clinic:
        row = self._connection.execute(_CLINIC.select().where(_CLINIC.c.id == self._clinic_id)).one()
        holidays = _holidays(row.calendar, year) if row.calendar else row.holidays
        return Clinic(
            id=row.id, name=row.name, zone=zone_named(row.zone), hours=row.hours,
            closures=tuple(Closure(Span(r.start_at, r.end_at), r.reason) for r in self._rows(_CLOSURE, "number")),
            holidays=holidays, resources=tuple(self._resources()), grid_minutes=row.grid_minutes, costs=row.costs,
            overrun_days=row.overrun_days, first_within_days=row.first_within_days, horizon_days=row.horizon_days,
            missed=row.missed, self_service=row.self_service, reminds=row.reminds, messaging=row.messaging,
            rides=row.rides,
        )

    def _resources(self) -> Iterable[Resource]:
        absences: dict[UUID, list[Absence]] = {}
        for row in self._rows(_ABSENCE, "number"):
            absences.setdefault(row.resource_id, []).append(Absence(Span(row.start_at, row.end_at), row.reason))
        for row in self._rows(_RESOURCE, "rank"):
            if row.active:
                away = tuple(absences.get(row.id, ()))
                yield Resource(row.id, row.name, row.kind, row.capacity, row.hours, away)

    def _rows(self, table: Any, order_by: str) -> Sequence[Row[Any]]:
        statement = table.select().where(table.c.clinic_id == self._clinic_id).order_by(table.c[order_by])
        return self._connection.execute(statement).all()

    def add(self, clinic: Clinic, calendar: HolidayCalendar | None = None) -> None:
        """Store a new clinic; raises Conflict where it exists. With a calendar, its own holidays are not kept."""
        row = {"id": self._clinic_id, "version": 1, "calendar": calendar, **_settings(clinic)}
        row |= {"holidays": ()} if calendar else {}
        self._connection.execute(_CLINIC.insert(), row)
        self._write_parts(clinic)
        self._cache = {}  # our own from now on: what we changed may yet be rolled back

    def save(self, clinic: Clinic) -> None:
        """Make what is stored equal to the value, and raise the version. A resource that it lacks becomes inactive."""
        settings = _settings(clinic)
        if self.calendar():
            del settings["holidays"]  # they come from the calendar, and go with it
        self._update(**settings)
        self._write_parts(clinic)

    def calendar(self) -> HolidayCalendar | None:
        """Give whose public holidays the clinic keeps."""
        statement = select(_CLINIC.c.calendar).where(_CLINIC.c.id == self._clinic_id)
        found: HolidayCalendar | None = self._connection.execute(statement).scalar()
        return found

    def keep_holidays(self, calendar: HolidayCalendar | None) -> None:
        """Set whose public holidays the clinic keeps, and raise the version; raises InvalidValue for an unknown country."""
        if calendar:
            public_holidays(calendar.country, calendar.subdivision, (), calendar.open_on)
        self._update(calendar=calendar)

    def _update(self, **values: Any) -> None:
        statement = _CLINIC.update().where(_CLINIC.c.id == self._clinic_id)
        if not self._connection.execute(statement.values(version=_CLINIC.c.version + 1, **values)).rowcount:
            raise NotFound(f"no clinic {self._clinic_id}")
        self._cache = {}  # our own from now on: what we changed may yet be rolled back

    def _write_parts(self, clinic: Clinic) -> None:
        for table in (_ABSENCE, _CLOSURE):
            self._connection.execute(table.delete().where(table.c.clinic_id == self._clinic_id))
        self._write_resources(clinic.resources)
        self._insert(_CLOSURE, _stretches(clinic.closures))
        self._insert(_ABSENCE, [row | {"resource_id": r.id} for r in clinic.resources for row in _stretches(r.absences)])

    def _write_resources(self, resources: Sequence[Resource]) -> None:
        in_clinic = _RESOURCE.c.clinic_id == self._clinic_id
        self._connection.execute(_RESOURCE.update().where(in_clinic).values(active=False))
        known = {row.id: row for row in self._connection.execute(_RESOURCE.select().where(in_clinic))}
        rows = [
            {"rank": rank, "active": True, "renamed_at": self._renamed_at(resource, known.get(resource.id))}
            | {name: getattr(resource, name) for name in _RESOURCE_FIELDS}
            for rank, resource in enumerate(resources)
        ]
        self._insert(_RESOURCE, [row for row in rows if row["id"] not in known])
        if changed := [row | {"_id": row["id"]} for row in rows if row["id"] in known]:
            self._connection.execute(_RESOURCE.update().where(in_clinic, _RESOURCE.c.id == bindparam("_id")), changed)

    def _renamed_at(self, resource: Resource, before: Any) -> datetime | None:
        """Give when a resource got another name than it had at first: calendars that say where a visit is show it."""
        if before is None or before.name == resource.name:
            return before.renamed_at if before else None
        return self._locked_at()

    def _insert(self, table: Any, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(table.insert(), [row | {"clinic_id": self._clinic_id} for row in rows])


def clinic_names(connection: Connection) -> list[ClinicName]:
    """List all clinics by name."""
    return [ClinicName(*row) for row in connection.execute(select(_CLINIC.c.id, _CLINIC.c.name).order_by(_CLINIC.c.name))]


def _settings(clinic: Clinic) -> dict[str, Any]:
    return {"zone": clinic.zone.key, **{name: getattr(clinic, name) for name in _SETTINGS}}


def _stretches(stretches: Sequence[Closure] | Sequence[Absence]) -> list[dict[str, Any]]:
    spans = [(stretch.span, stretch.reason) for stretch in stretches]
    return [
        {"number": number, "start_at": span.start, "end_at": span.end, "reason": reason}
        for number, (span, reason) in enumerate(spans)
    ]


def _holidays(calendar: HolidayCalendar, year: int) -> tuple[Holiday, ...]:
    years = range(year - _YEARS_BACK, year + _YEARS_AHEAD + 1)
    return public_holidays(calendar.country, calendar.subdivision, years, calendar.open_on)


