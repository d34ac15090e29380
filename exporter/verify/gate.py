"""
How many token requests are under way at a time, and which tenants' login service has asked to be
left alone for a while. Knows no target.
"""

import asyncio

AT_ONCE = 10


class Gate:
    """`async with gate.turns` around a token request; times are Unix seconds."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self.turns = asyncio.Semaphore(at_once)
        self.rests: dict[tuple[str, str], tuple[float, float]] = {}

    def rest(self, tenant: tuple[str, str], now: float, seconds: float) -> None:
        """Leave a tenant's login service, named by its address and the tenant's id, alone."""
        if seconds >= self.resting(tenant, now):
            self.rests[tenant] = now, now + seconds

    def resting(self, tenant: tuple[str, str], now: float) -> float:
        """The seconds for which it still wants to be left alone."""
        began, ends = self.rests.get(tenant, (now, now))
        # A clock that was set back would make the rest longer than was asked for.
        return max(0.0, ends - now) if began <= now else 0.0
