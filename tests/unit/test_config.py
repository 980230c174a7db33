"""Settings: everything that is wrong at once, and no secret shown."""

import pytest

from planner.config import InvalidSettings, Settings


def test_an_empty_environment_gives_the_defaults():
    assert Settings.from_env({"HOME": "/root", "PATH": "/bin"}) == Settings("sqlite:///planner.db", "WARNING", 5.0, 10)


def test_every_setting_is_read():
    given = Settings.from_env(
        {
            "PLANNER_DATABASE_URL": "postgresql://planner:hush@db/planner",
            "PLANNER_LOG_LEVEL": "debug",
            "PLANNER_BUSY_TIMEOUT_SECONDS": "2.5",
            "PLANNER_POOL_SIZE": " 3 ",
        }
    )
    assert given == Settings("postgresql://planner:hush@db/planner", "DEBUG", 2.5, 3)


def test_every_problem_is_reported_at_once():
    with pytest.raises(InvalidSettings) as refused:
        Settings.from_env(
            {
                "PLANNER_DATABSE_URL": "sqlite:///a.db",
                "PLANNER_DATABASE_URL": "mysql://planner:hush@db/planner",
                "PLANNER_LOG_LEVEL": "loud",
                "PLANNER_BUSY_TIMEOUT_SECONDS": "nan",
                "PLANNER_POOL_SIZE": "2.5",
            }
        )
    assert [problem.split(":")[0] for problem in refused.value.problems] == [
        "PLANNER_DATABSE_URL", "PLANNER_DATABASE_URL", "PLANNER_LOG_LEVEL",
        "PLANNER_BUSY_TIMEOUT_SECONDS", "PLANNER_POOL_SIZE",
    ]
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("url", ["", "planner.db", "sqlite://", "sqlite:///", "sqlite:///:memory:", "postgresql//x", "http://[::1"])
def test_a_url_that_cannot_be_used_is_refused(url):
    with pytest.raises(InvalidSettings):
        Settings.from_env({"PLANNER_DATABASE_URL": url})


def test_a_password_is_not_shown():
    assert "hush" not in repr(Settings(database_url="postgresql://planner:hush@db/planner"))


@pytest.mark.parametrize(
    "url", ["smtp://127.0.0.1:2525", "smtps://u:p%40ss@mail.example", "smtp://u:p@mail.example:587?starttls=1", "smtp://m.example/"]
)  # fmt: skip
def test_a_mail_server_is_read(url):
    assert Settings.from_env({"PLANNER_SMTP_URL": url}).smtp_url == url


@pytest.mark.parametrize(
    "url",
    [
        "", "mail.example", "http://u:hush@mail.example", "smtp://", "smtp://:hush@", "smtp://u:hush@mail.example:99999",
        "smtp://u:hush@mail.example:port", "smtp://u:hush@mail.example/x", "smtp://u:hush@mail.example?tls=1", "smtp://[hush",
    ],
)  # fmt: skip
def test_a_mail_server_that_cannot_be_one_is_refused_without_its_password(url):
    with pytest.raises(InvalidSettings) as refused:
        Settings.from_env({"PLANNER_SMTP_URL": url})
    assert refused.value.problems[0].startswith("PLANNER_SMTP_URL: must be like smtp://user:password@")
    assert "hush" not in str(refused.value)


def test_a_mail_password_is_not_shown():
    assert "hush" not in repr(Settings(smtp_url="smtp://u:hush@mail.example"))


@pytest.mark.parametrize(("text", "seconds"), [("1.5", 1.5), ("120", 120.0)])
def test_a_lease_is_read_in_seconds(text, seconds):
    assert Settings.from_env({"PLANNER_LEASE_SECONDS": text}).lease_seconds == seconds


@pytest.mark.parametrize("text", ["0", "-1", "3601", "nan", "soon"])
def test_a_lease_that_is_no_number_of_seconds_is_refused(text):
    with pytest.raises(InvalidSettings):
        Settings.from_env({"PLANNER_LEASE_SECONDS": text})


def test_a_base_address_that_tells_what_the_clinic_treats_is_refused():
    with pytest.raises(InvalidSettings, match="must not tell what the clinic treats"):
        Settings.from_env({"PLANNER_BASE_URL": "https://ketamine-clinic.example"})


@pytest.mark.parametrize("url", ["https://planner.example:99999", "https://planner.example:x", "https://planner.example:0"])
def test_an_address_with_a_port_that_cannot_be_is_refused(url):
    with pytest.raises(InvalidSettings, match="PLANNER_BASE_URL"):
        Settings.from_env({"PLANNER_BASE_URL": url})


def test_a_public_key_of_telnyx_is_taken():
    key = "MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE="
    assert Settings.from_env({"PLANNER_WEBHOOK_KIND": "telnyx", "PLANNER_WEBHOOK_SECRET": key}).webhook_secret == key


@pytest.mark.parametrize("secret", ["0123456789abcdef0123456789abcdef", "aaaaaaaabbbbbbbb"])
def test_a_secret_that_a_service_made_is_taken_as_it_is(secret):
    given = Settings.from_env({"PLANNER_WEBHOOK_KIND": "Twilio", "PLANNER_WEBHOOK_SECRET": secret})
    assert (given.webhook_kind, given.webhook_secret) == ("twilio", secret)


@pytest.mark.parametrize(
    "given",
    [{"PLANNER_WEBHOOK_SECRET": "aaaaaaaabbbbbbbb"}, {"PLANNER_WEBHOOK_KIND": "plivo"},
     {"PLANNER_WEBHOOK_KIND": "vonage", "PLANNER_WEBHOOK_SECRET": "short"},
     {"PLANNER_WEBHOOK_KIND": "telnyx", "PLANNER_WEBHOOK_SECRET": "KEY0123456789abcdef-no-public-key"}],
)  # fmt: skip
def test_a_weak_secret_of_our_own_or_a_gateway_that_we_do_not_know_is_refused(given):
    with pytest.raises(InvalidSettings):
        Settings.from_env(given)


@pytest.mark.parametrize(
    ("given", "names"),
    [({"PLANNER_WEBHOOK_KIND": "twilio"}, ["PLANNER_WEBHOOK_SECRET"]),
     ({"PLANNER_WEBHOOK_KIND": "twilio", "PLANNER_WEBHOOK_SECRET": "short"}, ["PLANNER_WEBHOOK_SECRET"]),
     ({"PLANNER_WEBHOOK_KIND": "plivo", "PLANNER_WEBHOOK_SECRET": "aaaaaaaabbbbbbbb"}, ["PLANNER_WEBHOOK_KIND"])],
)  # fmt: skip
def test_a_gateway_without_a_secret_is_a_problem_and_each_problem_is_said_once(given, names):
    with pytest.raises(InvalidSettings) as refused:
        Settings.from_env(given)
    assert [one.partition(":")[0] for one in refused.value.problems] == names


def test_our_own_kind_may_be_named_without_a_secret():
    assert Settings.from_env({"PLANNER_WEBHOOK_KIND": "planner"}).webhook_secret is None
