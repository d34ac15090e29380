"""
The words in which scenarios are told: applications and their credentials, with ends in days from
now, and what the exporter must make of them. Builds directory objects; lists no scenario.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

from exporter.simulator.certificates import issued, key_credential
from exporter.simulator.directory import (
    Application,
    FederatedCredential,
    KeyCredential,
    PasswordCredential,
    ServicePrincipal,
)
from exporter.simulator.values import (
    DAY,
    MINUTE,
    base64_text,
    instant,
    secret_value,
    thumbprint,
    timestamp,
    uid,
)

Object = Literal["application", "service_principal"]
Kind = Literal["secret", "certificate", "saml_signing"]
State = Literal["valid", "expiring", "expired", "not_yet_valid"]
# Days from now, or the very text that Graph sends, or None for null.
End = float | str | None


@dataclass(frozen=True, slots=True)
class Secret:
    """
    A client secret. `slot` tells apart those that have the same name, or none.

    `spreads`: so many minutes from now the login service learns of it.
    """

    name: str | None
    ends: End
    began: float = -90
    slot: str = ""
    fraction: str = ""
    # Before 2019 the portal kept the description in another field, as UTF-16.
    old_form: bool = False
    spreads: float | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate to sign in with. `key` names its private key; without one it opens nothing."""

    name: str | None
    ends: End
    began: float = -90
    slot: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class SamlSigning:
    """A SAML signing certificate, which Graph lists as three entries."""

    slot: str
    ends: End
    began: float = -90
    active: bool = False
    name: str = "CN=Microsoft Azure Federated SSO Certificate"


