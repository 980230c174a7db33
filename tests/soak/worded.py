"""Whether messages are in a clinic's own words, and in those that stood when they were written."""

import re
from collections.abc import Iterator

from planner.domain.channels import Channel
from planner.domain.notices import ALONE
from planner.domain.own_words import words_kind
from planner.domain.reaching import Language
from planner.storage.desk_records import Notice
from soak.post import Taken
from soak.reckoned import Reckoned
from soak.view import View

MARK = re.compile(r"Harbor way [a-z]+\.")
ROOM = 200
"""The characters of a text to which the clinic's own words would surely have been added: longer ones have no room."""


class Worded:
    """Goes through what was taken."""

    def __init__(self, view: View, found: Reckoned) -> None:
        self.view, self.found = view, found

    def go(self, one: Notice) -> None:
        """Look for the marks of the clinic's own words in a message, each time that it came."""
        if one.kind in ALONE:
            return
        for copy in self.view.came[one.id]:
            mine, marks = set(self._standing(one, copy)), set(MARK.findall(copy.text))
            self.found.worded += bool(marks)
            may_be_short = copy.channel is Channel.SMS and len(copy.text) > ROOM
            if "" not in mine and not mine & marks and not may_be_short:
                self.found.telling.append(f"{one.kind} at {copy.at}: not in the clinic's words, {mine}")
            if strange := marks - {mark for other in self.view.together(one, copy) for mark in self._standing(other, copy)}:
                self.found.telling.append(f"{one.kind} at {copy.at}: in words that do not hold, {strange}")

    def _standing(self, one: Notice, copy: Taken) -> Iterator[str]:
        """Give the marks of the words of a message as it was written, and just before; an empty one for those shipped."""
        kind = words_kind(one.kind)
        for spanish in self.view.person(one).spanish.around(copy.at):
            words = self.view.truth.words.get((kind, Language.SPANISH if spanish else Language.ENGLISH, copy.channel))
            yield from words.around(copy.at) if words else [""]
