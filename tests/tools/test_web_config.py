"""
Our reading of web configuration files beside promtool's. Needs promtool (Debian: package
prometheus); `make rules` runs this, `make test` does not.
"""

import subprocess
from pathlib import Path

import pytest
from test_prometheus import tool
from test_web_config_file import BAD, GOOD
from web_clients import Files

from exporter.errors import ConfigError
from exporter.web import Access

NEWER = {
    "limit",
    "no limit",
    "interval",
    "negative",
    "no burst",
    "no PEM",
    "names for nobody",
    "names, optional",
}
"""They use `rate_limit`, `client_allowed_sans`, `cert`: newer than Debian's promtool."""

STRICTER = {
    "unverified": "Python's TLS only verifies",
    "unverified, required": "the same",
    "unverified, old name": "the same",
    "curves": "Python 3.11 takes one curve",
    "versions": "no client could connect",
    "ciphers of 1.3 for 1.2": "no client could connect",
    "no CA in it": "no client could connect",
    "short hash": "no password fits it",
    "two lines in a header": "Go writes it on one line, aiohttp would not answer",
}
"""What promtool accepts and we refuse, and why: the list in docs/web-config.md."""


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A folder with certificates of server and authority."""
    made = Files(tmp_path)
    made.renew()
    (tmp_path / "ca.pem").write_text(made.authority.pem)
    (tmp_path / "locked.key").write_text(made.authority.sign(password=b"x").key)
    return made


def promtool(file: Path) -> bool:
    """Whether promtool accepts a file."""
    command = [tool("promtool"), "check", "web-config", str(file)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def ours(file: Path) -> bool:
    """Whether we do."""
    try:
        Access(file)
    except ConfigError:
        return False
    return True


@pytest.mark.parametrize("name", [name for name in (*GOOD, *BAD) if name not in NEWER])
def test_promtool_judges_as_we_do(files: Files, name: str) -> None:
    text = GOOD.get(name) or BAD.get(name, ("", ""))[0]
    files.config.write_text(text)
    expected = ours(files.config) or name in STRICTER
    assert promtool(files.config) == expected


def test_exceptions_are_exceptions() -> None:
    assert NEWER | STRICTER.keys() <= GOOD.keys() | BAD.keys()
