"""
The words in which verifications are told: what a consumer has stored, and what must be said of it.
Lists none; `verify_scenarios` does that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from cryptography import x509

from exporter.simulator.certificates import FIRST_KEY, issued, pem_file
from exporter.simulator.changes import Change
from exporter.simulator.directory import SimulatedTenant
from exporter.simulator.faults import Fault
from exporter.simulator.values import uid
from exporter.simulator.wordings import PRESENT, Wording, said

MANAGEMENT = "https://management.azure.com"
# Of a certificate that nobody registered: its dates are not what is wrong with it.
BEGIN = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
END = datetime(2099, 12, 31, tzinfo=UTC).timestamp()
UNREADABLE = "source_unreadable"


@dataclass(frozen=True, slots=True)
class StoredCertificate:
    """
    A certificate of this subject, and beside it the private key of this name.

    It is the one that the application has under this name; or one that is registered nowhere, if it
    has none or `registered` is False.
    """

    subject: str
    key: str = FIRST_KEY
    registered: bool = True


@dataclass(frozen=True, slots=True)
class Verification:
    """
    What a consumer of the application `app` has stored, None for nothing at all, and the cause for
    which that does not work; None when it works. With a `change` it works until that is carried out
    and has the cause from then on; with `trouble` the cause is the service's, not the directory's.

    `code` is the AADSTS code of the refusal: 0 when there is none, or nothing can be asked.
    """

    name: str
    story: str
    app: str
    stored: str | StoredCertificate | None = field(repr=False)
    cause: str | None = None
    code: int = 0
    tenant: str = "contoso"
    resource: str = MANAGEMENT
    change: Change | None = None
    trouble: Fault | None = None
    used_by: Mapping[str, str] = field(default_factory=lambda: {"kind": "other"})
    demo: bool = False

    @property
    def client_id(self) -> str:
        """Give the client id, whether there is such an application or not."""
        return uid("app", self.app)

    @property
    def tenant_id(self) -> str:
        """Give the tenant id, whether there is such a tenant or not."""
        return uid("tenant", self.tenant)

    @property
    def is_certificate(self) -> bool:
        """Tell whether a certificate is stored, not a secret."""
        return isinstance(self.stored, StoredCertificate)

    @property
    def asks(self) -> bool:
        """Tell whether what is stored is enough to ask the login service."""
        return self.stored not in (None, "") and self.cause != UNREADABLE

    @property
    def fault(self) -> Fault | None:
        """Give the trouble, which concerns nobody but this application."""
        return self.trouble and replace(self.trouble, client_id=self.client_id)

    def code_in(self, wording: Wording = PRESENT) -> int:
        """Give the code in the words of some years; of two codes at once the one that says more."""
        return said(self.code, wording).codes[-1] if self.code else 0

    def content(self, tenants: Iterable[SimulatedTenant]) -> bytes | None:
        """Give what the file has in it: a secret's text, or key and certificate as PEM."""
        if isinstance(self.stored, StoredCertificate):
            return pem_file(self.stored.key, self.certificate(self.stored, tenants))
        return None if self.stored is None else self.stored.encode()

    def certificate(
        self, stored: StoredCertificate, tenants: Iterable[SimulatedTenant]
    ) -> x509.Certificate:
        """Find the certificate in the directory, or issue one that is in none."""
        apps = (tenant.application(self.client_id) for tenant in tenants)
        for one in (key for app in apps if app for key in app.key_credentials):
            if stored.registered and one.display_name == stored.subject and one.certificate:
                return x509.load_der_x509_certificate(one.certificate)
        return issued(stored.key, stored.subject, BEGIN, END)
