"""Files of settings that are broken, or are no settings: nothing of a secret is ever told."""

import base64
import random
import string
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from exporter.config import SourceConfig
from exporter.sources import SourceUnreadable, read
from exporter.sources.formats import FORMATS
from exporter.sources.keyed import value_of
from exporter.sources.names import a_name, known, shown

MARKER = "Marker8Q~NobodyMaySeeThis"
KEY = "AzureAd.Missing"
CHANCE = random.Random(20270131)  # noqa: S311 - the same secrets in each run
ALPHANUMERIC = string.ascii_letters + string.digits
OFTEN = 300


def some(alphabet: str, length: int) -> str:
    return "".join(CHANCE.choices(alphabet, k=length))


def old_style() -> str:
    """Base64 of 32 bytes: 44 characters, the last of which is `=`."""
    return base64.b64encode(CHANCE.randbytes(32)).decode()


def older() -> str:
    """32 characters, among them those that part a key from its value."""
    return some(ALPHANUMERIC + "+/=:?@[].*_-", 32)


def modern() -> str:
    return some(ALPHANUMERIC, 3) + "8Q~" + some(ALPHANUMERIC + "~._-", 34)


def pem() -> str:
    """Of any length, so that the last line has any length too."""
    body = base64.encodebytes(CHANCE.randbytes(CHANCE.randrange(100, 400))).decode()
    return f"-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----\n"


def pieces(secret: str) -> set[str]:
    """Every run of six characters in the secret."""
    body = "".join(line for line in secret.splitlines() if "-----" not in line)
    return {body[start : start + 6] for start in range(len(body) - 5)}


def told(suffix: str, content: str) -> SourceUnreadable | None:
    try:
        value_of(content.encode(), FORMATS[suffix], KEY, Path(f"app{suffix}"))
    except SourceUnreadable as error:
        return error
    return None


PLACES = [
    "{0}",
    "{0}\n",
    "CLIENT_SECRET=\n{0}\n",
    "[AzureAd]\nClientId = a\n{0}\n",
    "[{0}]\n{0}\n",
    "{0}: \n",
    "{0}: x\n",
    "{0}=x\n",
    "? {0}\n",
    "AzureAd:\n  {0}: x\n  ClientId: a\n",
    "AzureAd:\n  {{{0}}}\n",
    '{{"{0}": "x"}}',
    '{{"AzureAd": {{"{0}": "x", "ClientId": "a"}}}}',
    '{{"AzureAd": "{0}",}} {0}',
]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("make", [old_style, older, modern, pem])
def test_no_piece_of_a_secret_is_told_wherever_it_lies(
    suffix: str, make: Callable[[], str]
) -> None:
    for number in range(OFTEN):
        secret = make()
        error = told(suffix, PLACES[number % len(PLACES)].format(secret))
        shown_in = [piece for piece in pieces(secret) if piece in str(error)]
        assert not shown_in, f"{error}"


@pytest.mark.parametrize("suffix", [".env", ".conf", ".ini", ".properties"])
def test_no_line_of_a_broken_key_is_taken_for_a_name(suffix: str) -> None:
    for _ in range(OFTEN):
        secret = pem()
        error = told(suffix, f"AZURE_CLIENT_ID=a\n{secret}")
        assert not [piece for piece in pieces(secret) if piece in str(error)], f"{error}"
        assert "the keys there are AZURE_CLIENT_ID" in str(error)


@pytest.mark.parametrize(
    "name",
    ["ClientSecret", "AzureAd", "AZURE_CLIENT_SECRET", "azure.client-secret", "AzureAd__Password"],
)
@pytest.mark.parametrize("lines", [True, False])
def test_names_of_settings_are_listed(name: str, *, lines: bool) -> None:
    assert shown({name: "x"}, lines=lines) == name


@pytest.mark.parametrize("name", ["Logging", "ConnectionStrings", "a", "smtp.host"])
def test_any_name_is_listed_where_keys_are_not_taken_for_values(name: str) -> None:
    assert shown({name: "x"}, lines=False) == name


@pytest.mark.parametrize(
    "name",
    ["k" * 33, "client/secret", "clientSecret8", "", "8secret", "client secret", "secret\u00e9"],
)
def test_what_may_be_a_secret_is_not_listed(name: str) -> None:
    assert not a_name(name)


