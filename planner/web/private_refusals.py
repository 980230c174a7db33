"""Refusals on the pages of a private link: in the look of the patient's page, and never saying whether a link once existed.

Who came by a good link reads them in their language; of anybody else nothing is known, so both languages are shown.
"""

from collections.abc import Sequence
from contextlib import suppress

from flask import Response, g, make_response, render_template, request

from planner.domain.errors import InvalidValue, PlannerError
from planner.domain.reaching import Language
from planner.web.private import Bearer, reader, shown, speech, with_headers
from planner.web.speaking import Speech, anywhere

_CLOSED = (
    "This link does not open anything",
    "It may have been replaced, or its time is over. Call your clinic: it gives you a new one.",
)
_WORDS = {
    400: ("That could not be read", "Go back, load the page again, and try once more."),
    404: _CLOSED, 403: _CLOSED,
    405: ("That is not possible here", "Go back to your page, and use its buttons."),
    409: ("This has changed in the meantime", "Nothing was stored. Open your page again, and look at how it is now."),
    422: ("That could not be stored", "Go back and check what you wrote. If it does not work, call the clinic."),
    429: ("This was opened too often", "Wait a minute, then open it again. If it is urgent, call the clinic."),
    503: ("The page cannot be read at the moment", "Try again in a minute. If it is urgent, call the clinic."),
}  # fmt: skip
"""Title and words of each status, in English."""
_FAILED = ("Something went wrong", "Nothing was stored. Try again in a minute, or call the clinic.")


def refusal(status: int, problems: Sequence[InvalidValue] = ()) -> Response:
    """Give the page of a refusal; a form that was kept is shown again, with what is wrong with it."""
    status = 404 if status == 403 else status
    found: Bearer | None = g.get("bearer") if status < 500 else None
    if found and status in {409, 422}:
        with suppress(PlannerError):
            if page := _form_again(found, status, problems):
                return page
    response = with_headers(make_response(_page(found, status, problems), status))
    if status in {429, 503}:
        response.headers["Retry-After"] = "60" if status == 429 else "5"
    return response


def _page(found: Bearer | None, status: int, problems: Sequence[InvalidValue]) -> str:
    title, words = _WORDS.get(status, _FAILED)
    voices, phone = _voices(found)
    said = {voice.language: [problem_words(voice, one) for one in problems] for voice in voices}
    return render_template("mine/refused.html", title=title, words=words, voices=voices, phone=phone, problems=said)


def _form_again(found: Bearer, status: int, problems: Sequence[InvalidValue]) -> Response | None:
    kept = g.get("kept_form")
    if not kept:
        return None
    template, values = kept
    said = [(one.path, problem_words(speech(found), one)) for one in problems]
    return shown(template, found, status, **{**values, "sent": request.form, "problems": said})


def _voices(found: Bearer | None) -> tuple[list[Speech], str]:
    """Give the languages to speak in, and the clinic's telephone number where the clinic is known."""
    if found:
        with suppress(PlannerError):
            return [speech(found)], reader(found).phone
    return [anywhere(language) for language in Language], ""


def problem_words(voice: Speech, problem: InvalidValue) -> str:
    """Say what is wrong with a field, in words that there are in the language."""
    said = voice.say(problem.message)
    if voice.language is Language.ENGLISH or said != problem.message:
        return said
    return voice.say("Please check what you wrote.")
