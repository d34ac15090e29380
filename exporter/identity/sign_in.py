"""The exporter's sign-in to a tenant, kept from poll to poll. Never logs, never retries itself."""

import asyncio
import contextlib
import re
import time
from pathlib import Path
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError

from exporter.config import CloudConfig, IdentityConfig, SourceConfig, TenantConfig
from exporter.errors import PollError
from exporter.identity.credentials import CREDENTIALS, AzureCredential, endpoint
from exporter.identity.refusals import no_answer, nonsense, refusal, unusable
from exporter.sources import Secret, SourceUnreadable, read, read_certificate

SIGN_IN_TIMEOUT = 60.0
"""Seconds for one sign-in with its retries; managed identities answer slowly while a node boots."""

TOKEN_MARGIN = 300.0
"""Seconds before its end at which a token is renewed."""


LONGEST_TOKEN = 65_536
"""Characters; Entra's have a few thousand."""

LONGEST_KEPT = 86_400.0
"""Seconds; Entra's tokens last from an hour to a day."""


class SignIn:
    """
    The exporter's sign-in to one tenant, kept with its token from poll to poll.

    Where the identity rests on a stored secret, that is read again before each use, so that a
    rotated one is taken up without a restart.
    """

    def __init__(self, tenant: TenantConfig, cloud: CloudConfig) -> None:
        self.tenant = tenant
        self.cloud = cloud
        self.credential: AzureCredential | None = None
        self.made_from: tuple[Secret | bytes | int | None, ...] = ()
        self.token: AccessToken | None = None
        self.turn = asyncio.Lock()

    async def get_token(self, *scopes: str, **_options: Any) -> AccessToken:  # noqa: ANN401 - azure's signature
        """A token for the scopes, always the same ones; raises `PollError`."""
        try:
            async with self.turn, asyncio.timeout(SIGN_IN_TIMEOUT):
                credential = await self.current()
                # azure-identity caches tokens of some credentials only: not those of `az`.
                if self.token is None or self.token.expires_on - time.time() < TOKEN_MARGIN:
                    self.token = await self.granted(credential, scopes)
                return self.token
        except TimeoutError:
            raise no_answer(f"no answer within {SIGN_IN_TIMEOUT:.0f} seconds") from None
        except (SourceUnreadable, ValueError, OSError) as error:
            raise unusable(self.tenant.identity, error) from error

    async def granted(self, credential: AzureCredential, scopes: tuple[str, ...]) -> AccessToken:
        """A new token; raises `PollError`, or OSError for a token file that cannot be read."""
        try:
            token = await credential.get_token(*scopes, tenant_id=self.tenant.tenant_id)
            return checked(token)
        except (OSError, PollError):
            raise
        except AzureError as error:
            raise refusal(error, self.tenant, time.time()) from error
        except Exception as error:
            # What azure-identity raises over a token answer that is none.
            raise nonsense(type(error).__name__) from error

    async def current(self) -> AzureCredential:
        """The credential for what is stored now."""
        material = (
            *await stored_material(self.tenant.identity),
            changed_at(self.cloud.ca_file),
        )
        if self.credential is None or material != self.made_from:
            await self.forget()
            make = CREDENTIALS[self.tenant.identity.type]
            self.credential = make(self.tenant, endpoint(self.cloud), *material[:-1])
            self.made_from = material
        return self.credential

    async def forget(self) -> None:
        """Drop the credential and its token: what was granted or withdrawn counts at once."""
        credential, self.credential, self.token = self.credential, None, None
        if credential is not None:
            with contextlib.suppress(Exception):  # a connection that fails to close is closed
                await credential.close()


def checked(token: AccessToken) -> AccessToken:
    """
    The token, if it can stand in a header; an HTTP library's complaint would quote it. It is kept
    for a day at most, whatever the answer says.
    """
    if not re.fullmatch(r"[!-~]+", token.token):
        raise nonsense("a token with characters that no token has")
    if len(token.token) > LONGEST_TOKEN:
        raise nonsense(f"a token of {len(token.token)} characters, which no service takes")
    longest = int(time.time() + LONGEST_KEPT)
    return token._replace(expires_on=min(token.expires_on, longest))


def changed_at(ca_file: Path | None) -> int:
    """When the authority's file was changed; 0 for none; raises OSError."""
    return ca_file.stat().st_mtime_ns if ca_file else 0


async def stored_material(identity: IdentityConfig) -> tuple[Secret | bytes | None, ...]:
    """What the identity's type needs from storage, in the order its maker takes it."""
    if identity.client_secret is not None:
        return (await stripped(identity.client_secret),)
    if identity.certificate is not None:
        # Opened here first: over some passwords the library that azure uses ends the process.
        material = await read_certificate(identity.certificate)
        return material.pem_or_pfx, material.password
    return ()


async def stripped(source: SourceConfig) -> Secret:
    """The stored value without the newline that most editors and `echo` put at the end."""
    return Secret((await read(source)).reveal().rstrip("\r\n"))
