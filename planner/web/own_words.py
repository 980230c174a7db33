"""Sentences of the patient's page that depend on facts: until when not to drive, who picks up, who fetched a calendar.

An after-sleep rule never gets a clock time; a rule that counts hours says "not before", which is a bound and no permission.
"""

from datetime import datetime, timedelta

from planner.domain.preparing import NoDriving, bound, waits_for_night
from planner.domain.replies import Ride, RideKind
from planner.services.own_plan import Moved, Visit
from planner.services.replying import Reply
from planner.web.speaking import Speech

_SOBER = timedelta(hours=24)


def driving_rule(speech: Speech, no_driving: NoDriving, now: datetime) -> str:
    """Say until when not to drive: of a visit to come, as if it ended as planned; of a dose given, as it is now."""
    night = no_driving.advice.after_sleep
    if until := bound(no_driving, now):
        when = f"{speech.time(until)}, {speech.zone_name(until)}, {speech.near(speech.local_day(until))}"
        if night:
            return speech.say(
                "Do not drive, cycle or use machines before %(when)s, and only after a restful night’s sleep.", when=when
            )
        return speech.say("Do not drive, cycle or use machines before %(when)s.", when=when)
    day = waits_for_night(no_driving, now, speech.zone)
    if day is None:
        return speech.say(
            "Do not drive, cycle or use machines unless you have had a restful night’s sleep since your visit."
        )
    if no_driving.given:
        return speech.say(
            "Do not drive, cycle or use machines before %(day)s, and only after a restful night’s sleep.",
            day=speech.near(day),
        )
    return speech.say("Do not drive, cycle or use machines until the next day, and only after a restful night’s sleep.")


def driving_more(speech: Speech, no_driving: NoDriving, now: datetime, phone: str) -> list[str]:
    """Say what goes with it: how to get home, what else to leave alone, what if the night was bad."""
    if not no_driving.given:
        said = [speech.say("Someone must take you home.")]
        if no_driving.advice.not_before and no_driving.hours:
            said.append(speech.say("If you leave later than planned, that time is later, too."))
        return said
    said = [speech.say("If you have not slept well, or do not feel fully awake and clear, do not drive at all.")]
    if speech.local_day(now) <= speech.local_day(no_driving.leaves_at):
        said.append(speech.say("Go home with the person or the ride that you arranged, even if you feel well."))
        if phone:
            unbroken = phone.replace(" ", "\N{NO-BREAK SPACE}")
            said.append(speech.say("If nobody can take you, call %(phone)s.", phone=unbroken))
    if now < no_driving.leaves_at + _SOBER:
        said.append(speech.say(
            "For 24 hours after your visit: no alcohol, no cannabis, no sedatives, and no important or legal decisions."
        ))  # fmt: skip
    return said


def slip(speech: Speech, no_driving: NoDriving) -> str:
    """Give the rule in words alone, for a slip that is kept for every visit: hours are counted by who reads it."""
    night, hours = no_driving.advice.after_sleep, no_driving.hours
    if hours is None:
        return speech.say(
            "Do not drive, cycle or use machines until the next day, and only after a restful night’s sleep."
        )
    if night:
        return speech.say(
            "Do not drive, cycle or use machines for %(hours)s hours after you leave, and only after a restful night’s "
            "sleep.", hours=hours,
        )  # fmt: skip
    return speech.say("Do not drive, cycle or use machines for %(hours)s hours after you leave.", hours=hours)


def ride_words(speech: Speech, ride: Ride) -> str:
    """Name who takes the patient home."""
    kinds = {
        RideKind.ADULT: "", RideKind.RIDESHARE: speech.say("a ride service or taxi"),
        RideKind.MEDICAL: speech.say("a medical transport"), RideKind.SHUTTLE: speech.say("the clinic’s own car"),
    }  # fmt: skip
    return ", ".join(part for part in (kinds[ride.kind], ride.name, ride.phone) if part)


def change_words(speech: Speech, wish: Reply) -> str:
    """Say that another time was asked for, and which."""
    if wish.start_at is None:
        return speech.say("You asked for another time. We will call you.")
    return speech.say("You asked for another time: %(when)s. We will answer.", when=speech.moment(wish.start_at))


def moved_words(speech: Speech, moved: Moved, visit: Visit) -> str:
    """Say what time a visit had before: the time alone where the day is the same."""
    before = datetime.fromisoformat(moved.wall_start).replace(tzinfo=speech.zone)
    time = speech.time(before)
    if before.date() == speech.local_day(visit.start_at):
        return speech.say("It was at %(time)s.", time=time)
    return speech.say("It was on %(day)s, %(time)s.", day=speech.near(before.date()), time=time)


def cue_time(speech: Speech, since: datetime, visit: Visit) -> str:
    """Say from when on something is to be done: with its day where that is another than the visit's."""
    day = speech.local_day(since)
    time = speech.time(since)
    return time if day == speech.local_day(visit.arrives_at) else f"{speech.weekday(day)}, {time}"


def day_words(speech: Speech, instant: datetime, now: datetime) -> str:
    """Spell the day of an instant out, with its year where that is another than now."""
    day = speech.local_day(instant)
    return speech.near(day) if day.year == speech.local_day(now).year else speech.day(day)


def minutes_before(speech: Speech, minutes: int) -> str:
    """Say how long before: "30 minutes before", "one day before"."""
    if minutes == 24 * 60:
        return speech.say("one day before")
    if minutes == 60:
        return speech.say("one hour before")
    if minutes % 60 == 0:
        return speech.say("%(hours)s hours before", hours=minutes // 60)
    return speech.say("%(minutes)s minutes before", minutes=minutes)


def problem_field(speech: Speech, path: str) -> str:
    """Name the field that something is wrong with; empty for none of the page's."""
    names = {
        "label": speech.say("Whose device is it?"), "wording": speech.say("What your calendar calls each date"),
        "agreed": speech.say("Your agreement"), "delivery": speech.say("How the dates come to you"),
        "alarm_minutes": speech.say("Reminder in the calendar"), "language": speech.say("Language"),
    }  # fmt: skip
    return names.get(path, "")
