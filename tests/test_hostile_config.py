"""Whatever is in the configuration file: a configuration, or mistakes that show no secret."""

import tempfile
import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml
from hostile import TEXTS, dates, texts
from hypothesis import example, given
from hypothesis import strategies as st

from exporter.config import Config, load, parse
from exporter.config.mistakes import LONGEST_SHOWN
from exporter.errors import ConfigError

SECRET = "zzqMarkOfASecret"
HOME = Path("/nowhere")
MISTAKES = 100_000
"""Characters of a message; one line is far shorter."""

TAGGED = [
    f"!!{tag} {value}"
    for tag in (
        "int",
        "float",
        "bool",
        "null",
        "timestamp",
        "binary",
        "set",
        "omap",
        "pairs",
        "str",
        "python/object/apply:os.system",
        "python/name:os.system",
        "merge",
        "value",
        "nonsense",
    )
    for value in ('""', "x", "_", "-", "0x", "[a]", "{a: b}", "1:2", ":", "[[a]]", "[{a: b}]")
]
LAUGHS = "a0: &a0 [x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
MERGED_LAUGHS = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{','.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 12)
)
DOCUMENTS = [
    "tenants: &a [*a]",
    "&a {tenants: *a}",
    "<<: &a {<<: *a}",
    "<<: x",
    "<<: [x]",
    "? [a]\n: b",
    "? {a: b}\n: c",
    "a: 1\na: 2",
    "\t",
    "tenants:\n\t- x",
    "a: \x00",
    '"\\U00110000"',
    '"\\UFFFFFFFF"',
    '"\\ud800": "\\udfff"',
    '"\\e[2J\\u202e": x',
    f"%YAML 1.{'1' * 5000}\n--- x",
    f"%YAML {'1' * 5000}.1\n--- x",
    "%YAML 9.9\n--- x",
    "%TAG ! tag:x,2000:\n--- !y z",
    "--- a\n--- b",
    "a: |99999999999999999999\n x",
    "a: !<tag:yaml.org,2002:int> ''",
    f"a: {'9' * 5000}",
    f"a: 0x{'f' * 5000}",
    f"a: 0b{'1' * 5000}",
    f"a: 1{':59' * 3000}",
    f"a: 1{':59' * 3000}.5",
    f"a: 1{'0' * 400}",
    f"a: 1.{'0' * 5000}e+99999",
    "[" * 600,
    "[" * 500 + "]" * 500,
    "{a: " * 500 + "}" * 500,
    "- " * 600,
    LAUGHS,
    MERGED_LAUGHS,
    *TAGGED,
]

plain: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**99, 10**400, -(10**400), 10**15])
    | st.floats()
    | texts
    | dates
    | st.datetimes()
    | st.dates()
    | st.binary(max_size=9)
)
words = [
    *("tenants", "verify", "clouds", "web", "state", "name", "tenant_id", "identity", "poll"),
    *("interval", "targets", "secret", "used_by", "kind", "client_id"),
]
keys = st.sampled_from(words) | texts
anything = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=15,
)


def good() -> dict[str, Any]:
    """A configuration with something at every place."""
    guid = "11111111-2222-3333-4444-555555555555"
    filters = [{"app_id": guid, "name": "^a", "tag": "b"}]
    return {
        "web": {"external_url": "https://entra.example.com"},
        "state": {"dir": "state"},
        "clouds": {"own": {"authority": "https://a", "graph": "https://b", "ca_file": "c"}},
        "tenants": [
            {
                "name": "contoso",
                "tenant_id": guid,
                "cloud": "public",
                "identity": {
                    "type": "client_secret",
                    "client_id": guid,
                    "client_secret": {"env": "A"},
                    "certificate": {"file": "f", "password": {"file": "g", "key": "h"}},
                    "token_file": "t",
                },
                "poll": {
                    "interval": "1h",
                    "timeout": "10s",
                    "applications": True,
                    "service_principals": "own",
                    "expiring_within": "30d",
                    "include": filters,
                    "exclude": filters,
                },
            }
        ],
        "verify": {
            "interval": "15m",
            "targets": [
                {
                    "name": "billing",
                    "tenant": "contoso",
                    "client_id": guid,
                    "secret": {"key_vault": "https://v", "name": "n", "version": "1"},
                    "resource": "https://r",
                    "expires_at": "2027-01-31",
                    "used_by": {"kind": "aks", "namespace": "n"},
                }
            ],
        },
    }


