"""Leave to go beyond the rules with a whole series: how far, by whose right, and why."""

from dataclasses import dataclass, field, replace

from planner.domain.course import Override
from planner.domain.errors import Fact, InvalidValue
from planner.domain.plan import PlanRequest, Relaxation
from planner.domain.roles import Permission
from planner.services.context import Context


@dataclass(frozen=True)
class Leave:
    """How far a series may go beyond the rules, and the reason of whoever may decide that."""

    relaxation: Relaxation = field(default_factory=Relaxation)
    override: Override | None = None

    def check(self, ctx: Context) -> None:
        """Refuse what nobody, or not this actor, may relax; raises InvalidValue, Forbidden.

        When a patient can come is the desk's to ask. Gaps and weeks are a clinician's, with a reason. Longer hours are
        nobody's to wave through: somebody must be there.
        """
        relaxed = self.relaxation
        if relaxed.hours_minutes:
            raise InvalidValue("relax", "longer hours are entered in the settings first; then plan again")
        if relaxed.min_days or relaxed.per_week or relaxed.overrun_days:
            ctx.require(Permission.OVERRIDE)
            if self.override is None:
                raise InvalidValue("reason", "going beyond the protocol needs a reason")

    def under(self, request: PlanRequest) -> PlanRequest:
        """Give the request with what is allowed beyond the rules."""
        return replace(request, relaxation=self.relaxation)

    @property
    def facts(self) -> dict[str, Fact]:
        """What was relaxed by how much, for the audit."""
        return {name: amount for name, amount in vars(self.relaxation).items() if amount}
