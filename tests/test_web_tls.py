"""TLS as the web configuration file asks for it, seen by real clients with and without SNI."""

import ssl
from pathlib import Path

import pytest
from authority import HOSTS, Authority
from cryptography.hazmat.primitives.asymmetric import rsa
from web_clients import PAIR, Files, certificate_serial, connect, get, listening, one, said, status

from exporter.errors import ConfigError
from exporter.web import Access
from exporter.web.access.settings import CURVES

SNI = pytest.mark.parametrize("name", ["localhost", ""], ids=["with SNI", "without SNI"])


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A folder with a certificate of the server."""
    made = Files(tmp_path)
    made.renew()
    return made


async def refused(port: int, context: ssl.SSLContext | None, name: str = "") -> bool:
    """Whether a client gets no answer at all."""
    try:
        return await said(port, get(), context, name) == b""
    except (ssl.SSLError, OSError):
        return True


@SNI
async def test_scraper_is_answered_over_tls(files: Files, name: str) -> None:
    async with listening(files.tls()) as port:
        answer = await said(port, get("/metrics"), files.client(), name)
    assert status(answer) == 200
    assert b"entra_credential_expiry_timestamp_seconds" in answer


@SNI
async def test_renewed_certificate_is_shown_from_the_next_handshake_on(
    files: Files, name: str
) -> None:
    context = files.client()
    async with listening(files.tls()) as port:
        reader, before = await connect(port, context, name)
        renewed = files.renew()
        _, after = await connect(port, context, name)
        before.write(get(close=False))
        still = await one(reader)
        shown = [certificate_serial(before), certificate_serial(after)]
        before.transport.abort()
        after.transport.abort()
    assert shown[1] == renewed.serial
    assert shown[0] != renewed.serial
    assert still == (200, b"Healthy\n")


@SNI
@pytest.mark.parametrize("content", ["", "nonsense", None], ids=["empty", "nonsense", "gone"])
async def test_certificate_that_breaks_ends_handshakes_until_it_is_mended(
    files: Files, name: str, content: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    context, place = files.client(), files.folder / "server.pem"
    async with listening(files.tls()) as port:
        place.unlink()
        if content is not None:
            place.write_text(content)
        broken = [await refused(port, context, name) for _ in range(3)]
        files.renew()
        mended = await said(port, get(), context, name)
    assert broken == [True] * 3
    assert status(mended) == 200
    printed = capsys.readouterr().out
    assert printed.count("nobody is let in") == 1
    assert "can be read again" in printed


async def test_broken_file_answers_500_on_open_connections_and_ends_handshakes(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    context = files.client()
    async with listening(files.tls()) as port:
        reader, writer = await connect(port, context)
        files.config.write_text("tls_server_config: [")
        answers = []
        for path in ("/", "/metrics", "/-/healthy", "/nothing"):
            writer.write(get(path, close=False))
            answers.append(await one(reader))
        closed = await refused(port, context)
        files.tls()
        writer.write(get(close=False))
        mended = await one(reader)
        writer.transport.abort()
    assert answers == [(500, b"Internal Server Error\n")] * 4
    assert closed
    assert mended[0] == 200
    assert capsys.readouterr().out.count("a mistake in the YAML") == 2  # requests, and handshakes


async def test_web_file_that_is_gone_lets_nobody_in_until_it_is_back(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    context, file = files.client(), files.tls(min_version="TLS12")
    async with listening(file) as port:
        reader, writer = await connect(port, context)
        gone = file.rename(file.with_suffix(".gone"))
        writer.write(get("/metrics", close=False))
        told, closed = await one(reader), await refused(port, context)
        gone.rename(file)
        mended = await said(port, get(), context)
        writer.transport.abort()
    assert told == (500, b"Internal Server Error\n")
    assert closed
    assert status(mended) == 200
    assert "No such file" in capsys.readouterr().out


@SNI
async def test_tls_that_is_taken_out_of_the_file_does_not_become_plain_http(
    files: Files, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with listening(files.tls()) as port:
        files.write()
        assert await refused(port, files.client(), name)
        assert await refused(port, None)
    assert "nothing about TLS any more" in capsys.readouterr().out


async def test_tls_that_is_written_into_the_file_later_waits_for_a_restart(files: Files) -> None:
    async with listening(files.write()) as port:
        files.tls()
        assert status(await said(port, get())) == 200


async def test_file_counts_before_what_is_written_inline_and_inline_works(files: Files) -> None:
    inline = files.authority.sign(*HOSTS)
    both = {"cert": "nonsense", "key": "nonsense", **PAIR}
    async with listening(files.write(tls_server_config=both)) as port:
        assert status(await said(port, get(), files.client())) == 200
        files.write(tls_server_config={"cert": inline.cert, "key": inline.key})
        _, writer = await connect(port, files.client())
        assert certificate_serial(writer) == inline.serial
        writer.transport.abort()


@pytest.mark.parametrize(
    ("server", "newest", "expected"),
    [
        ({}, ssl.TLSVersion.TLSv1_3, "TLSv1.3"),
        ({}, ssl.TLSVersion.TLSv1_2, "TLSv1.2"),
        ({}, ssl.TLSVersion.TLSv1_1, None),
        ({"max_version": "TLS12"}, ssl.TLSVersion.TLSv1_3, "TLSv1.2"),
        ({"min_version": "TLS13"}, ssl.TLSVersion.TLSv1_2, None),
        ({"min_version": "TLS11"}, ssl.TLSVersion.TLSv1_1, "TLSv1.1"),
        ({"min_version": "TLS10"}, ssl.TLSVersion.TLSv1, "TLSv1"),
        ({"min_version": "TLS10"}, ssl.TLSVersion.TLSv1_3, "TLSv1.3"),
        ({"min_version": "TLS10", "max_version": "TLS11"}, ssl.TLSVersion.TLSv1_3, "TLSv1.1"),
    ],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_versions_are_those_of_the_file(
    files: Files, server: dict[str, object], newest: ssl.TLSVersion, expected: str | None
) -> None:
    context = files.client()
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, newest
    async with listening(files.tls(**server)) as port:
        assert await spoken(port, context) == expected


async def spoken(port: int, context: ssl.SSLContext) -> str | None:
    """The version that client and server agree on, or None."""
    try:
        _, writer = await connect(port, context)
    except OSError:
        return None
    writer.transport.abort()
    return str(writer.get_extra_info("ssl_object").version())


async def test_cipher_suites_are_those_of_the_file_by_their_names_in_go(files: Files) -> None:
    rsa_key = rsa.generate_private_key(65537, 2048)
    files.renew(files.authority.sign(*HOSTS, key=rsa_key))
    context = files.client()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ALL")
    for named, expected in (
        ("TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384"),
        ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"),
        ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"),
    ):
        async with listening(files.tls(cipher_suites=[named])) as port:
            _, writer = await connect(port, context)
            assert writer.get_extra_info("cipher")[0] == expected
            writer.transport.abort()


async def test_cipher_suites_of_tls_13_alone_leave_no_older_version(files: Files) -> None:
    context, old = files.client(), files.client()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    async with listening(files.tls(cipher_suites=["TLS_AES_128_GCM_SHA256"])) as port:
        assert await spoken(port, context) == "TLSv1.3"
        assert await spoken(port, old) is None


def choosable(curve: str) -> bool:
    """Whether this Python can: Debian 12's cannot choose X25519."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).set_ecdh_curve(curve)
    except (ssl.SSLError, ValueError):
        return False
    return True


