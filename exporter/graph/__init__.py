"""Microsoft Graph to an inventory."""

from exporter.graph.answers import failure
from exporter.graph.client import Graph
from exporter.graph.meter import Allowance
from exporter.graph.reading import Progress, read_inventory
from exporter.graph.wire import Unreadable

__all__ = ["Allowance", "Graph", "Progress", "Unreadable", "failure", "read_inventory"]
