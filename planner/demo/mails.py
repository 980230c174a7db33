"""The demo's mails as a page: what the local mail server received, nothing else."""

from collections.abc import Callable, Sequence

from flask import Blueprint, render_template

from planner.demo.mailsink import ReceivedMail

ENDPOINT = "mails.received"


def mails_page(received: Callable[[], Sequence[ReceivedMail]]) -> Blueprint:
    """Make the page that shows what was received, the newest first."""
    page = Blueprint("mails", __name__)

    @page.get("/demo/mails", endpoint="received")
    def _received() -> str:
        return render_template("demo/mails.html", mails=list(reversed(received())))

    return page
