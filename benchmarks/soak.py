"""
Runs the exporter for minutes at a shortened clock while tenants, stored secrets, services and the
configuration change at random from a seed, and checks every scrape against what was true. Prints
a table of figures and every violation; ends with 1 when there is one.
"""

import argparse
import asyncio
import contextlib
import random
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from soak_check import Past, check
from soak_clients import Clients
from soak_exporter import MISTAKES, Choice, Running, exporting, wrong_in_log, wrong_in_state
from soak_faults import Faults
from soak_read import Scrape
from soak_report import Plan, Report, show
from soak_verdicts import check_targets
from soak_world import World
from table import machine

PAUSE = (0.02, 0.2)
REST_EVERY = 5.0
REST = 0.2
RELOADED_WITHIN = 3.0
LAST_RELOAD = "entra_exporter_config_last_reload_success_timestamp_seconds"
RELOADED = "entra_exporter_config_last_reload_successful"
STEADY_TASKS = ("poller", "verifier", "renderer", "file_watcher", "loop_monitor", "state_keeper")


class Soak:
    """One soak over one world and one exporter."""

    def __init__(self, plan: Plan, world: World, running: Running, report: Report) -> None:
        self.plan, self.world, self.running, self.report = plan, world, running, report
        self.chance = world.chance
        self.past = Past()
        exporters = [tenant.exporter_client_id for tenant in world.tenants]
        clients = exporters + [one.client_id for one in world.consumers]
        self.faults = Faults(self.chance, world.simulator, world.truth, clients)
        self.client_ids = {one.name: one.client_id for one in world.consumers}
        self.latest: Scrape | None = None
        self.reloading = False
        self.clients = Clients(running.port, self.chance, report.tell, self.scraped)
        self.tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until the time is over."""
        async with self.clients:
            await self.until_healthy()
            last_rest = time.time()
            while (passed := time.time() - self.report.began) < self.plan.seconds:
                self.act(stormy=passed % (self.plan.calm + self.plan.storm) > self.plan.calm)
                await asyncio.sleep(self.chance.uniform(*PAUSE))
                if time.time() - last_rest > REST_EVERY:
                    await self.rest()
                    last_rest = time.time()
                if self.running.process.poll() is not None:
                    self.report.tell(f"the exporter ended with {self.running.process.poll()}")
                    return
            await self.rest()
        self.report.slowest = self.clients.slowest
        self.report.done.update(self.clients.count)

    async def until_healthy(self) -> None:
        """Wait until it answers."""
        for _ in range(200):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.running.port)
                writer.close()
                return
            await asyncio.sleep(0.05)
        raise RuntimeError("the exporter never listened")

    def act(self, *, stormy: bool) -> None:
        """Begin something."""
        clients, world = self.clients, self.world
        actions: list[tuple[str, float, Callable[[], Awaitable[None]]]] = [
            ("changes of a tenant", 10, self.change_directory),
            ("changes of a stored value", 5, world.change_stored),
            ("", 16, clients.scrape),
            ("", 0.5, clients.burst),
            ("", 6, clients.page),
            ("", 2, clients.healthy),
            ("", 2, clients.hang_up),
            ("", 1, clients.read_slowly),
            ("reloads", 1, self.reload),
            ("faults", 12 if stormy else 0, self.faults.break_something),
        ]
        names, weights, makers = zip(*actions, strict=True)
        (chosen,) = self.chance.choices(range(len(actions)), weights)
        if names[chosen]:
            self.report.done[names[chosen]] += 1
        task = asyncio.create_task(self.carry_out(makers[chosen]))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def carry_out(self, action: Callable[[], Awaitable[None]]) -> None:
        """Do it; a connection that the exporter refuses is a violation, and so is a bug here."""
        try:
            await action()
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody must look at it
            self.report.tell(f"{type(error).__name__}: {error}")

    async def change_directory(self) -> None:
        """One change of a tenant."""
        self.world.change_directory()

    def scraped(self, scrape: Scrape) -> None:
        """Check a scrape; one of those asked for earlier may come later."""
        if scrape.rendered < self.past.rendered:
            return
        self.report.done["scrapes checked"] += 1
        for what in check(scrape, self.world.truth, self.past):
            self.report.tell(what)
        for what in check_targets(scrape, self.world.truth, self.past, self.client_ids):
            self.report.tell(what)
        self.latest = scrape

    async def reload(self) -> None:
        """Reload, one at a time, a good configuration or a bad one, in one of the two ways."""
        if self.reloading:
            return
        self.reloading = True
        try:
            if self.chance.random() < 0.3:  # noqa: PLR2004 - a share
                await self.reload_mistake()
            else:
                names = [one.name for one in self.world.consumers]
                await self.reload_good(self.running.choice.other(self.chance, names))
        finally:
            self.reloading = False

    async def reload_good(self, choice: Choice) -> None:
        """Read a good configuration, which must be in force soon."""
        asked, began = self.running.write(choice), time.time()
        self.world.truth.configurations.put(asked, began, began + RELOADED_WITHIN)
        self.running.choice = choice
        status = await self.ask_to_reload()
        span = self.world.truth.configurations.spans[-2]
        if status is not None and status != 200:  # noqa: PLR2004 - OK
            self.report.tell(f"a good configuration was answered with {status}")
        await self.until(
            f"{LAST_RELOAD} is recent", lambda s: (s.value(LAST_RELOAD) or 0) > began - 0.01
        )
        span.until = min(span.until, time.time())

    async def reload_mistake(self) -> None:
        """Read one with mistakes, which must change nothing; then the good one again."""
        self.running.write_mistake(self.chance.choice(MISTAKES))
        status = await self.ask_to_reload()
        if status is not None and status != 500:  # noqa: PLR2004 - as documented
            self.report.tell(f"a bad configuration was answered with {status}")
        await self.until(f"{RELOADED} is 0", lambda scrape: scrape.value(RELOADED) == 0)
        await self.reload_good(self.running.choice)

    async def ask_to_reload(self) -> int | None:
        """The status of the answer; none to a signal."""
        if self.chance.random() < 0.5:  # noqa: PLR2004 - a share
            self.running.process.send_signal(signal.SIGHUP)
            return None
        return (await self.clients.ask("/-/reload", method="POST"))[0]

    async def until(self, what: str, holds: Callable[[Scrape], bool]) -> None:
        """Until a scrape shows it."""
        limit = time.time() + RELOADED_WITHIN
        while time.time() < limit:
            await self.clients.scrape()
            if self.latest and holds(self.latest):
                return
            await asyncio.sleep(0.1)
        self.report.tell(f"after {RELOADED_WITHIN:g} s it is not so that {what}")

    async def rest(self) -> None:
        """Let everything come to an end, and look at the process and its log."""
        while self.tasks:
            await asyncio.wait(self.tasks)
        await asyncio.sleep(REST)
        await self.clients.scrape()
        if self.latest is not None:
            samples = self.latest.of("entra_exporter_tasks")
            tasks = {one.labels["task"]: one.value for one in samples}
            self.check_tasks(tasks)
            self.report.readings.append(self.running.reading(tasks))
        for what in wrong_in_log(self.running.new_log()):
            self.report.tell(what)

    def check_tasks(self, tasks: dict[str, float]) -> None:
        """As many tasks as the configuration asks for."""
        asked = self.world.truth.configurations.now
        wanted = dict.fromkeys(STEADY_TASKS, 1)
        wanted |= {"poller": len(asked.tenants), "verifier": len(asked.targets)}
        found = {name: tasks.get(name) for name in STEADY_TASKS}
        if found != wanted:
            self.report.tell(f"tasks {found}, and the configuration asks for {wanted}")


async def soak(plan: Plan) -> Report:
    """Run one, and tell what came of it."""
    with tempfile.TemporaryDirectory(prefix="entra-soak-") as folder:
        chance = random.Random(plan.seed)  # noqa: S311 - repeatable on purpose
        world = World(chance, Path(folder), plan.seed)
        async with world.simulator:
            with exporting(world) as running:
                report = Report()
                await Soak(plan, world, running, report).run()
            for what in wrong_in_log(running.new_log()):
                report.tell(what)
            names = [tenant.name for tenant in world.tenants]
            for what in wrong_in_state(world.folder, names):
                report.tell(what)
            if running.process.returncode:
                report.tell(f"ended with {running.process.returncode}")
    return report


def main() -> None:
    """Run a soak from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(machine())
    plan = Plan(given.minutes * 60, given.seed)
    report = asyncio.run(soak(plan))
    sys.exit(not show(plan, report))


if __name__ == "__main__":
    main()
