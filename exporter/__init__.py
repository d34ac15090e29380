"""Prometheus exporter for Microsoft Entra ID application credentials."""

__version__ = "0.1.0"
