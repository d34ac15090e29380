"""Whatever is in the web configuration file: settings, or mistakes that show no secret."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hostile import texts
from hypothesis import example, given
from hypothesis import strategies as st
from test_hostile_config import DOCUMENTS, HUGE, anything, places
from web_clients import HASH, PAIR, Files

from exporter.config.mistakes import LONGEST_SHOWN
from exporter.errors import ConfigError
from exporter.web import Access

SECRET = "zzqMarkOfASecret"
TLS = {
    "client_ca_file": "server.pem",
    "client_auth_type": "RequireAndVerifyClientCert",
    "client_allowed_sans": ["a.example"],
    "min_version": "TLS12",
    "max_version": "TLS13",
    "cipher_suites": ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
    "prefer_server_cipher_suites": True,
    "curve_preferences": ["CurveP256"],
    **PAIR,
}
INLINE = ("cert", "key", "client_ca")


def good() -> dict[str, Any]:
    """A file with something at every place."""
    return {
        "tls_server_config": {**TLS},
        "http_server_config": {"http2": True, "headers": {"X-Frame-Options": "deny"}},
        "basic_auth_users": {"a": HASH},
        "rate_limit": {"interval": "1s", "burst": 5},
    }


PLACES = [place for place in places(good()) if place]
PLACES += [("tls_server_config", name) for name in INLINE]
"""The inline forms, beside the files, which count before them."""

SECRET_PLACES = [("basic_auth_users", "a"), ("tls_server_config", "key")]


@pytest.fixture(scope="module")
def files() -> Iterator[Files]:
    """A folder with a certificate, kept for all examples."""
    with tempfile.TemporaryDirectory() as folder:
        made = Files(Path(folder))
        made.renew()
        yield made


def changed(place: tuple[Any, ...], value: object, *, without: str = "") -> str:
    """The good file with another value at a place, and without the file that counts before it."""
    document = good()
    at: Any = document
    for part in place[:-1]:
        at = at[part]
    if without:
        del at[without]
    at[place[-1]] = value
    return yaml.dump(document, allow_unicode=True)


def outcome(files: Files, content: str | bytes) -> str:
    """The message of a refusal, empty when there is none; nothing else may come of a file."""
    data = content if isinstance(content, bytes) else content.encode(errors="surrogatepass")
    files.config.write_bytes(data)
    try:
        access = Access(files.config)
        assert asyncio.run(access.settings()) is not None
    except ConfigError as error:
        refused = error
    else:
        return ""
    assert refused.problems
    assert all(str(problem).isprintable() for problem in refused.problems)
    return str(refused)


@given(st.sampled_from(PLACES), anything)
@example(("tls_server_config", "cert_file"), "a\0b")
@example(("tls_server_config", "cert_file"), "a" * 5000)
@example(("tls_server_config", "client_allowed_sans"), ["\ud800"])
def test_any_value_at_any_place_of_the_web_file_is_taken_or_refused(
    files: Files, place: tuple[Any, ...], value: object
) -> None:
    outcome(files, changed(place, value))


@given(st.sampled_from(INLINE), texts)
@example("cert", "\ud800")
@example("client_ca", "\ud800")
@example("client_ca", "no certificate, and no ASCII: é")
@example("key", "\0")
def test_any_text_in_place_of_a_certificate_is_refused(files: Files, name: str, text: str) -> None:
    place = ("tls_server_config", name)
    assert outcome(files, changed(place, text, without=f"{name}_file")) or not text


@given(st.binary(max_size=200) | texts.map(lambda t: t.encode(errors="surrogatepass")))
def test_any_bytes_in_the_web_file_are_taken_or_refused(files: Files, content: bytes) -> None:
    outcome(files, content)


@given(st.sampled_from(DOCUMENTS))
def test_odd_yaml_in_the_web_file_is_taken_or_refused(files: Files, text: str) -> None:
    for around in ("{}", "tls_server_config: {{cert: {}}}", "basic_auth_users: {{a: {}}}"):
        outcome(files, around.format(text))


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE.keys())
def test_huge_web_file_is_refused_in_few_words(files: Files, text: str) -> None:
    said = outcome(files, text)
    assert said
    assert len(said) < 10 * LONGEST_SHOWN + len(str(files.config))


@given(
    st.sampled_from(SECRET_PLACES),
    st.sampled_from([SECRET, [SECRET], {SECRET: SECRET}, f"{HASH}{SECRET}", f"$2b$04${SECRET}"]),
    st.sampled_from(["", ": ", "[", "\t", "&a ", "!!binary "]),
)
def test_password_or_key_in_the_web_file_is_never_shown(
    files: Files, place: tuple[Any, ...], value: object, spoilt: str
) -> None:
    text = changed(place, value)
    assert SECRET not in outcome(files, text)
    assert SECRET not in outcome(files, text.replace(SECRET, f"{spoilt}{SECRET}", 1))
