"""What a change of the clinic would affect, and what each course or single visit that it affects asks of the planner."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from planner.domain.clinic import Clinic
from planner.domain.course import Booked, CourseStatus
from planner.domain.occupancy import BusyRow
from planner.domain.plan import PlanRequest
from planner.domain.rescheduling import ClinicChange, Hit, PlanAgain, changed
from planner.domain.rules import check_request
from planner.services.briefing import course_request
from planner.services.effects import Broken, examine
from planner.services.moving import single_request
from planner.services.writing import CHANGE_TASK
from planner.storage.unit_of_work import UnitOfWork
from planner.storage.worklist_records import ReplanPart


@dataclass(frozen=True)
class Scope:
    """The clinic as a change leaves it, what nobody can cover then (by course or single visit), and what others cover."""

    clinic: Clinic
    broken: tuple[Broken, ...]
    subjects: Mapping[UUID, tuple[Broken, ...]]
    reassigned: Mapping[UUID, list[BusyRow]]


def scope_of(uow: UnitOfWork, change: ClinicChange, now: datetime) -> Scope:
    """Examine what is booked as a change would find it; raises NotFound for a resource that is gone.

    What is on the worklist already is left to it, but for the change that plans it anew.
    """
    clinic = changed(uow.clinics.get(now), change)
    broken, reassigned = examine(uow, now, clinic)
    again = isinstance(change, PlanAgain)
    known = set() if again else {task.appointment_id for task in uow.tasks.open() if task.kind == CHANGE_TASK}
    subjects: dict[UUID, list[Broken]] = {}
    for one in broken:
        subjects.setdefault(one.appointment.course_id or one.appointment.id, []).append(one)
    concerned = {
        key: tuple(some) for key, some in subjects.items() if any(one.appointment.id not in known for one in some)
    }
    return Scope(clinic, tuple(broken), concerned, reassigned)


def hits_of(broken: tuple[Broken, ...]) -> tuple[Hit, ...]:
    """Give what is affected as it is kept."""
    return tuple(Hit(one.appointment.id, one.appointment.start_at, one.violations) for one in broken)


@dataclass(frozen=True)
class Ask:
    """What a course or single visit asks of the planner; *request* is None where no plan of it may be made.

    *seen*: the version of the course or of the single appointment. *facts*: why there is no request.
    """

    key: UUID
    patient_id: UUID
    seen: int
    request: PlanRequest | None
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def own(self) -> list[UUID]:
        """The appointments that its plan replaces."""
        return [one.appointment_id for one in self.request.standing] if self.request else []


def ask_of(uow: UnitOfWork, part: ReplanPart, clinic: Clinic, now: datetime) -> Ask:
    """Gather what a part asks for in a changed clinic."""
    if part.course_id is None:
        return _ask_of_visit(uow, part, clinic, now)
    course = uow.courses.get(part.course_id)
    ask = Ask(course.id, course.patient_id, course.version, None)
    if course.status is CourseStatus.DRAFT or not course.terms.plans:
        return replace(ask, facts={"status": course.status.value})
    request = replace(course_request(uow, course, now), clinic=clinic)
    own = {one.appointment_id for one in request.standing}
    if not any(one.appointment_id in own for one in part.affected):
        return replace(ask, facts={"follows": "a dose that was given"})
    if check_request(request):
        return replace(ask, facts={"lacks": "what its visits need"})
    return replace(ask, request=request)


def _ask_of_visit(uow: UnitOfWork, part: ReplanPart, clinic: Clinic, now: datetime) -> Ask:
    record = uow.appointments.get(part.key)
    request = single_request(uow, clinic, record.profile, record.patient_id, record.start_at, now, [record.id])
    asked = replace(request.preferences, at=record.start_at.astimezone(clinic.zone).time())
    booked = Booked(record.id, "visit", record.start_at, record.told_at is not None, record.clinician_id)
    request = replace(request, preferences=asked, standing=(booked,))
    facts = {"lacks": "what its visits need"} if check_request(request) else {}
    return Ask(record.id, record.patient_id, record.version, None if facts else request, facts)
