"""
Reads what is stored at a target, anew each time; what is in a Key Vault with the sign-in of the
target's tenant. Judges nothing.
"""

import asyncio
from collections.abc import Callable

from exporter import log
from exporter.config import CloudConfig, TenantConfig
from exporter.errors import PollError, where
from exporter.identity import SignIn
from exporter.schedule import wanted
from exporter.sources import SourceUnreadable, read, read_certificate
from exporter.verify.job import Job
from exporter.verify.once import Value

PATIENCE = 60.0
"""Seconds: a sign-in and a vault's two tries, or a file on a network that hangs."""

Account = tuple[TenantConfig, CloudConfig]


class Reader:
    """
    `aclose` it when done; `crashed` counts a bug. A tenant's sign-in for vaults is not the one it
    is polled with.
    """

    def __init__(self, crashed: Callable[[], None] = lambda: None) -> None:
        self.crashed = crashed
        self.sign_ins: dict[str, tuple[Account, SignIn]] = {}

    async def read(self, job: Job) -> Value:
        """The value as it is now; raises SourceUnreadable."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.stored(job)
        except TimeoutError:
            raise SourceUnreadable(
                f"it could not be read within {PATIENCE:.0f} seconds; check the volume or the vault"
                " that it is on"
            ) from None
        except PollError as error:
            raise SourceUnreadable(
                f"the exporter could not sign in to read the vault: {error.detail}; {error.remedy}"
            ) from None
        except SourceUnreadable:
            raise
        except BaseException as error:
            if wanted(error):
                raise
            self.crashed()
            # Told by place alone: its text may hold the value.
            log.get().error("reading crashed", target=job.target.name, error=where(error))
            raise SourceUnreadable(
                f"a bug of the exporter ({where(error)}); report it, with the log line"
            ) from None

    async def stored(self, job: Job) -> Value:
        """The secret, or the certificate with its key."""
        sign_in, ca_file, strict = await self.sign_in(job), job.cloud.ca_file, not job.own_cloud
        secret, certificate = job.target.secret, job.target.certificate
        if secret is not None:
            return await read(secret, sign_in, ca_file=ca_file, verify_resource=strict)
        if certificate is not None:
            return await read_certificate(
                certificate, sign_in, ca_file=ca_file, verify_resource=strict
            )
        raise SourceUnreadable("neither `secret` nor `certificate` is configured")

    async def sign_in(self, job: Job) -> SignIn | None:
        """The tenant's, made anew when its configuration has changed; None when it has none."""
        if job.tenant.identity.type == "none":
            return None
        account = (job.tenant, job.cloud)
        kept = self.sign_ins.get(job.tenant.name)
        if kept is None or kept[0] != account:
            fresh = SignIn(*account)
            self.sign_ins[job.tenant.name] = (account, fresh)
            if kept is not None:
                await kept[1].forget()
            return fresh
        return kept[1]

    async def keep_only(self, tenants: set[str]) -> None:
        """Forget the sign-ins of tenants that nothing is verified of any more."""
        for name in self.sign_ins.keys() - tenants:
            await self.sign_ins.pop(name)[1].forget()

    async def aclose(self) -> None:
        """End all connections."""
        for _, sign_in in self.sign_ins.values():
            await sign_in.forget()
