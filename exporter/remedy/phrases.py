"""
What a step leaves open besides plain words: options that are only there when they apply, and the
addresses of a cloud. Pure; each value in a phrase is quoted already.
"""

from collections.abc import Callable
from typing import NamedTuple

from exporter.model import ObjectType
from exporter.remedy.subject import Subject
from exporter.remedy.words import quoted, said, value_of


class Cloud(NamedTuple):
    """What az calls a cloud, and the addresses of its login service and of Graph."""

    az: str
    login: str
    graph: str


OWN = Cloud("AZ_CLOUD", "LOGIN_ADDRESS", "GRAPH_ADDRESS")
CLOUDS = {
    "public": Cloud(
        "AzureCloud", "https://login.microsoftonline.com", "https://graph.microsoft.com"
    ),
    "usgov": Cloud(
        "AzureUSGovernment", "https://login.microsoftonline.us", "https://graph.microsoft.us"
    ),
    "usgov-dod": Cloud(
        "AzureUSGovernment", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"
    ),
    "china": Cloud(
        "AzureChinaCloud",
        "https://login.chinacloudapi.cn",
        "https://microsoftgraph.chinacloudapi.cn",
    ),
}
"""The clouds built into the program; one of somebody's own shows words in capitals."""


AZ_KNOWS_GRAPH = frozenset({"public", "usgov", "china"})
PLACE_WORDS = ("env", "file", "key", "vault_secret", "vault")


def cloud(subject: Subject) -> Cloud:
    """The addresses of the tenant's cloud."""
    return CLOUDS.get(subject.cloud, OWN)


def cloud_options(subject: Subject) -> str:
    """How the exporter's own commands are told of another cloud."""
    if subject.cloud == "public":
        return ""
    own = "" if subject.cloud in CLOUDS else " --config.file CONFIG_FILE"
    return f" --cloud {quoted('cloud', subject)}{own}"


def trial(app: str) -> Callable[[Subject], str]:
    """The exporter's command that tries a value for an application."""

    def command(subject: Subject) -> str:
        ids = f"--tenant-id {quoted('tenant_id', subject)} --client-id {quoted(app, subject)}"
        asked = option("resource", "--resource")(subject)
        return f"entra-credential-exporter verify {ids}{asked}{cloud_options(subject)}"

    return command


def option(word: str, name: str) -> Callable[[Subject], str]:
    """An option that is left out when its value is not known."""
    return lambda subject: f" {name} {quoted(word, subject)}" if value_of(word, subject) else ""


def set_cloud(subject: Subject) -> str:
    """A new az configuration starts in the public cloud."""
    named = f"az cloud set --name {cloud(subject).az} --output none\n"
    return "" if subject.cloud == "public" else named


def graph_token(subject: Subject) -> str:
    """What az has to be told for a Graph that it does not know as its cloud's own."""
    known = subject.cloud in AZ_KNOWS_GRAPH
    return "" if known else f" --resource {cloud(subject).graph}"


def place(subject: Subject) -> str:
    """For a sentence: where the exporter reads the value."""
    env, file, key, name, vault = (said(word, subject) for word in PLACE_WORDS)
    places = {
        "env": f"environment variable {env}",
        "file": f"file {file}",
        "file_key": f"key {key} of file {file}",
        "key_vault": f"secret {name} of vault {vault}",
    }
    return places.get(subject.place.form, "where the application does")


def place_read(subject: Subject) -> str:
    """A sentence of its own, where an exporter reads the value."""
    return f" The exporter reads {place(subject)}." if subject.place.form else ""


def leaf(subject: Subject) -> str:
    """
    Prints the certificate that belongs to the private key in the stored file, of a chain too. For
    PEM, openssl finds it when it puts the pair together, in a pipe, and fails when there is none.
    """
    file = quoted("file", subject)
    own = "-clcerts -nokeys |\n  openssl x509"
    if value_of("file", subject).lower().endswith((".pfx", ".p12")):
        return f"openssl pkcs12 -in {file} {own}"
    paired = f"openssl pkcs12 -export -in {file} -passout pass:"
    return f"{paired} |\n  openssl pkcs12 -passin pass: {own}"


PHRASES: dict[str, Callable[[Subject], str]] = {
    "owner": lambda s: "sp" if s.object is ObjectType.SERVICE_PRINCIPAL else "app",
    "cert": lambda s: " --cert" if s.certificate else "",
    "sort": lambda s: "certificate" if s.certificate else "secret",
    "new_file": lambda s: "new-credential.pem" if s.certificate else "new-secret",
    "verify": trial("client_id"),
    "verify_other": trial("other_app_id"),
    "slot_option": option("slot", "--slot"),
    "set_cloud": set_cloud,
    "login": lambda s: cloud(s).login,
    "graph": lambda s: cloud(s).graph,
    "graph_token": graph_token,
    "leaf": leaf,
    "place": place,
    "place_read": place_read,
}
