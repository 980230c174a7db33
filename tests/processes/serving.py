"""A server of two processes, as `planner serve` starts it, on a clock that a test sets: a file that holds an instant.

The database and the address come from the environment, as they do for `planner serve`.
"""

import os
from datetime import datetime
from pathlib import Path

from planner.app import create_app
from planner.bootstrap import assemble
from planner.cli.serve import Server
from planner.config import Settings


class ClockedServer(Server):
    """The server, with another clock."""

    def __init__(self, settings, options, clock):
        self.clock = clock
        super().__init__(settings, options)

    def load(self):
        return create_app(self.settings, assemble(self.settings, self.clock))


def main(port: int, clock: Path) -> None:
    """Serve on a port, until told to end."""
    options = {"bind": f"127.0.0.1:{port}", "workers": 2, "threads": 2, "worker_class": "gthread", "accesslog": None,
               "control_socket_disable": True}  # fmt: skip
    ClockedServer(Settings.from_env(os.environ), options, lambda: datetime.fromisoformat(clock.read_text())).run()

