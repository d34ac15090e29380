"""Whatever is stored where a secret belongs: described without showing any of it."""

from hostile import any_character, texts
from hypothesis import assume, example, given
from hypothesis import strategies as st
from test_findings import APP_ID, KEY_ID, WRAPS

from exporter.sources import Secret
from exporter.verify.findings import examined, findings, repaired
from exporter.verify.repairs import LONGEST, MOST_STEPS

SHORT = 600
"""Characters of a description; the longest name of a character has 88."""
PIECE = 6
"""Characters of a secret that are told apart from the numbers in a description."""

core = st.text("QZXJ0123456789~_", min_size=8, max_size=50)
wraps = st.lists(st.sampled_from([*WRAPS.values()]), max_size=3)
repeated = st.builds(
    lambda piece, count: piece * count,
    st.sampled_from(
        [
            "%41",
            "&amp;",
            '\\"',
            "QUJD",
            "a=",
            "\u201c",
            "{",
            "${",
            "-----BEGIN ",
            "__x",
            "\x00a",
            ";server=",
            "eyJ",
            "a.",
            " ",
            "\ufeff",
            "MIIA",
            "<",
            "8Q~",
            "a" * 37,
            "\ud800",
        ]
    ),
    st.sampled_from([1, 2, 60, 200, LONGEST // 2]),
)
stored = (
    texts
    | st.text(any_character, max_size=300)
    | repeated
    | st.binary(max_size=200).map(lambda data: data.decode("utf-8", "surrogateescape"))
    | st.binary(max_size=99).map(lambda data: data.decode("utf-16-le", "replace"))
    | st.builds(lambda a, b, c: a + b + c, repeated, texts, repeated)
)


@given(stored, wraps)
@example("[1" + "0" * 4000 + "]", [])
@example("[" * 2000 + "]" * 2000, [])
@example("a" * LONGEST, [])
@example("%" + "a" * LONGEST, [])
@example("&#" + "9" * 4000 + ";", [])
@example("=" * LONGEST, [])
@example("a: " * 1300, [])
def test_any_value_is_described_in_few_printable_words(value: str, around: list[object]) -> None:
    for wrap in around:
        value = wrap(value) if callable(wrap) and value.isascii() else value
    found = findings(Secret(value), [KEY_ID], [APP_ID])
    for finding in found:
        assert len(finding.found) <= SHORT
        assert finding.found.isprintable()
        assert finding.advice
    assert len(examined(Secret(value), (), ()).steps) <= MOST_STEPS
    mended = repaired(Secret(value))
    assert mended is None or mended.reveal() != value


@given(core, texts, texts, wraps)
def test_no_piece_of_a_secret_is_shown_whatever_is_around_it(
    secret: str, before: str, after: str, around: list[object]
) -> None:
    assume(len(set(secret)) > 2)
    value = secret
    for wrap in around:
        value = wrap(value) if callable(wrap) else value
    pieces = {value[i : i + PIECE] for i in range(len(value) - PIECE + 1)}
    pieces |= {secret[i : i + PIECE] for i in range(len(secret) - PIECE + 1)}
    for whole in (value, before + value, value + after, f"{before}{value}{after}"):
        for finding in findings(Secret(whole), [KEY_ID], [APP_ID]):
            assert not [piece for piece in pieces if piece in finding.found]


@given(stored)
def test_wrapper_of_a_secret_never_shows_it(value: str) -> None:
    secret = Secret(value)
    assert f"{secret}{secret!r}{secret:>9}" == "*" * 9
    assert secret == Secret(value)
    assert secret.to_bytes().decode("utf-8", "surrogatepass") == value
