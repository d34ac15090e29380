"""
How the program logs: one event a line, with fields, to stderr, as logfmt or JSON. Libraries speak
from `error` up only: what they have to say about a poll is in the poll's own event.
"""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from exporter.wording import printable

FORMATS = ("logfmt", "json")
LEVELS = ("debug", "info", "warn", "error")

Log = structlog.typing.FilteringBoundLogger


def configure(level: str = "info", form: str = "logfmt") -> None:
    """Set the process's logging up; `level` of `LEVELS`, `form` of `FORMATS`."""
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR, format=LIBRARY_FORMAT, force=True)
    # Refused sign-ins: reported once, by us, with the remedy.
    logging.getLogger("azure").setLevel(logging.CRITICAL)
    # Whatever a library would say goes nowhere: their debug texts may quote requests.
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.ExceptionRenderer(),
            escape,
            structlog.processors.EventRenamer("msg"),
            RENDERERS[form],
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVEL_NUMBERS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


LIBRARY_FORMAT = 'level=%(levelname)s logger=%(name)s msg="%(message)s"'
LEVEL_NUMBERS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}
RENDERERS: dict[str, Processor] = {
    "logfmt": structlog.processors.LogfmtRenderer(
        key_order=["time", "level", "msg"], drop_missing=True, bool_as_flag=False
    ),
    "json": structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
}


def escape(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Escape control and direction characters: texts from a tenant must not write on a terminal."""
    return {key: clean(value) for key, value in event.items()}


def clean(value: Any) -> Any:  # noqa: ANN401 - fields hold anything
    """A text with what is not printable escaped; anything else as it is."""
    return "\n".join(map(printable, value.split("\n"))) if isinstance(value, str) else value


def get() -> Log:
    """The program's logger."""
    logger: Log = structlog.get_logger()
    return logger
