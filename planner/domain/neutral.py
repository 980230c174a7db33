"""Neutral wording: what goes out to a patient must not say what the appointment is for (domain.md, sections 7 and A12)."""

import re
from unicodedata import category, normalize

from planner.domain.errors import InvalidValue

FORBIDDEN = (
    "ketamine", "esketamine", "spravato", "ketalar", "infusion", "infusions", "dose", "doses", "dosed", "dosing", "mg",
    "milligram", "milligrams", "treatment", "treatments", "depression", "depressive", "psychiatry", "psychiatric",
    "psychiatrist", "psychotherapy", "psychedelic", "suicide", "suicidal", "bipolar", "PTSD", "mental health", "PHQ",
    "MADRS", "QIDS", "GAD-7", "REMS", "UDS", "pregnancy", "no-show", "nasal", "intranasal", "nostril", "nostrils",
    "spray", "sprays", "decongestant", "corticosteroid", "injection", "injections", "intravenous", "intramuscular",
    "lozenge", "lozenges", "sublingual", "anesthetic", "anaesthetic",
    "dosis", "tratamiento", "tratamientos", "salud mental", "embarazo", "inyeccion", "inyecciones", "miligramo",
    "miligramos", "intravenosa", "intravenoso", "atomizador", "aerosol", "aerosoles",
    "nasales", "corticoide", "corticoides", "descongestivo", "descongestivos",
)  # fmt: skip
"""Words that say what the appointment is for: a drug, its way into the body, an amount, a diagnosis, a kind of clinic, a
scale, a programme; in English and in Spanish, without accents."""
_ANYWHERE = (
    "ketamin", "spravato", "depress", "psych", "infusion", "suicid", "depresi", "psiqui", "psicol", "psicot", "psicod",
    "anestesi",
)  # fmt: skip
_LETTER = r"[^\W\d_]"
_WHOLE = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in FORBIDDEN)
_WORDS = re.compile(
    rf"(?<!{_LETTER})(?:{_WHOLE})(?!{_LETTER})|{_LETTER}*(?:{'|'.join(_ANYWHERE)}){_LETTER}*", re.IGNORECASE
)

_DRESSED = re.compile(r"[^\x00-\x7f]+")
_HINTS = tuple(sorted({word.split()[0].lower() for word in (*FORBIDDEN, *_ANYWHERE)}))


def forbidden_in(text: str) -> list[str]:
    """List the forbidden words of a text: whole words, and words built on the telling stems, whatever their dress."""
    plain = _DRESSED.sub(_undressed, text)
    small = plain.lower().replace("\N{LATIN SMALL LETTER DOTLESS I}", "i")  # a pattern that ignores case takes it for an i
    if not any(hint in small for hint in _HINTS):  # as in nearly every letter, and found out much sooner than by a pattern
        return []
    return [found.group() for found in _WORDS.finditer(plain)]


def _undressed(dressed: re.Match[str]) -> str:
    return "".join(one for one in normalize("NFKD", dressed.group()) if category(one) not in {"Mn", "Cf"})


def check_neutral(text: str, path: str) -> str:
    """Give a text that may go out as it is; raises InvalidValue that names the word which may not."""
    if found := forbidden_in(text):
        raise InvalidValue(path, f"{found[0]!r} would tell what the appointment is for; choose a neutral word")
    return text
