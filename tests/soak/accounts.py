"""Each message that was owed: delivered in time and once, withdrawn or given up for a reason that is borne out, or open."""

from datetime import datetime, timedelta
from uuid import UUID

from planner.domain.channels import Channel
from planner.domain.notices import BEFORE, ESCORTED, NO_DRIVING
from planner.domain.outbox import TAKEN_BACK
from planner.storage.desk_records import Notice
from soak.reckoned import Reckoned
from soak.view import GONE, INVITATION, LIVE_THEN, PROMPT, TOGETHER, View, appointments_of

TICK = timedelta(seconds=2)
"""How often is looked for what is due: it does not leave before."""


class Accounts:
    """Goes through what was owed."""

    def __init__(self, view: View, found: Reckoned) -> None:
        self.view, self.found = view, found

    def go(self, one: Notice) -> None:
        """Say what became of a message, and whether it should have."""
        found, came = self.found, self.view.came[one.id]
        found.owed += 1
        if one.open:
            found.waiting += 1
            if one.next_attempt_at <= self.view.now and not self.view.traffic.off.touch(self.view.now, self.view.now):
                found.lost.append(f"{one.kind} still owed since {one.due_at}")
        elif one.sent_at:
            found.delivered += 1
            found.texts += one.channel == Channel.SMS
            found.to_escorts += one.kind in ESCORTED
            if not came:
                found.lost.append(f"{one.kind} marked as sent, never taken")
        elif one.given_up_at:
            self._given_up(one, one.given_up_at)
        else:
            self._withdrawn(one)
        self._check_copies(one)
        self._check_time(one)

    def _check_copies(self, one: Notice) -> None:
        taken = [copy for copy in self.view.traffic.taken.get(one.id, ()) if not copy.back]
        unheard = sum(not copy.noted for copy in taken[:-1])
        self.found.allowed += unheard
        self.found.duplicated += [f"{one.kind} in {len(taken)} copies"] * (len(taken) - 1 - unheard > 0)

    def _check_time(self, one: Notice) -> None:
        view, came = self.view, self.view.came[one.id]
        if any(copy.at >= one.expires_at for copy in came):
            self.found.late.append(f"{one.kind} after it had expired")
        early = timedelta(0) if one.kind in NO_DRIVING | ESCORTED else TOGETHER
        if any(copy.at < one.due_at - early for copy in came):
            self.found.late.append(f"{one.kind} before it was due")
        if not came or view.is_tried(one) or view.person(one).quiet.changed(one.due_at, came[0].at):
            return
        by = (came[0].channel,)
        most = max(view.free_at(one, at, by) for at in (one.due_at, one.due_at + TICK))
        if one.kind in BEFORE:  # it may wait for what is owed for safety
            most = view.free_at(one, most + TOGETHER, by)
        if came[0].at > most + PROMPT:
            self.found.late.append(f"{one.kind} due {one.due_at} taken {came[0].at} for no reason")

    # ------------------------------------------------------------------ what was left to a person

    def _given_up(self, one: Notice, at: datetime) -> None:
        self.found.asked += 1
        if not self.view.is_asked(one):
            self.found.lost.append(f"{one.kind} given up without a task: {one.outcome}")
        if not self._is_beyond(one, at):
            self.found.unexplained.append(f"{one.kind} given up at {at} for no reason ({one.outcome})")

    def _is_beyond(self, one: Notice, at: datetime) -> bool:
        """Whether nothing could carry it, or not before it would have misled."""
        view, traffic = self.view, self.view.traffic
        if one.kind in ESCORTED:
            number = view.escort(one)
            if number is None or number in traffic.dead or any(view.truth.stopped(number, at)):
                return True
        else:
            person = view.person(one)
            able = person.ways(at) if one.kind != INVITATION else [Channel.MAIL] if person.address(Channel.MAIL, at) else []
            ways = [way for way in able if person.address(way, at) not in traffic.dead]
            if any(copy.back <= at for copy in view.came_back(one) if copy.back):
                ways = [way for way in ways if way is not Channel.MAIL]
            if not ways:
                return True
        return view.free_at(one, at) >= one.expires_at or at >= one.expires_at

    # ------------------------------------------------------------------ what was taken back

    def _withdrawn(self, one: Notice) -> None:
        self.found.withdrawn += 1
        at = one.withdrawn_at
        assert at
        if not self._is_borne_out(one, at):
            self.found.unexplained.append(f"{one.kind} of {one.created_at} withdrawn at {at}: {one.outcome}")

    def _is_borne_out(self, one: Notice, at: datetime) -> bool:
        match one.outcome:
            case "reminders-off":
                return one.kind in BEFORE and not all(self.view.person(one).reminders.around(at))
            case "superseded":
                return self._is_past(one, at)
            case outcome if outcome == TAKEN_BACK:
                return self.view.truth.taken_back.get(one.id) == at and one.kind not in NO_DRIVING
        return at in self.view.truth.acts[one.patient_id] if one.patient_id else False

    def _is_past(self, one: Notice, at: datetime) -> bool:
        """Whether none of its visits is any more what it is about."""
        return all(self._is_other(one, key, at) for key in appointments_of(one))

    def _is_other(self, one: Notice, key: UUID, at: datetime) -> bool:
        was, ride = self.view.truth.around(key, at), self.view.truth.ride(key, at)
        if one.kind in NO_DRIVING:
            return any(visit.outcome not in {None, "given"} or not (visit.dosed_at or visit.arrived_at) for visit in was)
        if one.kind == INVITATION:
            off = not all(self.view.person(one).invites.around(at))
            return off or any(visit.status not in LIVE_THEN or visit.start_at <= at for visit in was)
        if one.kind == "cancelled":
            return any(visit.status != "cancelled" for visit in was)
        if one.kind in ESCORTED:
            leaves_at = datetime.fromisoformat(one.facts["leaves_at"])
            gone = [visit.status in GONE or visit.end_at != leaves_at or visit.discharged_at for visit in was]
            if one.kind == "pick-up-early":
                return any(gone) or any(visit.outcome != "nothing-given" for visit in was)
            if one.kind == "pick-up":
                return ride is None or str(ride.reply) != one.facts["reply"] or any(gone) or at >= leaves_at
            return not all(gone) or at >= leaves_at or not self._told(key, leaves_at, at)
        if one.kind in BEFORE:
            named = one.kind == "ride-again" and ride is not None
            return named or any(visit.status == "cancelled" or visit.sequence != one.facts["sequence"] for visit in was)
        return one.kind == "moved" or any(visit.status not in LIVE_THEN or visit.start_at <= at for visit in was)

    def _told(self, key: UUID, leaves_at: datetime, at: datetime) -> bool:
        """Whether anybody was told by then to come for a patient who leaves at an instant."""
        mine = (one for one in self.view.about["pick-up", key] if one.facts["leaves_at"] == leaves_at.isoformat())
        return any(copy.at < at for one in mine for copy in self.view.came[one.id])
