"""What each address needs of a role: one table, deny by default. The use-cases ask again.

It answers before a form is read: a role that may not do something learns nothing of the form, and an id of another clinic
is not there, whatever was sent.
"""

from collections.abc import Mapping

from flask import Flask, request

from planner.domain.roles import Permission
from planner.services.access import check_named
from planner.web.accounts import asks_nobody
from planner.web.asking import context, signed_in

READ, REGISTER, BOOK, ATTEND = Permission.READ, Permission.REGISTER, Permission.BOOK, Permission.ATTEND
CLOSE, PUBLISH, CONFIGURE = Permission.CLOSE, Permission.PUBLISH, Permission.CONFIGURE
RIDES = Permission.RIDES
PRESCRIBE = Permission.PRESCRIBE
NEEDS: Mapping[str, Permission] = {
    "security.change_password": READ,
    "entrance.account": READ,
    "entrance.end_sign_in": READ,
    "entrance.stay": READ,
    "patients.listing": READ,
    "patients.search": READ,
    "patients.one": READ,
    "patients.hand_out": READ,
    "patients.new": REGISTER,
    "patients.register": REGISTER,
    "patients.edit": REGISTER,
    "patients.correct": REGISTER,
    "links.new": REGISTER,
    "links.create": REGISTER,
    "links.new_for_resource": READ,
    "links.create_for_resource": READ,
    "links.rotate": READ,
    "links.revoke": READ,
    "page_links.create": REGISTER,
    "page_links.send": REGISTER,
    "page_links.rotate": REGISTER,
    "page_links.revoke": REGISTER,
    "correspondence.ask": REGISTER,
    "correspondence.choose": REGISTER,
    "consents.ask": REGISTER,
    "consents.choose": REGISTER,
    "consents.say": REGISTER,
    "consents.set_quiet": CONFIGURE,
    "every_link.listing": CONFIGURE,
    "every_link.ask": CONFIGURE,
    "every_link.revoke": CONFIGURE,
    "enrolling.new": BOOK,
    "enrolling.search": BOOK,
    "enrolling.ask": BOOK,
    "enrolling.begin": BOOK,
    "series.plan": READ,
    "series.prefer": BOOK,
    "series.choose": BOOK,
    "series.edit": BOOK,
    "series.book": BOOK,
    "series.discard": BOOK,
    "courses.listing": READ,
    "courses.one": READ,
    "drift.listing": READ,
    "drift.move": BOOK,
    "drift.book": BOOK,
    "waitlist.board": READ,
    "waitlist.ask": BOOK,
    "waitlist.add": BOOK,
    "waitlist.offer": BOOK,
    "waitlist.accept": BOOK,
    "waitlist.decline": BOOK,
    "waitlist.close": BOOK,
    "orders.show": PRESCRIBE,
    "orders.preview": PRESCRIBE,
    "orders.give": PRESCRIBE,
    "scores.listing": READ,
    "scores.record": ATTEND,
    "scores.correct": ATTEND,
    "scores.decline": Permission.PRESCRIBE,
    "appointments.one": READ,
    "appointments.move": BOOK,
    "appointments.cancel": BOOK,
    "appointments.undo": BOOK,
    "replies.record": ATTEND,
    "replies.policy": READ,
    "replies.set_reminders": CONFIGURE,
    "replies.set_policy": CONFIGURE,
    "replies.set_rides": RIDES,
    "missing.one": READ,
    "missing.make_up": BOOK,
    "missing.policy": READ,
    "missing.set_policy": CONFIGURE,
    "reviews.listing": READ,
    "board.day": READ,
    "board.day_sheet": READ,
    "board.week": READ,
    "board.listing": READ,
    "attendance.show": READ,
    "attendance.record": ATTEND,
    "attendance.correct": ATTEND,
    "tasks.worklist": READ,
    "tasks.finish": ATTEND,
    "messages.listing": READ,
    "messages.one": READ,
    "messages.resend": BOOK,
    "messages.withdraw": BOOK,
    "settings.overview": READ,
    "settings.hours": READ,
    "settings.set_hours": CONFIGURE,
    "settings.holidays": READ,
    "settings.keep_holidays": CONFIGURE,
    "settings.letterhead": READ,
    "settings.change_letterhead": CONFIGURE,
    "wordings.listing": READ,
    "wordings.one": READ,
    "wordings.keep": CONFIGURE,
    "wordings.preview": CONFIGURE,
    "wordings.restore": CONFIGURE,
    "settings.change": READ,
    "closures.listing": READ,
    "closures.close": CLOSE,
    "closures.reopen": CLOSE,
    "rescheduling.listing": CLOSE,
    "rescheduling.one": CLOSE,
    "rescheduling.progress": CLOSE,
    "rescheduling.unresolved": CLOSE,
    "rescheduling.again": CLOSE,
    "rescheduling.closure": CLOSE,
    "rescheduling.absence": CLOSE,
    "rescheduling.hours": CONFIGURE,
    "rescheduling.weekday": CONFIGURE,
    "rescheduling.shifts": CONFIGURE,
    "rescheduling.retire": CONFIGURE,
    "rescheduling.commit": CLOSE,
    "rescheduling.cancel": CLOSE,
    "resources.listing": READ,
    "resources.one": READ,
    "resources.add": CONFIGURE,
    "resources.change": CONFIGURE,
    "resources.rank": CONFIGURE,
    "resources.set_shifts": CONFIGURE,
    "resources.drop_shifts": CONFIGURE,
    "resources.retire": CONFIGURE,
    "resources.note_absence": CLOSE,
    "resources.end_absence": CLOSE,
    "staff.listing": CONFIGURE,
    "staff.hire": CONFIGURE,
    "staff.one": CONFIGURE,
    "staff.change": CONFIGURE,
    "staff.renew": CONFIGURE,
    "staff.end_sign_in": CONFIGURE,
    "protocols.listing": READ,
    "protocols.publish_shipped": PUBLISH,
    "protocols.one": READ,
    "protocols.edit": PUBLISH,
    "protocols.preview": PUBLISH,
    "protocols.text": PUBLISH,
    "protocols.preview_text": PUBLISH,
    "protocols.revise": PUBLISH,
    "protocols.publish": PUBLISH,
}


def register(app: Flask) -> None:
    """Ask, before each view, whether the role may and whether what the address names is there."""
    app.before_request(_check)


def _check() -> None:
    endpoint = request.endpoint
    if endpoint is None or asks_nobody(endpoint) or signed_in() is None:
        return
    ctx = context()
    ctx.require(NEEDS.get(endpoint, CONFIGURE))
    check_named(ctx, request.view_args or {})
