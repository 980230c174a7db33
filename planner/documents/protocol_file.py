"""The shape of a protocol file: one table for each value of a protocol, checked where it stands."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from planner.documents.edge import Checked, Entry
from planner.documents.fields import Name, Slug, Text, Weekday
from planner.documents.protocol_document import OPEN_ENDED
from planner.documents.sources import check_sources
from planner.domain.errors import InvalidValue
from planner.domain.protocol import (
    MOST_SESSIONS,
    DrivingRule,
    Instruction,
    Link,
    Measure,
    Moment,
    Phase,
    PhaseKind,
    Protocol,
    Review,
    Rhythm,
    SpacingRule,
)
from planner.domain.scores import Scale
from planner.domain.visit import Mode, Need, Step, VisitProfile


def _read_sessions(given: object) -> int | None:
    if given == OPEN_ENDED:
        return None
    if not isinstance(given, int) or isinstance(given, bool):
        raise InvalidValue("", f'must be a whole number, or "{OPEN_ENDED}"')
    return given


class SpacingTable(Checked):
    """Days between neighbouring sessions."""

    min_days: int
    target_days: int
    max_days: int

    def value(self) -> SpacingRule:
        """Make the rule."""
        return SpacingRule(self.min_days, self.target_days, self.max_days)


class LinkTable(Checked):
    """A visit that follows each dose of a phase."""

    visit: Slug
    min_hours: int
    max_hours: int

    def value(self) -> Link:
        """Make the link."""
        return Link(self.visit, self.min_hours, self.max_hours)


class ReviewTable(Entry):
    """A decision owed after a phase."""

    title: Name
    within_days: int = Field(default=7, ge=0, le=366)


class PhaseTable(Checked):
    """A run of like sessions."""

    name: Slug
    kind: Annotated[PhaseKind, Field(strict=False)]
    rhythm: Annotated[Rhythm, Field(strict=False)]
    sessions: Annotated[int | None, BeforeValidator(_read_sessions)]
    spacing: SpacingTable
    visits: list[Slug]
    title: Name | None = None
    entry: SpacingTable | None = None
    per_week: int | None = None
    weekdays: list[Weekday] = Field(default_factory=list)
    link: LinkTable | None = None
    review: ReviewTable | None = None

    def value(self) -> Phase:
        """Make the phase; one that a protocol has must have sessions."""
        if self.sessions == 0:
            raise InvalidValue("sessions", f"0 is not between 1 and {MOST_SESSIONS}")
        return Phase(
            name=self.name,
            kind=self.kind,
            rhythm=self.rhythm,
            sessions=self.sessions,
            spacing=self.spacing.value(),
            visits=tuple(self.visits),
            title=self.title or "",
            entry=self.entry.value() if self.entry else None,
            per_week=self.per_week,
            weekdays=tuple(self.weekdays),
            link=self.link.value() if self.link else None,
            review=Review(self.review.title, self.review.within_days) if self.review else None,
        )


class NeedTable(Checked):
    """What a step needs."""

    kind: Slug
    mode: Annotated[Mode, Field(strict=False)] = Mode.HOLD
    units: int = 1
    steady: bool = False

    def value(self) -> Need:
        """Make the need."""
        return Need(self.kind, self.mode, self.units, self.steady)


class StepTable(Checked):
    """A part of a visit."""

    name: Slug
    minutes: int
    needs: list[NeedTable] = Field(default_factory=list)
    lead: bool = False
    dose: bool = False
    turnover: bool = False
    after_hours: bool = False

    def value(self) -> Step:
        """Make the step."""
        return Step(
            name=self.name,
            minutes=self.minutes,
            needs=tuple(need.value() for need in self.needs),
            lead=self.lead,
            dose=self.dose,
            turnover=self.turnover,
            after_hours=self.after_hours,
        )


class VisitTable(Checked):
    """One kind of visit; its name is the key of its table."""

    title: Name
    steps: list[StepTable] = Field(max_length=50)
    place: Slug | None = None

    def value(self, name: str = "") -> VisitProfile:
        """Make the profile."""
        return VisitProfile(name, self.title, tuple(step.value() for step in self.steps), self.place)


class DrivingTable(Checked):
    """Until when a dosed patient must not drive."""

    after_sleep: bool = True
    elapsed_hours: int | None = None

    def value(self) -> DrivingRule:
        """Make the rule."""
        return DrivingRule(self.after_sleep, self.elapsed_hours)


class InstructionTable(Checked):
    """What the patient does before a visit."""

    text: Text
    minutes_before: int | None = None

    def value(self) -> Instruction:
        """Make the instruction."""
        return Instruction(self.text, self.minutes_before)


class MeasureTable(Checked):
    """How often an outcome score is asked for."""

    scale: Annotated[Scale, Field(strict=False)]
    when: Annotated[Moment | None, Field(strict=False)] = None
    every_days: int | None = None
    phase: Annotated[PhaseKind | None, Field(strict=False)] = None

    def value(self) -> Measure:
        """Make the measure."""
        return Measure(self.scale, self.when, self.every_days, self.phase)


class ProtocolTable(Checked):
    """A whole protocol; every number in it has a source."""

    name: Slug
    title: Name
    version: int
    modality: Slug
    phases: list[PhaseTable] = Field(max_length=20)
    visits: dict[Slug, VisitTable] = Field(max_length=50)
    driving: DrivingTable
    instructions: list[InstructionTable] = Field(default_factory=list)
    gates: list[Slug] = Field(default_factory=list)
    clinician: Slug | None = None
    measures: list[MeasureTable] = Field(default_factory=list, max_length=50)
    sources: dict[str, Text] = Field(default_factory=dict)

    def value(self) -> Protocol:
        """Make the protocol; raises InvalidDocument for a number without a source and a source without a place."""
        protocol = Protocol(
            name=self.name,
            title=self.title,
            version=self.version,
            modality=self.modality,
            phases=tuple(phase.value() for phase in self.phases),
            visits={name: visit.value(name) for name, visit in self.visits.items()},
            driving=self.driving.value(),
            instructions=tuple(instruction.value() for instruction in self.instructions),
            gates=tuple(self.gates),
            clinician=self.clinician,
            sources=dict(self.sources),
            measures=tuple(measure.value() for measure in self.measures),
        )
        check_sources(protocol)
        return protocol
