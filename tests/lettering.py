"""Letters in tests: a clinic that is open all week, visits that were given, and a letter as it would be written now."""

from dataclasses import replace
from datetime import timedelta

from builders import NEW_YORK, clinic, hours, infusion, phase, protocol, resources
from planner.domain.attendance import MarkKind
from planner.domain.channels import Channel
from planner.notify.letters import write
from planner.notify.matters import matter_of
from planner.services import attendance
from postroom import notices

K = MarkKind
SINGLE = replace(protocol(phase("one", 1, (1, 1, 30), visits=("infusion",)), visits=(infusion(),)), name="one")
WEEK = clinic(resources("chair", 2), resources("nurse", 2, 4), resources("prescriber", 1), resources("pump", 1),
              opening=hours("Mon-Sun", "07:00", "18:00"))  # fmt: skip


def letter(desk, notice, now=None, channel=Channel.MAIL):
    """The letter of a notice as it would be written now; None where it makes no sense any more."""
    with desk.store.read(desk.clinic_id) as uow:
        matter = matter_of(uow, notice, now or desk.clock())
        return None if matter is None else _plain(write(uow, notice, matter, channel))


def _plain(found):
    """A letter with all its spaces plain."""
    return replace(found, text=found.text.replace("\N{NO-BREAK SPACE}", " "))


def only(desk):
    """The one notice that is owed."""
    (notice,) = [one for one in notices(desk) if one.open]
    return notice


def told(desk):
    """Let all that is owed be sent."""
    desk.clock.now += timedelta(minutes=1)
    with desk.store.begin(desk.clinic_id) as uow:
        for one in notices(desk):
            uow.notices.settle(replace(one, sent_at=desk.clock(), outcome="sent", attempts=1), one.next_attempt_at)


def dosed(desk, course, start, discharged, rule):
    """Book one visit under a driving rule and record it; gives the appointment's id."""
    desk.publish(replace(course, driving=rule))
    desk.clock.now = start - timedelta(days=1)
    begun = desk.begin(course.name, start.astimezone(NEW_YORK).date(), at=f"{start.astimezone(NEW_YORK):%H:%M}")
    desk.book(begun)
    told(desk)
    (one,) = desk.live(begun)
    marks = ((K.ARRIVED, start), (K.DOSED, start + timedelta(minutes=30)), (K.DISCHARGED, discharged))
    for kind, instant in marks:
        desk.clock.now = instant
        one = attendance.record(desk.scheduler, appointment_id=one.id, kind=kind, version=one.version)
    return one
