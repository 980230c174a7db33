"""The catalogues of phrases: every phrase that pages and letters for patients say is in each, once, with the same blanks."""

import ast
import re
from importlib.resources import files
from io import StringIO
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import planner
from planner.documents.protocols import shipped
from planner.documents.templates import templates_directory
from planner.domain.reaching import Language
from planner.web import private_refusals

PACKAGE = Path(planner.__file__).parent
OTHERS = [one for one in Language if one is not Language.ENGLISH]
BLANK = re.compile(r"%(?:\(\w+\))?s")


def po(language):
    return (files("planner.languages") / f"{language}.po").read_text(encoding="utf-8")


def catalogue(language):
    return read_po(StringIO(po(language)))


def said():
    """All phrases that a template or a module says."""
    ways = [("**.html", "jinja2.ext:babel_extract"), ("**.txt", "jinja2.ext:babel_extract")]
    for _, _, phrase, _, _ in extract_from_dir(str(templates_directory()), ways, keywords={"say": None}):
        yield phrase
    sources = (file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py"))
    for source in (one for one in sources if "say(" in one):
        for call in (one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.Call)):
            if getattr(call.func, "attr", getattr(call.func, "id", "")) == "say" and call.args:
                yield from _texts(call.args[0])


def _texts(node):
    """The text of an argument, or of both where one is chosen."""
    if isinstance(node, ast.IfExp):
        return [*_texts(node.body), *_texts(node.orelse)]
    return [node.value] if isinstance(node, ast.Constant) else []


def listed():
    """Phrases that are kept in tables and said from there."""
    for title, words in [*private_refusals._WORDS.values(), private_refusals._FAILED]:
        yield title
        yield words
    for protocol in shipped().values():
        yield from (one.text for one in protocol.instructions)


@pytest.mark.parametrize("language", OTHERS)
def test_every_phrase_is_translated(language):
    known = catalogue(language)
    assert sorted({one for one in [*said(), *listed()] if one not in known or not known[one].string}) == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_fills_the_same_blanks(language):
    known = {one.id: one.string for one in catalogue(language) if one.id}
    assert [key for key, words in known.items() if sorted(BLANK.findall(key)) != sorted(BLANK.findall(words))] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_phrase_is_translated_once(language):
    found = re.findall('^msgid "(.+)"$', po(language), re.MULTILINE)
    assert sorted({one for one in found if found.count(one) > 1}) == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_of_a_sentence_that_nobody_says(language):
    known = {one.id for one in catalogue(language) if one.id[:1].isupper()}
    everything = "\n".join(
        file.read_text(encoding="utf-8")
        for folder, kinds in ((PACKAGE, ("*.py", "*.toml")), (templates_directory(), ("*.html", "*.txt")))
        for kind in kinds
        for file in Path(str(folder)).rglob(kind)
    )
    flat = re.sub(r'"\s*\n\s*f?"', "", everything)
    assert sorted(one for one in known if one not in flat) == []
