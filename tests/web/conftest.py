"""The desk behind its pages, on SQLite; what a database decides is tested on both in tests/integration."""

import pytest

from desks import open_desk
from planner.bootstrap import Parts
from planner.domain.channels import Channel
from webdesk import web_desk


@pytest.fixture
def desk(sqlite_store):
    """A clinic's desk."""
    return open_desk(sqlite_store)


@pytest.fixture
def web(desk):
    """The same desk behind its pages."""
    return web_desk(desk)


@pytest.fixture
def texting(web, desk):
    """The same where text messages can be sent; no page sends one."""
    web.app.extensions["planner"] = Parts(desk.store, desk.clock, transports={Channel.SMS: None})
    return web
