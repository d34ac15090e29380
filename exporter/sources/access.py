"""What a reader may use to get at a value that lies behind a sign-in. Signs in nowhere itself."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from azure.core.credentials import AccessToken


class TokenCredential(Protocol):
    """Whoever gets tokens: azure-identity's credentials, or something in front of one."""

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:  # noqa: ANN401 - azure's signature
        """A token for the scopes, which are those of the vault and of nothing else."""


@dataclass(frozen=True, slots=True)
class Access:
    """
    The identity to read with, and how far a vault at an address of one's own is trusted.

    `verify_resource` refuses a vault that asks for a token of another service than its host
    belongs to; only a cloud of one's own, whose host is no vault domain, needs it off. For
    Microsoft's vault domains it stays on.
    """

    credential: TokenCredential | None = None
    ca_file: Path | None = None
    verify_resource: bool = True


NO_ACCESS = Access()
