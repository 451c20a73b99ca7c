"""Lines of the log as JSON, each with the id of its request, none with what a person wrote or a patient is called by."""

from __future__ import annotations

import traceback
from typing import Any

import structlog
from structlog.typing import EventDict, Processor


def _routes_for_paths(_: Any, __: str, event: EventDict) -> EventDict:
    """Django names the address that was asked for, and with it a case: its pattern stands in its place."""
    record = event.get("_record")
    request = getattr(record, "request", None)
    if request is not None and hasattr(request, "path"):
        match = getattr(request, "resolver_match", None)
        event["event"] = str(event["event"]).replace(request.path, str(match.route) if match else "(no such address)")
        event["status"] = getattr(record, "status_code", None)
    return event


def _frames(_: Any, __: str, event: EventDict) -> EventDict:
    """Kind and place of an exception, without its words: a database quotes values in them."""
    info = event.pop("exc_info", None)
    if isinstance(info, tuple) and info[0] is not None:
        event["exception"] = info[0].__name__
        event["frames"] = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(info[2])]
    return event


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure() -> None:
    """Let structlog's own loggers write through the standard library's."""
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def json_formatter() -> structlog.stdlib.ProcessorFormatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED,
        processors=[
            _routes_for_paths,
            _frames,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(default=str),
        ],
    )
