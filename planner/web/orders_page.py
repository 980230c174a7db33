"""The page of an order: its form with what holds now, and the difference that it would make, ready to be saved."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from planner.documents.wording import BLOCKING
from planner.domain.difference import Kind
from planner.domain.errors import NotFound
from planner.domain.protocol import Phase, Protocol
from planner.domain.relaxing import Blocked
from planner.services.outlook import Outlook
from planner.services.proposing import Proposal
from planner.services.timelines import Happening
from planner.web.order_words import TITLES, order_words, was_words
from planner.web.orders_fields import DatedForm, PlannedForm
from planner.web.orders_figure import Figure
from planner.web.orders_filled import open_phases
from planner.web.orders_forms import FORMS
from planner.web.orders_letter import letter_of
from planner.web.orders_rows import Line, lines_of, reasons_of, strand_words
from planner.web.render import stamp, zone


@dataclass(frozen=True)
class Difference:
    """What an order would do, as it is shown; *signed* is what saves exactly this."""

    words: str
    was: str
    counts: Mapping[str, int]
    lines: tuple[Line, ...]
    figure: Figure
    strands: tuple[str, ...]
    letter: str
    signed: str
    horizon: date | None = None
    rules: tuple[str, ...] = ()

    @property
    def changes(self) -> int:
        """How many appointments change."""
        return sum(count for kind, count in self.counts.items() if kind != Kind.KEEP.value)


@dataclass(frozen=True)
class OrderPage:
    """All that the page shows. *filled*: the form's values; *since*: what others did to the course in the meantime."""

    kind: str
    found: Outlook
    filled: Mapping[str, Any]
    difference: Difference | None = None
    since: tuple[Happening, ...] = ()
    phases: tuple[Phase, ...] = field(default_factory=tuple)

    @property
    def title(self) -> str:
        """What the page is called."""
        return TITLES[self.kind]

    @property
    def dated(self) -> bool:
        """Whether it may hold from a later day on."""
        return issubclass(FORMS[self.kind], DatedForm)

    @property
    def planned(self) -> bool:
        """Whether an open-ended phase is planned after it, to a day that may be chosen."""
        open_ended = self.kind == "switch" or self.found.whole.course.protocol.phases[-1].sessions is None
        return issubclass(FORMS[self.kind], PlannedForm) and open_ended

    @property
    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        """What may be chosen from: phases, dosing visits, sessions to come, protocols."""
        protocol = self.found.whole.course.protocol
        sessions = [(str(one.id), stamp(one.start_at)) for one in self.found.sessions]
        return {
            "phase": [(one.name, one.title or one.name) for one in self.phases],
            "visit": _doses(protocol),
            "appointment_id": sessions,
            "protocol": [(one.name, one.title) for one in self.found.protocols if one.name != protocol.name],
        }


def _doses(protocol: Protocol) -> list[tuple[str, str]]:
    return [(one.name, f"{one.title}, {one.minutes} min") for one in protocol.visits.values() if one.dosing]


def known_kind(kind: str) -> str:
    """Refuse an order that there is none of; raises NotFound."""
    if kind not in FORMS:
        raise NotFound(f"no order {kind}")
    return kind


def page_of(
    kind: str, found: Outlook, filled: Mapping[str, Any], difference: Difference | None = None,
    since: Sequence[Happening] = (),
) -> OrderPage:  # fmt: skip
    """Lay the page of an order out."""
    return OrderPage(kind, found, filled, difference, tuple(since), open_phases(kind, found.whole))


def difference_of(proposal: Proposal, found: Outlook, signed: str) -> Difference:
    """Say what an order would do."""
    counts, given = Counter(row.kind.value for row in proposal.rows), proposal.draft.before.given
    request = proposal.draft.request
    open_ended = request is not None and request.protocol.phases[-1].sessions is None
    return Difference(
        words=_words(proposal, found),
        was=was_words(proposal.draft.order, proposal.course.terms),
        counts={kind.value: counts[kind.value] for kind in Kind},
        lines=lines_of(proposal, found, reasons_of(proposal)),
        figure=Figure(proposal.rows, given[-1].day if given else None, zone()),
        strands=tuple(strand_words(one, proposal) for one in proposal.strands),
        letter=letter_of(proposal, found),
        signed=signed,
        horizon=request.horizon if request and open_ended else None,
        rules=_rules(proposal.blocked),
    )


def _words(proposal: Proposal, found: Outlook) -> str:
    order, protocol = proposal.draft.order, proposal.course.protocol
    named: UUID | None = getattr(order, "appointment_id", None)
    when = next((stamp(one.start_at) for one in found.sessions if one.id == named), "one session")
    taken = next((one for one in found.history if one.order and one.order.id == getattr(order, "order_id", None)), None)
    about = order_words(taken.order.content, protocol) if taken and taken.order else "an order"
    return order_words(order, protocol, when, about)


def _rules(blocked: Blocked | None) -> tuple[str, ...]:
    return tuple(BLOCKING[rule] for rule in blocked.rules) if blocked else ()
