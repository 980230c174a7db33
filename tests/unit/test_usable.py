"""Which channels can be used: an address, a server, and the patient's last word."""

import pytest

from planner.domain.channels import Channel
from planner.domain.usable import text_number, usable_channels

BOTH = {Channel.MAIL, Channel.SMS}
BY_HAND = {Channel.PHONE, Channel.PRINT}


@pytest.mark.parametrize("phone", ["+1 (212) 555-0100", "+1.212.555.0100", "+12125550100"])
def test_a_number_with_its_countrys_code_can_be_texted_however_it_is_written(phone):
    assert text_number(phone) == "+12125550100"


@pytest.mark.parametrize("phone", [None, "", "212 555 0100", "+0212555010", "+1 212", "+12125550100\n", "+1212555x1"])
def test_a_national_or_unreadable_number_cannot_be_texted(phone):
    assert text_number(phone) is None


def test_mail_needs_no_consent_but_an_sms_does():
    assert usable_channels("a@b.example", "+12125550100", {}, BOTH) == BY_HAND | {Channel.MAIL}
    assert usable_channels("a@b.example", "+12125550100", {Channel.SMS: True}, BOTH) == BY_HAND | BOTH


def test_what_was_withdrawn_is_not_used():
    withdrawn = {Channel.MAIL: False, Channel.SMS: False}
    assert usable_channels("a@b.example", "+12125550100", withdrawn, BOTH) == BY_HAND


def test_what_the_installation_has_no_server_for_is_not_used():
    assert usable_channels("a@b.example", "+12125550100", {Channel.SMS: True}, {Channel.SMS}) == BY_HAND | {Channel.SMS}
