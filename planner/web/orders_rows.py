"""A difference in words: each session with what follows from its change, and what is stranded."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from planner.documents.wording import day_in_words, reason_in_words
from planner.domain.difference import Kind, Row
from planner.domain.errors import Fact
from planner.domain.pausing import Lapse
from planner.domain.stranding import Strand, StrandCode
from planner.domain.terms import undecided
from planner.services.outlook import Outlook
from planner.services.proposing import Proposal
from planner.web.order_words import every_words, phase_words
from planner.web.series_rows import sentence


@dataclass(frozen=True)
class Line:
    """A row of the difference, and what follows from it, in words."""

    row: Row
    follows: tuple[str, ...]

    @property
    def days(self) -> str:
        """The days since the session before, then and now: "14 → 28"."""
        was, now = self.row.gap_was, self.row.gap
        if self.row.kind is Kind.CANCEL or now is None:
            return ""
        return f"{was} → {now}" if was is not None and was != now else str(now)


def lines_of(proposal: Proposal, found: Outlook, reasons: Mapping[int, tuple[str, ...]]) -> tuple[Line, ...]:
    """Say of each row what follows from it; *reasons* are those of the plan, by session number."""
    lines, told = list[Line](), False
    waiting = undecided(proposal.draft.successor.terms if proposal.draft.successor else proposal.terms)
    for row in proposal.rows:
        said = list(_of_kind(row, found, told=told))
        told = told or row.kind is not Kind.KEEP
        if row.follows:
            said.insert(0, "Follow-up visit")
        if row.will and row.will.phase in waiting and not row.follows:
            said.append("Tentative until the review is decided")
        if row.will and not row.follows:
            said += [sentence(words) for words in reasons.get(row.will.number, ())]
        lines.append(Line(row, tuple(said)))
    return tuple(lines)


def _of_kind(row: Row, found: Outlook, *, told: bool) -> Iterator[str]:
    if row.kind is Kind.KEEP:
        yield "Nothing sent"
        return
    knows = row.was is None or row.was.told
    if row.kind is Kind.CANCEL and row.was:
        place = found.places.get(row.was.appointment_id)
        yield f"{place[:1].upper()}{place[1:]} is free again" if place else "What it held is free again"
    if not knows and row.kind is Kind.CANCEL:
        yield "nobody was told of it"
    elif not told:
        yield "Told by message"
    elif row.kind is not Kind.CANCEL:
        yield "In the same message"


def reasons_of(proposal: Proposal) -> dict[int, tuple[str, ...]]:
    """Say of each session that is not as asked for, why."""
    return {number: tuple(reason_in_words(one) for one in some) for number, some in proposal.reasons.items()}


def strand_words(strand: Strand, proposal: Proposal) -> str:
    """Say what a change strands, with its numbers."""
    course = proposal.draft.successor or proposal.course
    words = _STRANDS.get(strand.code)
    facts = {**strand.facts, "title": phase_words(course.protocol, str(strand.facts.get("phase", "")))}
    return words(facts) if words else str(strand.code).replace("-", " ")


def _outside(facts: Mapping[str, Fact]) -> str:
    least, most, days = (int(facts[name] or 0) for name in ("label_least", "label_most", "target_days"))
    label = every_words(least) if least == most else f"{every_words(least)} to {every_words(most)}"
    return f"{sentence(every_words(days))} is outside the label's frequencies ({label}): a reason is needed."


def _beyond(facts: Mapping[str, Fact]) -> str:
    day = day_in_words(date.fromisoformat(str(facts["day"])))
    return f"{day} comes {facts['days']} days after the session before; at most {facts['max_days']} are allowed."


def _paused(facts: Mapping[str, Fact]) -> str:
    lapsed = facts["lapse"] == Lapse.LAPSED.value
    after = "more than 60: studies count this as a discontinuation" if lapsed else "more than 28: a long gap"
    return f"{facts['days']} days since the last dose, {after}."


_STRANDS: Mapping[StrandCode, Callable[[Mapping[str, Fact]], str]] = {
    StrandCode.OUTSIDE_LABEL: _outside,
    StrandCode.GAP_BEYOND: _beyond,
    StrandCode.UNPLACED: lambda facts: (
        f"{facts['sessions']} of {facts['wanted']} sessions find no place; they become a task."
    ),
    StrandCode.TENTATIVE: lambda facts: f"{facts['sessions']} sessions stay tentative until the review is decided.",
    StrandCode.PAUSED: _paused,
}
