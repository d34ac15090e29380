"""
The changes that a soak makes to a simulated tenant at random, and what each tenant then is, as the
exporter must show it. Pure but for the `random.Random` that is handed in.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain
from uuid import UUID

from soak_truth import Account, Known, Listing, Shown

from exporter.simulator import (
    Application,
    KeyCredential,
    PasswordCredential,
    ServicePrincipal,
    SimulatedTenant,
)
from exporter.simulator.values import ALPHABET, DAY, instant, timestamp

Object = Application | ServicePrincipal
Pair = tuple[Application | None, ServicePrincipal | None]
MOST_CREDENTIALS = 5
HOUR = 3600
HOSTILE = (
    'a "quoted" name',
    "two\nlines",
    "back\\slash\\n",
    "carriage\rreturn",
    "next\u0085line \u2028 separator",
    'ends with a backslash\\"} 1',
    "# HELP entra_polls_total lies",
    'x"} 0\nentra_poll_success{tenant="alpha',
    "<script>alert(1)</script>",
    "\u202egnp.exe",
    "\u0000\u0007\x1b[31m",
    "{{7*7}} %s $(id) `id`",
    "Überweisung 振替 🔑",
    "n" * 3000,
    " ",
    "",
)


def guid(chance: random.Random) -> str:
    """An id that nobody has."""
    return str(UUID(int=chance.getrandbits(128), version=4))


def name(chance: random.Random) -> str:
    """A name, in a third of the cases a hostile one."""
    plain = f"app-{chance.randrange(10_000)}"
    return chance.choice(HOSTILE) if chance.random() < 1 / 3 else plain


def dates(chance: random.Random, now: float) -> tuple[str | None, str | None]:
    """When something begins and ends: mostly far away, sometimes during the soak."""
    draw = chance.random()
    began = now - chance.uniform(HOUR, 90 * DAY)
    if draw < 0.1:  # noqa: PLR2004 - shares of one draw
        return timestamp(now + chance.uniform(3, 40)), timestamp(now + 300 * DAY)
    if draw < 0.25:  # noqa: PLR2004 - shares of one draw
        return timestamp(began), timestamp(now + chance.uniform(3, 60))
    if draw < 0.3:  # noqa: PLR2004 - shares of one draw
        return timestamp(began), timestamp(now - chance.uniform(1, 30 * DAY))
    if draw < 0.33:  # noqa: PLR2004 - shares of one draw
        return timestamp(began), None
    return timestamp(began), timestamp(now + chance.uniform(1, 700) * DAY)


def new_secret(chance: random.Random, now: float) -> PasswordCredential:
    """A secret with a value of the modern shape."""
    start, end = dates(chance, now)
    return made_secret(chance, start, end)


def good_secret(chance: random.Random, now: float) -> PasswordCredential:
    """A secret that is in force for long."""
    return made_secret(chance, timestamp(now - HOUR), timestamp(now + 400 * DAY))


def made_secret(chance: random.Random, start: str | None, end: str | None) -> PasswordCredential:
    """A secret with these dates."""
    letters = "".join(chance.choices(ALPHABET, k=37))
    value = f"{letters[:3]}8Q~{letters[3:]}"
    return PasswordCredential(guid(chance), name(chance), start, end, value[:3], None, value)


def new_certificate(chance: random.Random, now: float) -> KeyCredential:
    """A certificate that is listed."""
    start, end = dates(chance, now)
    thumbprint = chance.randbytes(20).hex().upper()
    return KeyCredential(guid(chance), name(chance), start, end, thumbprint)


def new_pair(chance: random.Random, now: float, tenant_id: str) -> Pair:
    """An application with its service principal, or with none."""
    app_id = guid(chance)
    secrets = tuple(new_secret(chance, now) for _ in range(chance.randrange(3)))
    application = Application(guid(chance), app_id, name(chance), secrets)
    principal = ServicePrincipal(guid(chance), app_id, name(chance), tenant_id)
    return application, principal if chance.random() < 0.7 else None  # noqa: PLR2004 - a share


def add(chance: random.Random, item: Object, now: float) -> Object:
    """Another secret or certificate."""
    if len(item.password_credentials) + len(item.key_credentials) >= MOST_CREDENTIALS:
        return remove(chance, item, now)
    if chance.random() < 0.2:  # noqa: PLR2004 - a share
        keys = (*item.key_credentials, new_certificate(chance, now))
        return replace(item, key_credentials=keys)
    return replace(item, password_credentials=(*item.password_credentials, new_secret(chance, now)))


def remove(chance: random.Random, item: Object, _now: float) -> Object:
    """One of its credentials goes."""
    passwords, keys = list(item.password_credentials), list(item.key_credentials)
    from_one = [found for found in (passwords, keys) if found]
    if from_one:
        chosen = chance.choice(from_one)
        chosen.pop(chance.randrange(len(chosen)))
    return replace(item, password_credentials=tuple(passwords), key_credentials=tuple(keys))


def exchange(chance: random.Random, item: Object, now: float) -> Object:
    """A secret is replaced."""
    kept = list(item.password_credentials)
    if kept:
        kept.pop(chance.randrange(len(kept)))
    return replace(item, password_credentials=(*kept, new_secret(chance, now)))


def rename(chance: random.Random, item: Object, _now: float) -> Object:
    """Another name, also of one of its secrets."""
    secrets = item.password_credentials
    if secrets:
        secrets = (replace(secrets[0], display_name=name(chance)), *secrets[1:])
    return replace(item, display_name=name(chance), password_credentials=secrets)


def switch(_chance: random.Random, item: Object, _now: float) -> Object:
    """A service principal is disabled or enabled."""
    if isinstance(item, ServicePrincipal):
        return replace(item, account_enabled=not item.account_enabled)
    return item


CHANGES: tuple[tuple[int, Callable[[random.Random, Object, float], Object]], ...] = (
    (4, add),
    (3, remove),
    (5, exchange),
    (2, rename),
    (1, switch),
)


def changed(chance: random.Random, item: Object, now: float) -> Object:
    """An object after one change."""
    weights = [weight for weight, _ in CHANGES]
    ((_, change),) = chance.choices(CHANGES, weights)
    return change(chance, item, now)


def objects(tenant: SimulatedTenant) -> list[Object]:
    """Everything that a tenant holds."""
    return [*tenant.applications, *tenant.service_principals]


def with_object(tenant: SimulatedTenant, item: Object) -> SimulatedTenant:
    """The tenant with an object in place of the one of its id."""
    if isinstance(item, Application):
        several = tuple(item if one.id == item.id else one for one in tenant.applications)
        return replace(tenant, applications=several)
    principals = tuple(item if one.id == item.id else one for one in tenant.service_principals)
    return replace(tenant, service_principals=principals)


def with_pair(tenant: SimulatedTenant, pair: Pair) -> SimulatedTenant:
    """The tenant with an application and its service principal more, each where there is one."""
    application, principal = pair
    return replace(
        tenant,
        applications=(*tenant.applications, *([application] if application else [])),
        service_principals=(*tenant.service_principals, *([principal] if principal else [])),
    )


def without(tenant: SimulatedTenant, gone: Pair) -> SimulatedTenant:
    """The tenant without them."""
    return replace(
        tenant,
        applications=tuple(one for one in tenant.applications if one not in gone),
        service_principals=tuple(one for one in tenant.service_principals if one not in gone),
    )


def listing(objects: Sequence[Object]) -> Listing:
    """What the exporter must show of them."""
    credentials = {
        Shown(
            item.app_id,
            item.display_name or "",
            kind,
            one.key_id,
            one.display_name or "",
            instant(one.end, float("inf")),
        ): instant(one.start, float("-inf"))
        for item in objects
        for kind, found in (
            ("certificate", item.key_credentials),
            ("secret", item.password_credentials),
        )
        for one in found
    }
    empty = sum(not (one.password_credentials or one.key_credentials) for one in objects)
    return Listing(credentials, len(objects), empty)


def account(tenant: SimulatedTenant, app_id: str) -> Account:
    """What the login service knows of an application."""
    application, principal = tenant.application(app_id), tenant.service_principal(app_id)
    lists = [item.password_credentials for item in (application, principal) if item]
    known = tuple(
        Known(
            one.secret,
            one.key_id,
            instant(one.start, float("-inf")),
            instant(one.end, float("inf")),
        )
        for one in chain(*lists)
        if one.secret
    )
    enabled = principal is not None and principal.account_enabled
    return Account(application is not None, principal is not None, enabled, known)
