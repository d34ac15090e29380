"""What is odd about a stored secret: found, described, mended; and never shown."""

import base64
import html
import itertools
import random
import string
from collections.abc import Callable, Mapping
from urllib.parse import quote

import pytest

from exporter.sources.secret import Secret
from exporter.verdict import Finding
from exporter.verify.findings import CHECKS, examined, findings, repaired

SECRET = "Zq78Q~Vw.x_Jv-Kz3Wq~9Xj.Pv_Q7-zZxW5kJqYh"
KEY_ID = "5f0d3c1e-7a44-4c0e-9d58-3b6c1a2e4f70"
APP_ID = "0a1b2c3d-1111-4222-8333-444455556666"
ALPHABET = string.ascii_letters + string.digits + "_~.-"
WIDE = string.ascii_letters + string.digits + "[]@+-.:/*?=_"
OLD_34 = "Vw.x_Jv-Kz3Wq~9Xj.Pv_Q7-zZxW5kJqYh"[:34]
OLD_32 = "[6gyXA5S20@MN+WRXAJ]I-TO7g1:h2P8"
OLD_44 = base64.b64encode(bytes(range(150, 182))).decode()

Wrap = Callable[[str], str]


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def in_percent(text: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else quote_all(c) for c in text)


def quote_all(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())


def in_entities(text: str) -> str:
    return "".join(c if c.isalnum() else f"&#{ord(c)};" for c in text)


WRAPS: Mapping[str, Wrap] = {
    "line break": lambda text: f"{text}\n",
    "windows line break": lambda text: f"{text}\r\n",
    "spaces": lambda text: f"  {text}\t",
    "no-break space": lambda text: f"{text}\u00a0",
    "zero width space": lambda text: f"\u200b{text}",
    "byte order mark": lambda text: f"\ufeff{text}",
    "double quotes": lambda text: f'"{text}"',
    "single quotes": lambda text: f"'{text}'",
    "curly quotes": lambda text: f"\u201c{text}\u201d",
    "base64": in_base64,
    "base64 twice": lambda text: in_base64(in_base64(text)),
    "base64 of echo, twice": lambda text: in_base64(in_base64(f"{text}\n") + "\n"),
    "percent": in_percent,
    "entities": in_entities,
    "entities by name": lambda text: f"&quot;{html.escape(text)}&quot;",
    "env line": lambda text: f"AZURE_CLIENT_SECRET={text}",
    "exported": lambda text: f'export CLIENT_SECRET="{text}"',
}


def seen(value: str, **ids: list[str]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings(Secret(value), **ids)}


def explaining(value: str) -> set[str]:
    return {finding.name for finding in findings(Secret(value)) if finding.explains}


def modern(source: random.Random) -> str:
    letters = source.choices(ALPHABET, k=source.choice([34, 37]))
    return f"{''.join(letters[:3])}{source.choice('78')}Q~{''.join(letters[3:])}"


