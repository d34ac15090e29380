"""
The runbook of every alert: what it means, what to look at, what to do, how one knows that it is
over. Pure but for `__main__`, which writes the files of `alerts/runbooks`.
"""

from exporter.runbooks.credentials import CREDENTIALS
from exporter.runbooks.health import HEALTH
from exporter.runbooks.runbook import About, Runbook, Way
from exporter.runbooks.stored import STORED

RUNBOOKS: dict[str, Runbook] = {book.name: book for book in (*CREDENTIALS, *STORED, *HEALTH)}
"""By the name of the alert."""

__all__ = ["RUNBOOKS", "About", "Runbook", "Way"]
