"""
What somebody does to a secret while the exporter watches: removes it, or replaces it. Pure but for
`carry_out`; when it happens is decided by `story` or by a test.
"""

from dataclasses import dataclass, replace

from exporter.simulator.directory import Application, PasswordCredential, SimulatedTenant
from exporter.simulator.server import Simulator
from exporter.simulator.values import DAY, secret_value, timestamp, uid

LIFETIME = 365


@dataclass(frozen=True, slots=True)
class Change:
    """
    The secret in the slot `removes` goes from the application `app`; where `adds` names a slot, a
    new secret comes in its place. Its consumer is told nothing.
    """

    app: str
    removes: str
    adds: str = ""
    tenant: str = "contoso"

    @property
    def tenant_id(self) -> str:
        """Give the id of the tenant it happens in."""
        return uid("tenant", self.tenant)

    def apply(self, tenant: SimulatedTenant, now: float) -> SimulatedTenant:
        """Make the tenant as it is afterwards."""
        app_id = uid("app", self.app)
        return replace(
            tenant,
            applications=tuple(
                self.changed(one, now) if one.app_id == app_id else one
                for one in tenant.applications
            ),
        )

    def changed(self, application: Application, now: float) -> Application:
        """Make the application as it is afterwards."""
        gone = uid("key", self.app, self.removes)
        old = next(one for one in application.password_credentials if one.key_id == gone)
        kept = [one for one in application.password_credentials if one is not old]
        new = [self.new_secret(old.display_name, now)] if self.adds else []
        return replace(application, password_credentials=(*kept, *new))

    def new_secret(self, name: str | None, now: float) -> PasswordCredential:
        """Make the secret that comes, under the name of the one that goes."""
        value = secret_value(self.app, self.adds)
        return PasswordCredential(
            key_id=uid("key", self.app, self.adds),
            display_name=name,
            start=timestamp(now),
            end=timestamp(now + LIFETIME * DAY),
            hint=value[:3],
            secret=value,
        )


# The two that happen once: nothing newer comes, or its consumer is never told of what does.
REMOVED = Change("parcel-tracker", "carrier")
REPLACED = Change("loyalty-points", "api", "api-2")


def carry_out(change: Change, simulator: Simulator) -> None:
    """Change the directory of a running simulator."""
    tenant = simulator.tenants[change.tenant_id]
    simulator.replace_tenant(change.apply(tenant, simulator.clock()))
