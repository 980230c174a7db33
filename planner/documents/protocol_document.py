"""A protocol laid out as the plain tables of its file: every number is written, also where it is the usual one."""

from typing import Any

from planner.domain.clinic import WEEKDAYS
from planner.domain.protocol import DrivingRule, Instruction, Measure, Phase, Protocol, SpacingRule
from planner.domain.visit import Mode, Need, Step, VisitProfile

OPEN_ENDED = "open-ended"


def protocol_document(protocol: Protocol) -> dict[str, Any]:
    """Lay a protocol out as the plain tables of its file."""
    return _without_none(
        name=protocol.name,
        title=protocol.title,
        version=protocol.version,
        modality=protocol.modality,
        clinician=protocol.clinician,
        gates=list(protocol.gates),
        driving=_driving(protocol.driving),
        instructions=[_instruction(instruction) for instruction in protocol.instructions],
        phases=[_phase(phase) for phase in protocol.phases],
        visits={name: _visit(visit) for name, visit in protocol.visits.items()},
        measures=[_measure(measure) for measure in protocol.measures],
        sources=dict(protocol.sources),
    )


def _phase(phase: Phase) -> dict[str, Any]:
    link, review = phase.link, phase.review
    return _without_none(
        name=phase.name,
        title=phase.title or None,
        kind=phase.kind.value,
        rhythm=phase.rhythm.value,
        sessions=OPEN_ENDED if phase.sessions is None else phase.sessions,
        per_week=phase.per_week,
        weekdays=[WEEKDAYS[weekday] for weekday in phase.weekdays],
        visits=list(phase.visits),
        spacing=_spacing(phase.spacing),
        entry=_spacing(phase.entry) if phase.entry else None,
        link={"visit": link.visit, "min_hours": link.min_hours, "max_hours": link.max_hours} if link else None,
        review={"title": review.title, "within_days": review.within_days} if review else None,
    )


def _spacing(rule: SpacingRule) -> dict[str, int]:
    return {"min_days": rule.min_days, "target_days": rule.target_days, "max_days": rule.max_days}


def _visit(visit: VisitProfile) -> dict[str, Any]:
    return _without_none(title=visit.title, place=visit.place, steps=[_step(step) for step in visit.steps])


def _step(step: Step) -> dict[str, Any]:
    flags = {flag: True for flag in ("lead", "dose", "turnover", "after_hours") if getattr(step, flag)}
    needs = {"needs": [_need(need) for need in step.needs]} if step.needs else {}
    return {"name": step.name, "minutes": step.minutes, **flags, **needs}


def _need(need: Need) -> dict[str, Any]:
    return _without_none(
        kind=need.kind,
        mode=None if need.mode is Mode.HOLD else need.mode.value,
        units=need.units if need.mode is Mode.HOLD else None,
        steady=need.steady or None,
    )


def _driving(rule: DrivingRule) -> dict[str, Any]:
    return _without_none(after_sleep=rule.after_sleep, elapsed_hours=rule.elapsed_hours)


def _instruction(instruction: Instruction) -> dict[str, Any]:
    return _without_none(text=instruction.text, minutes_before=instruction.minutes_before)


def _measure(measure: Measure) -> dict[str, Any]:
    return _without_none(
        scale=measure.scale.value,
        phase=measure.phase.value if measure.phase else None,
        when=measure.when.value if measure.when else None,
        every_days=measure.every_days,
    )


def _without_none(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
