"""The exporter's own pages and endpoints; they read the store and never fetch."""

from exporter.web.server import Pages, serving

__all__ = ["Pages", "serving"]
