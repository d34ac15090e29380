"""The values of a remedy: what it is about, and one step of it. None of them holds a secret."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from exporter.model import CredentialKind, ObjectType
from exporter.snapshot import Place


@dataclass(frozen=True, slots=True)
class Subject:
    """
    What is to be mended; a command shows a word in capitals for every field that is empty.

    `key_id` is the credential that is (or was) stored, and `certain` says that this is proven, not
    guessed from a few characters: no command that deletes is filled with any other. `newer_key_id`
    is one that took its place, `other_app_id` the application that the stored value seems to belong
    to. `consumer` is the `kind` of the configuration's `used_by` and `details` are its other keys:
    anybody's free text.
    """

    tenant_id: str = ""
    client_id: str = ""
    object: ObjectType = ObjectType.APPLICATION
    kind: CredentialKind = CredentialKind.SECRET
    key_id: str = ""
    certain: bool = False
    newer_key_id: str = ""
    other_app_id: str = ""
    resource: str = ""
    cloud: str = "public"
    place: Place = field(default_factory=Place)
    consumer: str = "other"
    details: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def certificate(self) -> bool:
        """Whether what is stored is a certificate with its key."""
        return self.kind is not CredentialKind.SECRET


@dataclass(frozen=True, slots=True)
class Step:
    """
    One thing to do: `name` is its id in the table, `title` says what in one sentence, `command` is
    for a shell (empty when there is nothing to run), `note` says why or what to look for.
    """

    name: str
    title: str
    command: str = ""
    note: str = ""
