"""Who may reach the pages, and how: the file of `--web.config.file`, as exporters have it."""

from exporter.web.access.guard import Access, set_headers

__all__ = ["Access", "set_headers"]