def test_curve_that_cannot_be_chosen_is_a_mistake(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CURVES, "X25519", "c2tnb163v3")
    with pytest.raises(ConfigError, match=r"curve_preferences: found \"X25519\", which"):
        Access(files.tls(curve_preferences=["X25519"]))


@pytest.mark.parametrize(
    ("ours", "theirs", "agreed"),
    [
        ("X25519", "X25519", True),
        ("CurveP256", "prime256v1", True),
        ("CurveP384", "secp384r1", True),
        ("CurveP521", "secp521r1", True),
        ("X25519", "prime256v1", False),
        ("CurveP384", "prime256v1", False),
    ],
)
async def test_one_curve_can_be_chosen(
    files: Files, ours: str, theirs: str, *, agreed: bool
) -> None:
    file, context = files.tls(curve_preferences=[ours]), files.client()
    if not choosable(CURVES[ours]):
        with pytest.raises(ConfigError, match="which this Python's TLS cannot choose"):
            Access(file)
        return
    context.set_ecdh_curve(theirs)
    async with listening(file) as port:
        assert (await spoken(port, context) is not None) == agreed


async def test_certificate_of_another_server_is_not_trusted_by_a_client(files: Files) -> None:
    async with listening(files.tls()) as port:
        assert await refused(port, Files(files.folder, Authority("other")).client())
