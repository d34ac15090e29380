"""Families about the exporter itself: its version, where its pages are, and its configuration."""

from collections.abc import Iterator

from exporter import __version__
from exporter.metrics.family import Family, Sample
from exporter.metrics.text import label_block
from exporter.metrics.view import View

INFO_LABELS = ("version", "external_url")


def info(view: View) -> Iterator[Sample]:
    """Version and address, for alert links."""
    yield label_block(INFO_LABELS, (__version__, view.snapshot.external_url)), 1


def reload_successful(view: View) -> Iterator[Sample]:
    """Whether the configuration file on disk was accepted."""
    yield b"", view.snapshot.reload.successful


def reload_time(view: View) -> Iterator[Sample]:
    """When the configuration in force was read."""
    yield b"", round(view.snapshot.reload.last_success, 3)


SELF_FAMILIES = (
    Family(
        "entra_exporter_info",
        "gauge",
        "1; external_url is where people reach the exporter's pages.",
        INFO_LABELS,
        info,
    ),
    Family(
        "entra_exporter_config_last_reload_successful",
        "gauge",
        "1 when the configuration file was accepted the last time it was read.",
        (),
        reload_successful,
    ),
    Family(
        "entra_exporter_config_last_reload_success_timestamp_seconds",
        "gauge",
        "Unix time when the configuration in force was read.",
        (),
        reload_time,
    ),
)
