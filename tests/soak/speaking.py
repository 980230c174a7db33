"""What patients of the soak say while their course goes on, drawn at random: of messages, and of who takes them home."""

from datetime import timedelta

from soak.answering import Answer
from soak.wishes import ONCE, STOPS, Voice

DAY = timedelta(days=1)


def speak(year, office, name, visits):
    """Let follow what a patient says from booking to the last of these visits, and what the desk does with the messages."""
    voice, draw = Voice(office, office.desk.people[name], year.world), year.random.random
    ahead = max(one.start_at for one in visits) - year.clock.now
    for share, act, more in _table(year, voice):
        if draw() < share:
            year.then(_when(year, ahead), office.attempt, act, **more)
    if draw() < 0.07:
        _stop(year, office, voice, ahead)
    if draw() < 0.10:
        _rest_from_reminders(year, office, voice, ahead)
    for one in visits:
        _ride(year, office, one)


def _table(year, voice):
    random = year.random
    return (
        (0.05, voice.reorder, {"random": random}), (0.05, voice.rest, {"random": random}), (0.03, voice.speak, {}),
        (0.05, voice.invite, {}),
        (0.03, voice.agree, {"texts": True}), (0.02, voice.agree, {"texts": False}), (0.02, voice.refuse_mail, {}),
        (0.03, voice.renumber, {"random": random}), (0.10, voice.again, {"random": random}),
        (0.05, voice.take_back, {"random": random}),
    )  # fmt: skip


def _when(year, ahead):
    return year.some(ahead + DAY).replace(microsecond=0) + ONCE


def _stop(year, office, voice, ahead):
    """Say STOP, at times while a text is under way; at times START later."""
    at, word = _when(year, ahead), year.random.choice(STOPS)
    if year.random.random() < 0.3:
        year.then(at, setattr, year.post, "meanwhile", lambda: office.attempt(voice.text, word))
    else:
        year.then(at, office.attempt, voice.text, word)
    if year.random.random() < 0.5:
        year.then(at + year.random.randint(1, 100) * DAY / 24, office.attempt, voice.text, "START")


def _rest_from_reminders(year, office, voice, ahead):
    at = _when(year, ahead)
    year.then(at, office.attempt, voice.remind, wanted=False)
    if year.random.random() < 0.6:
        year.then(at + year.random.randint(1, 100) * DAY / 24, office.attempt, voice.remind, wanted=True)


# ---------------------------------------------------------------------- who takes a patient home


def _ride(year, office, one):
    """Say who takes the patient home: as a rule in time, often with leave to tell them; at times say otherwise later."""
    random, ahead = year.random, one.start_at - year.clock.now
    if random.random() >= 0.45:
        return
    answer = Answer(office, one.id)
    at = max(year.some(ahead), one.start_at - 5 * DAY)
    year.then(at, office.attempt, answer.ride, _number(year, office), contact=random.random() < 0.6)
    if random.random() < 0.15:
        again = at + (one.start_at - at) * random.random()
        year.then(again, office.attempt, answer.ride, _number(year, office), "Al", contact=random.random() < 0.7)
    if random.random() < 0.03:
        _escort_stops(year, office, one)


def _number(year, office):
    """Draw who: of a hundred some are patients themselves, some have a number to which no text can go."""
    drawn = year.random.random()
    if drawn < 0.05:
        return year.random.choice(list(office.people.values())).number.now or "+1 646 300 0000"
    return "646 555 0100" if drawn < 0.08 else f"+1 646 {3_000_000 + year.random.randrange(len(office.people) * 4)}"


def _escort_stops(year, office, one):
    def stop():
        said = office.truth.ride(one.id, year.clock.now)
        if said and said.number and said.number.startswith("+"):
            year.world.receive(said.number.replace(" ", ""), "STOP")

    year.then(one.start_at - year.random.randint(1, 40) * DAY / 24 + ONCE, office.attempt, stop)
