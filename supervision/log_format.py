"""Logs as data: one JSON object a line, control characters escaped, tracebacks without local variables, values masked."""

from __future__ import annotations

from typing import Any

import structlog

from apps.access.masking import mask

# A longer text of a record is cut: a log is no place for what somebody wrote.
LONGEST = 4096
# What no text of a customer gets into.
_OURS = frozenset({"timestamp", "level", "logger", "frames", "lineno", "exc_type"})


def redacted(_: Any, __: str, record: dict[str, Any]) -> dict[str, Any]:
    """Mask every text of a record, what an exception says included: a driver's error may quote the row that it refused."""
    return {name: value if name in _OURS else _masked(value) for name, value in record.items()}


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask(text=value if len(value) <= LONGEST else f"{value[:LONGEST]}…").text
    if isinstance(value, dict):
        return {_masked(name): one if name in _OURS else _masked(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(one) for one in value]
    # Whatever else the renderer would print is masked as it would be printed.
    return value if value is None or isinstance(value, (bool, int, float)) else _masked(repr(value))


SHARED = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
PROCESSORS = [
    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
    structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
    redacted,
    structlog.processors.JSONRenderer(),
]

structlog.configure(
    processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
