"""Who is let in by a client certificate, at the handshake."""

import asyncio
import re
import socket
import ssl
from ipaddress import ip_address
from pathlib import Path

import pytest
from authority import Authority
from cryptography import x509
from test_web_tls import refused
from web_clients import PATIENCE, Files, connect, get, listening, one, said, status

from exporter.web import seldom
from exporter.web.seldom import Seldom

VERIFY = {"client_ca_file": "ca.pem", "client_auth_type": "RequireAndVerifyClientCert"}
NAMES: list[tuple[str, x509.GeneralName]] = [
    ("scraper.example", x509.DNSName("scraper.example")),
    ("192.0.2.7", x509.IPAddress(ip_address("192.0.2.7"))),
    ("2001:db8::7", x509.IPAddress(ip_address("2001:db8::7"))),
    ("ops@example.com", x509.RFC822Name("ops@example.com")),
    ("spiffe://example/scraper", x509.UniformResourceIdentifier("spiffe://example/scraper")),
]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A folder with certificates of server and authority."""
    made = Files(tmp_path)
    made.renew()
    (tmp_path / "ca.pem").write_text(made.authority.pem)
    return made


async def let_in(port: int, context: ssl.SSLContext, name: str = "") -> bool:
    """Whether a client gets an answer; none may get another one than that."""
    if await refused(port, context, name):
        return False
    assert status(await said(port, get(), context, name)) == 200
    return True


@pytest.mark.parametrize("name", ["localhost", ""], ids=["with SNI", "without SNI"])
@pytest.mark.parametrize(
    ("kind", "nobody", "known", "stranger"),
    [
        ("NoClientCert", True, True, True),
        ("", True, True, True),
        ("VerifyClientCertIfGiven", True, True, False),
        ("RequireAndVerifyClientCert", False, True, False),
    ],
)
async def test_client_is_let_in_as_client_auth_type_says(  # noqa: PLR0913 - one row of the table
    files: Files, name: str, kind: str, *, nobody: bool, known: bool, stranger: bool
) -> None:
    ca = {"client_ca_file": "ca.pem"} if kind.startswith(("V", "Req")) else {}
    foreign = Authority("foreign").sign()
    async with listening(files.tls(client_auth_type=kind, **ca)) as port:
        found = [
            await let_in(port, files.client(shown), name)
            for shown in (None, files.authority.sign(), foreign)
        ]
    assert found == [nobody, known, stranger]


async def test_authority_of_the_clients_may_be_written_inline(files: Files) -> None:
    inline = {"client_ca": files.authority.pem, "client_auth_type": VERIFY["client_auth_type"]}
    async with listening(files.tls(**inline)) as port:
        assert await let_in(port, files.client(files.authority.sign()))
        assert not await let_in(port, files.client())


async def test_certificate_may_be_trusted_by_itself(files: Files) -> None:
    own, other = files.authority.sign(), files.authority.sign()
    (files.folder / "ca.pem").write_text(own.cert)
    async with listening(files.tls(**VERIFY)) as port:
        assert await let_in(port, files.client(own))
        assert not await let_in(port, files.client(other))


async def test_without_an_authority_those_of_the_system_count(files: Files) -> None:
    async with listening(files.tls(client_auth_type="RequireAndVerifyClientCert")) as port:
        assert not await let_in(port, files.client(files.authority.sign()))


async def test_authorities_of_the_system_are_loaded_once_and_again_when_they_change(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, loaded = files.folder / "system.pem", list[ssl.Purpose]()
    place.write_text(files.authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(place))
    monkeypatch.setenv("SSL_CERT_DIR", str(files.folder))
    load = ssl.SSLContext.load_default_certs

    def counted(made: ssl.SSLContext, purpose: ssl.Purpose) -> None:
        loaded.append(purpose)
        load(made, purpose)

    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", counted)
    known, new = files.client(files.authority.sign()), Authority("new")
    async with listening(files.tls(client_auth_type="RequireAndVerifyClientCert")) as port:
        before = [await let_in(port, known) for _ in range(3)]
        assert (before, len(loaded)) == ([True] * 3, 1)
        (files.folder / "renewed.pem").write_text(new.pem)
        (files.folder / "renewed.pem").replace(place)
        after = [await let_in(port, context) for context in (known, files.client(new.sign()))]
    assert after == [False, True]


@pytest.mark.parametrize(("allowed", "name"), NAMES, ids=[allowed for allowed, _ in NAMES])
async def test_allowed_name_is_compared_exactly(
    files: Files, allowed: str, name: x509.GeneralName
) -> None:
    nearly = [f"{allowed}x", allowed[1:], "*.example", ""]
    context = files.client(files.authority.sign(x509.DNSName("first.example"), name))
    async with listening(files.tls(**VERIFY, client_allowed_sans=[allowed])) as port:
        right = await let_in(port, context)
        files.tls(**VERIFY, client_allowed_sans=nearly)
        wrong = await let_in(port, context)
    assert (right, wrong) == (True, False)


async def test_certificate_without_names_has_no_allowed_name(files: Files) -> None:
    allowed = {**VERIFY, "client_allowed_sans": ["signed", ""]}
    async with listening(files.tls(**allowed)) as port:
        assert not await let_in(port, files.client(files.authority.sign()))


async def test_empty_list_of_allowed_names_lets_nobody_in(files: Files) -> None:
    signed = files.authority.sign(x509.DNSName("a.example"))
    async with listening(files.tls(**VERIFY, client_allowed_sans=[])) as port:
        assert not await let_in(port, files.client(signed))


@pytest.mark.parametrize("name", ["localhost", ""], ids=["with SNI", "without SNI"])
async def test_changed_authority_counts_from_the_next_handshake_on(files: Files, name: str) -> None:
    new = Authority("new")
    old_client, new_client = files.authority.sign(), new.sign()
    async with listening(files.tls(**VERIFY)) as port:
        context = files.client(old_client)
        reader, writer = await connect(port, context, name)
        (files.folder / "ca.pem").write_text(new.pem)
        found = [
            await let_in(port, context, name),
            await let_in(port, files.client(new_client), name),
        ]
        writer.write(get(close=False))
        still = await one(reader)
        writer.transport.abort()
    assert found == [False, True]
    assert still[0] == 200


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x30\x82\xff", None], ids=str)
async def test_authority_that_breaks_lets_nobody_in_until_it_is_mended(
    files: Files, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    place = files.folder / "ca.pem"
    known = files.client(files.authority.sign())
    async with listening(files.tls(**VERIFY)) as port:
        place.unlink()
        if content is not None:
            place.write_bytes(content)
        broken = [await let_in(port, context) for context in (known, files.client())]
        place.write_text(f"# The authority of J\u00fcrgen\n{files.authority.pem}")
        mended = await let_in(port, known)
    assert (broken, mended) == ([False, False], True)
    assert capsys.readouterr().out.count("nobody is let in") == 1


async def test_client_certificates_can_be_asked_for_later(files: Files) -> None:
    async with listening(files.tls()) as port:
        before = await let_in(port, files.client())
        files.tls(**VERIFY)
        assert (before, await let_in(port, files.client())) == (True, False)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(("more", "resumed"), [({}, True), (VERIFY, False)], ids=["any", "known"])
async def test_session_of_an_earlier_connection_does_not_replace_a_certificate(
    files: Files, version: ssl.TLSVersion, more: dict[str, object], *, resumed: bool
) -> None:
    context = files.client(files.authority.sign())
    context.maximum_version = version
    async with listening(files.tls(**more)) as port:
        session, _ = await asyncio.to_thread(resume, port, context)
        _, again = await asyncio.to_thread(resume, port, context, session)
    assert again == resumed


def resume(
    port: int, context: ssl.SSLContext, session: ssl.SSLSession | None = None
) -> tuple[ssl.SSLSession | None, bool | None]:
    """A request that goes on with a session; gives the present one, and whether that was so."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as plain,
        context.wrap_socket(plain, session=session) as connection,
    ):
        connection.sendall(get())
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        session, again = connection.session, connection.session_reused
        while connection.recv(1000):
            pass
        # Of a connection that just ends, OpenSSL forgets the session by itself.
        connection.unwrap()
        return session, again


