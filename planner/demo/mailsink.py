"""The demo's mail server: takes every mail on this machine, sends none, and keeps the last ones in memory."""

from asyncio import Server
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from planner.clock import Clock, system_clock

KEPT = 200


@dataclass(frozen=True)
class ReceivedMail:
    """A mail as it was received (UTC)."""

    received_at: datetime
    to: str
    subject: str
    text: str


class MailSink:
    """A local SMTP server on 127.0.0.1, while its block runs; port 0 takes a free one."""

    def __init__(self, port: int = 0, clock: Clock = system_clock, kept: int = KEPT) -> None:
        self._mails: deque[ReceivedMail] = deque(maxlen=kept)
        self._clock = clock
        self._server = _Server(self, hostname="127.0.0.1", port=port)

    @property
    def url(self) -> str:
        """Where it listens, as PLANNER_SMTP_URL takes it."""
        return f"smtp://127.0.0.1:{self._server.port}"

    def received(self) -> tuple[ReceivedMail, ...]:
        """List the mails, the oldest first."""
        return tuple(self._mails)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.stop()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        """Keep a mail."""
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        mail = message_from_bytes(content, policy=default)
        body = mail.get_body(("plain",))
        text = str(body.get_content()).replace("\r\n", "\n") if body else ""
        self._mails.append(ReceivedMail(self._clock(), ", ".join(envelope.rcpt_tos), str(mail["Subject"] or ""), text))
        return "250 OK"


class _Server(Controller):
    """The library's server in a thread, which does not look up what port 0 has become."""

    def _trigger_server(self) -> None:
        if isinstance(self.server, Server):
            self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]
