"""
What happens to an exporter during a soak, at random from a seed: the simulated tenants and stored
secrets change. Notes everything in a `Truth`; looks at no answer.
"""

import asyncio
import random
import time
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

import soak_directory as directory
from soak_truth import Account, Timeline, Truth

from exporter.simulator import (
    Application,
    SimulatedTenant,
    Simulator,
    generated_tenant,
)

SIZES = {"alpha": (28, 18), "beta": (16, 10), "gamma": (9, 5)}
"""Applications and service principals of each tenant at the start."""

CONSUMERS = {"alpha": 6, "beta": 4, "gamma": 2}
SPREAD = 8
"""Objects by which a tenant may grow or shrink."""

OF_CONSUMERS = 0.5
PAUSE_IN_WRITING = (0.0, 0.1)


@dataclass(frozen=True, slots=True)
class Consumer:
    """Somebody who stores a secret of an application in a file: a target."""

    name: str
    tenant: str
    client_id: str
    file: Path


class World:
    """The tenants of a simulator, the consumers' files, and the truth about both."""

    def __init__(self, chance: random.Random, folder: Path, seed: int) -> None:
        self.chance = chance
        self.folder = folder
        self.truth = Truth()
        self.ids: dict[str, str] = {}
        self.consumers: list[Consumer] = []
        self.away: dict[str, directory.Pair] = {}
        self.writing: set[str] = set()
        # Of the same seed they would have the same ids.
        self.tenants = [self.made(name, f"{seed} {name}") for name in SIZES]
        self.simulator = Simulator(self.tenants)
        for tenant in self.tenants:
            self.note(tenant, 0.0, time.time())
        for consumer in self.consumers:
            consumer.file.touch(0o600)
            self.truth.stored[consumer.name] = Timeline()
            self.write(consumer, self.right(consumer))

    def made(self, name: str, seed: str) -> SimulatedTenant:
        """A tenant of which some applications have consumers, each with a good secret."""
        applications, principals = SIZES[name]
        tenant = generated_tenant(
            applications=applications,
            service_principals=principals,
            seed=crc32(seed.encode()),
            name=name,
        )
        self.ids[name] = tenant.tenant_id
        for item in tenant.applications[1 : 1 + CONSUMERS[name]]:
            target = f"{name}-{len(self.consumers)}"
            file = self.folder / f"{target}.stored"
            self.consumers.append(Consumer(target, name, item.app_id, file))
            secret = directory.good_secret(self.chance, time.time())
            fresh = replace(item, password_credentials=(secret,))
            tenant = directory.with_object(tenant, fresh)
        return tenant

    def tenant(self, name: str) -> SimulatedTenant:
        """A tenant as it is now."""
        return self.simulator.tenants[self.ids[name]]

    def account(self, consumer: Consumer) -> Account:
        """What the login service knows of a consumer's application now."""
        return self.truth.accounts[consumer.client_id].now

    def put(self, tenant: SimulatedTenant) -> None:
        """Make a tenant what is given."""
        began = time.time()
        self.simulator.replace_tenant(tenant)
        self.note(tenant, began, time.time())

    def note(self, tenant: SimulatedTenant, began: float, ended: float) -> None:
        """Remember how a tenant is from now on."""
        listings = {
            "application": directory.listing(tenant.applications),
            "service_principal": directory.listing(tenant.service_principals),
        }
        for kind, listing in listings.items():
            line = self.truth.listings.setdefault((tenant.name, kind), Timeline())
            line.put(listing, began, ended)
            for shown in listing.credentials:
                self.truth.ends[shown.key_id] = shown.expires
        for item in directory.objects(tenant):
            for one in item.password_credentials:
                self.truth.hints[one.hint or ""].add(item.app_id)
        for consumer in self.consumers:
            if consumer.tenant == tenant.name:
                account = directory.account(tenant, consumer.client_id)
                accounts = self.truth.accounts.setdefault(consumer.client_id, Timeline())
                accounts.put(account, began, ended)
                ever = self.truth.ever[consumer.client_id]
                ever.update({one.value: one for one in account.secrets})

    def change_directory(self) -> None:
        """One change of some tenant, in half of the cases to a consumer's application."""
        name = self.chance.choice(list(SIZES))
        tenant = self.tenant(name)
        if self.chance.random() < 0.15:  # noqa: PLR2004 - a share
            self.come_or_go(name, tenant)
            return
        watched = {one.client_id for one in self.consumers if one.tenant == name}
        others = [
            one for one in directory.objects(tenant) if one.app_id != tenant.exporter_client_id
        ]
        chosen = [one for one in others if one.app_id in watched] or others
        pool = chosen if self.chance.random() < OF_CONSUMERS else others
        item = self.chance.choice(pool)
        self.put(directory.with_object(tenant, directory.changed(self.chance, item, time.time())))

    def come_or_go(self, name: str, tenant: SimulatedTenant) -> None:
        """A consumer's application goes or comes back, or another one."""
        consumer = self.chance.choice([one for one in self.consumers if one.tenant == name])
        if consumer.client_id in self.away:
            self.put(directory.with_pair(tenant, self.away.pop(consumer.client_id)))
        elif self.chance.random() < 0.3:  # noqa: PLR2004 - a share
            app, principal = (
                tenant.application(consumer.client_id),
                tenant.service_principal(consumer.client_id),
            )
            gone = self.chance.choice([(app, principal), (app, None), (None, principal)])
            self.away[consumer.client_id] = gone
            self.put(directory.without(tenant, gone))
        else:
            self.put(self.other_size(name, tenant))

    def other_size(self, name: str, tenant: SimulatedTenant) -> SimulatedTenant:
        """The tenant with an application more or less, near the size that it had."""
        grown = len(tenant.applications) - SIZES[name][0]
        kept = {one.client_id for one in self.consumers} | {tenant.exporter_client_id}
        free = [one for one in tenant.applications if one.app_id not in kept]
        if free and self.chance.random() < 0.5 + grown / (2 * SPREAD):
            gone: Application = self.chance.choice(free)
            return directory.without(tenant, (gone, tenant.service_principal(gone.app_id)))
        pair = directory.new_pair(self.chance, time.time(), tenant.tenant_id)
        return directory.with_pair(tenant, pair)

    def right(self, consumer: Consumer) -> bytes:
        """A value that the consumer ought to have, as far as there is one."""
        now = time.time()
        good = [one.value for one in self.account(consumer).secrets if one.starts <= now < one.ends]
        return self.chance.choice(good).encode() if good else self.any_of(consumer)

    def any_of(self, consumer: Consumer) -> bytes:
        """A value that its application has or had."""
        return self.chance.choice(list(self.truth.ever[consumer.client_id])).encode()

    def of_another(self, consumer: Consumer) -> bytes:
        """A value of another application."""
        return self.any_of(self.chance.choice([o for o in self.consumers if o is not consumer]))

    def spoilt(self, consumer: Consumer) -> bytes:
        """A value that was damaged on the way."""
        value = self.right(consumer)
        forms = (
            value + b"\n",
            b'"' + value + b'"',
            b" " + value,
            value[:-1],
            value[:-1] + b"!",
            value.replace(b"8Q~", b"8Q%7E"),
            b"\xef\xbb\xbf" + value,
            b"",
            b"change-me",
            b"Zz!" + self.chance.randbytes(30),
        )
        return self.chance.choice(forms)

    def write(self, consumer: Consumer, content: bytes | None) -> None:
        """Store something all at once, or take away what is stored."""
        began = time.time()
        if content is None:
            consumer.file.unlink(missing_ok=True)
        else:
            fresh = consumer.file.with_suffix(".new")
            fresh.write_bytes(content)
            fresh.replace(consumer.file)
        self.truth.stored[consumer.name].put(content, began, time.time())

    async def change_stored(self) -> None:
        """A consumer is given another value, or a good one."""
        consumer = self.chance.choice(self.consumers)
        if consumer.name in self.writing:
            return
        ways = (self.right, self.any_of, self.of_another, self.spoilt, lambda _: None)
        (way,) = self.chance.choices(ways, (8, 2, 1, 3, 1))
        content = way(consumer)
        if content is None or self.chance.random() < 0.7:  # noqa: PLR2004 - a share
            self.write(consumer, content)
        else:
            await self.write_slowly(consumer, content)

    async def write_slowly(self, consumer: Consumer, content: bytes) -> None:
        """Write over what is there, as an editor or a shell does, with a pause in the middle."""
        self.writing.add(consumer.name)
        line, half = self.truth.stored[consumer.name], len(content) // 2
        began = time.time()
        with consumer.file.open("wb") as stream:
            line.put(b"", began, time.time())
            began = time.time()
            stream.write(content[:half])
            stream.flush()
            line.put(content[:half], began, time.time())
            await asyncio.sleep(self.chance.uniform(*PAUSE_IN_WRITING))
            began = time.time()
            stream.write(content[half:])
        line.put(content, began, time.time())
        self.writing.discard(consumer.name)
