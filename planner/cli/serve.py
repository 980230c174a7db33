"""`planner serve`: the pages, by a production server with several threads."""

import os
from collections.abc import Mapping
from typing import Any

import click
from gunicorn.app.base import BaseApplication

from planner.app import check_port, create_app
from planner.cli.logs import log_as_json
from planner.config import Settings


class Server(BaseApplication):  # type: ignore[misc] # untyped
    """Gunicorn around our application: its own access log stays off, ours knows no addresses and no tokens."""

    def __init__(self, settings: Settings, options: Mapping[str, Any]) -> None:
        self.settings, self.options = settings, options
        super().__init__()

    def load_config(self) -> None:
        """Hand our options over."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Make the application, in each worker process anew: connections are not shared between processes."""
        log_as_json(self.settings.log_level)
        return create_app(self.settings)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65_535), default=8000, show_default=True, help="The port to listen on.")
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="How many processes.")
@click.option("--threads", type=click.IntRange(1, 64), default=8, show_default=True, help="How many threads in each.")
def serve(host: str, port: int, processes: int, threads: int) -> None:
    """Serve the pages on the database that PLANNER_DATABASE_URL names. Messages need `planner worker` beside it."""
    settings = Settings.from_env(os.environ)
    create_app(settings).extensions["planner"].store.close()  # says at once what is wrong, before any process starts
    check_port(host, port)
    log_as_json(settings.log_level)
    options = {
        "bind": f"{host}:{port}", "workers": processes, "threads": threads, "worker_class": "gthread", "accesslog": None,
        "logger_class": "planner.cli.logs.QuietLogger", "graceful_timeout": 20, "timeout": 60,
        "control_socket_disable": True,
    }  # fmt: skip
    Server(settings, options).run()
