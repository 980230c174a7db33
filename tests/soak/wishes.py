"""What patients say of messages, and what the desk does with these: sent again, taken back, seen to."""

from datetime import timedelta

from planner.domain.channels import Channel, Quiet
from planner.domain.reaching import Delivery, Language
from planner.notify.rereading import reread
from planner.services import consents, correspondence, patients, resending, tasks
from planner.services.clinics import NewPatient
from planner.services.suggestions import SUGGESTION_TASK
from planner.services.wishes import Wish, wish_for
from soak.people import QUIET, Timeline, dialled

ONCE = timedelta(microseconds=500_000)
"""Set beside the full second, so that what is said is never said at the moment of a tick."""
STOPS = ("STOP", "stop please", "Stop sending me these", "ALTO", "unsubscribe", "Baja")
ORDERS = (
    (Channel.MAIL, Channel.SMS), (Channel.SMS, Channel.MAIL), (Channel.SMS, Channel.MAIL, Channel.PRINT),
    (Channel.MAIL, Channel.PHONE), (Channel.SMS, Channel.PHONE),
)  # fmt: skip


class Voice:
    """A patient who speaks for themselves, by telephone to the desk or by a text."""

    def __init__(self, office, patient_id, world):
        self.office, self.id, self.world = office, patient_id, world
        self.person = office.people[patient_id]

    @property
    def desk(self):
        return self.office.desk.scheduler

    def begin(self):
        """Tell the desk all that differs from what is usual."""
        person = self.person
        if person.texts.now:
            consents.say(self.desk, self.id, Channel.SMS, True, "on paper")
        if person.channels.now != (Channel.MAIL, Channel.SMS) or person.quiet.now:
            self._wish()
        if person.spanish.now or person.invites.now:
            self._write()

    def _wish(self):
        before, person = correspondence.chosen_for(self.desk, self.id), self.person
        quiet = person.quiet.now and Quiet(*person.quiet.now)
        wish_for(self.desk, self.id, Wish(person.channels.now, quiet, person.reminders.now, before.version))
        self._act("wished")

    def _write(self):
        before = correspondence.chosen_for(self.desk, self.id)
        language = Language.SPANISH if self.person.spanish.now else Language.ENGLISH
        correspondence.choose_for(
            self.desk, patient_id=self.id, language=language, wording="", version=before.version,
            delivery=Delivery.INVITATIONS if self.person.invites.now else Delivery.FEED,
        )  # fmt: skip

    def _act(self, name):
        self.office.acts[name] += 1
        self.office.truth.acts[self.id].add(self.office.now)

    # ------------------------------------------------------------------ what may be said at any time

    def remind(self, *, wanted):
        """Want to be reminded, or not any more."""
        self.person.reminders.note(self.office.now, wanted)
        self._wish()

    def reorder(self, random):
        """Want to be reached in another way."""
        self.person.channels.note(self.office.now, random.choice(ORDERS))
        self._wish()

    def rest(self, random):
        """Want to be left alone at other hours."""
        self.person.quiet.note(self.office.now, random.choice((None, *QUIET)))
        self._wish()

    def speak(self):
        """Want letters in the other language."""
        self.person.spanish.note(self.office.now, not self.person.spanish.now)
        self._write()
        self._act("language")

    def invite(self):
        """Want each visit in their own calendar by mail, or not any more."""
        if self.person.mail:
            self.person.invites.note(self.office.now, not self.person.invites.now)
            self._write()
            self._act("invited" if self.person.invites.now else "not invited")

    def agree(self, *, texts):
        """Agree to texts at the desk, or take that back."""
        if texts and dialled(self.person.number.now) is None:
            return
        consents.say(self.desk, self.id, Channel.SMS, texts, "by phone")
        self.person.agree(self.office.now, texts=texts)
        self._act("agreed" if texts else "no texts")

    def refuse_mail(self):
        """Want no mail any more."""
        consents.say(self.desk, self.id, Channel.MAIL, False, "by phone")
        self.person.mails.note(self.office.now, value=False)
        self._act("no mail")

    def renumber(self, random):
        """Have another number: what was agreed to was for the one before."""
        person, number = self.person, f"+1 212 {random.randint(6_000_000, 9_999_999)}"
        found = patients.find(self.desk, self.id)
        entered = NewPatient(person.name, phone=number, email=person.mail)
        patients.correct(self.desk, patient_id=self.id, version=found.version, changed=entered)
        person.number.note(self.office.now, number)
        if person.texts.now:
            person.agree(self.office.now, texts=False)
        self._act("renumbered")

    def text(self, words):
        """Answer a text by a word: to stop, or to start again."""
        if number := dialled(self.person.number.now):
            self.world.receive(number, words)

    # ------------------------------------------------------------------ what the desk does with a message

    def again(self, random):
        """Have a message sent again."""
        with self.office.desk.store.read(self.office.desk.clinic_id) as uow:
            mine = [one for one in uow.notices.of_patient(self.id) if not one.open and one.expires_at > self.office.now]
        if mine:
            one = random.choice(mine)
            copy = resending.resend(self.desk, one.id, reread)
            self.office.truth.resent[copy] = one.id
            self._act("resent")

    def take_back(self, random):
        """Have a message taken back that is owed."""
        with self.office.desk.store.read(self.office.desk.clinic_id) as uow:
            mine = uow.notices.open_to(self.id)
        if mine:
            one = random.choice(mine)
            resending.withdraw(self.desk, one.id, "said by phone")
            self.office.truth.taken_back[one.id] = self.office.now
            self._act("taken back by hand")


class World:
    """All clinics, as a text message that comes in sees them."""

    def __init__(self, town, store, clock):
        self.town, self.store, self.clock = town, store, clock

    def receive(self, number, words):
        """Take a text, and write down what it means: for who has the number, and for whoever it takes home."""
        now, stop = self.clock(), words != "START"
        consents.receive(self.store, self.clock, number, words, now)
        for office in self.town:
            office.truth.stops.setdefault(number, Timeline(False)).note(now, stop)
            for key, one in office.people.items():
                if dialled(one.number.now) == number:
                    one.hear(now, stop=stop)
                    office.truth.acts[key].add(now)
        self.town[0].acts["stopped by text" if stop else "started again"] += 1


def tick_off(office, random):
    """At noon the desk sees to most of its tasks."""
    for one in tasks.worklist(office.desk.scheduler).tasks:
        if one.kind != SUGGESTION_TASK and random.random() < 0.8:
            office.attempt(tasks.finish, office.desk.scheduler, task_id=one.id, reason="phoned")
            office.acts["tasks done"] += 1


__all__ = ["ONCE", "STOPS", "Voice", "World", "tick_off"]
