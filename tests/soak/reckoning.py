"""The reckoning after the soak: what was owed, by the rules and by what really was, against what arrived and when.

It asks the clock on the wall, the history of the appointments and what was chosen, not the code that owes and sends.
"""

from collections.abc import Iterable

from soak.accounts import Accounts
from soak.answered import Answered
from soak.calendars import Calendars
from soak.correcting import Correcting
from soak.escorted import Escorted
from soak.expected import Expected
from soak.facts import Facts
from soak.limits import check_limits
from soak.reckoned import Reckoned
from soak.saying import Saying
from soak.view import View
from soak.worded import Worded
from soak.year import Year


def facts_of(year: Year) -> Iterable[Facts]:
    """Read what is in the database at the end, clinic by clinic, beside what really was."""
    for office in year.town:
        with office.desk.store.read(office.desk.clinic_id) as uow:
            notices, tasks, replies = uow.notices._list(), uow.tasks._list(), uow.replies._list()
        yield Facts(
            office.zone, office.policy, office.people, office.truth, notices, tasks, year.post.known(), year.clock.now,
            replies, office.moves,
        )  # fmt: skip


def reckon(clinics: Iterable[Facts]) -> Reckoned:
    """Go through all clinics."""
    found, views = Reckoned(), [View(one) for one in clinics]
    for view in views:
        accounts, saying, correcting = Accounts(view, found), Saying(view, found), Correcting(view, found)
        worded = Worded(view, found)
        for one in view.notices:
            accounts.go(one)
            saying.go(one)
            correcting.go(one)
            worded.go(one)
        expected, escorted, answered = Expected(view, found), Escorted(view, found), Answered(view, found)
        calendars = Calendars(view, found)
        for key in list(view.truth.history):
            expected.go(key)
            escorted.go(key)
            answered.go_about(key)
            calendars.go(key)
        answered.go()
    check_limits(views, found)
    return found
