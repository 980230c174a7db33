"""What an address may name: only what belongs to the clinic of whoever asks; all else is not there."""

from collections.abc import Callable, Mapping
from uuid import UUID

from planner.domain.errors import NotFound
from planner.domain.roles import Permission
from planner.services.context import Context
from planner.services.effects import change_entry
from planner.services.resources import find
from planner.storage.unit_of_work import UnitOfWork

_FIND: Mapping[str, Callable[[UnitOfWork, UUID], object]] = {
    "patient_id": lambda uow, found: uow.people.get(found),
    "course_id": lambda uow, found: uow.courses.get(found),
    "appointment_id": lambda uow, found: uow.appointments.get(found),
    "score_id": lambda uow, found: uow.scores.get(found),
    "task_id": lambda uow, found: uow.tasks.get(found),
    "staff_id": lambda uow, found: uow.staff.get(found),
    "sign_in_id": lambda uow, found: uow.sign_ins.get(found),
    "link_id": lambda uow, found: uow.feed_links.get(found),
    "page_link_id": lambda uow, found: uow.page_links.get(found),
    "change_id": change_entry,
    "waiting_id": lambda uow, found: uow.waiting.get(found),
    "offer_id": lambda uow, found: uow.offers.get(found),
    "replan_id": lambda uow, found: uow.replans.get(found),
    "notice_id": lambda uow, found: uow.notices.get(found),
    "undo_id": lambda uow, found: uow.undos.get(found),
}


def check_named(ctx: Context, named: Mapping[str, object]) -> None:
    """Refuse ids in an address that this clinic does not have, before anything else is looked at; raises NotFound."""
    ctx.require(Permission.READ)
    if any(isinstance(value, str) and not value.isprintable() for value in named.values()):
        raise NotFound("nothing has such a name")  # PostgreSQL would refuse to look for some of them
    ids = {name: value for name, value in named.items() if name in _FIND and isinstance(value, UUID)}
    resource_id = named.get("resource_id")
    if not ids and resource_id is None:
        return
    with ctx.read() as uow:
        for name, value in ids.items():
            _FIND[name](uow, value)
        if isinstance(resource_id, UUID):
            find(uow.clinics.get(ctx.clock()), resource_id)
        mark_id, appointment_id = named.get("mark_id"), ids.get("appointment_id")
        if mark_id and appointment_id and mark_id not in {one.id for one in uow.marks.of_appointment(appointment_id)}:
            raise NotFound(f"no mark {mark_id} of this appointment")
