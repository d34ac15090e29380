"""How the commands that serve end: at once, whatever threads are still at it."""

import os
import sys
from collections.abc import Awaitable


async def then_leave(work: Awaitable[None]) -> None:
    """
    Await the work, which cleans up after itself, and end the process with exit code 0.

    The interpreter would wait for its threads, and one that looks up a name takes half a minute.
    """
    await work
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
