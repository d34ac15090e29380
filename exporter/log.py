"""
How the program logs: one event a line, with fields, to stderr, as logfmt or JSON. Libraries speak
from `error` up only, in the same form: what they have to say about a poll is in the poll's event.
"""

import contextlib
import logging
import sys
from collections.abc import Callable
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from exporter.trace import told
from exporter.wording import escaped

FORMATS = ("logfmt", "json")
LEVELS = ("debug", "info", "warn", "error")

Renderer = Callable[[WrappedLogger, str, EventDict], str | bytes]
Log = structlog.typing.FilteringBoundLogger

LEVEL_NUMBERS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}


def level_as_chosen(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The level by the name that `--log.level` has for it."""
    return {**event, "level": "warn" if event["level"] == "warning" else event["level"]}


COMMON: list[Processor] = [
    structlog.processors.add_log_level,
    level_as_chosen,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    structlog.processors.ExceptionRenderer(told),
    structlog.processors.EventRenamer("msg"),
]


class Lossy:
    """Writes to a stream for as long as that can be written to: a full disk stops no poll."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write, or lose it."""
        with contextlib.suppress(OSError, ValueError):  # closed, full, or with nobody at its end
            return self.stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Pass on what was written."""
        with contextlib.suppress(OSError, ValueError):
            self.stream.flush()


def configure(level: str = "info", form: str = "logfmt") -> None:
    """Set the process's logging up; `level` of `LEVELS`, `form` of `FORMATS`."""
    render = one_line(RENDERERS[form])
    lossy = cast("TextIO", Lossy(sys.stderr))
    structlog.configure(
        processors=[*COMMON, render],
        wrapper_class=structlog.make_filtering_bound_logger(LEVEL_NUMBERS[level]),
        logger_factory=structlog.PrintLoggerFactory(lossy),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(lossy)
    clean = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name],
            processors=[clean, *COMMON, render],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.ERROR, force=True)
    # Refused sign-ins: reported once, by us, with the remedy.
    logging.getLogger("azure").setLevel(logging.CRITICAL)


def one_line(renderer: Renderer) -> Processor:
    """
    A renderer whose lines hold printable characters only: texts from a tenant must neither begin a
    line of their own nor write on a terminal. The escapes are JSON's, in both formats.
    """

    def render(logger: WrappedLogger, method: str, event: EventDict) -> str:
        return escaped(str(renderer(logger, method, event)))

    return render


RENDERERS: dict[str, Renderer] = {
    "logfmt": structlog.processors.LogfmtRenderer(
        key_order=["time", "level", "msg"], drop_missing=True, bool_as_flag=False
    ),
    "json": structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
}


def get() -> Log:
    """The program's logger."""
    logger: Log = structlog.get_logger()
    return logger
