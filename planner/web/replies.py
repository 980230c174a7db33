"""What patients have said of their appointments, at the desk: written down as they say it by phone, and what they may do."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from pydantic import Field
from werkzeug.wrappers import Response

from planner.domain.clinic import SelfService
from planner.domain.contact import initials
from planner.domain.errors import InvalidValue
from planner.domain.replies import ReplyKind, Ride, RideKind, RidePolicy
from planner.services import policies, replying, settings
from planner.services.replying import Replies
from planner.web.appointments import PageOf
from planner.web.asking import Blank, Count, Form, Line, Version, can_text, context, keep_form, read_form

bp = Blueprint("replies", __name__)
_POLICY = "settings/self_service.html"
RIDES: Mapping[RideKind, str] = {
    RideKind.ADULT: "an adult", RideKind.RIDESHARE: "taxi or ride service", RideKind.MEDICAL: "medical transport",
    RideKind.SHUTTLE: "the clinic's shuttle",
}  # fmt: skip
"""What each way home is called."""


class ReplyForm(Form):
    """What a patient said by phone; *sequence*: the appointment's, as it was shown."""

    said: ReplyKind
    kind: Annotated[RideKind | None, Blank] = None
    name: Annotated[Line | None, Blank] = None
    phone: Annotated[Annotated[Line, Field(max_length=40)] | None, Blank] = None
    contact: bool = False
    sequence: Count

    @property
    def ride(self) -> Ride | None:
        """Give who takes the patient home, where that is what was said; raises InvalidValue."""
        named = self.kind and self.said is ReplyKind.RIDE
        return Ride(self.kind, self.name, self.phone, self.contact) if self.kind and named else None


class PolicyForm(Form):
    """What patients may do by their page; *version* is the clinic's."""

    moves: Literal["yes", "no"]
    notice_hours: Count
    version: Version


class RemindersForm(Form):
    """Whether patients are reminded; *version* is the clinic's."""

    reminds: bool = False
    version: Version


class RidesForm(Form):
    """The ways home that are accepted, each as "modality/kind" (none: of every other visit); *version*: the clinic's."""

    allowed: list[Line] = Field(default_factory=list, max_length=200)
    version: Version

    def policy(self, modalities: Iterable[str]) -> RidePolicy:
        """Give what is accepted for some modalities, and otherwise; raises InvalidValue."""
        rows: dict[str, list[RideKind]] = {modality: [] for modality in ("", *modalities)}
        for one in self.allowed:
            modality, _, kind = one.rpartition("/")
            if modality not in rows or kind not in list(RideKind):
                raise InvalidValue("allowed", "must be one of those shown")
            rows[modality].append(RideKind(kind))
        return RidePolicy(tuple(rows.pop("")), tuple((modality, tuple(kinds)) for modality, kinds in rows.items()))


@bp.post("/appointments/<uuid:appointment_id>/replies")
def record(appointment_id: UUID) -> Response:
    """Write down what a patient said by phone."""
    keep_form("appointments/one.html", page=PageOf(appointment_id), answering=True)
    form = read_form(ReplyForm)
    replying.reply_for(
        context(), appointment_id=appointment_id, kind=form.said, ride=form.ride, sequence=form.sequence
    )  # fmt: skip
    flash("Written down: the ride is confirmed." if form.said is ReplyKind.RIDE else "Written down: they will come.")
    return redirect(url_for("appointments.one", appointment_id=appointment_id), code=303)


@bp.get("/settings/self-service")
def policy() -> str:
    """Show what patients may do by their page."""
    return render_template(_POLICY, found=settings.setup(context()))


@bp.post("/settings/self-service")
def set_policy() -> Response:
    """Set it."""
    keep_form(_POLICY, found=settings.setup(context()))
    form = read_form(PolicyForm)
    wanted = SelfService(moves=form.moves == "yes", notice_hours=form.notice_hours)
    policies.set_self_service(context(), policy=wanted, seen=form.version)
    flash("Saved. It holds for every page and every link from now on.")
    return redirect(url_for(".policy"), code=303)


@bp.post("/settings/reminders")
def set_reminders() -> Response:
    """Set whether patients are reminded before their visits."""
    keep_form(_POLICY, found=settings.setup(context()))
    form = read_form(RemindersForm)
    policies.set_reminders(context(), wanted=form.reminds, seen=form.version)
    flash("Saved. It holds from tonight on." if form.reminds else "Saved. Nobody is reminded any more.")
    return redirect(url_for(".policy"), code=303)


@bp.post("/settings/rides")
def set_rides() -> Response:
    """Set which ways home are accepted."""
    found = settings.setup(context())
    keep_form(_POLICY, found=found)
    form = read_form(RidesForm)
    policies.set_rides(context(), policy=form.policy(ride_modalities(found)), seen=form.version)
    flash("Saved. Only these are offered from now on; what was named before stays.")
    return redirect(url_for(".policy"), code=303)


@bp.app_template_global()
def ride_modalities(found: settings.Setup) -> list[str]:
    """List the modalities for which ways home can be set: of protocols that give a dose, and what was set before."""
    dosing = {one.modality for one in found.protocols if any(visit.dosing for visit in one.visits.values())}
    return sorted(dosing | dict(found.clinic.rides.by_modality).keys())


@bp.app_template_global()
def texts_go() -> bool:
    """Whether text messages can be sent."""
    return can_text()


@bp.app_template_filter()
def ride_kind(kind: RideKind) -> str:
    """Name a way home."""
    return RIDES[kind]


@bp.app_template_filter()
def ride_text(ride: Ride) -> str:
    """Write a way home in one line, for a form."""
    return ", ".join(part for part in (ride.name or RIDES[ride.kind], ride.phone) if part)


@bp.app_template_filter()
def spoken_replies(said: Replies, ways: Sequence[RideKind], *, names: bool) -> str:
    """Say what a patient has said, for whoever hears the page; empty for nothing. *ways*: those home that are accepted."""
    words = ["will come"] if ReplyKind.COME in said else []
    if (one := said.get(ReplyKind.RIDE)) and one.ride:
        who = (one.ride.name if names else initials(one.ride.name)) if one.ride.name else ""
        word = "ride" if one.ride.kind in ways else "ride, no longer accepted here"
        words.append(", ".join(part for part in (f"{word}: {RIDES[one.ride.kind]}", who, one.ride.phone) if part))
    words += ["wants another time"] if ReplyKind.CHANGE in said else []
    return "; ".join(words)