@pytest.mark.parametrize(
    ("value", "name", "found"),
    [
        pytest.param(f"{SECRET}\n", "line_break", "a line break at the end", id="echo"),
        pytest.param(f"{SECRET}\n\n", "line_break", "2 line breaks at the end", id="two lines"),
        pytest.param(f"{SECRET}\r\n", "carriage_return", "a carriage return at the end", id="CR"),
        pytest.param(f"{SECRET}  ", "white_space", "2 spaces at the end", id="spaces"),
        pytest.param(
            f" \t{SECRET} ",
            "white_space",
            "a space and a tab at the start, a space at the end",
            id="both ends",
        ),
        pytest.param(
            f"\ufeff{SECRET}", "byte_order_mark", "a byte order mark at the start", id="BOM"
        ),
        pytest.param(
            f"\u00ef\u00bb\u00bf{SECRET}",
            "byte_order_mark",
            "a byte order mark, read in a Western code page, at the start",
            id="BOM as Latin",
        ),
        pytest.param(
            f"{SECRET}\u200b", "invisible", "a zero width space at the end", id="zero width"
        ),
        pytest.param(
            f"\u00a0{SECRET}", "invisible", "a no-break space at the start", id="no-break space"
        ),
        pytest.param(
            f"{SECRET[:20]}\n{SECRET[20:]}",
            "line_break_inside",
            "a line break after character 20",
            id="broken",
        ),
        pytest.param(
            f"{SECRET}\n{SECRET}", "line_break_inside", "a line break after character 40", id="two"
        ),
        pytest.param(
            f"{SECRET[:7]}\u200b{SECRET[7:]}",
            "invisible_inside",
            "a zero width space after character 7",
            id="invisible inside",
        ),
        pytest.param(f'"{SECRET}"', "quotes", "a double quote at both ends", id="quotes"),
        pytest.param(
            f"\u2018{SECRET}\u2019", "quotes", "a curly single quote at both ends", id="curly"
        ),
        pytest.param(f"{{{SECRET}}}", "quotes", "a brace at both ends", id="braces"),
        pytest.param(in_percent(SECRET), "percent_encoding", "percent-encoding", id="percent"),
        pytest.param(
            quote(in_percent(SECRET)), "percent_encoding", "percent-encoding, twice", id="%25"
        ),
        pytest.param(in_entities(SECRET), "html_entities", "HTML entities", id="entities"),
        pytest.param(in_base64(SECRET), "base64", "base64 of a text", id="base64"),
        pytest.param(
            in_base64(in_base64(SECRET)), "base64", "base64 of a text, twice", id="base64 twice"
        ),
        pytest.param(in_base64(OLD_32), "base64", "base64 of a text", id="base64 with 44 letters"),
        pytest.param(
            SECRET.encode("utf-16").decode("utf-8", "surrogateescape"),
            "utf16",
            "UTF-16 instead of UTF-8",
            id="PowerShell",
        ),
        pytest.param(
            SECRET[:30],
            "wrong_length",
            "30 characters, where a secret of its kind has 37 to 40: the end is missing",
            id="truncated",
        ),
        pytest.param(
            SECRET + "abc",
            "wrong_length",
            "43 characters, where a secret of its kind has 37 to 40: there is too much of it",
            id="too long",
        ),
        pytest.param(
            SECRET[2:],
            "start_missing",
            "2 characters missing at the start, and 38 characters left",
            id="start missing",
        ),
        pytest.param(
            f"Bearer {SECRET}",
            "surrounded",
            "something with the shape of a secret, but 7 characters before it",
            id="surrounded",
        ),
        pytest.param(
            f"{SECRET[:9]}&{SECRET[10:]}",
            "foreign_characters",
            "an ampersand after character 9",
            id="foreign",
        ),
        pytest.param(
            f"{SECRET[:39]}\udcff",
            "foreign_characters",
            "an undecodable byte after character 39",
            id="undecodable",
        ),
        pytest.param("", "empty", "the value is empty", id="empty"),
        pytest.param(" \n", "empty", "nothing but a space and a line break", id="blank"),
        pytest.param('""', "empty", "quotes around nothing", id="empty quotes"),
        pytest.param(
            "-----BEGIN CERTIFICATE-----\nMIIC\n", "pem", "a certificate in PEM", id="certificate"
        ),
        pytest.param(
            "-----BEGIN RSA PRIVATE KEY-----\nMIIC\n", "pem", "a private key in PEM", id="key"
        ),
        pytest.param(
            f'{{"appId": 1, "password": "{SECRET}"}}',
            "json_document",
            "a JSON document with 2 entries",
            id="JSON",
        ),
        pytest.param(
            f"Server=tcp:x;User ID=y;Password={SECRET};",
            "connection_string",
            "a connection string: 3 of its settings are known",
            id="connection string",
        ),
    ],
)
def test_what_is_odd_is_named_and_described(value: str, name: str, found: str) -> None:
    finding = seen(value)[name]
    assert finding.found == found
    assert finding.explains


