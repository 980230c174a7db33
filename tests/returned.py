"""Mails that came back, as a mail server says so: a delivery status notification (RFC 3464)."""

_REPORT = b"""\
From: MAILER-DAEMON@mx.example
To: hello@harbor.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

I am sorry to have to inform you.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
X-Queue-ID: 4F3

Final-Recipient: rfc822; ada@mail.example
Action: %(action)s
Status: %(status)s
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: %(kind)s

From: Harbor Rooms <hello@harbor.example>
Message-ID: <%(id)s>
Subject: Your appointments

--b--
"""


def report(message: str, action: bytes = b"failed", status: bytes = b"5.1.1", kind: bytes = b"message/rfc822") -> bytes:
    """Write what comes back of a mail of a Message-ID."""
    return _REPORT % {b"action": action, b"status": status, b"kind": kind, b"id": message.encode()}
