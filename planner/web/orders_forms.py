"""The forms of orders: what each kind asks for, and the order that a filled form gives."""

from collections.abc import Mapping
from typing import Annotated, Literal
from uuid import UUID

from planner.domain import orders
from planner.domain.errors import InvalidValue
from planner.domain.orders import Order
from planner.domain.protocol import SpacingRule
from planner.domain.span import check_day
from planner.domain.terms import phase_of
from planner.services.outlook import Outlook
from planner.web.appointments import start_of
from planner.web.asking import Blank, Count, Day, Line, WallTime
from planner.web.orders_fields import CountOrNone, DatedForm, DayOrNone, OrderForm, PlannedForm, TimeOrNone, Weekdays


class SpacingForm(DatedForm):
    """Another interval; allowed days that are left empty change in proportion."""

    phase: Line
    every: Count
    unit: Literal["days", "weeks"] = "weeks"
    min_days: CountOrNone = None
    max_days: CountOrNone = None

    def order(self, found: Outlook) -> Order:
        """Give the order."""
        now = phase_of(found.whole.course.protocol, self.phase).spacing
        days = self.every * (7 if self.unit == "weeks" else 1)
        if not 1 <= days <= 366:
            raise InvalidValue("every", "must be between 1 and 366 days")
        least = self.min_days or max(1, days * now.min_days // now.target_days)
        most = self.max_days or min(366, -(-days * now.max_days // now.target_days))
        if least > days:
            raise InvalidValue("min_days", f"must be at most {days}, the interval")
        if not days <= most <= 366:
            raise InvalidValue("max_days", f"must be between {days}, the interval, and 366")
        return orders.ChangeSpacing(self.phase, SpacingRule(least, days, most))


class PatternForm(DatedForm):
    """Other weekdays, another time, or both; for one phase or for all."""

    phase: Annotated[Line | None, Blank] = None
    weekdays: Weekdays = ()
    at: TimeOrNone = None

    def order(self, _: Outlook) -> Order:
        """Give the order."""
        if not self.weekdays and not self.at:
            raise InvalidValue("weekdays", "choose a weekday, or a time")
        return orders.ChangePattern(tuple(sorted(set(self.weekdays))), self.at, self.phase)


class DoseForm(DatedForm):
    """Another dosing visit for what is left of a phase and the phases after it."""

    phase: Line
    visit: Line

    def order(self, _: Outlook) -> Order:
        """Give the order."""
        return orders.ChangeDose(self.phase, self.visit)


class ObservationForm(DatedForm):
    """A longer observation."""

    minutes: Count

    def order(self, _: Outlook) -> Order:
        """Give the order."""
        return orders.ChangeObservation(self.minutes)


class SkipForm(PlannedForm):
    """One session left out."""

    appointment_id: UUID

    def order(self, _: Outlook) -> Order:
        """Give the order."""
        return orders.Skip(self.appointment_id)


class ExtendForm(PlannedForm):
    """More sessions in a phase."""

    phase: Line
    sessions: Count

    def order(self, _: Outlook) -> Order:
        """Give the order."""
        return orders.Extend(self.phase, self.sessions)


class PhaseForm(PlannedForm):
    """A phase that ends."""

    phase: Line

    def order(self, _: Outlook) -> Order:
        """Give the order."""
        return orders.EndPhase(self.phase)


class ContinueForm(PhaseForm):
    """A review that is decided: the course goes on."""

    def order(self, _: Outlook) -> Order:
        """Give the order."""
        return orders.Continue(self.phase)


class HoldForm(PlannedForm):
    """A pause until a day, or until cleared."""

    until: DayOrNone = None

    def order(self, _: Outlook) -> Order:
        """Give the order."""
        return orders.Hold(self.until)


class ResumeForm(PlannedForm):
    """A course that is taken up again."""

    day: Day

    def order(self, _: Outlook) -> Order:
        """Give the order."""
        return orders.Resume(self.day)


class StopForm(OrderForm):
    """The end of a course."""

    def order(self, _: Outlook) -> Order:
        """Give the order."""
        return orders.Stop()


class SucceedForm(PlannedForm):
    """A course that follows this one by the same protocol."""

    start: Day
    weekdays: Weekdays = ()
    at: TimeOrNone = None
    other_course_days: CountOrNone = None

    def order(self, found: Outlook) -> Order:
        """Give the order."""
        return self._by(found.whole.course.protocol.name, found)

    def _by(self, protocol: str, found: Outlook) -> Order:
        if check_day(self.start, "start") < found.whole.today:
            raise InvalidValue("start", "has passed")
        return orders.Succeed(protocol, self.start, tuple(sorted(set(self.weekdays))), self.at, self.other_course_days)


class SwitchForm(SucceedForm):
    """A course that follows this one by another protocol."""

    protocol: Line

    def order(self, found: Outlook) -> Order:
        """Give the order."""
        if self.protocol not in {one.name for one in found.protocols}:
            raise InvalidValue("protocol", "is not one that is published")
        if self.protocol == found.whole.course.protocol.name:
            raise InvalidValue("protocol", "is this course's own: re-induce instead")
        return self._by(self.protocol, found)


class OverrideForm(OrderForm):
    """One session where a rule of spacing forbids it."""

    appointment_id: UUID
    day: Day
    time: WallTime

    def order(self, _: Outlook) -> Order:
        """Give the order."""
        return orders.OverrideSpacing(self.appointment_id, start_of(check_day(self.day, "day"), self.time))


class TakeBackForm(PlannedForm):
    """The latest order taken back."""

    order_id: UUID

    def order(self, _: Outlook) -> Order:
        """Give the order."""
        return orders.TakeBack(self.order_id)


FORMS: Mapping[str, type[OrderForm]] = {
    "spacing": SpacingForm, "pattern": PatternForm, "dose": DoseForm, "observation": ObservationForm, "skip": SkipForm,
    "extend": ExtendForm, "end-phase": PhaseForm, "hold": HoldForm, "resume": ResumeForm, "stop": StopForm,
    "re-induce": SucceedForm, "switch": SwitchForm, "override": OverrideForm, "continue": ContinueForm,
    "take-back": TakeBackForm,
}  # fmt: skip
