"""Mail over STARTTLS and TLS, with and without a login, against a real server whose certificate is trusted for the test."""

from contextlib import contextmanager
from dataclasses import replace
from socket import create_connection
from ssl import PROTOCOL_TLS_SERVER, SSLContext

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from planner.notify.transports import Letter, SmtpTransport, TransportError

LETTER = Letter("ada@mail.example", "Your appointments", "Hello\n", "a@notice.invalid", "Harbor Rooms", "h@b.example")
SECRET = "hu/sh @ 7"
LOGIN = "desk%40harbor.example:hu%2Fsh%20%40%207@"


class Office:
    """What a server does with a mail: it is kept, unless it is for nobody it knows."""

    def __init__(self):
        self.taken = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802, ARG002 - the library's
        if address.startswith("nobody"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the library's
        secured = server.transport.get_extra_info("sslcontext") is not None
        self.taken.append((tuple(envelope.rcpt_tos), secured, session.authenticated or False))
        return "250 OK"


class Secured(Controller):
    """A controller whose port is the one that it got, and which is not greeted in the clear."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        create_connection(("127.0.0.1", self.port)).close()


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def trusted(authority, monkeypatch, tmp_path):
    """Trust the authority as an operator would: by the file that OpenSSL is told to read."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


@contextmanager
def serving(authority, *, implicit=False, login=False, name="127.0.0.1"):
    context = SSLContext(PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    tls = {"ssl_context": context} if implicit else {"tls_context": context, "require_starttls": True}
    if login:
        def allowed(server, session, envelope, mechanism, given):
            right = (given.login, given.password) == (b"desk@harbor.example", SECRET.encode())
            return AuthResult(success=right, handled=False)

        tls |= {"authenticator": allowed, "auth_required": True, "auth_require_tls": not implicit}
    server = Secured(Office(), hostname="127.0.0.1", port=0, **tls)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def url_of(server, *, implicit, login=""):
    return f"smtps://{login}127.0.0.1:{server.port}" if implicit else f"smtp://{login}127.0.0.1:{server.port}?starttls=1"


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("login", [False, True])
@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "tls"])
def test_mail_goes_secured_with_and_without_a_login(authority, implicit, login):
    with serving(authority, implicit=implicit, login=login) as server:
        transport = SmtpTransport(url_of(server, implicit=implicit, login=LOGIN if login else ""), 5)
        transport.greet()
        transport.deliver(LETTER)
    assert server.handler.taken == [(("ada@mail.example",), True, login)]


@pytest.mark.usefixtures("trusted")
def test_a_wrong_password_waits_until_it_is_mended_and_is_not_the_letters_fault(authority):
    with serving(authority, login=True) as server, pytest.raises(TransportError) as refused:
        SmtpTransport(url_of(server, implicit=False, login="desk:wrong@"), 5).deliver(LETTER)
    assert (refused.value.answer, refused.value.permanent, server.handler.taken) == ("535", False, [])


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "tls"])
def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(authority, implicit):
    with serving(authority, implicit=implicit) as server, pytest.raises(TransportError) as refused:
        SmtpTransport(url_of(server, implicit=implicit), 5).deliver(LETTER)
    assert (refused.value.permanent, server.handler.taken) == (False, [])


@pytest.mark.usefixtures("trusted")
def test_a_certificate_of_another_name_is_refused(authority):
    with serving(authority, name="mail.other.example") as server, pytest.raises(TransportError):
        SmtpTransport(url_of(server, implicit=False), 5).deliver(LETTER)
    assert server.handler.taken == []


@pytest.mark.usefixtures("trusted")
def test_one_of_many_recipients_is_refused_for_good_and_the_others_get_theirs(authority):
    refused = []
    with serving(authority) as server:
        transport = SmtpTransport(url_of(server, implicit=False), 5)
        for to in ("ada@mail.example", "nobody@mail.example", "bob@mail.example"):
            try:
                transport.deliver(replace(LETTER, to=to))
            except TransportError as error:
                refused.append((to, error.answer, error.permanent))
    assert refused == [("nobody@mail.example", "550", True)]
    assert [to for to, *_ in server.handler.taken] == [("ada@mail.example",), ("bob@mail.example",)]


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("to", ["ada@mail.example, bob@mail.example", "ada@mail.example bob@mail.example"])
def test_each_has_a_mail_of_their_own_so_that_two_addresses_in_one_go_to_neither(authority, to):
    with serving(authority) as server, pytest.raises(TransportError) as refused:
        SmtpTransport(url_of(server, implicit=False), 5).deliver(replace(LETTER, to=to))
    assert (refused.value.answer, refused.value.permanent, server.handler.taken) == ("bad-header", True, [])