async def test_log_says_once_why_a_client_is_not_let_in(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    named = files.authority.sign(x509.DNSName("a.example"))
    async with listening(files.tls(**VERIFY, client_allowed_sans=["b.example"])) as port:
        for shown in (None, None, None, Authority("foreign").sign(), named):
            assert not await let_in(port, files.client(shown))
    lines = [line for line in capsys.readouterr().out.splitlines() if "handshake failed" in line]
    assert ["127.0.0.1" in line for line in lines] == [True] * 3
    assert "PEER_DID_NOT_RETURN_A_CERTIFICATE" in lines[0]
    assert "unable to get local issuer certificate" in lines[1]
    assert "no allowed name" in lines[2]


async def test_clients_that_take_turns_at_being_refused_do_not_flood_the_log(
    files: Files, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody, stranger = files.client(), files.client(Authority("foreign").sign())
    async with listening(files.tls(**VERIFY)) as port:
        for context in (nobody, stranger) * 5:
            assert not await let_in(port, context)
        lines = capsys.readouterr().out.count("handshake failed")
        monkeypatch.setattr(seldom, "EVERY", 0.0)
        assert not await let_in(port, nobody)
    assert lines == 2
    assert re.search(r"left_out=4 reason=PEER_DID_NOT", capsys.readouterr().out)


def test_line_a_minute_for_each_reason_counts_what_it_leaves_out() -> None:
    said = Seldom()
    assert [said.left_out("a", now) for now in (0.0, 1.0, 59.0)] == [0, None, None]
    assert [said.left_out("b", now) for now in (2.0, 3.0)] == [0, None]
    assert [said.left_out("a", now) for now in (60.0, 61.0, 200.0)] == [2, None, 1]


def test_ever_new_reasons_cost_no_memory_and_few_lines() -> None:
    said = Seldom()
    told = [said.left_out(str(number), number / 1000) for number in range(10_000)]
    assert told.count(None) == 10_000 - seldom.MOST - 1
    assert len(said.kinds) == seldom.MOST + 1
    assert said.left_out("new", 100.0) == 0
