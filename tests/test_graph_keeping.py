"""What stays as it was known because Graph's answer makes no sense of it any more."""

import json
from typing import Any

from exporter.graph.credentials import read_object
from exporter.graph.keeping import kept
from exporter.graph.wire import Unreadable, decode_page
from exporter.model import CredentialKind, DirectoryObject, ObjectType

THUMBPRINT = "AB" * 20
DATES = {"startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2026-12-01T00:00:00Z"}


def read(entry: dict[str, Any]) -> tuple[DirectoryObject, list[Unreadable]]:
    """A service principal as it comes in a page, and what was left out of it."""
    page, lost = decode_page(json.dumps({"value": [entry]}).encode())
    return read_object(page.value[0], ObjectType.SERVICE_PRINCIPAL, lost), lost


def with_signing_certificate(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """One whose private key has some fields that are different."""
    common = {"customKeyIdentifier": THUMBPRINT, **DATES}
    private = common | {"keyId": "private", "usage": "Sign"} | fields
    public = common | {"keyId": "public", "usage": "Verify"}
    return {
        "id": "object",
        "appId": "app",
        "preferredTokenSigningKeyThumbprint": THUMBPRINT,
        "keyCredentials": [private, public],
        "passwordCredentials": [common | {"keyId": "private"}],
    }


def test_signing_certificate_whose_private_key_cannot_be_read_stays_one_and_becomes_no_secret() -> (
    None
):
    old, _ = read(with_signing_certificate())
    [was] = old.credentials
    assert was.kind is CredentialKind.SAML_SIGNING
    new, lost = read(with_signing_certificate(displayName=7))
    [now] = kept({"object": old}, {"object": new}, lost)

    assert now.credentials == (was,)
