"""The settings of text messages and limits, and what a process makes of them."""

import sys

import pytest

from planner.bootstrap import assemble
from planner.config import InvalidSettings, Settings
from planner.domain.channels import Channel

TWILIO = "twilio://SID:TOKEN@+12125550111/{to}?cto=3&rto=5"


@pytest.mark.parametrize("url", [TWILIO, "json://127.0.0.1:8025/?:to={to}"])
def test_a_services_address_holds_the_place_of_the_number_and_is_not_shown(url):
    settings = Settings.from_env({"PLANNER_SMS_URL": url})
    assert settings.sms_url == url
    assert url not in repr(settings)


@pytest.mark.parametrize("url", ["twilio://a:hush@b/", "{to}", "://hush{to}", "x://hush/{to}/{to}", "x://a hush/{to}"])
def test_an_address_that_would_text_nobody_or_the_sender_is_refused_and_not_repeated(url):
    with pytest.raises(InvalidSettings) as refused:
        Settings.from_env({"PLANNER_SMS_URL": url})
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("text", ["-1", "many", "1.5", "100001"])
@pytest.mark.parametrize("name", ["PLANNER_MAIL_PER_MINUTE", "PLANNER_SMS_PER_MINUTE"])
def test_a_limit_is_a_whole_number(name, text):
    with pytest.raises(InvalidSettings):
        Settings.from_env({name: text})


def test_a_process_sends_by_what_is_configured_within_its_limits(sqlite_url):
    settings = Settings(database_url=sqlite_url, smtp_url="smtp://127.0.0.1:25", sms_url=TWILIO, sms_per_minute=30)
    parts = assemble(settings)
    parts.store.close()
    assert set(parts.post.transports) == {Channel.MAIL, Channel.SMS}
    assert parts.post.per_minute == {Channel.MAIL: 0, Channel.SMS: 30}


def test_without_the_library_of_texts_a_process_refuses_to_start_and_says_what_to_install(sqlite_url, monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(InvalidSettings, match=r"'\.\[sms\]'"):
        assemble(Settings(database_url=sqlite_url, sms_url=TWILIO))
