"""
The words that a step may leave open, as `{client_id}`: where each value comes from, what it may
look like, and which WORD_IN_CAPITALS stands for it otherwise. Pure.

Values are hostile: names come from a tenant, details from whoever writes configurations. One that
does not have the shape of its word is not filled in at all, and what is filled in is quoted.
"""

import re
import shlex
from collections.abc import Callable
from typing import NamedTuple

from exporter.remedy.subject import Subject
from exporter.wording import printable

LONGEST = 260
GUID = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
DOMAIN = r"[0-9A-Za-z][0-9A-Za-z.-]*"
NAME = r"[0-9A-Za-z][0-9A-Za-z._-]*"
ADDRESS = r"[0-9A-Za-z][0-9A-Za-z:/._~-]*"
HOST = r"[0-9A-Za-z][0-9A-Za-z.:,\\-]*"
KEY = r"[0-9A-Za-z._][0-9A-Za-z._:-]*"
VARIABLE = r"[A-Za-z_][0-9A-Za-z_]*"
UNIT = r"[0-9A-Za-z][0-9A-Za-z:._@-]*"
REPOSITORY = r"[0-9A-Za-z][0-9A-Za-z._-]*/[0-9A-Za-z._-]+"
TEXT = r"[^@~-].*"
"""Not what a program takes for an option, az for a file, or a shell for a home directory."""


class Word(NamedTuple):
    """The word to replace by hand, the shape of a value, and where the value is."""

    capitals: str
    shape: str
    of: Callable[[Subject], str]


def detail(*keys: str) -> Callable[[Subject], str]:
    """The first of these keys that the configuration's `used_by` has."""
    return lambda subject: next(filter(None, map(subject.details.get, keys)), "")


def vault(subject: Subject) -> str:
    """The name in `https://NAME.vault.azure.net`, which is what az asks for."""
    return subject.place.vault.removeprefix("https://").split(".")[0]


WORDS: dict[str, Word] = {
    # The application and its credentials.
    "client_id": Word("APP_ID", GUID, lambda s: s.client_id),
    "tenant_id": Word("TENANT_ID", DOMAIN, lambda s: s.tenant_id),
    "key_id": Word("KEY_ID", GUID, lambda s: s.key_id if s.certain else ""),
    "newer_key_id": Word("NEWER_KEY_ID", GUID, lambda s: s.newer_key_id),
    "other_app_id": Word("OTHER_APP_ID", GUID, lambda s: s.other_app_id),
    "resource": Word("RESOURCE", ADDRESS, lambda s: s.resource),
    "cloud": Word("CLOUD", NAME, lambda s: s.cloud),
    # Where the value is read.
    "vault": Word("VAULT", r"[0-9A-Za-z][0-9A-Za-z-]*", vault),
    "vault_secret": Word("VAULT_SECRET", r"[0-9A-Za-z][0-9A-Za-z-]*", lambda s: s.place.name),
    "file": Word("FILE", TEXT, lambda s: s.place.file),
    "key": Word("KEY", TEXT, lambda s: s.place.key),
    "env": Word("VARIABLE", VARIABLE, lambda s: s.place.env),
    # Who uses it.
    "resource_group": Word("RESOURCE_GROUP", TEXT, detail("resource_group")),
    "namespace": Word("NAMESPACE", NAME, detail("namespace")),
    "secret": Word("SECRET_NAME", NAME, detail("name")),
    "secret_key": Word("SECRET_KEY", KEY, detail("key")),
    "deployment": Word("DEPLOYMENT", NAME, detail("deployment")),
    "cluster": Word("CLUSTER", NAME, detail("cluster")),
    "web_app": Word("WEB_APP", NAME, detail("name")),
    "slot": Word("SLOT", NAME, detail("slot")),
    "setting": Word("SETTING", KEY, lambda s: detail("setting")(s) or s.place.env),
    "server": Word("SERVER", HOST, detail("server")),
    "database": Word("DATABASE", TEXT, detail("database")),
    "unit": Word("UNIT", UNIT, detail("unit")),
    "env_file": Word("ENVIRONMENT_FILE", TEXT, detail("environment_file")),
    "variable": Word("VARIABLE", VARIABLE, lambda s: detail("variable")(s) or s.place.env),
    "template": Word("TEMPLATE_FILE", TEXT, detail("template_file")),
    "parameter": Word("PARAMETER", VARIABLE, detail("parameter")),
    "repository": Word("OWNER/REPOSITORY", REPOSITORY, detail("repository")),
    "repository_secret": Word("REPOSITORY_SECRET", VARIABLE, detail("name")),
}


def value_of(name: str, subject: Subject) -> str:
    """The value as it is, or nothing when there is none that could be shown."""
    word = WORDS[name]
    value = word.of(subject)
    shown = printable(value) == value and len(value) <= LONGEST
    return value if shown and re.fullmatch(word.shape, value) else ""


def said(name: str, subject: Subject) -> str:
    """For a sentence: the value, or the word in capitals."""
    return value_of(name, subject) or WORDS[name].capitals


def quoted(name: str, subject: Subject) -> str:
    """For a shell: one word, whatever is in it."""
    return shlex.quote(said(name, subject))
