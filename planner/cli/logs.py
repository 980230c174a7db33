"""Logs for a server: one JSON object a line, without names, tokens, addresses or bodies."""

import logging
import sys
import traceback
from types import TracebackType
from typing import Any

from gunicorn.glogging import Logger
from pythonjsonlogger.json import JsonFormatter


class PlainTraces(JsonFormatter):
    """JSON lines whose traces say where something failed, but not with what: a message may hold a name."""

    def formatException(  # noqa: N802 - the standard library's name
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """Give the kind of the error and the places, innermost last."""
        kind, _, trace = ei
        places = "".join(traceback.format_tb(trace)) if trace else ""
        return f"{places}{kind.__name__ if kind else ''}"


def log_as_json(level: str) -> None:
    """Send all logs to standard error as JSON; requests are logged from INFO on."""
    out = logging.StreamHandler(sys.stderr)
    out.setFormatter(PlainTraces("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.handlers = [out]
    root.setLevel(level)
    logging.getLogger("planner").setLevel(level)
    logging.getLogger("alembic").setLevel(logging.WARNING)


class QuietLogger(Logger):  # type: ignore[misc] # untyped
    """Gunicorn's own log, handed to ours."""

    def setup(self, cfg: Any) -> None:
        """Let everything go to the root's handler."""
        self.cfg, self.loglevel = cfg, logging.ERROR
        self.error_log.setLevel(logging.ERROR)  # its warnings quote requests, and an address may hold a token
        self.error_log.propagate = True
        self.access_log.propagate = False
        self.access_log.disabled = True

    def exception(self, msg: str, *_: Any, **__: Any) -> None:
        """Write down that something failed in the server itself; what it adds is the request's address."""
        self.error_log.exception(msg.partition("%")[0].rstrip())
