"""`planner serve`: the pages, by a production server with several threads."""

import os
from collections.abc import Iterable, Mapping
from typing import Any

import click
from gunicorn.app.base import BaseApplication
from gunicorn.http.errors import ParseException

from planner.app import check_port, create_app
from planner.cli.logs import log_as_json
from planner.config import Settings


class Body:
    """What is sent with a request. One in broken pieces ends as if its sender had gone away: that is no failure of ours."""

    def __init__(self, sent: Any) -> None:
        self._sent = sent

    def read(self, size: int = -1) -> bytes:
        """Read some of it; raises OSError where it cannot be read."""
        try:
            part: bytes = self._sent.read(size)
        except ParseException as error:
            raise OSError("a body that is no body") from error
        return part


class Readable:
    """The application behind the server, with bodies that it can read."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        environ["wsgi.input"] = Body(environ["wsgi.input"])
        answer: Iterable[bytes] = self._app(environ, start_response)
        return answer


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
        return Readable(create_app(self.settings))


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
        "control_socket_disable": True, "forwarder_headers": "",  # no header says which address was asked for
    }  # fmt: skip
    Server(settings, options).run()
