"""planner: plans and books whole courses of ketamine and esketamine treatment."""

__version__ = "0.1.0"
