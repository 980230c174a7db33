"""`planner plan FILE`: what would be the best course, by one file that says all there is to know."""

import json
import sys
from pathlib import Path
from time import perf_counter

import click

from planner.cli.files import text_of
from planner.documents.answers import plan_document
from planner.documents.explanations import (
    alternative_documents,
    blocked_document,
    diff_document,
    print_alternatives,
    print_blocked,
    print_diff,
    print_violations,
    violation_documents,
)
from planner.documents.tables import console as new_console
from planner.documents.tables import print_plan
from planner.documents.whatif import read_whatif
from planner.documents.wording import reasons_in_words
from planner.domain.explaining import alternatives, reasons
from planner.domain.occupancy import Occupancy
from planner.domain.plan import Plan, PlanRequest
from planner.domain.planning import plan
from planner.domain.relaxing import explain_blocked
from planner.domain.replanning import compare
from planner.domain.rules import check_request

INCOMPLETE = 3
"""The exit code of a plan that lacks sessions, or of a request that cannot be as asked."""


@click.command("plan")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--alternatives", "others", is_flag=True, help="Look for other plans to choose from as well.")
def plan_file(file: Path, as_json: bool, others: bool) -> None:  # noqa: FBT001 -- click passes flags so
    """Answer a what-if from one TOML or JSON file: the best course, why it is so, and what it costs.

    Nothing is stored. Exit code 0: a whole course; 3: some sessions have no date; 1: the file cannot be used.
    """
    whatif = read_whatif(text_of(file), file.suffix)
    request, occupancy = whatif.request, Occupancy(whatif.request.clinic, whatif.busy)
    began = perf_counter()
    found = plan(request, occupancy)
    took = perf_counter() - began
    show = _print_json if as_json else _print_table
    show(request, occupancy, found, took, others)
    sys.exit(0 if found.complete and not check_request(request) else INCOMPLETE)


def _print_json(request: PlanRequest, occupancy: Occupancy, found: Plan, took: float, others: bool) -> None:  # noqa: FBT001
    told = reasons_in_words(reasons(request, occupancy, found))
    blocked = None if found.complete else explain_blocked(request, occupancy, found)
    answer = {
        **plan_document(found, request, told),
        "planning_ms": round(took * 1000, 3),
        "violations": violation_documents(check_request(request)),
        "diff": diff_document(compare(request, found), request) if request.standing else None,
        "blocked": blocked_document(blocked, request) if blocked else None,
        "alternatives": alternative_documents(alternatives(request, occupancy, found)) if others else None,
    }
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def _print_table(request: PlanRequest, occupancy: Occupancy, found: Plan, took: float, others: bool) -> None:  # noqa: FBT001
    console = new_console()
    print_violations(console, check_request(request))
    print_plan(console, found, request, reasons_in_words(reasons(request, occupancy, found)))
    console.print(f"Planned in {took * 1000:.1f} ms.", highlight=False)
    if request.standing:
        print_diff(console, compare(request, found), request)
    if not found.complete:
        print_blocked(console, explain_blocked(request, occupancy, found), request)
    if others:
        print_alternatives(console, alternatives(request, occupancy, found))
