"""What a web configuration file may say, and how each mistake in it is told."""

import os
import traceback
from pathlib import Path

import pytest
from web_clients import HASH, PAIR, Files

from exporter.errors import ConfigError
from exporter.web import Access
from exporter.web.access.file import WebFile
from exporter.web.access.settings import CIPHERS, COSTLIEST, HEADERS, go_duration


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A folder with certificates of server and authority."""
    made = Files(tmp_path)
    made.renew()
    (tmp_path / "ca.pem").write_text(made.authority.pem)
    (tmp_path / "locked.key").write_text(made.authority.sign(password=b"x").key)
    return made


def tls(more: str = "") -> str:
    """A file about TLS."""
    return f"tls_server_config: {{cert_file: server.pem, key_file: server.key{more}}}"


GOOD = {
    "empty": "",
    "comment": "# nothing\n",
    "no sections": "{}",
    "sections with nothing in them": "tls_server_config:\nbasic_auth_users:\n",
    "versions alone do not mean TLS": "tls_server_config: {min_version: TLS13}",
    "certificate": tls(),
    "all ciphers": tls(f", cipher_suites: [{', '.join(CIPHERS)}]"),
    "preference": tls(", prefer_server_cipher_suites: false"),
    "users": f"basic_auth_users: {{a: '{HASH}', b: '{HASH.replace('$2b', '$2y')}'}}",
    "costliest hash": f"basic_auth_users: {{a: '{HASH.replace('$04', f'${COSTLIEST}')}'}}",
    "http2": "http_server_config: {http2: true}",
    "no http2": "http_server_config: {http2: false}",
    "no limit": "rate_limit: {interval: 0}",
    "limit": "rate_limit: {interval: 1m30s, burst: 5}",
}
BAD = {
    "list": ("[]", "a mapping with the keys tls_server_config, http_server_config"),
    "not YAML": ("tls_server_config: {", "a mistake in the YAML"),
    "unknown section": ("tls: {}", "tls: found an unknown key; accepted: the keys"),
    "unknown key": (tls(", cert_fle: x"), "perhaps cert_file"),
    "repeated key": ("basic_auth_users: {}\nbasic_auth_users: {}", "the same key as on line 1"),
    "no key": ("tls_server_config: {cert_file: server.pem}", "no private key; accepted: key_file"),
    "no certificate": ("tls_server_config: {key_file: server.key}", "found no certificate"),
    "only clients": ("tls_server_config: {client_auth_type: NoClientCert}", "no certificate"),
    "missing file": (
        "tls_server_config: {cert_file: no.pem, key_file: server.key}",
        "tls_server_config.cert_file: found a file that cannot be read",
    ),
    "folder": ("tls_server_config: {cert_file: ., key_file: server.key}", "Is a directory"),
    "mismatch": (
        "tls_server_config: {cert_file: ca.pem, key_file: server.key}",
        "a certificate and a key that cannot be used (KEY_VALUES_MISMATCH)",
    ),
    "locked key": (
        "tls_server_config: {cert_file: server.pem, key_file: locked.key}",
        "its private key without a password",
    ),
    "no PEM": ("tls_server_config: {cert: abc, key: abc}", "both in PEM"),
    "CA without policy": (tls(", client_ca_file: ca.pem"), "a client CA without client_auth_type"),
    "client_auth_type": (
        tls(", client_auth_type: Sometimes"),
        "accepted: NoClientCert, VerifyClientCertIfGiven or RequireAndVerifyClientCert",
    ),
    "unverified": (tls(", client_auth_type: RequestClientCert"), "asked for but not verified"),
    "unverified, required": (tls(", client_auth_type: RequireAnyClientCert"), "always verified"),
    "unverified, old name": (tls(", client_auth_type: RequireClientCert"), "always verified"),
    "no CA in it": (
        tls(", client_ca_file: server.key, client_auth_type: VerifyClientCertIfGiven"),
        "tls_server_config.client_ca: found no certificate that can be used",
    ),
    "names for nobody": (tls(", client_allowed_sans: [a]"), "clients that need no certificate"),
    "names, optional": (
        tls(", client_auth_type: VerifyClientCertIfGiven, client_allowed_sans: [a]"),
        "client_auth_type: RequireAndVerifyClientCert",
    ),
    "version": (tls(", min_version: SSL3"), "accepted: TLS10, TLS11, TLS12 or TLS13"),
    "versions": (tls(", min_version: TLS13, max_version: TLS12"), "above max_version TLS12"),
    "cipher": (tls(", cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]"), "TLS_ECDHE_RSA_WITH_AES_128"),
    "ciphers of 1.3 for 1.2": (
        tls(", cipher_suites: [TLS_AES_128_GCM_SHA256], max_version: TLS12"),
        "only cipher suites of TLS 1.3",
    ),
    "curve": (tls(", curve_preferences: [P256]"), "accepted: one of CurveP256, CurveP384"),
    "curves": (tls(", curve_preferences: [X25519, CurveP256]"), "a list of several curves"),
    "header": (
        "http_server_config: {headers: {Server: x}}",
        f'found the header "Server"; accepted: only {", ".join(HEADERS)}',
    ),
    "value of a header": (
        "http_server_config: {headers: {X-Frame-Options: DENY}}",
        "X-Frame-Options: deny or sameorigin",
    ),
    "two lines in a header": (
        'http_server_config: {headers: {X-XSS-Protection: "a\\nb"}}',
        "a value of several lines",
    ),
    "http2 as text": ("http_server_config: {http2: 'yes'}", "true or false"),
    "plain password": ("basic_auth_users: {a: hunter2}", "a bcrypt hash, as `htpasswd -nBC 10"),
    "number": ("basic_auth_users: {a: 20271}", "basic_auth_users.a"),
    "short hash": (f"basic_auth_users: {{a: '{HASH[:-1]}'}}", 'for user "a"'),
    "costly hash": (
        f"basic_auth_users: {{a: '{HASH.replace('$04', '$17')}'}}",
        'for user "a" a hash of cost 17, which takes too long; accepted: a hash of at most cost 16',
    ),
    "hash for days": (f"basic_auth_users: {{a: '{HASH.replace('$04', '$31')}'}}", "of cost 31"),
    "salt with bits that do not count": (
        f"basic_auth_users: {{a: '{HASH[:28]}v{HASH[29:]}'}}",
        'for user "a"',
    ),
    "interval": ("rate_limit: {interval: soon, burst: 1}", "a duration such as 100ms"),
    "negative": ("rate_limit: {interval: -1s, burst: 1}", "a duration such as 100ms"),
    "no burst": ("rate_limit: {interval: 1s}", "with an interval, a burst of at least 1"),
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
async def test_good_file_is_accepted(files: Files, text: str) -> None:
    files.config.write_text(text)
    assert await Access(files.config).settings() is not None


@pytest.mark.parametrize(("text", "told"), BAD.values(), ids=BAD)
def test_each_mistake_is_told_with_what_is_accepted(files: Files, text: str, told: str) -> None:
    files.config.write_text(text)
    with pytest.raises(ConfigError) as refused:
        Access(files.config)
    message = str(refused.value)
    assert told in message
    assert str(files.config) in message
    for secret in ("hunter2", "20271", HASH[:20], "PRIVATE"):
        assert secret not in message


def test_all_mistakes_are_told_at_once(files: Files) -> None:
    files.config.write_text("rate_limit: {interval: soon}\nhttp_server_config: {http2: 1}\nx: 1\n")
    with pytest.raises(ConfigError, match="3 mistakes"):
        Access(files.config)


def test_file_that_is_not_there_is_told(files: Files) -> None:
    with pytest.raises(ConfigError, match="No such file or directory"):
        Access(files.folder / "nothing.yml")


PIPES = [
    ("web.yml", "found a file that cannot be read (a pipe"),
    ("server.pem", "tls_server_config.cert_file: found a file that cannot be read"),
    ("server.key", "tls_server_config.key_file: found a file that cannot be read"),
    ("ca.pem", "tls_server_config.client_ca_file: found a file that cannot be read"),
]


@pytest.mark.parametrize(("name", "told"), PIPES, ids=[name for name, _ in PIPES])
def test_pipe_is_refused_and_not_waited_for(files: Files, name: str, told: str) -> None:
    files.tls(client_ca_file="ca.pem", client_auth_type="RequireAndVerifyClientCert")
    (files.folder / name).unlink()
    os.mkfifo(files.folder / "pipe")
    (files.folder / name).symlink_to("pipe")
    with pytest.raises(ConfigError) as refused:
        Access(files.config)
    assert told in str(refused.value)
    assert "no regular file" in str(refused.value)


def test_file_without_end_is_refused(files: Files) -> None:
    files.tls()
    with (files.folder / "server.pem").open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(ConfigError, match="more than 8 MiB"):
        Access(files.config)


def test_links_are_followed_as_kubernetes_makes_them(files: Files) -> None:
    for name in ("web.yml", "server.pem", "server.key"):
        files.tls()
        (files.folder / name).rename(files.folder / f"..{name}")
        (files.folder / name).symlink_to(f"..{name}")
        assert Access(files.config).encrypted


@pytest.mark.parametrize("emptied", [b"", b"\n"])
async def test_file_that_is_emptied_while_running_lets_nobody_in(
    files: Files, emptied: bytes
) -> None:
    access = Access(files.write(basic_auth_users={"a": HASH}))
    files.config.write_bytes(emptied)
    assert await access.settings() is None
    files.config.write_bytes(emptied * 2)
    assert await access.settings() is None
    files.config.write_text("{}")
    assert await access.settings() is not None


def test_broken_file_keeps_nothing_of_the_requests_that_meet_it(files: Files) -> None:
    file = WebFile(files.write())
    file.read()
    files.config.write_text("{")
    met = [caught(file) for _ in range(3)]
    assert len({id(error) for error in met}) == 3
    assert {str(error) for error in met} == {str(met[0])}
    assert len({len(traceback.extract_tb(error.__traceback__)) for error in met}) == 1


def caught(file: WebFile) -> ConfigError:
    """What is said of the file."""
    with pytest.raises(ConfigError) as refused:
        file.read()
    return refused.value


def test_paths_start_from_the_directory_of_the_file(
    files: Files, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files.write(tls_server_config=PAIR)
    monkeypatch.chdir(files.folder)
    assert Access(Path("web.yml")).encrypted
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert Access(files.config).encrypted


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), (0, 0), ("1s", 1), ("1m30s", 90), ("1.5h", 5400), (".5s", 0.5), ("100ms", 0.1),
     ("1us", 1e-6), ("1µs", 1e-6), (1_000_000_000, 1)],
)  # fmt: skip
def test_interval_is_written_as_in_go(text: object, seconds: float) -> None:
    assert go_duration(text) == pytest.approx(seconds)
