"""
How many token requests are under way at a time, of a tenant and in all, and which tenants' login
service has asked to be left alone for a while. Knows no target.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator

OF_A_TENANT = 10
IN_ALL = 100

Login = tuple[str, str]
"""A tenant's login service: its address and the tenant's id."""


class Gate:
    """`async with gate.turn(login)` around a token request; times are Unix seconds."""

    def __init__(self) -> None:
        self.all = asyncio.Semaphore(IN_ALL)
        self.turns = defaultdict[Login, asyncio.Semaphore](lambda: asyncio.Semaphore(OF_A_TENANT))
        self.rests: dict[Login, tuple[float, float]] = {}

    @contextlib.asynccontextmanager
    async def turn(self, login: Login) -> AsyncIterator[None]:
        """One of the tenant's turns: a login service that hangs holds up nobody else's."""
        async with self.turns[login], self.all:
            yield

    def rest(self, login: Login, now: float, seconds: float) -> None:
        """Leave a tenant's login service alone."""
        if seconds >= self.resting(login, now):
            self.rests[login] = now, now + seconds

    def resting(self, login: Login, now: float) -> float:
        """The seconds for which it still wants to be left alone."""
        began, ends = self.rests.get(login, (now, now))
        # A clock that was set back would make the rest longer than was asked for.
        return max(0.0, ends - now) if began <= now else 0.0