@pytest.mark.parametrize("value", [None, "", "=", " =", {}, []])
def test_a_key_without_a_value_is_not_listed(value: object) -> None:
    assert shown({"ClientSecret": value}, lines=False) == ""


@pytest.mark.parametrize("value", ["x", "==x", 0, False, {"a": 1}, ["a"]])
def test_a_key_with_a_value_is_listed(value: object) -> None:
    assert shown({"ClientSecret": value}, lines=False) == "ClientSecret"


def test_random_words_are_not_known() -> None:
    assert not [word for _ in range(2000) if known(word := some(ALPHANUMERIC, 32))]


def test_keys_beyond_twenty_are_counted() -> None:
    listed = shown(dict.fromkeys(map("key{}".format, range(30)), "x"), lines=False)
    assert listed.endswith("key19 (and 10 more, not shown)")


def test_a_secret_alone_in_a_file_of_lines_leads_to_the_next_step() -> None:
    error = told(".conf", "Zk3/abcDEFghiJKLmnoPQRstuVWXyz0123456789Ab=\n")
    assert str(error) == (
        'app.conf has no key "AzureAd" at its top (looking for AzureAd.Missing); the keys there are'
        " not shown, as they may be pieces of a secret; correct `key`, or leave it out when the"
        " whole file is the secret"
    )


# --- parsers that fail in their own ways


def assert_tells_nothing(error: BaseException) -> None:
    text = "".join(traceback.format_exception(error)).lower()
    assert error.__context__ is None
    assert error.__cause__ is None
    assert MARKER.lower() not in str(error).lower()
    # The lines of this file and of the parser's callers are in it, the parser's message is not.
    assert "during handling" not in text


TAGS = [
    *("bool", "int", "float", "timestamp", "binary", "null", "set", "omap", "pairs", "map", "seq"),
    *("str", "python/object:os.system", "nonsense"),
]


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("value", [MARKER, '""', "-", f"[{MARKER}]", f"{{{MARKER}: 1}}", "0x", "_"])
async def test_a_tag_that_does_not_fit_its_value_is_told_without_the_value(
    tmp_path: Path, tag: str, value: str
) -> None:
    path = tmp_path / "values.yaml"
    path.write_text(f"AzureAd:\n  ClientSecret: !!{tag} {value}\n")
    with pytest.raises(SourceUnreadable) as caught:
        await read(SourceConfig(file=path, key="AzureAd.Missing"))
    assert_tells_nothing(caught.value)


@pytest.mark.parametrize(
    "content", [f"AzureAd: !!bool {MARKER}", 'AzureAd: !!int ""', f"AzureAd: !!timestamp {MARKER}"]
)
def test_a_value_that_makes_the_parser_stumble_is_told_with_the_next_step(content: str) -> None:
    said = "app.yaml is not a mapping in well-formed yaml; correct the file"
    assert str(told(".yaml", content)) == said


def test_a_key_that_cannot_be_written_down_is_no_fault_of_the_program() -> None:
    assert told(".yaml", f"0x{'f' * 5000}: {MARKER}") is not None


@pytest.mark.parametrize("suffix", FORMATS)
def test_whatever_is_in_a_file_is_read_or_unreadable(suffix: str) -> None:
    scraps = [
        *("{", "}", "[", "]", '"', "'", ",", ":", ": ", "=", "\n", "\n  ", "- ", "? ", "\\", "\\u"),
        *("#", "//", "/*", "*/", "&a ", "*a", "<<: ", "|\n ", "> ", "%YAML 9\n", "---\n", "...\n"),
        *("null", "1e999", "-", "0b", "NaN", "2027-13-31", "1:2:3", "\x00", "\ufeff", "\ud800"),
        *(f"!!{tag} " for tag in TAGS),
        *(MARKER, "AzureAd"),
    ]
    for _ in range(1500):
        content = "".join(CHANCE.choices(scraps, k=CHANCE.randrange(1, 12)))
        try:
            encoded = content.encode("utf-8", "surrogatepass")
            value_of(encoded, FORMATS[suffix], KEY, Path(f"app{suffix}"))
        except SourceUnreadable as error:
            assert_tells_nothing(error)
