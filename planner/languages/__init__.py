"""The languages in which patients are written to: English as it stands in the code, others by a catalogue beside this file.

A catalogue (gettext's .po) is read once in a process; what it lacks stays English.
"""

from functools import lru_cache
from gettext import NullTranslations
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from planner.domain.reaching import Language


@lru_cache
def phrases(language: Language) -> NullTranslations:
    """Give what a language says for each English phrase: `phrases(language).gettext("Appointment")`."""
    if language is Language.ENGLISH:
        return NullTranslations()
    with (files("planner.languages") / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language.value)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled, domain="messages")
