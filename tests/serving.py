"""A server of two processes in front of a desk's database, for tests that ask it over HTTP."""

import os
import signal
import socket
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic, sleep

from desks import Desk
from forking import forked
from processes.serving import main


class Served:
    """A server of two processes on the desk's database, and at the desk's time."""

    def __init__(self, desk: Desk, folder: Path, port: int) -> None:
        self.desk, self.base, self.clock_file = desk, f"http://127.0.0.1:{port}", folder / f"now-{port}"

    def tell_time(self) -> None:
        """Let the server know what time it is at the desk."""
        fresh = self.clock_file.with_suffix(".new")
        fresh.write_text(self.desk.clock.now.isoformat())
        fresh.replace(self.clock_file)

    def tags(self, path: str) -> set[str]:
        """Ask so often that each process has answered; gives the tags that came, or the refusals."""
        return {self._tag(path) for _ in range(8)}

    def _tag(self, path: str) -> str:
        try:
            with urllib.request.urlopen(self.base + path, timeout=10) as answer:
                return answer.headers.get("ETag", "")
        except urllib.error.HTTPError as refused:
            with refused:
                return str(refused.code)

    def get(self, path: str) -> str:
        """Ask once; gives the body."""
        with urllib.request.urlopen(self.base + path, timeout=10) as answer:
            return answer.read().decode()

    def post(self, path: str, **form: str) -> str:
        """Send a form; gives the body of the page to which that leads."""
        with urllib.request.urlopen(self.base + path, urllib.parse.urlencode(form).encode(), timeout=10) as answer:
            return answer.read().decode()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(desk: Desk, database_url: str, folder: Path) -> Iterator[Served]:
    """Give a server, until the block ends."""
    port = _free_port()
    found, log = Served(desk, folder, port), folder / f"log-{port}"
    found.tell_time()
    settings = {
        "PLANNER_DATABASE_URL": database_url, "PLANNER_SECRET_KEY": "a-key-for-the-tests-0123456789abcdef",
        "PLANNER_BASE_URL": found.base,
    }  # fmt: skip
    process = forked(main, port, found.clock_file, log=log, **settings)
    try:
        _wait_for(found, process, log)
        yield found
    finally:
        if process.is_alive():
            os.kill(process.pid, signal.SIGQUIT)  # to end at once, without waiting for whoever keeps a connection
        process.join()
        process.close()


def _wait_for(served: Served, process: BaseProcess, log: Path) -> None:
    deadline = monotonic() + 60
    while monotonic() < deadline and process.is_alive():
        try:
            served.tags("/health")
        except OSError:
            sleep(0.05)
        else:
            return
    raise AssertionError(f"nothing answers: {log.read_text()}")
