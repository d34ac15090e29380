"""
The tokens that the login service has issued: opaque strings that only this simulator understands.
Says nothing about who may have one.
"""

import secrets
from dataclasses import dataclass

LIFETIME = 3_599
GRAPH = "https://graph.microsoft.com"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token stands for. `roles` are fixed when it is issued, as in a real token."""

    tenant_id: str
    app_id: str
    resource: str
    roles: tuple[str, ...]
    expires_at: float


class Tokens:
    """Every token that has not expired."""

    def __init__(self) -> None:
        self.grants: dict[str, Grant] = {}

    def issue(self, grant: Grant, now: float) -> str:
        """Make a token, and forget those that have expired."""
        self.grants = {token: one for token, one in self.grants.items() if one.expires_at > now}
        token = "eyJ" + secrets.token_urlsafe(96)
        self.grants[token] = grant
        return token

    def find(self, token: str) -> Grant | None:
        """Tell what a token stands for, expired or not."""
        return self.grants.get(token)