def places(value: object, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    pairs: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    return [at, *(place for key, inner in pairs for place in places(inner, (*at, key)))]


PLACES = [place for place in places(good()) if place]
SECRET_PLACES = [p for p in PLACES if {"client_secret", "secret", "password"} & set(p)]


def changed(place: tuple[Any, ...], value: object) -> Any:  # noqa: ANN401 - a document
    """The good configuration with another value at a place."""
    document = good()
    at: Any = document
    for part in place[:-1]:
        at = at[part]
    at[place[-1]] = value
    return document


def written(document: object) -> str:
    """As YAML, in a form that PyYAML chooses."""
    return yaml.dump(document, allow_unicode=True)


def outcome(text: str) -> Config | ConfigError:
    """The configuration or the refusal, and nothing else."""
    try:
        with warnings.catch_warnings():
            # Of odd regular expressions.
            warnings.simplefilter("ignore", FutureWarning)
            return parse(text, file="config.yaml", base_dir=HOME)
    except ConfigError as error:
        refused = error
    assert refused.problems
    assert len(str(refused)) < MISTAKES
    assert all(str(problem).isprintable() for problem in refused.problems)
    return refused


@given(st.sampled_from(PLACES), anything)
def test_any_value_at_any_place_is_taken_or_refused(place: tuple[Any, ...], value: object) -> None:
    outcome(written(changed(place, value)))


@given(anything)
def test_any_document_is_taken_or_refused(document: object) -> None:
    outcome(written(document))


@given(st.text(max_size=200) | st.text(" \t\n:-[]{}&*!|>'\"%@`#,?<=~a1", max_size=60) | texts)
def test_any_text_is_taken_or_refused(text: str) -> None:
    outcome(text)


@pytest.mark.parametrize("text", DOCUMENTS, ids=range(len(DOCUMENTS)))
def test_odd_yaml_is_taken_or_refused(text: str) -> None:
    for around in ("{}", "tenants: [{{name: {}}}]", "verify: {{interval: {}}}"):
        outcome(around.format(text))


@given(st.binary(max_size=200) | texts.map(lambda t: t.encode(errors="surrogatepass")))
def test_any_bytes_are_taken_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config.yaml"
        file.write_bytes(content)
        with pytest.raises(ConfigError):
            load(file)


HUGE = {
    "a scalar": "a: " + "x" * 2_000_000,
    "a number": "a: " + "9" * 2_000_000,
    "a number to the base of 16": "a: 0x" + "f" * 2_000_000,
    "a number to the base of 60": "a: 1" + ":59" * 600_000,
    "a fraction to the base of 60": "a: 1" + ":59" * 600_000 + ".5",
    "more than is read": "a: " + "x" * 9_000_000,
    "nothing but a quote": '"' + "\\x41" * 500_000,
    "lists": "[" * 2_000_000,
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE.keys())
def test_huge_file_is_refused_in_few_words(text: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as refused:
        load(file)
    assert len(str(refused.value)) < 10 * LONGEST_SHOWN + len(str(file))


@given(
    st.sampled_from(SECRET_PLACES),
    st.sampled_from(
        [
            SECRET,
            [SECRET],
            {SECRET: SECRET},
            {"env": SECRET + "-"},
            {"env": [SECRET]},
            {"env": {SECRET: 1}},
            {"key_vault": f"https://{SECRET}@x", "name": SECRET + "_"},
            {"file": {"x": SECRET}},
            {"value": SECRET},
            {"env": "A", SECRET: "B"},
            f"{SECRET}\n",
        ]
    ),
    st.sampled_from(["", '"', "'", None]),
    st.sampled_from([True, False]),
)
def test_what_stands_where_a_secret_belongs_is_never_shown(
    place: tuple[Any, ...], value: object, style: str | None, flow: object
) -> None:
    text = yaml.dump(changed(place, value), default_style=style, default_flow_style=bool(flow))
    found = outcome(text)
    assert SECRET not in str(found) or isinstance(found, Config)


@given(st.sampled_from(SECRET_PLACES), st.sampled_from(TEXTS), st.integers(0, 2000))
def test_file_that_is_cut_shows_no_secret(place: tuple[Any, ...], text: str, end: int) -> None:
    whole = written(changed(place, f"{SECRET}{text}"))
    for cut in (whole[:end], whole.replace(":", "", 1), whole.replace("- ", "-", 2)):
        found = outcome(cut)
        assert SECRET not in str(found) or isinstance(found, Config)


@given(st.sampled_from(SECRET_PLACES), st.sampled_from(TAGGED + DOCUMENTS[:30]))
@example(("verify", "targets", 0, "secret"), "&a [*a]")
def test_odd_yaml_beside_a_secret_shows_none_of_it(place: tuple[Any, ...], odd: str) -> None:
    whole = written(changed(place, SECRET))
    found = outcome(whole.replace(SECRET, f"{odd} {SECRET}"))
    assert SECRET not in str(found) or isinstance(found, Config)
