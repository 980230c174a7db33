"""What templates say dates, times and people with: always on the clinic's wall, and an instant always with its zone."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g, request
from flask_security import current_user
from markupsafe import Markup

from planner.domain.contact import initials
from planner.domain.notices import ESCORTED
from planner.domain.span import local_day
from planner.services.accounts import IDLE
from planner.services.known import Known
from planner.web.asking import context, may, parts, present, signed_in


def register(app: Flask) -> None:
    """Give all templates their words."""
    app.jinja_env.filters.update(_FILTERS)
    app.jinja_env.globals["idle_seconds"] = int(IDLE.total_seconds())
    version = _version_of(Path(app.static_folder or ""))
    app.jinja_env.globals["icon_of"] = lru_cache(partial(_icon, f"{app.static_url_path}/icons.svg?v={version}"))
    app.url_defaults(lambda endpoint, values: values.setdefault("v", version) if endpoint == "static" else None)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(_everywhere)


def _version_of(folder: Path) -> str:
    """Give a word that changes with any static file, so that browsers may keep what they have for a year."""
    files = sorted(file for file in folder.iterdir() if file.is_file())
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _icon(file: str, name: str) -> Markup:
    return Markup('<svg class="ico" aria-hidden="true"><use href="{}#i-{}"/></svg>').format(file, name)


def _everywhere() -> dict[str, Any]:
    if not request or g.get("bare") or not current_user.is_authenticated:
        return {"member": None, "may": may}
    return {
        "member": signed_in(), "may": may, "clinic": the_clinic(), "health": _known().health,
        "drifting": lambda: _known().drift_count(context()), "today": today(),
        "now": present(),
    }  # fmt: skip


def _known() -> Known:
    work, kept = parts(), current_app.extensions.get("planner.known")
    if kept is None or kept[0] is not work:
        kept = current_app.extensions["planner.known"] = (work, Known(work.store, work.clock))
    found: Known = kept[1]
    return found


def the_clinic() -> Any:
    """Give the clinic of whoever asks, read once in a request."""
    if "clinic" not in g:
        member = signed_in()
        g.clinic = _known().clinic(context(), member.clinic_version if member else None)
    return g.clinic


def zone() -> ZoneInfo:
    """Give the clinic's zone; a page asks hundreds of times."""
    found: ZoneInfo | None = g.get("zone")
    if found is None:
        found = g.zone = the_clinic().zone
    return found


def today() -> date:
    """Give the clinic's present day."""
    return local_day(present(), zone())


def day_long(day: date) -> str:
    """Write "Tuesday 16 March 2027"."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def day_short(day: date) -> str:
    """Write "Tue 16 March"."""
    return f"{day:%a} {day.day} {day:%B}"


def day_brief(day: date) -> str:
    """Write "16 Mar 2027"."""
    return f"{day.day} {day:%b %Y}"


def clock_time(instant: datetime) -> str:
    """Write the wall time, "10:00"."""
    wall = instant.astimezone(zone())
    return f"{wall.hour:02}:{wall.minute:02}"


def zone_name(instant: datetime) -> str:
    """Write the zone's abbreviation at an instant, "EST"."""
    return f"{instant.astimezone(zone()):%Z}"


def local(instant: datetime) -> datetime:
    """Give an instant on the clinic's wall."""
    return instant.astimezone(zone())


def stamp(instant: datetime) -> str:
    """Write "Tue 16 March 2027, 10:00 EST"."""
    wall = instant.astimezone(zone())
    return f"{wall:%a} {wall.day} {wall:%B %Y, %H:%M %Z}"


def iso(instant: datetime) -> str:
    """Write an instant for a machine, with its offset."""
    return instant.astimezone(zone()).isoformat(timespec="minutes")


def ago(instant: datetime) -> str:
    """Say how long ago, in the largest unit that fits."""
    seconds = int((present() - instant.astimezone(UTC)) / timedelta(seconds=1))
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


_TASKS = {
    "move-or-cancel": "Move or cancel: the clinic can no longer give it as booked",
    "unplaced": "Find a place: sessions that are wanted and fit nowhere",
    "review": "Decide how the course goes on",
    "phone-no-driving": "Phone about not driving: the message did not arrive",
    "undeliverable": "Tell the patient: a message did not arrive",
    "parked-message": "Ask whether a message arrived: it was due while the database was lost, and is not sent again",
    "restored": "Enter again what was done since the backup that was restored",
    "phone-change": "Phone: the appointment is soon, and has changed or cannot be given",
    "score-due": "Record the {scale} score",
    "suggestion": "Consider a denser schedule, suggested on the course's page; a clinician decides",
    "outcome-missing": "Say what happened: the visit is over and has no outcome",
    "missed-session": "Decide about a missed session",
    "ride-unconfirmed": "Phone about the ride home: nobody is named yet",
    "change-wanted": "Another time is asked for, by the patient",
    "texts-stopped": "The patient has stopped text messages: phone, or print, where nothing else reaches them",
    "text-received": "Phone: the patient answered a text message (help, or words that nothing here can read)",
}
_ESCORT_TASK = "Phone who takes the patient home: a message about the pick-up did not arrive"
_NOTICES = {
    "booked": "Appointments booked", "moved": "Appointment moved", "cancelled": "Appointment cancelled",
    "confirmed": "Appointments confirmed",
    "no-driving-discharge": "No driving, at discharge", "no-driving-evening": "No driving, in the evening",
    "no-driving-morning": "No driving, next morning", "no-driving-bound": "No driving, when the hours have passed",
    "page-link": "Link to the patient’s own page",
    "plan-rides": "Reminder to plan the rides",
    "ride": "Reminder of the visit and its ride",
    "ride-again": "Reminder of a ride that is not named",
    "prepare": "How to prepare",
    "pick-up": "When to pick up, to who takes the patient home",
    "pick-up-off": "No pick-up after all, to who takes the patient home",
    "pick-up-early": "Pick-up sooner, to who takes the patient home",
}  # fmt: skip


def task_words(task: Any) -> str:
    """Say what a task asks for."""
    kind = str(task.kind)
    if kind == "undeliverable" and task.facts.get("kind") in ESCORTED:
        return _ESCORT_TASK
    if kind == "undeliverable" and "refused_at" in task.facts:
        what = "The number for texts" if task.facts["by"] == "sms" else "The mail address"
        code = str(task.facts["answer"]).removeprefix("refused ")
        return f"{what} was refused ({code}): correct it, or take the channel away"
    if kind == "ride-unconfirmed" and "refused" in task.facts:
        return "Phone about the ride home: the clinic does not accept the one that is named any more"
    words = _TASKS.get(kind, kind.replace("-", " ").capitalize())
    return words.replace("{scale}", str(task.facts.get("scale", "")).upper())


def notice_words(notice: Any) -> str:
    """Say what a message, or a kind of message, is about, for the desk."""
    kind = notice if isinstance(notice, str) else str(notice.kind)
    return _NOTICES.get(kind, kind.replace("-", " ").capitalize())


def dial(phone: str) -> str:
    """Give a telephone number as a link dials it: its digits, with the plus of an international one."""
    return "".join(letter for letter in phone if letter.isdigit() or letter == "+")


_FILTERS: Mapping[str, Callable[..., Any]] = {
    "day_long": day_long, "day_short": day_short, "day_brief": day_brief, "clock_time": clock_time, "zone_name": zone_name,
    "local": local, "stamp": stamp, "iso": iso, "initials": initials, "ago": ago,
    "dial": dial, "task_words": task_words, "notice_words": notice_words,
}  # fmt: skip
