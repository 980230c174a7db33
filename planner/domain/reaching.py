"""How a patient is reached: in which language, by feed or by invitations, and what each calendar link is for."""

from enum import StrEnum


class Language(StrEnum):
    """A language of pages, feeds and letters (ISO 639-1)."""

    ENGLISH = "en"
    SPANISH = "es"


class Delivery(StrEnum):
    """How the dates come into a patient's calendar: by one way only, so that nothing shows twice."""

    FEED = "feed"
    """By an address that the patient's calendar program fetches."""
    INVITATIONS = "invitations"
    """By a mail for each appointment, with an invitation that is updated and withdrawn."""
    NEITHER = "neither"
    """Not at all; messages about changes come as ever."""


class Audience(StrEnum):
    """Whom a calendar link is for, and so what it may show."""

    PATIENT = "patient"
    """When, and the no-driving advice; never what for."""
    CARER = "carer"
    """When to pick somebody up, and where, with the patient's agreement."""
    CLINICIAN = "clinician"
    """A person's own visits, by the patients' initials, with the place."""
    ROOM = "room"
    """When a chair or a room is taken."""


class Purpose(StrEnum):
    """What a private link to pages is good for."""

    PAGE = "page"
    """The patient's own page, until it is replaced, stopped, or long after the course."""
    OPEN = "open"
    """To get a link to one's page, once."""
    COME = "come"
    """To say that one will come to one appointment."""
    RIDE = "ride"
    """To say who takes one home from one appointment."""
    CHANGE = "change"
    """To ask for another time of one appointment."""
