"""Snapshot to bytes: the list of families, and how they are exposed. Never fetches."""

from exporter.metrics.credentials import CREDENTIAL_FAMILIES
from exporter.metrics.family import Family
from exporter.metrics.polling import POLLING_FAMILIES
from exporter.metrics.saving import SAVING_FAMILIES
from exporter.metrics.self_report import SELF_FAMILIES
from exporter.metrics.verification import VERIFICATION_FAMILIES

FAMILIES: tuple[Family, ...] = (
    *CREDENTIAL_FAMILIES,
    *POLLING_FAMILIES,
    *VERIFICATION_FAMILIES,
    *SAVING_FAMILIES,
    *SELF_FAMILIES,
)

__all__ = ["FAMILIES", "Family"]
