"""Processes of their own for tests: the planner's commands, and what a server among them answers."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

COMMAND = [sys.executable, "-c", "from planner.cli import main; main()"]


def free_port():
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(address, **headers):
    """Ask once; gives the status, the headers and the body, whatever the status."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=10) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers, refused.read().decode()


def wait_for(address, process):
    """Ask until something answers; fails when the process has ended before."""
    deadline = monotonic() + 60
    while monotonic() < deadline and process.poll() is None:
        try:
            return fetch(address)
        except OSError:
            sleep(0.05)
    raise AssertionError(f"nothing answers: {process.communicate(timeout=5)}")


def clean_env(**more):
    """This process's environment without any setting of ours, and what is given."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PLANNER_")} | more


@contextmanager
def running(command, log: Path, **env):
    """Run a command while the block lasts, with its output in a file."""
    with log.open("w") as out:
        process = subprocess.Popen(command, env=clean_env(**env), stdout=out, stderr=out)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(timeout=30)
