"""
A secret in Azure Key Vault, its latest version or a given one. A secret outside its dates is given
all the same, as Key Vault gives it to the applications: those dates stop nobody.
"""

import asyncio
from typing import Any
from urllib.parse import urlsplit

from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError
from azure.keyvault.secrets.aio import SecretClient

from exporter.config import SourceConfig
from exporter.sources.access import Access, TokenCredential
from exporter.sources.secret import Secret
from exporter.sources.unreadable import SourceUnreadable
from exporter.sources.vault_refusals import (
    no_answer,
    no_identity,
    no_token,
    no_trust,
    no_vault,
    refusal,
    wrong_challenge,
)
from exporter.transport import trusting

VAULT_DOMAINS = (".vault.azure.net", ".vault.usgovcloudapi.net", ".vault.azure.cn")
CONNECT_TIMEOUT = 10.0
IN_ALL = 30.0
"""Seconds for everything: the sign-in, the vault's answers, a second try."""

ONE_RETRY: dict[str, Any] = {
    "retry_total": 1,
    # An answer is an answer: azure-core would sleep for as long as Retry-After says.
    "retry_status": 0,
    # Another host must not be sent the token.
    "permit_redirects": False,
}


class ForeignError(Exception):
    """What a credential raised that is not azure's, on its way through azure's client."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class Caller(AsyncTokenCredential):
    """The caller's credential, as Key Vault's client takes it; it stays open."""

    def __init__(self, credential: TokenCredential, source: SourceConfig) -> None:
        self.credential = credential
        self.source = source

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:  # noqa: ANN401 - azure's signature
        """A token; azure's failures are told here, where they cannot be taken for the vault's."""
        try:
            return await self.credential.get_token(*scopes, **options)
        except AzureError as error:
            raise SourceUnreadable(no_token(error, self.source)) from None
        except Exception as error:
            raise ForeignError(error) from error

    async def close(self) -> None:
        """Nothing: it is the caller's."""

    async def __aexit__(self, *_error: object) -> None:
        """Nothing, likewise."""


async def read_vault(source: SourceConfig, access: Access) -> Secret:
    """The value; raises SourceUnreadable, or what the credential raises if it is not azure's."""
    if access.credential is None:
        raise SourceUnreadable(no_identity(source))
    try:
        async with asyncio.timeout(IN_ALL):
            value = await stored_value(source, access, Caller(access.credential, source))
    except ForeignError as foreign:
        raise foreign.error from foreign.error.__cause__
    except TimeoutError:
        silence = f"no answer within {IN_ALL:.0f} seconds"
        raise SourceUnreadable(no_answer(silence, source)) from None
    if value is None:
        raise SourceUnreadable(no_vault(source))
    return Secret(value)


async def stored_value(source: SourceConfig, access: Access, caller: Caller) -> str | None:
    """What the vault says, or why it does not."""
    try:
        async with client(source, access, caller) as vault:
            return (await vault.get_secret(source.name or "", source.version)).value
    except AzureError as error:
        raise SourceUnreadable(refusal(error, source)) from None
    except OSError as error:
        raise SourceUnreadable(no_trust(error, source, access.ca_file)) from None
    except (TypeError, AttributeError, KeyError):
        # What the client raises over JSON that is no secret.
        raise SourceUnreadable(no_vault(source)) from None
    except ValueError as error:
        raise SourceUnreadable(wrong_challenge(error, source)) from None


def verifies(source: SourceConfig, access: Access) -> bool:
    """Whether the vault may ask for a token of its own domain only; Microsoft's always."""
    host = urlsplit(source.key_vault or "").hostname or ""
    return access.verify_resource or host.endswith(VAULT_DOMAINS)


def client(source: SourceConfig, access: Access, caller: Caller) -> SecretClient:
    """For one reading: the caller's `async with` closes its connections."""
    return SecretClient(
        source.key_vault or "",
        caller,
        verify_challenge_resource=verifies(source, access),
        **trusting(access.ca_file),
        connection_timeout=CONNECT_TIMEOUT,
        read_timeout=IN_ALL,
        **ONE_RETRY,
    )
