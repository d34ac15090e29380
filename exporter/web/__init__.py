"""The exporter's own pages and endpoints; they read the store and never fetch."""

from exporter.web.access import Access
from exporter.web.server import Pages
from exporter.web.serving import serving

__all__ = ["Access", "Pages", "serving"]
