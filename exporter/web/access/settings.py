"""
What a web configuration file may say, in the words of Prometheus' exporter-toolkit, and what of it
is refused here. Reads no file.
"""

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    StrictInt,
    ValidationInfo,
    model_validator,
)

from exporter.config.section import FrozenMap, Section
from exporter.config.values import refused

Version = Literal["TLS10", "TLS11", "TLS12", "TLS13"]
CLIENT_AUTH = ("", "NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert")

ECDSA, RSA = "TLS_ECDHE_ECDSA_WITH_", "TLS_ECDHE_RSA_WITH_"
CIPHERS = {
    f"{ECDSA}AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    f"{ECDSA}AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    f"{ECDSA}CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
    f"{ECDSA}AES_128_CBC_SHA": "ECDHE-ECDSA-AES128-SHA",
    f"{ECDSA}AES_256_CBC_SHA": "ECDHE-ECDSA-AES256-SHA",
    f"{RSA}AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    f"{RSA}AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    f"{RSA}CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
    f"{RSA}AES_128_CBC_SHA": "ECDHE-RSA-AES128-SHA",
    f"{RSA}AES_256_CBC_SHA": "ECDHE-RSA-AES256-SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256": "AES128-GCM-SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384": "AES256-GCM-SHA384",
    "TLS_RSA_WITH_AES_128_CBC_SHA": "AES128-SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA": "AES256-SHA",
    # Those of TLS 1.3 may be named; which of them is used cannot be chosen, in Go neither.
    "TLS_AES_128_GCM_SHA256": "",
    "TLS_AES_256_GCM_SHA384": "",
    "TLS_CHACHA20_POLY1305_SHA256": "",
}
"""Go's names of cipher suites, and OpenSSL's."""

CURVES = {
    "CurveP256": "prime256v1",
    "CurveP384": "secp384r1",
    "CurveP521": "secp521r1",
    "X25519": "X25519",
}
"""Go's names of curves, and OpenSSL's."""

HEADERS: dict[str, tuple[str, ...]] = {
    "Content-Security-Policy": (),
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
}
"""The headers that may be set, and their values where those are fixed."""

UNVERIFIED = {"RequestClientCert", "RequireAnyClientCert", "RequireClientCert"}
BCRYPT = re.compile(
    # Of the salt's last character only two bits count, and bcrypt fails when the others are set.
    r"\$2[abxy]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}"
)
COSTLIEST = 16
"""A few seconds for each wrong password; each more doubles that, and there is one thread for it."""

UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
TERM = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")

A_CLIENT_AUTH = "NoClientCert, VerifyClientCertIfGiven or RequireAndVerifyClientCert"
A_HASH = "a bcrypt hash, as `htpasswd -nBC 10 USER` prints it after the colon"
A_COST = f"a hash of at most cost {COSTLIEST}, as `htpasswd -nBC 10 USER` makes it"
A_TIME = "a duration such as 100ms, 1s or 1m30s; 0 for no limit"


def beside(value: str, info: ValidationInfo) -> str:
    """A path that starts from the directory of the file; the empty one is none."""
    base = (info.context or {}).get("base_dir", Path())
    if "\0" in value:
        raise refused("the path of a file")
    return str(base / value) if value else ""


def client_auth(value: str) -> str:
    """Python's TLS cannot ask for a certificate without verifying it."""
    if value in UNVERIFIED:
        found = f'"{value}", with which certificates are asked for but not verified'
        raise refused(f"{A_CLIENT_AUTH}: certificates are always verified here", found)
    if value not in CLIENT_AUTH:
        raise refused(A_CLIENT_AUTH)
    return value


def cipher(value: str) -> str:
    """One that Go has as well."""
    if value not in CIPHERS:
        raise refused(f"one of {', '.join(CIPHERS)}")
    return value


def curves(value: tuple[str, ...]) -> tuple[str, ...]:
    """One of Go's; Python's TLS takes a single one."""
    for name in value:
        if name not in CURVES:
            raise refused(f"one of {', '.join(CURVES)}", f'the curve "{name}"')
    if len(value) > 1:
        raise refused("one curve, or none for OpenSSL's usual ones", "a list of several curves")
    return value


def known_headers(value: dict[str, str]) -> FrozenMap[str]:
    """Only those of the table."""
    for name, text in value.items():
        if name not in HEADERS:
            raise refused(f"only {', '.join(HEADERS)}", f'the header "{name}"')
        if HEADERS[name] and text not in HEADERS[name]:
            raise refused(f"{name}: {' or '.join(HEADERS[name])}, as written here")
        if not text.isprintable():
            raise refused(f"{name}: text on one line", "a value of several lines")
    return FrozenMap(value)


def hashed_users(value: dict[str, str]) -> FrozenMap[str]:
    """Each with a hash, never with a password."""
    for name, hashed in value.items():
        if not BCRYPT.fullmatch(hashed):
            raise refused(A_HASH, f'for user "{name}" something else (not shown)')
        if cost_of(hashed) > COSTLIEST:
            found = f'for user "{name}" a hash of cost {cost_of(hashed)}, which takes too long'
            raise refused(A_COST, found)
    return FrozenMap(value)


