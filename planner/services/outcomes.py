"""What was found for a course that is re-planned with others, laid out to be kept and shown: its lines, or an outlook."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from planner.domain.affected import Replanned, only_standing
from planner.domain.difference import Kind, Row, rows_of
from planner.domain.explaining import Reason, reasons
from planner.domain.hours import anchored_anew
from planner.domain.ledger import Ledger
from planner.domain.plan import Placed
from planner.domain.relaxing import explain_blocked
from planner.domain.rescheduling import Found, Held, Line, Outlook, Session
from planner.domain.span import local_day


def found_of(one: Replanned, ledger: Ledger, seen: int, *, single: bool) -> Found:
    """Lay out a course, or a *single* visit, that finds its places beside what the ledger says; *seen*: its version."""
    request, last = one.request, one.request.given[-1].day if one.request.given else None
    told = reasons(request, ledger, one.plan) if not one.diff.changes_nothing else {}
    rows = rows_of(one.diff, one.plan, last, request.clinic.zone)
    lines = tuple(_line(row, told) for row in rows)
    if single:
        lines = _as_one(lines)
    weekdays = None if single else _weekdays(one, lines)
    return Found(seen, tuple(map(_session, one.plan.placed)), lines, weekdays=weekdays)


def _weekdays(one: Replanned, lines: Sequence[Line]) -> tuple[int, ...] | None:
    """Let a course ask for the weekdays that it goes to, where other hours end those that it asked for."""
    zone, asked = one.request.clinic.zone, one.request.preferences.weekdays
    if not asked:
        return None
    moves = [(local_day(line.was, zone), local_day(line.will, zone)) for line in lines if line.was and line.will]
    return anchored_anew(asked, one.request.clinic.hours, moves)


def _line(row: Row, told: Mapping[int, tuple[Reason, ...]]) -> Line:
    phase = row.will.phase if row.will else row.was.phase if row.was else ""
    why = told.get(row.will.number, ()) if row.will and row.kind is not Kind.KEEP and not row.follows else ()
    key, was = (row.was.appointment_id, row.was.start) if row.was else (None, None)
    will = row.will.start if row.will else None
    return Line(row.kind, phase, key, was, will, row.gap_was, row.gap, row.follows, why)


def _as_one(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Give a single visit as one that is moved, however far: it has nobody to take its place."""
    gone, new = next((one for one in lines if one.was), None), next((one for one in lines if one.will), None)
    if gone is None or new is None or gone is new:
        return tuple(lines)
    return (replace(new, kind=Kind.MOVE, appointment_id=gone.appointment_id, was=gone.was, gap=None),)


def _session(placed: Placed) -> Session:
    held = tuple(Held(one.kind, one.mode, one.step, one.resource_id) for one in placed.assignments)
    linked = placed.linked.start if placed.linked else None
    return Session(placed.number, placed.start, linked, placed.clinician_id, held)


def blocked_of(one: Replanned, ledger: Ledger, seen: int) -> Found:
    """Say why a course finds no place as a whole, and which starts come nearest."""
    request, _ = only_standing(one.request)
    blocked = explain_blocked(request, ledger, one.plan)
    nearest = tuple(proposal.placed.start for proposal in blocked.proposals)
    return Found(seen, outlook=Outlook(blocked.rules, nearest, blocked.keep_by, blocked.last_usable))
