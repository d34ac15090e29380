"""The installed command as a process of its own, for the end-to-end tests."""

import contextlib
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

COMMAND = Path(sys.executable).parent / "entra-credential-exporter"
PATIENCE = 20.0
ANY_PORT = "127.0.0.1:0"

Found = TypeVar("Found")


class Started:
    """A running command; what it writes goes to files that can be read at any time."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path, errors: Path) -> None:
        self.process = process
        self.output = output
        self.errors = errors
        self.url = ""

    def said(self) -> str:
        """All that it has written."""
        return self.output.read_text(encoding="utf-8") + self.errors.read_text(encoding="utf-8")

    def get(self, path: str) -> str:
        """The body of a page."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=PATIENCE) as answer:  # noqa: S310 - ours
            return str(answer.read(), "utf-8")

    def find(self, pattern: str) -> str:
        """The first group of a pattern in what it has written, once it is there."""
        found = wait_for(lambda: self.search(pattern), self.said)
        return str(found[1])

    def search(self, pattern: str) -> re.Match[str] | None:
        """A match in what it has written; a failure once it has ended without one."""
        ended = self.process.poll()
        found = re.search(pattern, self.said())
        if found is None and ended is not None:
            raise AssertionError(f"ended with {ended}: {self.said()}")
        return found


def wait_for(condition: Callable[[], Found | None], explain: Callable[[], str]) -> Found:
    """What a condition gives once it gives something."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if (found := condition()) is not None:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {PATIENCE:.0f} s in vain; so far: {explain()}")


@contextlib.contextmanager
def started(folder: Path, *arguments: str) -> Iterator[Started]:
    """Run the command until the block ends."""
    output, errors = folder / "stdout", folder / "stderr"
    with output.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen([COMMAND, *arguments], stdout=out, stderr=err, cwd=folder)
    try:
        yield Started(process, output, errors)
    finally:
        # A demo that is killed could not tidy up.
        process.terminate()
        process.wait(timeout=PATIENCE)


def finished(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, run to its end."""
    return subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
