"""Log lines: structured, one a line, without anything that could forge another line or hold a secret."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRET = re.compile(r"pass(word|wd)?|secret|token|authorization|cookie|api_?key|session", re.IGNORECASE)


def without_secrets(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Blank every value whose name says that it is a secret."""
    return {name: "***" if _SECRET.search(name) else value for name, value in line.items()}


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    without_secrets,
]


def formatter(*_args: Any, **_kwargs: Any) -> logging.Formatter:
    """The formatter named in the settings: JSON, which also escapes line ends, or colours on a terminal."""
    structlog.configure(
        processors=[
            *_SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    as_json = structlog.processors.JSONRenderer(ensure_ascii=False)
    last: list[Processor] = [structlog.processors.format_exc_info, as_json]
    if sys.stderr.isatty():
        last = [structlog.dev.ConsoleRenderer()]
    processors = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=_SHARED, processors=processors)
