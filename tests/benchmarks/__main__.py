"""python -m tests.benchmarks [--quick]."""

from tests.benchmarks.run import main

main()
