"""A demo clinic that has lived until now: what has begun has been attended, as a desk would have recorded it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle

from planner.domain.attendance import MarkKind
from planner.domain.course import AppointmentStatus
from planner.domain.span import local_day
from planner.services import attendance
from planner.services.context import Context
from planner.storage.records import AppointmentRecord

_EARLY = timedelta(minutes=12)
_BACK = timedelta(days=60)
_LATE_LEAVERS = 9
"""One visit in nine is not discharged on time, so that the board has something to show."""


def catch_up(ctx: Context) -> int:
    """Record what happened at every visit that has begun; gives how many. What earlier days owed is not sent now."""
    now, clinic_id = ctx.clock(), ctx.actor.clinic_id
    with ctx.read() as uow:
        zone = uow.clinics.get(now).zone
        live = (AppointmentStatus.BOOKED, AppointmentStatus.TENTATIVE, AppointmentStatus.ARRIVED)
        begun = [one for one in uow.appointments.between(now - _BACK, now, *live) if one.outcome is None]
    for one, is_late in zip(begun, _every(_LATE_LEAVERS), strict=False):
        for kind, at in _happened(one, now, is_late=is_late):
            facts = _facts(one) if kind is MarkKind.DOSED else {}
            one = attendance.record(ctx, appointment_id=one.id, kind=kind, at=at, version=one.version, facts=facts)  # noqa: PLW2901
    past = [one.id for one in begun if local_day(one.start_at, zone) < local_day(now, zone)]
    with ctx.store.begin(clinic_id) as uow:
        uow.notices.withdraw([notice.id for notice in uow.notices.open_of(past)], now, "the demo was not running")
    return len(begun)


def _facts(one: AppointmentRecord) -> dict[str, int]:
    title = one.profile.title.lower()
    return {"devices": 3 if "three" in title else 2} if "esketamine" in title else {}


def _every(number: int) -> Iterator[bool]:
    return cycle([False] * (number - 1) + [True])


def _happened(one: AppointmentRecord, now: datetime, *, is_late: bool) -> Iterator[tuple[MarkKind, datetime]]:
    if one.arrived_at is None:
        yield MarkKind.ARRIVED, min(one.start_at - _EARLY, now)
    dosed = one.start_at + timedelta(minutes=one.profile.dose_offset)
    if one.dosed_at is None and dosed <= now:
        yield MarkKind.DOSED, dosed
        if one.end_at <= now and not is_late:
            yield MarkKind.DISCHARGED, one.end_at
