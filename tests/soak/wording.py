"""A clinic's own words in the soak: kept, changed and given up, each time with a mark of its own that a message bears."""

from planner.domain.channels import Channel
from planner.domain.own_words import placeholders
from planner.domain.reaching import Language
from planner.services import own_words
from planner.services.own_words import Place
from soak.people import Timeline

KINDS = ("booked", "moved", "ride", "ride-again", "prepare", "no-driving")
"""The kinds of messages that are worded at times."""
LEFT_OUT = ("next", "day", "times", "home", "also")
"""What a clinic's own words do without, where they may."""


def reword(office, random):
    """Put other words in the place of those that are there, or the shipped ones."""
    place = Place(random.choice(KINDS), random.choice(list(Language)), random.choice((Channel.MAIL, Channel.SMS)))
    words = office.truth.words.setdefault((place.kind, place.language, place.channel), Timeline(""))
    seen = len(own_words.versions(office.desk.admin, place))
    if words.now and random.random() < 0.3:
        own_words.restore(office.desk.admin, place, seen=seen)
        words.note(office.now, "")
    else:
        mark = f"Harbor way {chr(97 + seen % 26)}{place.kind.replace('-', '')}."
        subject = "About your visit" if place.channel is Channel.MAIL else ""
        own_words.keep(office.desk.admin, place, subject=subject, body=_body(place, mark), seen=seen)
        words.note(office.now, mark)
    office.acts["reworded"] += 1


def _body(place, mark):
    """Write them: in their language, with all that must be in them and the links."""
    known = placeholders(place.kind, place.channel)
    hello = "Hola, preguntas:" if place.language is Language.SPANISH else "Dear all, call:"
    gap = "\n\n" if place.channel is Channel.MAIL else " "
    named = [f"{{{name}}}" for name in (*known.required, *known.optional) if name not in LEFT_OUT]
    return gap.join([f"{mark} {hello} {{phone}}.", *named])
