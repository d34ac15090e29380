"""
What the exporter needs to be granted, by the names and ids that Microsoft gives it: one permission
of Graph to read a tenant, one role to read a secret from a vault, nothing to verify. Names only.
"""

GRAPH = "00000003-0000-0000-c000-000000000000"
"""Microsoft Graph, in every tenant."""

READ = "Application.Read.All"
"""To list applications and service principals, with the dates of their credentials."""

READ_ROLE = "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30"
"""Its id as an application permission, the same in every tenant."""

VAULT_ROLE = "Key Vault Secrets User"
"""Of Azure, to read the value of a secret; on that secret alone if it is to be little."""
