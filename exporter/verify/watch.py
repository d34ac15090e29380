"""
Which of some files may have changed, as soon as they do. Looks at the directories they are in: a
mounted Kubernetes Secret is replaced by turning a link, and its files are never written to.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from pathlib import Path

from watchfiles import awatch

LOOK_AGAIN = 10_000
"""Milliseconds after which directories that came or went are taken notice of."""

QUIET = 200
"""Milliseconds without a change: whoever writes a file has done so by then."""


Identity = tuple[int, int]
"""Device and inode."""

Places = dict[Path, set[Path]]
"""Directories, and the files for which each is watched."""


async def changed(files: Callable[[], Iterable[Path]]) -> AsyncIterator[set[Path]]:
    """
    The files in whose directories something changed, each time; ends when other directories have
    to be watched. Raises OSError and RuntimeError where the system does not let it watch.
    """
    watched = await asyncio.to_thread(directories, files())
    if not watched:
        return
    same = identities(watched)
    async for changes in awatch(
        *watched, recursive=False, step=QUIET, rust_timeout=LOOK_AGAIN, yield_on_timeout=True
    ):
        paths = {Path(path) for _, path in changes}
        yield {file for path in paths for file in watched.get(path.parent, ())}
        present = await asyncio.to_thread(directories, files())
        # Of a directory that was itself changed, the watch may have ended with it.
        stale = new_places(same, identities(present)) | (paths & watched.keys())
        if stale or present.keys() != watched.keys():
            # Whatever changed before the next watch begins is not seen by it.
            yield {file for place in stale for file in present.get(place, watched.get(place, ()))}
            return


def new_places(old: Mapping[Path, Identity], new: Mapping[Path, Identity]) -> set[Path]:
    """The directories that were not there, or are others under the same name."""
    return {place for place, identity in new.items() if old.get(place) != identity}


def identities(places: Iterable[Path]) -> dict[Path, Identity]:
    """What tells each directory from another one that may take its place."""
    found = {}
    for place in places:
        with contextlib.suppress(OSError):  # it went in the meantime
            status = place.stat()
            found[place] = status.st_dev, status.st_ino
    return found


def directories(files: Iterable[Path]) -> Places:
    """Each existing directory in which a file, or what it is a link to, lies, and those files."""
    found: Places = {}
    for file in files:
        for place in {file.absolute().parent, linked(file).parent}:
            if place.is_dir():
                found.setdefault(place, set()).add(file)
    return found


def linked(file: Path) -> Path:
    """What a file is a link to, in the end; itself when its links lead in a circle."""
    try:
        return file.resolve()
    except RuntimeError:
        return file.absolute()
