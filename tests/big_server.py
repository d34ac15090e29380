"""
A program: the web server over a large tenant, in a process of its own whose memory can be watched.
Takes the number of applications, the seconds in which an answer must be taken, and a web
configuration file if there is one; prints its port, serves until its input ends.
"""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from builders import application, credential, snapshot, tenant
from web_clients import pages_of

from exporter.address import Address
from exporter.snapshot import Snapshot
from exporter.web import Access, serving
from exporter.web.limits import LIMITS


def large(count: int) -> Snapshot:
    """A tenant of that many applications with a credential each."""
    return snapshot(
        tenant(
            *(
                application(
                    credential(n % 700, key_id=f"{n:08x}-0000-4000-8000-000000000000"),
                    app_id=f"{n:08x}-1111-4000-8000-000000000000",
                    name=f"application number {n}",
                )
                for n in range(count)
            )
        )
    )


async def serve(count: int, answer: float, *files: str) -> None:
    """Until the input ends."""
    access = Access(Path(files[0])) if files else None
    limits = replace(LIMITS, answer=answer)
    pages = pages_of(large(count))
    async with serving(pages.application(access), pages.health, access, limits) as listen:
        address = await listen(Address("127.0.0.1", 0))
        print(address.port, flush=True)  # noqa: T201 - what the test waits for
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]), *sys.argv[3:]))
