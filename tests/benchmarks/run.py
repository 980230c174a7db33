"""Run the benchmarks and print their tables: python tests/benchmarks/run.py [--quick]."""

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from time import perf_counter

SECTIONS = ("planning", "replanning", "booking", "availability", "preview", "feeds", "pages", "outbox")
"""Modules of this package with a section(*, quick: bool) -> Table, in the order in which they run."""

TESTS = Path(__file__).resolve().parents[1]


def main() -> None:
    """Run all sections, or those named."""
    sys.path[:0] = [str(TESTS.parent), str(TESTS)]
    parser = argparse.ArgumentParser(description="Measure planner beside its peers on a workload made up from a seed.")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller instances: under two minutes")
    parser.add_argument("sections", nargs="*", choices=[[], *SECTIONS], help="which sections to run (all)")
    asked = parser.parse_args()
    for name in asked.sections or SECTIONS:
        section: Callable[..., object] = import_module(f"benchmarks.{name}").section
        began = perf_counter()
        print(section(quick=asked.quick))
        print(f"({name}: {perf_counter() - began:.0f} s)\n", flush=True)


if __name__ == "__main__":
    main()
