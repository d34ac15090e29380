"""What an exporter would serve of a small tenant, true or wrong at will, for tests of the soak."""

from dataclasses import dataclass, field
from typing import TypeVar

from soak_read import Scrape, read
from soak_truth import Account, Known, Listing, Shown, Timeline

Value = TypeVar("Value")

DAY = 86_400.0
BEGAN = 1_000_000.0
NOW = BEGAN + 100
POLLED, READ = NOW - 1.0, NOW - 0.5
"""When the last poll began and had ended."""

URL = "http://exporter.test"
CLIENT = "app-1"
OLD = Known("abc8Q~" + "o" * 34, "old", BEGAN - DAY, BEGAN + 10 * DAY)
NEW = Known("def8Q~" + "n" * 34, "new", BEGAN - DAY, BEGAN + 300 * DAY)
CAUSES = ("expired", "revoked", "format_error", "wrong_application", "network", "source_unreadable")


def shown(known: Known, name: str = "an app") -> Shown:
    """What a secret's series must say."""
    return Shown(CLIENT, name, "secret", known.key_id, "", known.ends)


def listing(*several: Known, objects: int = 2, name: str = "an app") -> Listing:
    """The applications: one with these secrets."""
    found = {shown(known, name): known.starts for known in several}
    return Listing(found, objects, objects - bool(several))


def account(*several: Known) -> Account:
    """What the login service knows."""
    return Account(application=True, principal=True, enabled=True, secrets=several)


NOTHING = Listing({}, 0, 0)
BOTH = listing(OLD, NEW)


@dataclass
class Served:
    """What an exporter serves; the fields are changed by the tests to what is wrong."""

    asked: float = NOW
    rendered: float = NOW
    polled: float = POLLED
    success: int = 1
    credentials: Listing = BOTH
    superseded: dict[str, str] = field(default_factory=lambda: {"old": "true", "new": "false"})
    expiring: int = 1
    valid: int = 1
    days_late: float = 0.0
    objects: int = 2
    works: int | None = None
    cause: str = ""
    tried: float = NOW - 0.5
    url: str = URL
    failures: int = 0
    extra: str = ""

    def text(self) -> str:
        """In the text format."""
        return "\n".join([*self.own(), *self.tenant(), *self.target(), self.extra]).strip() + "\n"

    def own(self) -> list[str]:
        """About the exporter."""
        return [
            f"entra_exporter_exposition_timestamp_seconds {self.rendered}",
            f'entra_exporter_task_failures_total{{task="poller"}} {self.failures}',
            f'entra_exporter_info{{version="1",external_url="{self.url}"}} 1',
            'entra_tenant_info{tenant="alpha"} 1',
        ]

    def tenant(self) -> list[str]:
        """About the tenant."""
        lines = [
            f'entra_poll_last_success_timestamp_seconds{{tenant="alpha"}} {self.polled}',
            f'entra_poll_success{{tenant="alpha"}} {self.success}',
            f'entra_poll_duration_seconds{{tenant="alpha"}} {READ - POLLED}',
        ]
        for one in self.credentials.credentials:
            escaped = one.app_name.replace("\n", "\\n")
            common = f'tenant="alpha",object="application",app_id="{one.app_id}"'
            common += f',app_name="{escaped}",kind="secret"'
            mine = f'{common},key_id="{one.key_id}",credential_name=""'
            mine += f',superseded="{self.superseded[one.key_id]}"'
            days = (one.expires - self.rendered + self.days_late) / DAY
            lines.append(f"entra_credential_expiry_timestamp_seconds{{{mine}}} {one.expires}")
            lines.append(f"entra_credential_days_until_expiry{{{mine}}} {days}")
            if self.superseded[one.key_id] == "false":
                lines.append(f"entra_application_days_until_expiry{{{common}}} {days}")
        return lines + self.counts()

    def counts(self) -> list[str]:
        """How many there are."""
        lines = []
        empty = self.credentials.empty
        numbers = {"application": (self.objects, empty), "service_principal": (0, 0)}
        for kind, (objects, without) in numbers.items():
            labels = f'tenant="alpha",object="{kind}"'
            lines.append(f"entra_applications{{{labels}}} {objects}")
            lines.append(f"entra_applications_without_credentials{{{labels}}} {without}")
        common = 'tenant="alpha",object="application",kind="secret"'
        lines.append(f'entra_credentials{{{common},state="expiring"}} {self.expiring}')
        lines.append(f'entra_credentials{{{common},state="valid"}} {self.valid}')
        return lines

    def target(self) -> list[str]:
        """About the target, once it was tried."""
        if self.works is None:
            return []
        labels = f'tenant="alpha",target="till",app_id="{CLIENT}"'
        causes = [
            f'entra_verify_cause{{{labels},cause="{cause}"}} {int(cause == self.cause)}'
            for cause in CAUSES
        ]
        return [
            f"entra_verify_success{{{labels}}} {self.works}",
            f"entra_verify_timestamp_seconds{{{labels}}} {self.tried}",
            f"entra_verify_duration_seconds{{{labels}}} 0.01",
            *causes,
        ]

    def scrape(self) -> Scrape:
        """As a client reads it."""
        return read(self.text(), self.asked, self.asked + 0.01)


def put(line: Timeline[Value], value: Value, at: float = BEGAN) -> Timeline[Value]:
    """The timeline, with a value from a moment on."""
    line.put(value, at, at)
    return line
