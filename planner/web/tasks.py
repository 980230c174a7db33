"""The tasks: what a person must do, and ticking off."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from planner.services import tasks
from planner.web.asking import Form, Line, context, keep_form, read_form

bp = Blueprint("tasks", __name__, url_prefix="/tasks")


class DoneForm(Form):
    """What was done."""

    reason: Line


@bp.get("")
def worklist() -> str:
    """List what is to be done, the earliest due first; of what is due after today the first few, unless all are wanted."""
    return render_template("tasks/list.html", work=tasks.worklist(context()), whole="later" in request.args)


@bp.post("/<uuid:task_id>/done")
def finish(task_id: UUID) -> Response:
    """Tick a task off."""
    ctx = context()
    keep_form("tasks/list.html", work=tasks.worklist(ctx), wrong=task_id)
    tasks.finish(ctx, task_id=task_id, reason=read_form(DoneForm).reason)
    return redirect(url_for("tasks.worklist"), code=303)
