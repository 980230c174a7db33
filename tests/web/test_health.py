"""What machines ask: whether a process lives, whether it can serve, and its numbers; by whatever name they know it."""

import pytest

NUMBER = "http://10.0.0.7:8000"


@pytest.mark.parametrize(("path", "status"), [("/health", 200), ("/ready", 503), ("/metrics", 404)])
def test_a_probe_may_ask_by_number(web, path, status):
    assert web.app.test_client().get(path, base_url=NUMBER).status_code == status


def test_pages_are_shown_by_the_public_name_only(web):
    assert web.app.test_client().get("/sign-in", base_url=NUMBER).status_code == 400
