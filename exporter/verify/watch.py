"""
Which of some files may have changed, as soon as they do. Looks at the directories they are in: a
mounted Kubernetes Secret is replaced by turning a link, and its files are never written to.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path

from watchfiles import awatch

LOOK_AGAIN = 10_000
"""Milliseconds after which directories that came or went are taken notice of."""

QUIET = 200
"""Milliseconds without a change: whoever writes a file has done so by then."""


async def changed(files: Callable[[], Iterable[Path]]) -> AsyncIterator[set[Path]]:
    """
    The files in whose directories something changed, each time; ends when other directories have
    to be watched. Raises OSError and RuntimeError where the system does not let it watch.
    """
    watched = directories(files())
    if not watched:
        return
    places = [*watched]
    async for changes in awatch(
        *places, recursive=False, step=QUIET, rust_timeout=LOOK_AGAIN, yield_on_timeout=True
    ):
        touched = {Path(path).parent for _, path in changes}
        yield {file for place in touched for file in watched.get(place, ())}
        present = directories(files())
        if present.keys() != watched.keys():
            # Whatever changed before the next watch begins is not seen by it.
            yield {file for place in present.keys() - watched.keys() for file in present[place]}
            return


def directories(files: Iterable[Path]) -> dict[Path, set[Path]]:
    """Each existing directory in which a file, or what it is a link to, lies, and those files."""
    found: dict[Path, set[Path]] = {}
    for file in files:
        for place in {file.absolute().parent, file.resolve().parent}:
            if place.is_dir():
                found.setdefault(place, set()).add(file)
    return found
