"""
The web configuration file as it stands now: read at every use, so that a change counts at once, and
understood anew only when it has changed.
"""

from pathlib import Path

from exporter.config.load import checked, decoded, document_of, refused
from exporter.errors import ConfigError
from exporter.web.access import opened
from exporter.web.access.settings import WebSettings

EMPTIED = "the settings, or {} to let everybody in"
A_MAPPING = "a mapping with the keys " + ", ".join(WebSettings.model_fields)


class WebFile:
    """One file; keeps what it said last. Used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content: bytes | None = None
        self.said: WebSettings | ConfigError = WebSettings()
        self.had_content = False

    def read(self) -> WebSettings:
        """What the file says; raises ConfigError."""
        content = present(self.path)
        if content != self.content:
            self.said, self.content = self.changed(content), content
            self.had_content = self.had_content or bool(content.strip())
        if isinstance(self.said, ConfigError):
            # A new one: what raises the same again and again grows its traceback, for good.
            raise ConfigError(self.said.file, self.said.problems)
        return self.said

    def changed(self, content: bytes) -> WebSettings | ConfigError:
        """What it says now; a file that became empty is being written, or was cut off."""
        if self.had_content and not content.strip():
            return refused(self.path, "nothing in it any more", EMPTIED)
        return understood(content, self.path)


def present(path: Path) -> bytes:
    """The bytes of the file; raises ConfigError."""
    try:
        return opened.content(path)
    except OSError as error:
        raise refused(path, f"a file that cannot be read ({error.strerror})") from None


def understood(content: bytes, path: Path) -> WebSettings | ConfigError:
    """The settings in a file, or what is wrong with it."""
    try:
        return parsed(decoded(content, path), path)
    except ConfigError as error:
        return error


def parsed(text: str, path: Path) -> WebSettings:
    """The settings in a text; an empty one asks for nothing. Raises ConfigError."""
    document = document_of(text, str(path))
    if document is None or document.data is None:
        return WebSettings()
    if not isinstance(document.data, dict):
        raise refused(path, "a list or a single value", A_MAPPING)
    return checked(WebSettings, document, file=str(path), base_dir=path.absolute().parent)
