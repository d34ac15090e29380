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
        self.until: dict[tuple[str, str], float] = {}

    def rest(self, tenant: tuple[str, str], until: float) -> None:
        """Leave a tenant's login service, named by its address and the tenant's id, alone."""
        self.until[tenant] = max(until, self.until.get(tenant, 0.0))

    def resting(self, tenant: tuple[str, str], now: float) -> float:
        """The seconds for which it still wants to be left alone."""
        return max(0.0, self.until.get(tenant, 0.0) - now)
