"""What outlives a restart: one file a tenant in the directory that `state.dir` names."""

from exporter.state.keeper import Keeper

__all__ = ["Keeper"]
