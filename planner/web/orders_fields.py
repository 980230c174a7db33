"""What the forms of all orders share: the reason, who is told, what was shown, and the days from and until when."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from planner.domain.errors import InvalidValue
from planner.domain.orders import Order
from planner.domain.span import check_day
from planner.services.outlook import Outlook
from planner.web.asking import Blank, Count, Day, Form, WallTime, Words

MOST_DAYS = 900
"""How far ahead an order may plan: as far as the calendar is looked at."""
DayOrNone = Annotated[Day | None, Blank]
TimeOrNone = Annotated[WallTime | None, Blank]
CountOrNone = Annotated[Count | None, Blank]
Weekdays = Annotated[tuple[Annotated[int, Field(ge=0, le=6)], ...], Field(max_length=7)]
_Reason = Annotated[Words, AfterValidator(lambda text: " ".join(text.split())), StringConstraints(max_length=200)]


class OrderForm(Form):
    """What every order is given with: the reason, whether the patient is told, and what was shown, signed."""

    reason: _Reason = ""
    tell: bool = False
    shown: str = Field(default="", max_length=200_000)

    def order(self, found: Outlook) -> Order:
        """Give the order; raises InvalidValue, InvalidMove."""
        raise NotImplementedError

    def days(self, today: date) -> tuple[date | None, date | None]:
        """Give until when an open-ended phase is planned, and from when the order holds; raises InvalidValue."""
        horizon, effective = getattr(self, "horizon", None), getattr(self, "effective_on", None)
        for name, day in (("horizon", horizon), ("effective_on", effective)):
            if day and not 0 <= (check_day(day, name) - today).days <= MOST_DAYS:
                raise InvalidValue(name, f"must lie between today and {MOST_DAYS} days ahead")
        return horizon, effective


class PlannedForm(OrderForm):
    """An order after which an open-ended phase is planned to a day."""

    horizon: DayOrNone = None


class DatedForm(PlannedForm):
    """An order that may hold from a later day on: what is booked before stays."""

    effective_on: DayOrNone = None


COMMON = frozenset(OrderForm.model_fields)
"""The fields that say nothing of the order itself."""
