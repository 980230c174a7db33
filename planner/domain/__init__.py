"""Plain values and pure functions: what a clinic means by a protocol, a course and a plan. Standard library only."""
