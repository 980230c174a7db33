"""Real servers in processes of their own: `planner serve`, `planner demo` and any WSGI server with wsgi.py."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

import pytest
from gunicorn.config import Config

from commands import command, refused
from planner.cli.logs import QuietLogger
from servers import COMMAND, clean_env, fetch, free_port, running, wait_for

KEY = "a-key-for-the-tests-0123456789abcdef"


@pytest.fixture
def planner(capsys, monkeypatch):
    """Run the command in this process; gives its exit code and what it printed."""
    return command(capsys, monkeypatch)


@dataclass
class Server:
    """A server of two processes, its address and its log."""

    process: subprocess.Popen
    base: str
    log: Path

    def lines(self):
        """What it has written down, line by line."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture(scope="module")
def served(migrated_sqlite, tmp_path_factory):
    """One server, which the tests share in their order: the last ones end it and read all it has written down."""
    folder, port = tmp_path_factory.mktemp("served"), free_port()
    shutil.copy(migrated_sqlite, folder / "planner.db")
    base, log = f"http://127.0.0.1:{port}", folder / "log"
    env = {"PLANNER_DATABASE_URL": f"sqlite:///{folder / 'planner.db'}", "PLANNER_SECRET_KEY": KEY, "PLANNER_BASE_URL": base}
    words = [*COMMAND, "serve", "--port", str(port), "--processes", "2"]
    with running(words, log, **env, PLANNER_LOG_LEVEL="INFO") as process:
        wait_for(f"{base}/health", process)
        yield Server(process, base, log)


def test_a_server_lives_and_says_that_no_worker_does(served):
    assert fetch(f"{served.base}/health")[0] == 200
    status, _, words = fetch(f"{served.base}/ready")
    assert (status, words.strip()) == (503, "no worker is alive: messages wait")


def answer_to(base, *lines, body=b""):
    """Send a request as it stands; gives the first line of the answer."""
    with socket.create_connection(("127.0.0.1", urlsplit(base).port), timeout=10) as sender:
        host = f"Host: {urlsplit(base).netloc}", "Connection: close"
        sender.sendall("\r\n".join([lines[0], *host, *lines[1:], "", ""]).encode() + body)
        return sender.makefile("rb").readline().decode().strip()


@pytest.mark.parametrize("body", [b"ZZ\r\na=b\r\n0\r\n\r\n", b"2\r\na=b\r\n0\r\n\r\n", b"3\r\na=b\r\n0\r\nNo\r\n\r\n"])
def test_a_body_in_broken_pieces_is_refused(served, body):
    kind = "Content-Type: application/x-www-form-urlencoded", "Transfer-Encoding: chunked"
    assert answer_to(served.base, "POST /sign-in HTTP/1.1", *kind, body=body) == "HTTP/1.1 400 BAD REQUEST"


def test_no_header_says_which_address_was_asked_for(served):
    assert answer_to(served.base, "GET /health HTTP/1.1", "SCRIPT_NAME: /health") == "HTTP/1.1 200 OK"


def test_it_ends_when_it_is_told_to(served):
    fetch(f"{served.base}/calendar/a-secret-token.ics")
    fetch(f"{served.base}/welcome/another-secret?name=Ada")
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(timeout=30) == 0


def test_its_log_is_json_without_a_token_and_tells_of_no_failure(served):
    rules = [line.get("rule") for line in served.lines()]
    assert {"/calendar/<token>.ics", "/welcome/<token>"} <= set(rules)
    assert rules.count("/sign-in") == 3
    for secret in ("secret", "Ada", KEY, "a page failed"):
        assert secret not in served.log.read_text()


def test_what_fails_in_the_server_itself_is_written_down_without_its_address(caplog):
    QuietLogger(Config()).exception("Error handling request %s %s", "GET", "/my/a-secret")
    assert "Error handling request" in caplog.text
    assert "a-secret" not in caplog.text


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({}, "PLANNER_SECRET_KEY"),
        ({"PLANNER_SECRET_KEY": "short"}, "PLANNER_SECRET_KEY"),
        ({"PLANNER_SECRET_KEY": "x" * 64}, "PLANNER_SECRET_KEY"),
        ({"PLANNER_SECRET_KEY": KEY, "PLANNER_BASE_URL": "ftp://x"}, "PLANNER_BASE_URL"),
    ],
)
def test_it_refuses_to_start_with_a_setting_that_cannot_be(planner, sqlite_url, env, words):
    lines = refused(planner("serve", PLANNER_DATABASE_URL=sqlite_url, **env))
    assert [line for line in lines if words in line] == lines


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_in_use_is_one_clear_line(planner, sqlite_url, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        (line,) = refused(planner(command, "--port", port, PLANNER_DATABASE_URL=sqlite_url, PLANNER_SECRET_KEY=KEY))
    assert port in line
    assert list(tmp_path.glob("planner-demo*")) == []


def test_any_server_finds_the_application(sqlite_url):
    script = "import wsgi; print(wsgi.app.test_client().get('/health', base_url='http://127.0.0.1:8000').status)"
    env = clean_env(PLANNER_DATABASE_URL=sqlite_url, PLANNER_SECRET_KEY=KEY)
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], env=env, cwd=root, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "200 OK", done.stderr


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A demo that serves, what it printed, and its folder."""
    folder, port = tmp_path_factory.mktemp("demo"), free_port()
    log = folder / "log"
    with running([*COMMAND, "demo", "--json", "--folder", str(folder), "--port", str(port)], log) as process:
        wait_for(f"http://127.0.0.1:{port}/ready", process)
        deadline = monotonic() + 30
        while '"entries"' not in log.read_text() and monotonic() < deadline:
            sleep(0.05)
        yield process, json.loads(log.read_text())["addresses"]


def test_the_demo_prints_addresses_that_answer(demo):
    _, addresses = demo
    assert len(addresses["courses"]) == len(addresses["feeds"]) == 2
    for feed in addresses["feeds"]:
        status, headers, body = fetch(feed)
        assert (status, headers.get_content_type()) == (200, "text/calendar")
        assert "SUMMARY:Appointment" in body
    assert fetch(addresses["board"])[2].count("Sign in") > 0


def test_the_demo_has_a_sign_in_for_each_role(demo):
    _, addresses = demo
    assert [entry["role"] for entry in addresses["entries"]] == ["scheduler", "clinician", "admin"]
    assert len({entry["password"] for entry in addresses["entries"]}) == 3


def test_the_demos_worker_sends_and_its_mails_can_be_read_and_their_links_followed(demo):
    _, addresses = demo
    deadline = monotonic() + 45
    while monotonic() < deadline:
        page = fetch(addresses["mails"])[2]
        if len(re.findall(r"<article", page)) >= 2:
            break
        sleep(0.2)
    assert "Your appointments at Harbor Street" in page
    link = re.search(r'<a href="(http://127[^"]+/come)"', page)
    assert "I will come" in fetch(link[1])[2]


def test_the_demo_ends_all_of_it(demo):
    process, addresses = demo
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=40) == 0
    with pytest.raises(OSError, match="refused"):
        fetch(addresses["board"])