@pytest.mark.parametrize(
    "value",
    [
        *("${SECRET}", "$(SECRET)", "{{ secret }}", "#{SECRET}#", "%CLIENT_SECRET%", "$SECRET"),
        *("<secret>", "<your client secret>", "changeme", "CHANGE_ME", "xxxxxxxx", "********"),
        *("your-client-secret", "YOUR_CLIENT_SECRET_HERE", "undefined", "abc" + "*" * 37),
        *('"${AZURE_CLIENT_SECRET}"', "CLIENT_SECRET=${CLIENT_SECRET}", "prefix-${SECRET}\n"),
    ],
)
def test_a_placeholder_is_that_and_nothing_else(value: str) -> None:
    assert set(seen(value)) == {"placeholder"}
    assert repaired(Secret(value)) is None


@pytest.mark.parametrize("name", ["KeyVault", "AppConfiguration"])
def test_a_reference_that_nobody_resolved_is_that_and_nothing_else(name: str) -> None:
    value = f"@Microsoft.{name}(SecretUri=https://v.vault.azure.net/secrets/s/)"
    assert set(seen(value)) == {"unresolved_reference"}
    assert repaired(Secret(value)) is None


@pytest.mark.parametrize(
    ("value", "ids", "name", "explains"),
    [
        pytest.param(KEY_ID, {}, "guid", True, id="nothing to compare with"),
        pytest.param(KEY_ID, {"key_ids": [KEY_ID]}, "key_id", True, id="the ID"),
        pytest.param(KEY_ID.upper(), {"key_ids": [KEY_ID]}, "key_id", True, id="in capitals"),
        pytest.param(f'"{KEY_ID}"\n', {"key_ids": [KEY_ID]}, "key_id", True, id="quoted"),
        pytest.param(in_base64(KEY_ID), {"key_ids": [KEY_ID]}, "key_id", True, id="in base64"),
        pytest.param(
            KEY_ID.replace("-", ""), {"key_ids": [KEY_ID]}, "key_id", True, id="without dashes"
        ),
        pytest.param(
            APP_ID, {"key_ids": [KEY_ID], "app_ids": [APP_ID]}, "application_id", True, id="client"
        ),
        pytest.param(APP_ID, {"key_ids": [KEY_ID]}, "guid", False, id="nobody's"),
    ],
)
def test_a_guid_is_an_id_where_that_is_certain_or_likely(
    value: str, ids: dict[str, list[str]], name: str, *, explains: bool
) -> None:
    found = findings(Secret(value), **ids)
    assert (found[0].name, found[0].explains) == (name, explains)
    assert (", not its " in found[0].found) == (name != "guid")
    assert repaired(Secret(value)) is None


def test_a_modern_secret_yields_nothing() -> None:
    source = random.Random(20261123)  # noqa: S311 - repeatable, not secret
    for _ in range(500):
        value = modern(source)
        assert findings(Secret(value), [KEY_ID], [APP_ID]) == ()
        assert repaired(Secret(value)) is None


def test_secrets_of_former_years_yield_nothing_that_explains() -> None:
    source = random.Random(20190101)  # noqa: S311 - repeatable, not secret
    for _ in range(300):
        wide = "".join(source.choices(WIDE, k=32))
        middle = "".join(source.choices(ALPHABET, k=34))
        long = base64.b64encode(source.randbytes(32)).decode()
        assert [explaining(value) for value in (wide, middle, long)] == [set()] * 3


@pytest.mark.parametrize(
    "value",
    [
        *(
            OLD_34,
            OLD_32,
            OLD_44,
            "Sommer2024!Sommer",
            "correct horse battery staple",
            "a",
            "s3cr3t",
        ),
        *("p%40ssw0rd-of-somebody", "MySecretPassword2024", "a=b;c=d;e=f0123456789", "{curly}[x]"),
        *('"' + OLD_32[1:31] + '"', "x" + "0123456789abcdef" * 4, "%7E" + OLD_32[3:]),
    ],
)
def test_what_somebody_may_have_chosen_explains_no_refusal(value: str) -> None:
    assert explaining(value) == set()
    assert seen(value)


