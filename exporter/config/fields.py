"""
Which fields go together: the tables of what each way to sign in and each form of source needs and
allows. Looks at the data as it was read, and never repeats a value.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from exporter.config.places import Mistake, given, mappings
from exporter.config.yaml_lines import Loc


@dataclass(frozen=True, slots=True)
class Fields:
    """What stands beside a `type` or `form`: what must, and what may as well."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    why: str = ""


IDENTITIES: Mapping[str, Fields] = {
    "default": Fields((), ("client_id",), "it takes what the environment offers"),
    "managed_identity": Fields((), ("client_id",), "Azure holds its credential"),
    "workload_identity": Fields((), ("client_id", "token_file"), "Kubernetes issues its token"),
    "client_secret": Fields(("client_id", "client_secret")),
    "client_certificate": Fields(("client_id", "certificate")),
    "azure_cli": Fields((), (), "it is whoever ran `az login`"),
    "none": Fields((), (), "the exporter does not sign in"),
}
IDENTITY_FIELDS = ("client_id", "client_secret", "certificate", "token_file")

SOURCE_FORMS: Mapping[str, Fields] = {
    "env": Fields(("env",)),
    "file": Fields(("file",), ("key",)),
    "key_vault": Fields(("key_vault", "name"), ("version",)),
}
SOURCE_FIELDS = ("env", "file", "key", "key_vault", "name", "version")

SOURCE_PLACES: tuple[tuple[str, ...], ...] = (
    ("tenants", "*", "identity", "client_secret"),
    ("tenants", "*", "identity", "certificate", "password"),
    ("verify", "targets", "*", "secret"),
    ("verify", "targets", "*", "certificate", "password"),
)


def identity_fields(data: object) -> Iterator[Mistake]:
    """What the chosen way to sign in lacks, and what it has no use for."""
    for loc, identity in mappings(data, "tenants", "*", "identity"):
        kind = identity.get("type") or "default"
        fields = IDENTITIES.get(kind) if isinstance(kind, str) else None
        if fields is None:
            continue
        for name in fields.required:
            if not given(identity, name):
                yield Mistake((*loc, name), "nothing", f"{name}, which type {kind} needs")
        allowed = (*fields.required, *fields.optional)
        reason = f": {fields.why}" if fields.why else ""
        for name in given(identity, *IDENTITY_FIELDS):
            if name not in allowed:
                accepted = f"for type {kind}, {' and '.join(allowed) or 'no other field'}{reason}"
                yield Mistake((*loc, name), "a field that does not belong here", accepted)


def source_fields(data: object) -> Iterator[Mistake]:
    """Exactly one form, and only what belongs to it."""
    for pattern in SOURCE_PLACES:
        for loc, source in mappings(data, *pattern):
            forms = given(source, *SOURCE_FORMS)
            if len(forms) != 1:
                found = " and ".join(forms) or "none of the forms"
                yield Mistake(loc, found, f"exactly one of {', '.join(SOURCE_FORMS)}")
                continue
            yield from fields_of_form(loc, source, forms[0])


def fields_of_form(loc: Loc, source: Mapping[str, object], form: str) -> Iterator[Mistake]:
    """What the chosen form lacks, and what belongs to another one."""
    fields = SOURCE_FORMS[form]
    allowed = (*fields.required, *fields.optional)
    for name in fields.required:
        if not given(source, name):
            yield Mistake((*loc, name), "nothing", f"{name}, which {form} needs")
    for name in given(source, *SOURCE_FIELDS):
        if name not in allowed:
            accepted = f"with {form}, {' and '.join(fields.optional) or 'no other field'}"
            yield Mistake((*loc, name), "a field that does not belong here", accepted)
