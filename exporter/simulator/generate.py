"""
A tenant as large as one likes, for benchmarks and for tests of paging: plausible, and the same for
the same seed. Shows no particular situation; `scenarios` does that.
"""

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from exporter.simulator.directory import (
    READ_ALL,
    Application,
    PasswordCredential,
    ServicePrincipal,
    SimulatedTenant,
)
from exporter.simulator.values import ALPHABET, DAY, secret_value, timestamp, uid

TEAMS = ("billing", "payroll", "orders", "identity", "reporting", "support", "warehouse", "web")
PARTS = ("api", "sync", "worker", "portal", "gateway", "connector", "agent", "jobs")
# Ends are spread over this many days around now, so that every state occurs.
FIRST_END, LAST_END = -200, 700
LIFETIME = 730
EXPORTER = "generated-exporter"


def generated_tenant(  # noqa: PLR0913 - every one is a dimension of the tenant
    *,
    applications: int,
    credentials_per_application: int = 2,
    service_principals: int = 0,
    seed: int = 0,
    now: float | None = None,
    name: str = "generated",
) -> SimulatedTenant:
    """Make a tenant of so many objects, the exporter's own application and its principal among."""
    moment = int(time.time() if now is None else now)
    tenant_id = uid("tenant", name, str(seed))
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose; nothing is protected by it
    own = exporter(name, moment)
    others = many_applications(chance, applications - 1, credentials_per_application, moment)
    every = (own, *others)
    principals = many_principals(chance, every, service_principals, tenant_id)
    return SimulatedTenant(
        name=name,
        tenant_id=tenant_id,
        exporter_client_id=own.app_id,
        exporter_client_secret=own.password_credentials[0].secret or "",
        applications=every,
        service_principals=tuple(principals),
    )


def guid(chance: random.Random) -> str:
    """Draw an id."""
    return str(UUID(int=chance.getrandbits(128), version=4))


def exporter(tenant: str, now: int) -> Application:
    """Make the exporter's own application, with one good secret."""
    value = secret_value(tenant, EXPORTER)
    secret = PasswordCredential(
        key_id=uid("key", tenant, EXPORTER),
        display_name="prometheus",
        start=timestamp(now - 30 * DAY),
        end=timestamp(now + 335 * DAY),
        hint=value[:3],
        secret=value,
    )
    return Application(
        id=uid("application", tenant, EXPORTER),
        app_id=uid("app", tenant, EXPORTER),
        display_name=EXPORTER,
        password_credentials=(secret,),
    )


def many_applications(
    chance: random.Random, count: int, credentials: int, now: int
) -> Iterator[Application]:
    """Make applications with secrets; nobody can sign in with them."""
    for number in range(max(count, 0)):
        yield Application(
            id=guid(chance),
            app_id=guid(chance),
            display_name=f"{chance.choice(TEAMS)}-{chance.choice(PARTS)}-{number:05}",
            password_credentials=tuple(
                made_secret(chance, slot, now) for slot in range(credentials)
            ),
        )


def made_secret(chance: random.Random, slot: int, now: int) -> PasswordCredential:
    """Make one secret that ends some day."""
    end = now + chance.randrange(FIRST_END * DAY, LAST_END * DAY)
    return PasswordCredential(
        key_id=guid(chance),
        display_name=f"key{slot + 1}",
        start=timestamp(end - LIFETIME * DAY),
        end=timestamp(end),
        hint="".join(chance.choices(ALPHABET, k=3)),
    )


def many_principals(
    chance: random.Random, applications: tuple[Application, ...], count: int, tenant_id: str
) -> Iterator[ServicePrincipal]:
    """Make the exporter's service principal, and as many more as asked for, of own and foreign."""
    for number in range(max(count, 1)):
        own = applications[number] if number < len(applications) else None
        principal = ServicePrincipal(
            id=guid(chance),
            app_id=own.app_id if own else guid(chance),
            display_name=own.display_name if own else f"foreign-{number:05}",
            owner_tenant_id=tenant_id if own else guid(chance),
        )
        yield replace(principal, permissions=(READ_ALL,)) if number == 0 else principal
