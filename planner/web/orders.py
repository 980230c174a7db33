"""Orders of a clinician: one page for each kind, where the difference is looked at first, and exactly that is saved.

Nothing that is only looked at is stored: the form says what is asked for, and what was shown of it travels signed.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from planner.domain.errors import InvalidValue, PlannerError
from planner.domain.orders import Succeed
from planner.domain.roles import Permission
from planner.services import ordering, outlook, proposing
from planner.services.ordering import OrderChanged, Ordered
from planner.services.outlook import Outlook
from planner.services.proposing import Proposal
from planner.web.asking import InvalidForm, checked, context, keep_form, read_form
from planner.web.order_words import order_words
from planner.web.orders_fields import COMMON, OrderForm
from planner.web.orders_filled import extendable, present
from planner.web.orders_forms import FORMS
from planner.web.orders_page import OrderPage, difference_of, known_kind, page_of
from planner.web.orders_shown import ShownOrder, fields_of, shown_order

bp = Blueprint("orders", __name__, url_prefix="/courses/<uuid:course_id>/orders")
bp.add_app_template_filter(extendable)
_PAGE = "orders/one.html"
_AT_ONCE = frozenset({"stop", "take-back"})
"""Orders that ask for nothing: their difference is there at once."""


@bp.get("/<kind>")
def show(course_id: UUID, kind: str) -> str:
    """Show the form of an order with what holds now; one that asks for nothing shows its difference as well."""
    ask = _Asking(course_id, known_kind(kind))
    found = outlook.outlook(context(), course_id=course_id)
    filled = present(kind, found, _asked(kind))
    proposal = ask.proposed(checked(FORMS[kind], filled), found) if kind in _AT_ONCE else None
    look = partial(ask.look, filled=filled, proposal=proposal, found=found)
    return render_template(_PAGE, look=look, problems=[], refusal=None, sent={})


def _asked(kind: str) -> dict[str, Any]:
    """Give the values that an address asks for; raises InvalidForm for a field that the form has not."""
    names = set(FORMS[kind].model_fields) - COMMON
    if unknown := [name for name in request.args if name not in names]:
        raise InvalidForm([InvalidValue(name, "is not a field of this form") for name in unknown])
    return _values(kind, request.args)


@bp.post("/<kind>/preview")
def preview(course_id: UUID, kind: str) -> str:
    """Show what an order would do; nothing is stored."""
    ask = _Asking(course_id, known_kind(kind))
    keep_form(_PAGE, look=ask.look)
    form = read_form(FORMS[kind])
    found = outlook.outlook(context(), course_id=course_id)
    look = partial(ask.look, proposal=ask.proposed(form, found), found=found)
    return render_template(_PAGE, look=look, problems=[], refusal=None, sent=request.form)


@bp.post("/<kind>")
def give(course_id: UUID, kind: str) -> Response:
    """Give an order exactly as it was shown; what no longer holds is answered with the difference of now."""
    ask = _Asking(course_id, known_kind(kind))
    keep_form(_PAGE, look=ask.look)
    form = read_form(FORMS[kind])
    keep_form(_PAGE, look=partial(ask.look, form=form))
    shown = shown_order(form.shown, _secret(), course_id, kind)
    keep_form(_PAGE, look=partial(ask.look, form=form, shown=shown))
    if shown.fields != fields_of(request.form):
        raise InvalidValue("", "The form was changed after the difference was shown: this is what it asks for now.")
    found = outlook.outlook(context(), course_id=course_id)
    horizon, effective = form.days(found.whole.today)
    done = ordering.give(
        context(), course_id=course_id, order=form.order(found), reason=form.reason, version=shown.version,
        shown=shown.sessions, told=form.tell, horizon=horizon, effective_on=effective,
    )  # fmt: skip
    flash(f"Order saved: {order_words(done.order.content, done.order.previous.protocol)}. A further order takes it back.")
    return redirect(url_for("courses.one", course_id=_then(done)), code=303)


def _then(done: Ordered) -> UUID:
    """Go to the course that an order began, else back to its own."""
    return done.successor.id if done.successor and isinstance(done.order.content, Succeed) else done.course.id


@dataclass(frozen=True)
class _Asking:
    """The page of one order to one course; drawn after a refusal as things are then."""

    course_id: UUID
    kind: str

    def proposed(self, form: OrderForm, found: Outlook) -> Proposal:
        """Look at the order that a form gives; raises what cannot be."""
        ctx, order = context(), form.order(found)
        if self.kind == "override":
            ctx.require(Permission.OVERRIDE)
        horizon, effective = form.days(found.whole.today)
        return proposing.propose(ctx, course_id=self.course_id, order=order, horizon=horizon, effective_on=effective)

    def look(
        self, refusal: PlannerError | None, *, filled: Mapping[str, Any] | None = None, proposal: Proposal | None = None,
        form: OrderForm | None = None, shown: ShownOrder | None = None, found: Outlook | None = None,
    ) -> OrderPage:  # fmt: skip
        """Draw the page: with what was sent or holds now, and with the difference of now where there is one."""
        found = found or outlook.outlook(context(), course_id=self.course_id)
        values = filled if filled is not None else _values(self.kind, request.form)
        if isinstance(refusal, OrderChanged):
            proposal = refusal.fresh
        elif form is not None:
            with suppress(PlannerError):
                proposal = self.proposed(form, found)
        difference = None
        if proposal:
            fields = fields_of(MultiDict((name, one) for name, value in values.items() for one in _listed(value)))
            signed = ShownOrder.of(proposal, self.kind, fields, found.seen).signed(_secret())
            difference = difference_of(proposal, found, signed)
        return page_of(self.kind, found, values, difference, found.since(shown.seen) if shown else ())


def _values(kind: str, sent: MultiDict[str, str]) -> dict[str, Any]:
    """Give what a form or an address says, field by field; a field of several values as a list."""
    many = {name for name, one in FORMS[kind].model_fields.items() if "tuple[" in str(one.annotation)}
    return {name: list(some) if name in many else some[0] for name, some in fields_of(sent).items()}


def _listed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _secret() -> str:
    return str(current_app.secret_key)