@dataclass(frozen=True, slots=True)
class App:
    """
    An app registration and, unless told otherwise, its plain service principal.

    Ids come from `slug`, so two applications may share a display name. `only_principal` leaves the
    registration out: then the credentials are the service principal's own.
    """

    slug: str
    display_name: str | None = ""
    secrets: tuple[Secret, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    saml: tuple[SamlSigning, ...] = ()
    federated: tuple[FederatedCredential, ...] = ()
    only_principal: bool = False
    principal: bool = True
    account_enabled: bool = True
    public_client: bool = False
    blocked_by_policy: bool = False
    principal_type: str = "Application"
    owner_tenant_id: str | None = None
    alternative_names: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    derived_type: str | None = None

    @property
    def name(self) -> str | None:
        """Give the display name; the slug stands in for an empty one."""
        return self.slug if self.display_name == "" else self.display_name

    @property
    def app_id(self) -> str:
        """Give the client id."""
        return uid("app", self.slug)


@dataclass(frozen=True, slots=True)
class Expected:
    """
    One credential that must be exported.

    `ends` is given for an end that does not move with now; then `days` is NaN until `at` counts.
    `app` and `slot` say which credential it is, where its name alone does not.
    """

    object: Object
    kind: Kind
    credential_name: str
    days: float
    superseded: bool
    state: State
    slot: str = ""
    app: str = ""
    ends: str | None = None

    def at(self, now: float) -> "Expected":
        """Count the days of an absolute end."""
        if self.ends is None:
            return self
        return replace(self, days=(instant(self.ends, math.inf) - int(now)) / DAY)


@dataclass(frozen=True, slots=True)
class Scenario:
    """
    Some applications, and every credential that the exporter must export for them.

    `hidden`: the exporter's usual settings leave these objects out, and `expected` is what it shows
    when told to read everything. `unreadable`: how many credentials it must leave out.
    """

    name: str
    story: str
    apps: tuple[App, ...]
    expected: tuple[Expected, ...] = ()
    hidden: bool = False
    unreadable: int = 0

    def applications(self, now: float) -> tuple[Application, ...]:
        """Build the app registrations."""
        return tuple(application(app, int(now)) for app in self.apps if not app.only_principal)

    def service_principals(self, now: float, tenant_id: str) -> tuple[ServicePrincipal, ...]:
        """Build the service principals."""
        return tuple(
            service_principal(app, int(now), tenant_id) for app in self.apps if app.principal
        )

    def app(self, slug: str) -> App:
        """Find an application; without a slug, the first."""
        return next(app for app in self.apps if slug in ("", app.slug))


def key_id(app: App, credential: Secret | Certificate | SamlSigning | str) -> str:
    """Give a credential's key id, from its slot, or else its name."""
    slot = credential if isinstance(credential, str) else credential.slot or credential.name
    return uid("key", app.slug, slot or "")


def end_text(ends: End, now: int, fraction: str = "") -> str | None:
    """Write an end as Graph does."""
    if ends is None or isinstance(ends, str):
        return ends
    return timestamp(now + ends * DAY, fraction)


def application(app: App, now: int) -> Application:
    """Build an app registration with its credentials."""
    return Application(
        id=uid("application", app.slug),
        app_id=app.app_id,
        display_name=app.name,
        password_credentials=tuple(password(app, secret, now) for secret in app.secrets),
        key_credentials=tuple(certificate(app, one, now) for one in app.certificates),
        federated_credentials=app.federated,
        tags=app.tags,
        public_client=app.public_client,
        odata_type=app.derived_type and f"#microsoft.graph.{app.derived_type}",
    )


def service_principal(app: App, now: int, tenant_id: str) -> ServicePrincipal:
    """Build a service principal; credentials of its own only where the scenario says so."""
    own = app.only_principal
    passwords = [password(app, secret, now) for secret in app.secrets if own]
    keys = [certificate(app, one, now) for one in app.certificates if own]
    for one in app.saml:
        keys += saml_keys(app, one, now)
        passwords.append(saml_password(app, one, now))
    active = [thumbprint(app.slug, one.slot).hex().upper() for one in app.saml if one.active]
    return ServicePrincipal(
        id=uid("service principal", app.slug),
        app_id=app.app_id,
        display_name=app.name,
        owner_tenant_id=app.owner_tenant_id or tenant_id,
        password_credentials=tuple(passwords),
        key_credentials=tuple(keys),
        tags=app.tags,
        type=app.principal_type,
        account_enabled=app.account_enabled,
        alternative_names=app.alternative_names,
        sign_on_mode="saml" if app.saml else None,
        signing_thumbprint=active[0] if active else None,
        permissions=app.permissions,
        blocked_by_policy=app.blocked_by_policy,
        odata_type=app.derived_type and f"#microsoft.graph.{app.derived_type}Principal",
    )


def password(app: App, secret: Secret, now: int) -> PasswordCredential:
    """Build a client secret; one whose end cannot be read opens nothing either."""
    value = secret_value(app.slug, secret.slot or secret.name or "")
    unreadable = isinstance(secret.ends, str) and not secret.ends[:1].isdigit()
    named = base64_text((secret.name or "").encode("utf-16-le"))
    return PasswordCredential(
        key_id=key_id(app, secret),
        display_name=None if secret.old_form else secret.name,
        start=timestamp(now + secret.began * DAY, secret.fraction[1:]),
        end=end_text(secret.ends, now, secret.fraction),
        hint=None if secret.old_form else value[:3],
        custom_key_identifier=named if secret.old_form else None,
        secret=None if unreadable else value,
        known_from=None if secret.spreads is None else timestamp(now + secret.spreads * MINUTE),
    )


def certificate(app: App, one: Certificate, now: int) -> KeyCredential:
    """Build a certificate; its thumbprint is upper-case hexadecimal, as after an upload."""
    if one.key and one.name and isinstance(one.ends, int | float):
        made = issued(one.key, one.name, now + one.began * DAY, now + one.ends * DAY)
        return key_credential(made, key_id(app, one), one.name)
    return KeyCredential(
        key_id=key_id(app, one),
        display_name=one.name,
        start=timestamp(now + one.began * DAY),
        end=end_text(one.ends, now),
        custom_key_identifier=thumbprint(app.slug, one.slot or one.name or "").hex().upper(),
    )


def saml_keys(app: App, one: SamlSigning, now: int) -> list[KeyCredential]:
    """Build the two keys of a SAML certificate: the one that signs, and the one that verifies."""
    sign = KeyCredential(
        key_id=key_id(app, one),
        display_name=one.name,
        start=timestamp(now + one.began * DAY),
        end=end_text(one.ends, now),
        custom_key_identifier=base64_text(thumbprint(app.slug, one.slot)),
        type="X509CertAndPassword",
        usage="Sign",
    )
    other = key_id(app, f"{one.slot} verify")
    return [sign, replace(sign, key_id=other, type="AsymmetricX509Cert", usage="Verify")]


def saml_password(app: App, one: SamlSigning, now: int) -> PasswordCredential:
    """Build the password that opens a SAML certificate's file: no secret of an application."""
    return PasswordCredential(
        key_id=key_id(app, one),
        display_name=one.name,
        start=timestamp(now + one.began * DAY),
        end=end_text(one.ends, now),
        custom_key_identifier=base64_text(thumbprint(app.slug, one.slot)),
    )
