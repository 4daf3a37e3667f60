"""structlog set-up: events, not sentences; one line of JSON each, or colours on a terminal. Never bodies or keys."""

import logging
import sys
from collections.abc import Callable
from typing import Any

import structlog

SECRET_WORDS = ("authorization", "secret", "token", "password", "api_key", "cookie")


def set_up(*, form: str = "auto", level: str = "info", trace_of: Callable[[int], str] | None = None) -> None:
    """Make every log line, ours and the libraries', go to standard error in one form.

    `trace_of` adds to each line about an article the id of its trace.
    """
    as_json = form == "json" or (form == "auto" and not sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        _hide_secrets,
        *([_named(trace_of)] if trace_of else []),
    ]
    last: list[Any] = (
        [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    _adopt_libraries(max(number, logging.WARNING))


def _named(trace_of: Callable[[int], str]) -> Any:
    def add(_logger: Any, _method: str, event: Any) -> Any:
        if isinstance(article := event.get("article"), int):
            event["trace"] = trace_of(article)
        return event

    return add


def _hide_secrets(_logger: Any, _method: str, event: Any) -> Any:
    for name in event:
        if name != "event" and any(word in name.lower() for word in SECRET_WORDS):
            event[name] = "…"
    return event


class _Adopted(logging.Handler):
    """Passes the libraries' own records on as events."""

    def emit(self, record: logging.LogRecord) -> None:
        severity = record.levelname.lower()
        details = {"error": repr(record.exc_info[1])} if record.exc_info else {}
        structlog.get_logger(record.name).log(
            logging.getLevelNamesMapping().get(severity.upper(), logging.INFO), record.getMessage(), **details
        )


def _adopt_libraries(level: int) -> None:
    root = logging.getLogger()
    root.handlers[:] = [_Adopted()]
    root.setLevel(level)
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it reports every page it finds little on
