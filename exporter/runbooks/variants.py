"""
What a plan looks like for other consumers and other kinds of credential, where it is not known
which one it is. Pure.
"""

from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from exporter.model import CredentialKind
from exporter.remedy import Place, Step, Subject
from exporter.runbooks.runbook import About, Plan, steps_of

OPEN = "-"
"""A value that is there but fits no word, so that the word in capitals stands for it."""


class Consumer(NamedTuple):
    """Where a credential may be stored, and which settings say so."""

    title: str
    kind: str
    place: Place = Place()
    detail: str = ""


CONSUMERS = (
    Consumer("A Key Vault holds it", "other", Place("key_vault")),
    Consumer("Pods read it from a Kubernetes Secret (AKS)", "aks"),
    Consumer("An AKS cluster itself signs in with it", "aks", detail="cluster"),
    Consumer("A web app or function app (App Service)", "app_service"),
    Consumer("A connection string of Azure SQL", "sql"),
    Consumer("A file on a virtual machine", "vm", Place("file")),
    Consumer("An environment file of a systemd unit", "vm", detail="environment_file"),
    Consumer("An ARM or Bicep deployment", "vm", detail="template_file"),
    Consumer("A secret of a GitHub repository", "other", detail="repository"),
)
PLACES = (
    ("It is an environment variable of the exporter", Place("env")),
    ("It is a file", Place("file")),
    ("It is a key in a file", Place("file_key")),
    ("It is a secret in a Key Vault", Place("key_vault")),
)
CERTIFICATE = ("It is a certificate, not a secret", CredentialKind.CERTIFICATE)
SIGNING = (
    "It is a certificate with which Entra signs SAML tokens",
    CredentialKind.SAML_SIGNING,
)

Variant = tuple[str, tuple[Step, ...]]


def by_consumer(chosen: Plan, subject: Subject) -> tuple[Variant, ...]:
    """For each consumer the steps that take the place of the general ones."""
    general = {step.name for step in steps_of(chosen, subject)}
    if "store_other" not in general:
        return ()
    found: dict[tuple[Step, ...], str] = {}
    for consumer in CONSUMERS:
        steps = steps_of(chosen, used_by(consumer, subject))
        own = tuple(s for s in steps if s.name not in general and s.name != "watch")
        if own:
            found.setdefault(own, consumer.title)
    return tuple((title, steps) for steps, title in found.items())


def used_by(consumer: Consumer, subject: Subject) -> Subject:
    """The subject as if this consumer used it."""
    details = MappingProxyType({consumer.detail: OPEN} if consumer.detail else {})
    return replace(subject, place=consumer.place, consumer=consumer.kind, details=details)


def by_place(chosen: Plan) -> tuple[Variant, ...]:
    """The plan for each place, where nothing general can be said."""
    if all(step.name != "read_place" for step in steps_of(chosen, Subject())):
        return ()
    return tuple((title, steps_of(chosen, Subject(place=place))) for title, place in PLACES)


def by_kind(chosen: Plan, about: About) -> tuple[Variant, ...]:
    """The whole plan for another kind of credential, where it is another one."""
    kinds = (CERTIFICATE, SIGNING) if about is About.CREDENTIAL else (CERTIFICATE,)
    names = [step.name for step in steps_of(chosen, Subject())]
    plans = ((title, steps_of(chosen, Subject(kind=kind))) for title, kind in kinds)
    return tuple((title, steps) for title, steps in plans if [s.name for s in steps] != names)
