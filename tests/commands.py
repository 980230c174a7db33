"""The `planner` command in a test's own process: its exit code, and what it prints."""

import os
import sys

from planner.cli import main


def command(capsys, monkeypatch):
    """Give a function that runs the command with the words and variables given, and no others of ours."""
    for name in os.environ:
        if name.startswith("PLANNER_"):
            monkeypatch.delenv(name)

    def run(*words, **env):
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["planner", *map(str, words)])
        try:
            main()
            code = 0
        except SystemExit as left:
            if isinstance(left.code, str):
                print(left.code, file=sys.stderr)
            code = left.code if isinstance(left.code, int) else 1
        return code, *capsys.readouterr()

    return run


def refused(answer):
    """The lines of a refusal; it has nothing to say elsewhere."""
    code, out, err = answer
    assert (code, out) == (1, "")
    lines = err.splitlines()
    assert all(line.startswith("planner: ") for line in lines)
    return [line.removeprefix("planner: ") for line in lines]
