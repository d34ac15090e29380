"""Where secrets come from: exactly what is stored, or why it cannot be had; never shown."""

import copy
import logging
import os
import pickle
from pathlib import Path
from typing import get_args

import pytest

from exporter.config import SourceConfig
from exporter.config.schema import SourceForm
from exporter.sources import SOURCES, Secret, SourceUnreadable, read
from exporter.sources.formats import FORMATS

MARKER = "marker-Kx7vLpZt0dGmWb"

JSON = f"""{{
  // appsettings.json may have comments,
  "Logging": {{"Level": "http://not-a-comment", "Depth": 3,}},  /* and trailing commas */
  "AzureAd": {{"ClientId": "id", "ClientSecret": "{MARKER}", "Keys": ["{MARKER}"], "Empty": null}},
  "Flat:Client:Secret": "{MARKER}",
  "AzureAd.ClientSecret.Old": "old",
}}
"""
YAML = f"AzureAd:\n  ClientId: id\n  ClientSecret: {MARKER}\nNumber: 12\n"
DOTENV = f"""# comment
export AzureAd__ClientSecret="{MARKER}"
SINGLE='{MARKER} # kept'
BARE={MARKER} # a comment
EMPTY=
ESCAPED="a\\"b\\nc"
PEM="-----BEGIN-----
MIIEkey=
-----END-----"
"""
INI = f"""top = {MARKER}
[AzureAd]
; comment
ClientSecret = {MARKER}
ClientId: id
Quoted = "{MARKER}"
"""
PROPERTIES = f"""! comment
azure.client-secret={MARKER}
azure.colon: {MARKER}
azure.long=ab\\
  cd
"""


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


async def value(path: Path, key: str | None = None) -> str:
    return (await read(SourceConfig(file=path, key=key))).reveal()


async def reason(source: SourceConfig) -> str:
    with pytest.raises(SourceUnreadable) as caught:
        await read(source)
    assert MARKER not in str(caught.value)
    return str(caught.value)


def test_every_form_of_source_has_its_reader() -> None:
    assert set(SOURCES) == set(get_args(SourceForm))


def test_a_secret_shows_itself_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(MARKER)
    logging.getLogger("test").warning("%s %r", secret, [secret])
    shown = [
        repr(secret),
        str(secret),
        f"{secret} {secret!r} {secret:>40}",
        repr({"secret": secret}),
        pickle.dumps(secret).decode("latin-1"),
        pickle.loads(pickle.dumps(secret)).reveal(),  # noqa: S301 - made a moment ago
        caplog.text,
    ]
    assert not [text for text in shown if MARKER in text]
    assert str(secret) == "***"
    assert not hasattr(secret, "__dict__")


def test_a_secret_gives_its_value_when_asked() -> None:
    assert Secret(MARKER).reveal() == MARKER
    assert copy.deepcopy([Secret(MARKER)])[0].reveal() == MARKER
    assert copy.copy(Secret(MARKER)).reveal() == MARKER


def test_secrets_are_equal_by_value() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert Secret("\udcff\ud800") == Secret("\udcff\ud800")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


async def test_an_environment_variable_is_read_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_SECRET", f" {MARKER}\n")
    assert (await read(SourceConfig(env="TEST_SECRET"))).reveal() == f" {MARKER}\n"


async def test_an_empty_variable_is_an_empty_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_SECRET", "")
    assert (await read(SourceConfig(env="TEST_SECRET"))).reveal() == ""


async def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_SECRET", raising=False)
    said = await reason(SourceConfig(env="TEST_SECRET"))
    assert said.startswith("environment variable TEST_SECRET is not set; set it for")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"value",
        b" value \r\n",
        b"\xef\xbb\xbfvalue",
        b"\xff\xfev\x00",
        b"a\x00b",
        b"x" * 65536,
    ],
    ids=["empty", "plain", "spaces", "bom", "utf-16", "null", "64-KiB"],
)
async def test_a_file_is_read_byte_for_byte(tmp_path: Path, content: bytes) -> None:
    read_back = await value(write(tmp_path, "secret", content))
    assert read_back.encode("utf-8", "surrogateescape") == content


async def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    path = write(tmp_path, "secret", "old")
    assert await value(path) == "old"
    write(tmp_path, "secret", "new")
    assert await value(path) == "new"


async def test_a_missing_file_is_named_with_the_next_step(tmp_path: Path) -> None:
    path = tmp_path / "nowhere"
    assert (await reason(SourceConfig(file=path))).startswith(f"{path} does not exist; mount")
    below = write(tmp_path, "file", MARKER) / "below"
    assert "does not exist" in await reason(SourceConfig(file=below))


async def test_a_directory_is_refused(tmp_path: Path) -> None:
    said = await reason(SourceConfig(file=tmp_path))
    assert said.startswith(f"{tmp_path} is a directory; name the file in it")


async def test_a_file_that_may_not_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "secret", MARKER)

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("exporter.sources.file.without_waiting", refuse)
    assert (await reason(SourceConfig(file=path))).startswith(f"{path} may not be read; let")


async def test_another_failure_is_passed_on_in_the_words_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("exporter.sources.file.without_waiting", fail)
    assert "cannot be read (Input/output error)" in await reason(SourceConfig(file=tmp_path / "a"))


async def test_a_file_larger_than_64_kib_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "secret", b"x" * 65537)
    assert "is larger than 64 KiB" in await reason(SourceConfig(file=path))


