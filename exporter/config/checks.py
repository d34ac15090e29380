"""
What concerns several settings at once: references, unique names, settings that cancel each other.
Looks at the data as it was read, so that its mistakes are reported together with those of single
fields; takes no shape for granted, and never repeats a secret.
"""

from collections.abc import Callable, Iterator, Mapping

from exporter.config.clouds import BUILT_IN
from exporter.config.fields import identity_fields, source_fields
from exporter.config.places import Mistake, given, mappings, select, texts


def mistakes(data: object) -> Iterator[Mistake]:
    """All of them."""
    for check in CHECKS:
        yield from check(data)


def no_tenants(data: object) -> Iterator[Mistake]:
    """Everything is about a tenant."""
    for loc, tenants in select(data, "tenants"):
        if tenants == []:
            yield Mistake(loc, "", "at least one tenant")


def repeated_names(data: object) -> Iterator[Mistake]:
    """Names are labels: two tenants, or two targets, must not share one."""
    for pattern in (("tenants", "*", "name"), ("verify", "targets", "*", "name")):
        seen: set[str] = set()
        for loc, name in texts(data, *pattern):
            if name in seen:
                yield Mistake(loc, "", "a name that none above has")
            seen.add(name)


def references(data: object) -> Iterator[Mistake]:
    """Clouds that tenants name, and tenants that targets name."""
    own = {str(name) for _, clouds in mappings(data, "clouds") for name in clouds}
    clouds = [*BUILT_IN, *sorted(own - set(BUILT_IN))]
    tenants = [name for _, name in texts(data, "tenants", "*", "name")]
    for loc, cloud in texts(data, "tenants", "*", "cloud"):
        if cloud not in clouds:
            yield Mistake(loc, "", f"{', '.join(clouds)} (own ones are defined in `clouds`)")
    for loc, tenant in texts(data, "verify", "targets", "*", "tenant"):
        if tenant not in tenants:
            accepted = f"the name of a tenant: {', '.join(dict.fromkeys(tenants)) or '(none yet)'}"
            yield Mistake(loc, "", accepted)


def redefined_clouds(data: object) -> Iterator[Mistake]:
    """A built-in name means the same everywhere."""
    for loc, clouds in mappings(data, "clouds"):
        for name in clouds:
            if name in BUILT_IN:
                yield Mistake(
                    (*loc, name), "a built-in cloud", "a name other than " + ", ".join(BUILT_IN)
                )


def one_credential(data: object) -> Iterator[Mistake]:
    """A target verifies a secret or a certificate."""
    for loc, target in mappings(data, "verify", "targets", "*"):
        found = given(target, "secret", "certificate")
        if len(found) != 1:
            said = "both" if found else "neither"
            yield Mistake(loc, said, "exactly one of secret and certificate")


def empty_rules(data: object) -> Iterator[Mistake]:
    """A rule without fields would match everything."""
    for side in ("include", "exclude"):
        for loc, rule in mappings(data, "tenants", "*", "poll", side, "*"):
            if not any(value is not None for value in rule.values()):
                yield Mistake(loc, "an empty rule", "one or more of app_id, name and tag")


def nothing_read(data: object) -> Iterator[Mistake]:
    """A tenant that is polled, for neither of the two things there are."""
    for loc, tenant in mappings(data, "tenants", "*"):
        poll = tenant.get("poll")
        if not polls(tenant) or not isinstance(poll, dict):
            continue
        if poll.get("applications") is False and poll.get("service_principals") == "none":
            accepted = "applications, service_principals, or identity {type: none} to poll nothing"
            yield Mistake((*loc, "poll"), "a poll that reads nothing", accepted)


def nothing_done(data: object) -> Iterator[Mistake]:
    """No tenant is polled and no target is verified."""
    tenants = list(mappings(data, "tenants", "*"))
    targets = list(select(data, "verify", "targets", "*"))
    if tenants and not targets and not any(polls(tenant) for _, tenant in tenants):
        accepted = "a tenant whose identity is not none, or a target to verify"
        yield Mistake((), "nothing to poll and nothing to verify", accepted)


def polls(tenant: Mapping[str, object]) -> bool:
    """Whether the exporter signs in to a tenant at all."""
    identity = tenant.get("identity")
    return not (isinstance(identity, dict) and identity.get("type") == "none")


CHECKS: tuple[Callable[[object], Iterator[Mistake]], ...] = (
    no_tenants,
    repeated_names,
    references,
    redefined_clouds,
    identity_fields,
    source_fields,
    one_credential,
    empty_rules,
    nothing_read,
    nothing_done,
)
