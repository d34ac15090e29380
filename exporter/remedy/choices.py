"""
Which steps a name of a plan stands for: by what is stored, where it is read, and who uses it. Pure.
A name that is not in `CHOICES` is that of one step.
"""

from collections.abc import Callable

from exporter.remedy.phrases import CLOUDS
from exporter.remedy.subject import Subject
from exporter.remedy.words import value_of

Names = tuple[str, ...]


def by_kind(secret: str, certificate: str) -> Callable[[Subject], Names]:
    """One step for a secret, another for a certificate."""
    return lambda subject: (certificate,) if subject.certificate else (secret,)


def of_cluster(subject: Subject) -> bool:
    """Whether an AKS cluster itself signs in with it, not a pod in it."""
    pods = any(map(subject.details.get, ("namespace", "name", "deployment")))
    return bool(subject.details.get("cluster")) and not pods and not subject.certificate


def in_vault(subject: Subject) -> bool:
    """Whether a Key Vault holds it, as a secret; a certificate is read from a file."""
    return subject.place.form == "key_vault" and not subject.certificate


def store(subject: Subject) -> Names:
    """How it gets to where the consumer reads it."""
    if in_vault(subject):
        return ("store_key_vault",)
    return (STORES.get(subject.consumer, store_other)(subject),)


def store_kubernetes(subject: Subject) -> str:
    """In a Secret, unless it is the cluster's own."""
    return "store_cluster" if of_cluster(subject) else "store_kubernetes"


def store_app_service(subject: Subject) -> str:
    """A certificate does not fit into a setting."""
    return "store_app_certificate" if subject.certificate else "store_app_service"


def store_on_machine(subject: Subject) -> str:
    """By what is known of the machine: a deployment, a systemd unit, or the file itself."""
    if subject.certificate:
        return "store_file"
    if subject.details.get("template_file"):
        return "store_deployment"
    if subject.details.get("environment_file") or subject.place.form == "env":
        return "store_env_file"
    return "store_file_key" if subject.place.form == "file_key" else "store_file"


def store_other(subject: Subject) -> str:
    """Nothing is known but perhaps a repository whose pipeline uses it."""
    known = subject.details.get("repository") and not subject.certificate
    return "store_repository" if known else "store_other"


STORES: dict[str, Callable[[Subject], str]] = {
    "aks": store_kubernetes,
    "app_service": store_app_service,
    "sql": lambda _: "store_sql",
    "vm": store_on_machine,
    "other": store_other,
}


def restart(subject: Subject) -> Names:
    """What makes the consumer read the new one."""
    vault = in_vault(subject)
    if subject.consumer == "aks":
        if not of_cluster(subject):
            return (*(("refresh_external_secret",) if vault else ()), "restart_kubernetes")
        return ("store_cluster", "restart_cluster") if vault else ("restart_cluster",)
    if subject.consumer == "app_service":
        return (*(("refresh_references",) if vault else ()), "restart_app_service")
    return ("restart_unit",) if subject.consumer == "vm" else ("restart_other",)


def prove(subject: Subject) -> Names:
    """That the new one works: read back from its store where that is possible."""
    if subject.certificate:
        return ("prove_certificate", "watch")
    stored = prove_stored(subject) or "prove_value"
    sign_in = ("prove_sign_in",) if subject.cloud in CLOUDS else ()
    database = ("prove_sql",) if subject.consumer == "sql" else ()
    return (stored, *database, *sign_in, "watch")


def try_again(subject: Subject) -> Names:
    """The same when nothing new was stored."""
    if subject.certificate:
        return ("prove_stored_certificate", "watch")
    return (prove_stored(subject) or "prove_by_hand", "watch")


def prove_stored(subject: Subject) -> str:
    """The step that reads a secret from its store, or nothing."""
    if in_vault(subject):
        return "prove_key_vault"
    if subject.consumer == "aks" and not of_cluster(subject):
        return "prove_kubernetes"
    if subject.consumer == "app_service":
        return "prove_app_service"
    whole_file = subject.consumer == "vm" and store_on_machine(subject) == "store_file"
    return "prove_file" if whole_file else ""


def read(subject: Subject) -> Names:
    """What to look at when the exporter cannot read the place, or the pair in it does not match."""
    if subject.certificate and subject.place.form == "file":
        return ("read_file", "read_certificate", "watch")
    return READS.get(subject.place.form, ("read_place",))


READS: dict[str, Names] = {
    "env": ("read_env", "watch"),
    "file": ("read_file", "watch"),
    "file_key": ("read_file_key", "watch"),
    "key_vault": ("sign_in", "read_vault", "allow_vault", "watch"),
}


def create(subject: Subject) -> Names:
    """Another one; where a newer one is registered already, its value may still be found."""
    if value_of("newer_key_id", subject):
        return ("take_newer", *save(subject), *create_if_lost(subject))
    return create_another(subject)


save = by_kind("save_secret", "save_certificate")
create_another = by_kind("create_secret", "create_certificate")
create_if_lost = by_kind("create_secret_if_lost", "create_certificate_if_lost")

CHOICES: dict[str, Callable[[Subject], Names]] = {
    "create": create,
    "create_if_lost": create_if_lost,
    "save": save,
    "remove_file": by_kind("remove_secret", "remove_certificate"),
    "store": store,
    "restart": restart,
    "prove": prove,
    "try_again": try_again,
    "read": read,
}