def cost_of(hashed: str) -> int:
    """The cost of a bcrypt hash, the binary logarithm of its rounds."""
    return int(hashed.split("$")[2])


def go_duration(value: object) -> float:
    """Go's way of writing a duration, in seconds; a plain number is of nanoseconds."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value * 1e-9
    if value == "0":
        return 0.0
    terms = list(TERM.finditer(value)) if isinstance(value, str) else []
    if not terms or "".join(term[0] for term in terms) != value:
        raise refused(A_TIME)
    return sum(float(count) * UNITS[unit] for count, unit in (term.groups() for term in terms))


GoDuration = Annotated[float, BeforeValidator(go_duration)]
FilePath = Annotated[str, AfterValidator(beside)]


class TlsSettings(Section):
    """`tls_server_config`; a file counts before what is written in its place."""

    cert: str = Field(default="", description="a certificate chain in PEM")
    key: str = Field(default="", description="a private key in PEM")
    client_ca: str = Field(default="", description="certificates in PEM")
    cert_file: FilePath = Field(default="", description="the path of a file")
    key_file: FilePath = Field(default="", description="the path of a file")
    client_ca_file: FilePath = Field(default="", description="the path of a file")
    client_auth_type: Annotated[str, AfterValidator(client_auth)] = Field(
        default="", description=A_CLIENT_AUTH
    )
    client_allowed_sans: tuple[str, ...] | None = Field(default=None, description="a list of names")
    min_version: Version = "TLS12"
    max_version: Version = "TLS13"
    cipher_suites: tuple[Annotated[str, AfterValidator(cipher)], ...] = ()
    prefer_server_cipher_suites: StrictBool = Field(default=True, description="true or false")
    curve_preferences: Annotated[tuple[str, ...], AfterValidator(curves)] = ()

    @property
    def on(self) -> bool:
        """Whether TLS is meant: any of the fields that only TLS needs is given."""
        return any((self.cert, self.cert_file, self.key, self.key_file, self.asks))

    @property
    def asks(self) -> bool:
        """Whether clients' certificates are mentioned."""
        return bool(self.client_ca or self.client_ca_file or self.client_auth_type)

    @property
    def verifies(self) -> bool:
        """Whether a client's certificate is looked at."""
        return self.client_auth_type not in {"", "NoClientCert"}

    @model_validator(mode="after")
    def complete(self) -> Self:
        """What belongs together is there."""
        for found, accepted in self.lacking():
            raise refused(accepted, found)
        return self

    def lacking(self) -> list[tuple[str, str]]:
        """What does not fit, each with what is accepted."""
        named = self.client_allowed_sans is not None
        required = self.client_auth_type == "RequireAndVerifyClientCert"
        table = (
            (
                self.on and not self.cert and not self.cert_file,
                "no certificate",
                "cert_file or cert",
            ),
            (self.on and not self.key and not self.key_file, "no private key", "key_file or key"),
            (
                bool(self.client_ca or self.client_ca_file) and not self.verifies,
                "a client CA without client_auth_type",
                "with it, client_auth_type: RequireAndVerifyClientCert or VerifyClientCertIfGiven",
            ),
            (
                named and not required,
                "client_allowed_sans for clients that need no certificate",
                "with it, client_auth_type: RequireAndVerifyClientCert",
            ),
            (
                self.min_version > self.max_version,
                f"min_version {self.min_version} above max_version {self.max_version}",
                "a min_version that is not above max_version",
            ),
        )
        return [(found, accepted) for wrong, found, accepted in table if wrong]


class HttpSettings(Section):
    """`http_server_config`; HTTP/2 is allowed, never spoken."""

    http2: StrictBool = Field(default=True, description="true or false")
    headers: Annotated[dict[str, str], AfterValidator(known_headers)] = Field(
        default_factory=dict, description="a mapping of headers to values", validate_default=True
    )


class RateLimit(Section):
    """`rate_limit`: `burst` requests at once, then one each `interval` (seconds, 0: no limit)."""

    interval: Annotated[float, BeforeValidator(go_duration)] = Field(
        default=0.0, description=A_TIME
    )
    burst: StrictInt = Field(default=0, description="a whole number")

    @model_validator(mode="after")
    def lets_some_in(self) -> Self:
        """Without a burst, nobody would ever be answered."""
        if self.interval > 0 and self.burst < 1:
            raise refused("with an interval, a burst of at least 1", f"a burst of {self.burst}")
        return self


class WebSettings(Section):
    """The whole file."""

    tls_server_config: TlsSettings = TlsSettings()
    http_server_config: HttpSettings = HttpSettings()
    basic_auth_users: Annotated[dict[str, str], AfterValidator(hashed_users)] = Field(
        default_factory=dict, description="a mapping of users to bcrypt hashes"
    )
    rate_limit: RateLimit = RateLimit()
