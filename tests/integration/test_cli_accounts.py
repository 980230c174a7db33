"""The first clinic and the first administrator, by command: a link that opens the pages, and refusals in one line."""

import os
import sys
from urllib.parse import urlsplit

import pytest

from planner.app import create_app
from planner.bootstrap import assemble, init_database
from planner.cli import main
from planner.config import Settings
from planner.documents.protocols import shipped
from webdesk import Browser

SECRET = "a-secret-of-the-tests-0123456789abcdef"
BASE = "http://127.0.0.1:8000"
PASSWORD = "a long enough password"
ADMIN = ("user", "add", "--email", "Ro@clinic.example", "--name", "R. Whitlock", "--role", "admin")
OPEN = ("clinic", "open", "--name", "Harbor Street", "--zone", "America/New_York")


@pytest.fixture
def database(tmp_path):
    url = f"sqlite:///{tmp_path}/planner.db"
    init_database(Settings(database_url=url))
    return url


@pytest.fixture
def planner(capsys, monkeypatch, database):
    """Run the command in this process; gives its exit code and what it printed."""
    for name in os.environ:
        if name.startswith("PLANNER_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PLANNER_DATABASE_URL", database)
    monkeypatch.setenv("PLANNER_SECRET_KEY", SECRET)
    monkeypatch.setenv("PLANNER_BASE_URL", BASE)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["planner", *words])
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
    """The one line of a refusal."""
    code, out, err = answer
    assert (code, out, err.count("\n")) == (1, "", 1)
    return err.removeprefix("planner: ").strip()


def test_the_first_administrator_gets_in_by_the_printed_link(planner, database):
    assert planner(*OPEN)[0] == 0
    code, out, _ = planner(*ADMIN)
    assert code == 0
    parts = assemble(Settings(database_url=database))
    try:
        browser = Browser(create_app(Settings(database_url=database, secret_key=SECRET), parts).test_client())
        link = urlsplit(out.splitlines()[-1])
        assert f"{link.scheme}://{link.netloc}" == BASE
        assert browser.post(link.path, {"password": PASSWORD, "again": PASSWORD}).status_code == 303
        assert browser.sign_in("ro@clinic.example", PASSWORD).status_code == 302
        page = browser.get("/settings").text
        assert "Still to be set" in page
        assert f"{len(shipped())} published" in page
    finally:
        parts.store.close()


def test_accounts_are_listed_with_their_state(planner):
    planner(*OPEN)
    planner(*ADMIN)
    (line,) = planner("user", "list")[1].splitlines()
    assert line.split() == ["admin", "no", "password", "yet", "ro@clinic.example", "R.", "Whitlock"]


def test_a_clinic_is_found_by_its_name_or_its_id(planner):
    planner(*OPEN)
    planner(*OPEN[:3], "Pier Nine", *OPEN[4:])
    clinic_id = next(line.split()[0] for line in planner("clinic", "list")[1].splitlines() if "Pier" in line)
    assert "name one clinic with --clinic" in refused(planner(*ADMIN))
    assert planner(*ADMIN, "--clinic", clinic_id)[0] == 0
    assert planner("user", "list", "--clinic", "Harbor Street")[1] == ""
    assert planner("user", "list", "--clinic", "Pier Nine")[1] != ""


def test_hours_and_holidays_are_taken_as_given(planner, database):
    words = ("--days", "Mon,Wed-Thu", "--hours", "08:00-12:00,13:00-18:00", "--country", "us", "--subdivision", "NY")
    code, out, err = planner(*OPEN, *words)
    assert (code, err) == (0, "")
    assert "planner user add" in out
    parts = assemble(Settings(database_url=database))
    try:
        (one,) = parts.store.clinics()
        with parts.store.read(one.id) as uow:
            site = uow.clinics.get(parts.clock())
            assert [shift.weekday for shift in site.hours.shifts] == [0, 0, 2, 2, 3, 3]
            assert uow.clinics.calendar().subdivision == "NY"
    finally:
        parts.store.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--zone", "Mars/Olympus"), "--zone: 'Mars/Olympus' is no time zone"),
        (("--days", "Mon-Caturday"), "--days: must be like Mon-Fri"),
        (("--days", "Fri-Mon"), "--days: must be like Mon-Fri"),
        (("--hours", "17:00-09:00"), "--hours: must be like"),
        (("--hours", ""), "--hours: must be like"),
        (("--name", " "), "--name: must be 1 to 200 characters"),
        (("--country", "XX"), "country: 'XX' is no code of a country"),
        (("--country", "US", "--subdivision", "XX"), "subdivision: 'XX' is none of US's"),
        (("--subdivision", "NY"), "--subdivision: needs a --country"),
    ],
)
def test_a_clinic_that_cannot_be_is_refused_in_one_line_and_not_opened(planner, words, said):
    assert said in refused(planner(*OPEN, *words))
    assert planner("clinic", "list")[1] == ""


def test_a_second_clinic_of_one_name_is_refused(planner):
    planner(*OPEN)
    assert "there is a clinic named Harbor Street already" in refused(planner(*OPEN))


def test_without_a_clinic_nobody_can_be_added(planner):
    assert "there is: none; see: planner clinic open" in refused(planner(*ADMIN))


def test_without_a_secret_key_there_is_no_link_and_no_account(planner, monkeypatch):
    planner(*OPEN)
    monkeypatch.delenv("PLANNER_SECRET_KEY")
    assert refused(planner(*ADMIN)).startswith("PLANNER_SECRET_KEY: is missing")
    assert planner("user", "list")[1] == ""


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("--email", "nobody", "email: must be a mail address"), ("--name", "\u202ex", "name: must not contain control")],
)
def test_an_account_that_cannot_be_is_refused_in_one_line(planner, option, value, said):
    planner(*OPEN)
    assert said in refused(planner(*ADMIN, option, value))


def test_an_address_in_use_is_refused_in_one_line(planner):
    planner(*OPEN)
    planner(*ADMIN)
    refused(planner(*ADMIN))
    assert len(planner("user", "list")[1].splitlines()) == 1
