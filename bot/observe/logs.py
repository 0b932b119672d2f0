"""Log lines: how they are made, and what every event says in them.

Everything goes through the standard library's root logger, ours and the libraries', and leaves through one
handler that takes secrets out of the finished line: no message, argument, traceback or `repr` goes round it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO

from bot.observe.lines import NAME, LogListener
from bot.observe.redaction import Redactor

if TYPE_CHECKING:
    from structlog.typing import Processor

__all__ = ["LogListener", "configure_logging"]

#: aiosqlite tells of every statement; nobody could read anything else then.
_NEVER_BELOW = {"aiosqlite": logging.INFO, "aiohttp.access": logging.WARNING}
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}

EventDict = MutableMapping[str, Any]


def configure_logging(
    level: str, style: str, secrets: Sequence[str], *, stream: TextIO | None = None
) -> None:
    """Send everything that is logged to `stream` (standard error), without `secrets`.

    `level` is one of debug, info, warning, error and holds for the bot's own lines; libraries are heard from
    warning on, or all at debug. `style` is ``console`` or ``json``: one event a line. May be called again.
    """
    import structlog

    target = stream or sys.stderr
    handler = _Handler(target)
    handler.setFormatter(_formatter(style, Redactor(secrets), colors=target.isatty()))
    _install(handler, getattr(logging, level.upper()))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    sys.excepthook = _log_crash


def _formatter(style: str, redact: Redactor, *, colors: bool) -> logging.Formatter:
    import structlog

    renderer: list[Processor]
    if style == "json":
        renderer = [
            structlog.processors.format_exc_info,
            _first_things_first,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ]
    else:
        plain = structlog.dev.plain_traceback
        renderer = [
            _without_control_characters,
            structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain, pad_event_to=20),
        ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *renderer,
            lambda _logger, _method, line: redact(str(line)),
        ],
    )


def _install(handler: logging.Handler, level: int) -> None:
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old, _Handler)]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(level if level == logging.DEBUG else max(level, logging.WARNING))
    logging.getLogger(NAME).setLevel(level)
    for name, least in _NEVER_BELOW.items():
        logging.getLogger(name).setLevel(max(least, root.level))
    logging.captureWarnings(capture=True)


def _without_control_characters(_logger: object, _method: str, event: EventDict) -> EventDict:
    """A portal's or a network's words must not be able to forge a line or to speak to the terminal."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = value.translate(_CONTROL)
    return event


def _first_things_first(_logger: object, _method: str, event: EventDict) -> EventDict:
    return {name: event.pop(name) for name in ("timestamp", "level", "event") if name in event} | dict(event)


def _log_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger(NAME).critical("crashed", exc_info=(kind, error, trace))


class _Handler(logging.StreamHandler[TextIO]):
    """Writes lines. One that cannot be made is reported without its arguments: they may hold a secret."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's own name
        kind = sys.exc_info()[0]
        try:
            self.stream.write(f"a line of {record.name} could not be logged ({kind and kind.__name__})\n")
        except (OSError, ValueError):
            return  # standard error is gone, and there is nobody left to tell