async def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert "is not a regular file" in await reason(SourceConfig(file=path))


@pytest.mark.parametrize(
    ("name", "content", "key", "expected"),
    [
        ("appsettings.json", JSON, "AzureAd.ClientSecret", MARKER),
        ("appsettings.json", JSON, "AzureAd:ClientSecret", MARKER),
        ("appsettings.json", JSON, "AzureAd__ClientSecret", MARKER),
        ("appsettings.json", JSON, "Flat.Client.Secret", MARKER),
        ("appsettings.json", JSON, "AzureAd.ClientSecret.Old", "old"),
        ("appsettings.json", JSON, "Logging.Level", "http://not-a-comment"),
        ("bom.json", b'\xef\xbb\xbf{"a": "b"}', "a", "b"),
        ("values.yaml", YAML, "AzureAd.ClientSecret", MARKER),
        ("values.YML", YAML, "AzureAd.ClientId", "id"),
        (".env", DOTENV, "AzureAd.ClientSecret", MARKER),
        (".env.production", DOTENV, "AzureAd__ClientSecret", MARKER),
        ("app.env", DOTENV, "SINGLE", f"{MARKER} # kept"),
        ("app.env", DOTENV, "BARE", MARKER),
        ("app.env", DOTENV, "EMPTY", ""),
        ("app.env", DOTENV, "ESCAPED", 'a"b\nc'),
        ("app.env", DOTENV, "PEM", "-----BEGIN-----\nMIIEkey=\n-----END-----"),
        ("app.env", "WINDOWS=a\r\nNEXT=b\r\n", "WINDOWS", "a"),
        ("app.ini", INI, "AzureAd.ClientSecret", MARKER),
        ("app.cfg", INI, "AzureAd:ClientId", "id"),
        ("app.conf", INI, "AzureAd.Quoted", f'"{MARKER}"'),
        ("app.ini", INI, "top", MARKER),
        ("app.ini", "[a]\r\nb = c=d:e\u00a0\r\n", "a.b", "c=d:e\u00a0"),
        ("app.env", "A=b\u00a0# c\n", "A", "b\u00a0# c"),
        ("app.properties", PROPERTIES, "azure.client-secret", MARKER),
        ("app.properties", PROPERTIES, "azure.colon", MARKER),
        ("app.properties", PROPERTIES, "azure.long", "abcd"),
    ],
)
async def test_a_key_of_a_file_is_found(
    tmp_path: Path, name: str, content: str | bytes, key: str, expected: str
) -> None:
    assert await value(write(tmp_path, name, content), key) == expected


@pytest.mark.parametrize(
    ("name", "content", "key", "said"),
    [
        (
            "a.json",
            JSON,
            "AzureAd.Secret",
            (
                'has no key "Secret" under "AzureAd" (looking for AzureAd.Secret); the keys there'
                " are ClientId, ClientSecret, Keys (and 1 more, not shown); correct `key`"
            ),
        ),
        ("a.yaml", YAML, "azuread.x", 'no key "azuread" at its top (looking for azuread.x); the'),
        ("a.json", JSON, "Logging.Level.Deep", "there are no keys there"),
        ("a.json", JSON, "AzureAd", "holds a mapping, not text; name the key inside it"),
        ("a.json", JSON, "AzureAd.Keys", "holds a list, not text"),
        ("a.json", JSON, "AzureAd.Empty", "holds nothing, not text; put the value in quotes"),
        ("a.json", JSON, "Logging.Depth", "holds a number, not text; put the value in quotes"),
        ("a.yaml", "a: 2027-01-31\n", "a", "holds something else, not text"),
        ("a.json", f'{{"a": "{MARKER}"\n "b"}}', "a", "not a mapping in well-formed json: line 2"),
        ("a.json", f'["{MARKER}"]', "a", "is not a mapping in well-formed json; correct the file"),
        ("a.yaml", f"a: '{MARKER}\n", "a", "is not a mapping in well-formed yaml: line 2"),
        ("a.yaml", f"a: 2027-13-31\nb: {MARKER}", "a", "is not a mapping in well-formed yaml"),
        ("a.yaml", f"a: \x07{MARKER}", "a", "is not a mapping in well-formed yaml"),
        ("a.json", "[" * 60000, "a", "is not a mapping in well-formed json"),
        ("a.json", b"\xff" + MARKER.encode(), "a", "it is not UTF-8"),
        ("a.txt", MARKER, "a", "is of no format in which keys are known (.json, .yaml, .yml,"),
        ("a.ini", f"{MARKER}\n", "a", "there are no keys there"),
    ],
)
async def test_a_key_that_cannot_be_had_says_why(
    tmp_path: Path, name: str, content: str | bytes, key: str, said: str
) -> None:
    path = write(tmp_path, name, content)
    text = await reason(SourceConfig(file=path, key=key))
    assert said in text
    assert str(path) in text


async def test_pieces_of_a_broken_value_are_not_listed_as_keys(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", f'{{"ok": "1", "{MARKER}~x": "2", "": "3"}}')
    assert "the keys there are ok (and 2 more, not shown);" in await reason(
        SourceConfig(file=path, key="b")
    )


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_document_names_every_format(suffix: str) -> None:
    document = Path(__file__).parent.parent / "docs" / "configuration.md"
    assert f"`{suffix}`" in document.read_text(encoding="utf-8")
