"""
What fails during a soak: the table of mishaps, and the one who brings them about at random and
notes when which of them was.
"""

import asyncio
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from soak_truth import Trouble, Truth

from exporter.simulator import Fault, Simulator
from exporter.simulator.faults import GRAPH_PATH, TOKEN_PATH

SECONDS = (0.2, 3.0)
EVERYTHING = "/"


@dataclass(frozen=True, slots=True)
class Mishap:
    """A kind of fault, whether it hits the login service, and how often it comes."""

    make: Callable[[random.Random, str], Fault]
    login: bool
    weight: int = 2


MISHAPS = (
    Mishap(lambda _, __: Fault.throttled(1), login=False),
    Mishap(lambda _, __: Fault.server_error(503), login=False),
    Mishap(lambda _, __: Fault.server_error(500), login=False),
    Mishap(lambda _, __: Fault.dropped(), login=False),
    Mishap(lambda _, __: Fault.hanging(), login=False),
    Mishap(lambda chance, __: Fault.slow(chance.uniform(0.2, 1.8)), login=False, weight=3),
    Mishap(lambda _, __: Fault(truncate=True), login=False),
    Mishap(lambda _, __: Fault(malformed=True), login=False),
    Mishap(lambda _, __: Fault(path=f"{GRAPH_PATH}servicePrincipals", malformed=True), login=False),
    Mishap(lambda _, __: Fault.proxy_page(), login=False),
    Mishap(lambda _, __: Fault.permission_missing(), login=False),
    Mishap(lambda _, __: Fault.next_link_loop(), login=False),
    Mishap(lambda _, __: Fault.next_link_elsewhere(), login=False),
    Mishap(lambda _, __: Fault(body={"value": None}), login=False),
    Mishap(lambda _, __: Fault.dropped(path=EVERYTHING), login=True),
    Mishap(
        lambda _, client: Fault.throttled(1, client_id=client, path=TOKEN_PATH),
        login=True,
        weight=1,
    ),
    Mishap(lambda _, __: Fault.server_error(503, path=TOKEN_PATH), login=True),
    Mishap(lambda _, __: Fault.slow(1.5, path=TOKEN_PATH), login=True),
    Mishap(lambda _, __: Fault.proxy_page(path=TOKEN_PATH), login=True),
    Mishap(lambda _, client: Fault.login_refused(53003, client_id=client), login=True),
    Mishap(lambda _, __: Fault.login_refused(90033), login=True, weight=1),
)


class Faults:
    """Breaks the services of a simulator; `clients` are those who ask for tokens."""

    def __init__(
        self, chance: random.Random, simulator: Simulator, truth: Truth, clients: Sequence[str]
    ) -> None:
        self.chance = chance
        self.faults = simulator.faults
        self.truth = truth
        self.clients = clients
        self.latest = -math.inf

    async def break_something(self) -> None:
        """A service fails for a moment."""
        (mishap,) = self.chance.choices(MISHAPS, [one.weight for one in MISHAPS])
        fault = mishap.make(self.chance, self.chance.choice(self.clients))
        trouble = Trouble(fault.client_id, time.time())
        self.faults.add(fault)
        counted = self.faults.active[-1]
        if mishap.login:
            self.truth.troubles.append(trouble)
        self.truth.faulty_until = math.inf
        await asyncio.sleep(self.chance.uniform(*SECONDS))
        # Not `remove`, which takes the first of two that are alike.
        self.faults.active = [one for one in self.faults.active if one is not counted]
        # An answer that is late still comes.
        trouble.ended = time.time() + fault.delay
        self.latest = max(self.latest, trouble.ended)
        if not self.faults.active:
            self.truth.faulty_until = self.latest
