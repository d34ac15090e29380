"""
What new connections speak, as the web configuration file and the files that it names are now; made
anew only when they have changed. Knows of no connection.
"""

from pathlib import Path

from exporter.web.access import tls
from exporter.web.access.clients import Speech, speech
from exporter.web.access.file import WebFile
from exporter.web.access.settings import TlsSettings


class Endpoint:
    """One file; keeps what was made last. Used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self.file = WebFile(path)
        self.kept: tuple[TlsSettings, tls.Material, Speech] | None = None

    def read(self) -> Speech:
        """What is spoken now; raises ConfigError."""
        settings, file = self.file.read().tls_server_config, str(self.file.path)
        if not settings.on:
            raise tls.mistaken(file, "", "nothing about TLS any more", "TLS, until a restart")
        given = tls.material(settings, file)
        if self.kept is None or self.kept[:2] != (settings, given):
            whole = tls.context(settings, given, file)
            self.kept = (settings, given, speech(settings, whole, file))
        return self.kept[2]
