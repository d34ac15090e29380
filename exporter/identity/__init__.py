"""How the exporter itself signs in to a tenant."""

from exporter.identity.sign_in import SignIn

__all__ = ["SignIn"]
