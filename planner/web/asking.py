"""Who asks, and with what: the context of a request, and forms that refuse what they do not know."""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, TypeVar, cast

from flask import current_app, g, request
from flask_security import current_user
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from werkzeug.datastructures import MultiDict

from planner.bootstrap import Parts
from planner.domain.channels import Channel
from planner.domain.errors import InvalidValue, PlannerError
from planner.domain.roles import Permission, check_allowed
from planner.services.accounts import Member
from planner.services.context import Context

_KEPT = {"\n", "\t"}
_MOST_PROBLEMS = 50


class InvalidForm(PlannerError):
    """A form that cannot be used: each problem is a field's name and what would be right."""

    def __init__(self, problems: list[InvalidValue]) -> None:
        self.problems = problems
        super().__init__("; ".join(str(problem) for problem in problems))


def parts() -> Parts:
    """Give what this process works with."""
    return cast("Parts", current_app.extensions["planner"])


def can_text() -> bool:
    """Whether this installation sends text messages."""
    return Channel.SMS in parts().post.transports


def signed_in() -> Member | None:
    """Give who asks; None where nobody has signed in."""
    return cast("Member | None", getattr(current_user, "member", None))


def context() -> Context:
    """Give the context of the use-case that this request asks for."""
    member = signed_in()
    if member is None:
        raise AssertionError("a page without sign-in has no context")
    return Context(member.actor, parts().store, parts().clock)


def may(permission: str) -> bool:
    """Whether who asks may do something: for leaving out buttons, never for deciding."""
    member = signed_in()
    if member is None:
        return False
    try:
        check_allowed(member.actor, Permission(permission))
    except PlannerError:
        return False
    return True


def keep_form(template: str, **values: Any) -> None:
    """Say which page shows the form again, with its problems, should what was sent be refused."""
    g.kept_form = (template, values)


def printable(value: object) -> object:
    """Refuse control and bidi characters, lone surrogates and NUL: nothing that a person types holds one."""
    if isinstance(value, str):
        text = value.replace("\r\n", "\n")
        if any(unicodedata.category(letter) in {"Cc", "Cs"} and letter not in _KEPT for letter in text):
            raise ValueError("must not contain control characters")
        if any(unicodedata.bidirectional(letter) in _BIDI for letter in text):
            raise ValueError("must not contain characters that change the direction of writing")
        return text
    return value


_BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def _no_number(value: object) -> object:
    """Pydantic reads 0 as 1970: a date is written as one."""
    if isinstance(value, str) and (value.strip().lstrip("+-").replace(".", "").isdigit() or not value.isascii()):
        raise ValueError("must be written as a date or a time")
    return value


def _or_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _whole(value: object) -> object:
    if isinstance(value, str) and not (value.isascii() and value.lstrip("-").isdigit() and len(value) < 12):
        raise ValueError("must be a whole number")
    return value


Blank = BeforeValidator(_or_none)
"""An empty field is no value."""
_ONE_LINE = StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\n]*$")
Line = Annotated[str, BeforeValidator(printable), _ONE_LINE]
Words = Annotated[str, BeforeValidator(printable), StringConstraints(strip_whitespace=True, max_length=2000)]
Day = Annotated[date, BeforeValidator(_no_number)]
WallTime = Annotated[time, BeforeValidator(_no_number)]
Count = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=100_000)]
Version = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=2**31 - 1)]


class Form(BaseModel):
    """What a form or an address may hold: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


F = TypeVar("F", bound=Form)


def read_form(form: type[F], source: MultiDict[str, str] | None = None) -> F:
    """Read the request's form (or an address's query); raises InvalidForm with every field that is wrong.

    A field of a list type takes every value of its name; any other takes one.
    """
    sent = request.form if source is None else source
    names = [name for name in sent if name != "csrf_token"]
    given: dict[str, Any] = {}
    for name in names:
        values = sent.getlist(name)
        given[name] = values if _is_list(form, name) else values[0]
        if len(values) > 1 and not _is_list(form, name):
            raise InvalidForm([InvalidValue(name, "is given twice")])
    return checked(form, given)


def checked(form: type[F], given: Mapping[str, Any]) -> F:
    """Check values against a form; raises InvalidForm."""
    try:
        return form.model_validate(dict(given))
    except ValidationError as error:
        problems = error.errors(include_input=False, include_context=False)[:_MOST_PROBLEMS]
        raise InvalidForm([_problem(one) for one in problems]) from None


def read_query(form: type[F]) -> F:
    """Read what follows the question mark; raises InvalidForm."""
    return read_form(form, request.args)


def _is_list(form: type[Form], name: str) -> bool:
    field = form.model_fields.get(name)
    return field is not None and any(word in str(field.annotation) for word in ("list[", "tuple["))


def _problem(error: Any) -> InvalidValue:
    path = ".".join(str(part) for part in error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ")
    words = {"extra_forbidden": "is not a field of this form", "missing": "is missing"}
    return InvalidValue(path, words.get(error["type"], message[:1].lower() + message[1:]))


def present() -> datetime:
    """Give the present instant, UTC."""
    return parts().clock().astimezone(UTC)
