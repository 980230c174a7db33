"""A browser that leaves a page drops what it was still fetching: the tests' own server leaves no file open then."""

import socket
import struct
from urllib.parse import urlsplit

from browsing import at_a_port
from planner.bootstrap import Parts

REQUEST = b"GET /static/icon.svg HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
RESET = struct.pack("ii", 1, 0)
"""Linger for no second: the connection is reset, not closed."""


def test_no_file_stays_open_when_the_browser_hangs_up(desk):
    """An unclosed file warns, and a warning fails the test; not every reset comes at the worst moment, so many do."""
    with at_a_port(Parts(desk.store, desk.clock)) as (_, base):
        for _ in range(100):
            with socket.create_connection(("127.0.0.1", urlsplit(base).port)) as browser:
                browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                browser.sendall(REQUEST)
                browser.recv(1)
