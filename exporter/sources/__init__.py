"""
Where a secret's value comes from. Gives the value exactly as it is stored: whether it is well
formed, and whether it works, is found out elsewhere.
"""

from exporter.sources.access import TokenCredential
from exporter.sources.certificate import read_certificate
from exporter.sources.file import read_bytes
from exporter.sources.material import CertificateMaterial
from exporter.sources.reading import SOURCES, read
from exporter.sources.secret import Secret
from exporter.sources.unreadable import SourceUnreadable

__all__ = [
    "SOURCES",
    "CertificateMaterial",
    "Secret",
    "SourceUnreadable",
    "TokenCredential",
    "read",
    "read_bytes",
    "read_certificate",
]
