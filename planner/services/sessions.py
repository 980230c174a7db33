"""The sessions of a course by day: what became of each, its number in its phase, and the days since the one before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from planner.domain.clinic import Clinic
from planner.domain.course import LIVE, AppointmentStatus, is_unheard_of
from planner.domain.orders import Hold, Resume
from planner.domain.pausing import resumed
from planner.domain.span import local_day
from planner.domain.timeline import Gap, SessionState, protocol_on, rule_of
from planner.storage.records import AppointmentRecord, CourseRecord, GivenRecord, OrderRecord


@dataclass(frozen=True)
class Line:
    """One session, or a visit that *follows* one: when it was planned and given (local days), and what became of it.

    *number* is its place among the sessions of its phase that count; *gap* the days since the one before.
    """

    state: SessionState
    phase: str
    planned: date | None
    given: date | None = None
    appointment: AppointmentRecord | None = None
    elsewhere: bool = False
    follows: bool = False
    number: int | None = None
    gap: Gap | None = None

    @property
    def day(self) -> date:
        """The day that it lies on."""
        found = self.given or self.planned
        if found is None:
            raise AssertionError("a session has a day")
        return found

    @property
    def counts(self) -> bool:
        """Whether days are counted from it and to it."""
        return self.state.counts and not self.follows


def state_of(one: AppointmentRecord, now: datetime) -> SessionState:
    """Say what became of an appointment, or is to become of it."""
    if one.outcome is not None:
        return SessionState(one.outcome.value)
    named = {
        AppointmentStatus.CANCELLED: SessionState.CANCELLED, AppointmentStatus.NOSHOW: SessionState.NO_SHOW,
        AppointmentStatus.FULFILLED: SessionState.GIVEN, AppointmentStatus.ARRIVED: SessionState.HERE,
    }  # fmt: skip
    if one.status in LIVE and one.start_at >= now:
        return SessionState.TENTATIVE if one.status is AppointmentStatus.TENTATIVE else SessionState.PLANNED
    return named.get(one.status, SessionState.UNSAID)


def lines_of(
    course: CourseRecord, given: Iterable[GivenRecord], appointments: Iterable[AppointmentRecord],
    orders: Sequence[OrderRecord], clinic: Clinic, now: datetime,
) -> tuple[Line, ...]:  # fmt: skip
    """List a course's sessions by day, with their numbers and the days between; what nobody ever heard of is left out."""
    theirs = {one.appointment_id: one for one in given if one.appointment_id}
    loose = {(one.phase, one.day): one for one in given if one.appointment_id is None}
    lines = list[Line]()
    for one in appointments:
        if is_unheard_of(one.status, told=one.told_at is not None, recorded=one.outcome is not None):
            continue
        planned, state, recorded = local_day(one.start_at, clinic.zone), state_of(one, now), theirs.get(one.id)
        if recorded is None and state is SessionState.UNSAID:  # entered without saying which appointment it was
            recorded = loose.pop((one.phase or "", planned), None)
        if recorded:
            state = SessionState.GIVEN
        day = recorded.day if recorded else planned if state is SessionState.GIVEN else None
        lines.append(Line(state, one.phase or "", planned, day, one, follows=one.linked_to is not None))
    lines += [Line(SessionState.GIVEN, one.phase, None, one.day, None, one.elsewhere) for one in loose.values()]
    lines.sort(key=lambda line: (line.day, line.appointment.start_at if line.appointment else now))
    return tuple(_numbered(course, lines, orders, clinic))


def _numbered(
    course: CourseRecord, lines: Iterable[Line], orders: Sequence[OrderRecord], clinic: Clinic
) -> Iterable[Line]:
    """Give sessions that count their numbers within their phases, and the days since the one before."""
    counted = dict[str, int]()
    before: Line | None = None
    for line in lines:
        if not line.counts:
            yield line
            continue
        counted[line.phase] = counted.get(line.phase, 0) + 1
        before = replace(line, number=counted[line.phase], gap=_gap(course, before, line, orders, clinic))
        yield before


def _gap(
    course: CourseRecord, before: Line | None, line: Line, orders: Sequence[OrderRecord], clinic: Clinic
) -> Gap | None:
    if before is None:
        return None
    found = [(one.given_at, one.previous.protocol) for one in orders]
    held = protocol_on(line.day, course.protocol, found, clinic.zone)
    overruled = {one.appointment_id: one.rule for one in course.exceptions}
    own = overruled.get(line.appointment.id) if line.appointment else None
    rule = own or rule_of(held, line.phase, before.phase)
    return Gap((line.day - before.day).days, resumed(rule, before.day, _resumed_on(course, orders, before.day, line.day)))


def _resumed_on(course: CourseRecord, orders: Iterable[OrderRecord], after: date, until: date) -> date | None:
    """Give the last local day, between two, on which a course that paused was taken up again by a clinician's order."""
    asked = [one.content for one in orders]
    known = [one.day if isinstance(one, Resume) else one.until for one in asked if isinstance(one, Resume | Hold)]
    return max((day for day in (*known, course.resumes_on) if day and after < day <= until), default=None)