@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS.keys())
@pytest.mark.parametrize("value", [SECRET, OLD_34, OLD_32, OLD_44], ids=["40", "34", "32", "44"])
def test_what_is_wrapped_around_a_secret_explains_and_is_mended(value: str, wrap: Wrap) -> None:
    assert explaining(wrap(value))
    assert repaired(Secret(wrap(value))) == Secret(value)


def test_two_wrappings_of_a_random_secret_are_mended() -> None:
    source = random.Random(7000215)  # noqa: S311 - repeatable, not secret
    for inner, outer in itertools.product(WRAPS, repeat=2):
        value = modern(source)
        wrapped = WRAPS[outer](WRAPS[inner](value))
        assert repaired(Secret(wrapped)) == Secret(value), f"{outer} around {inner}"
        assert explaining(wrapped), f"{outer} around {inner}"


def test_a_chosen_password_is_mended_as_well() -> None:
    assert repaired(Secret('"Sommer2024!Sommer"\n')) == Secret("Sommer2024!Sommer")


@pytest.mark.parametrize(
    "value",
    ["", " ", '""', f"{SECRET[:20]}\n", "short\n", f"{KEY_ID}\n", "one two three four five\n"],
)
def test_what_mending_makes_no_secret_of_is_left(value: str) -> None:
    assert repaired(Secret(value)) is None


def test_the_most_telling_comes_first() -> None:
    found = findings(Secret(f"{APP_ID}\n"), [KEY_ID])
    assert [finding.name for finding in found] == ["line_break", "guid"]


def test_no_piece_of_the_secret_is_shown() -> None:
    pieces = {SECRET[i : i + 4] for i in range(len(SECRET) - 3)}
    damages = [SECRET[:25], SECRET[2:], SECRET + SECRET, f"{SECRET}\udcff", f"Bearer {SECRET}"]
    for value in [SECRET, *damages, f'{{"a": "{SECRET}"}}', f"${{{SECRET}}}", f"https://{SECRET}"]:
        for wrap in WRAPS.values():
            stored = value.replace("\udcff", "\u00ff")
            for secret in (Secret(value), Secret(wrap(stored))):
                shown = repr((findings(secret), repaired(secret), examined(secret, (), ())))
                assert not [piece for piece in pieces if piece in shown]


def test_the_names_of_foreign_characters_tell_no_letter() -> None:
    for character in "\u24d0\U000e0061\u00e4\u2460\uff21":
        found = seen(f"{SECRET[:9]}{character}{SECRET[10:]}")
        words = " ".join(finding.found for finding in found.values())
        assert "letter" not in words
        assert "digit" not in words


def test_every_check_has_its_own_name_and_says_what_to_do() -> None:
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    assert all(check.advice for check in CHECKS)


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "[",
            '{"',
            " ",
            "%41",
            "%25",
            "&amp;",
            "&amp",
            "a=",
            "-----BEGIN ",
            "${",
            "$(a",
            "{{",
            "\0",
        ),
        *(
            ";server ",
            ";pwd=",
            "\u200b",
            "\n",
            "xQ~8Q~",
            '"',
            "eyJa",
            "A",
            "\udcff",
            "\ud800",
            "\u00e9",
        ),
        *(
            "a\n",
            "MII",
            "<",
            "your",
            "#{",
            "\ufeff",
            "\u00ef\u00bb\u00bf",
            "\U000e0061",
            "_~",
            "9" * 8,
        ),
    ],
    ids=ascii,
)
def test_a_huge_hostile_value_is_answered(piece: str) -> None:
    value = (piece * (64 * 1024))[: 64 * 1024]
    for hostile in (value, f"x{value}x", f"[{value}]", f"eyJ{value}", f'"{value}"'):
        assert findings(Secret(hostile))
        mended = repaired(Secret(hostile))
        assert mended is None or mended != Secret(hostile)
