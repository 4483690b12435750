"""Logs as JSON lines that cannot hold personal data: known fields only, no exception messages, no free text.

Events are a few fixed words in lower case (`metrics-port-taken`); what varies goes into a field of `FIELDS`, and
anything else is dropped. A new field is added here, where somebody asks whether it may hold a value of a request."""

import logging
import re
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from traceback import walk_tb
from types import TracebackType
from typing import BinaryIO, NamedTuple

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger


class Trace(NamedTuple):
    trace_id: str
    request_id: str


current_trace: ContextVar[Trace | None] = ContextVar("current_trace", default=None)

FIELDS = frozenset(
    {"event", "level", "timestamp", "logger", "at", "text", "trace_id", "request_id", "exception", "frames", "failed"}
    | {"method", "route", "status", "milliseconds", "code", "pid", "port", "workers", "version", "check", "migration"}
    | {"job", "attempt", "count", "seconds", "issuer", "reason", "block", "digest", "operation", "constraint", "column"}
)
LONGEST_TEXT, MOST_FRAMES = 200, 40
# Libraries whose message templates are fixed texts. What they would fill in is left out unless it is a number.
FIXED_TEXTS = frozenset({"uvicorn", "sqlalchemy", "asyncpg", "alembic"})
_EVENT = re.compile(r"[a-z]+([ -][a-z]+){0,7}")
# An id a client chose is logged only where a machine must have made it: "maria.huber" is a valid X-Request-ID, too.
_MACHINE_MADE = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}|[0-9A-HJKMNP-TV-Z]{26}")


def is_machine_made(request_id: str) -> bool:
    return _MACHINE_MADE.fullmatch(request_id) is not None


def name_of(exception: BaseException) -> str:
    return f"{type(exception).__module__}.{type(exception).__qualname__}"


def what_failed(exception: BaseException) -> dict[str, str | list[str]]:
    """An exception without its message and locals, which may quote what somebody typed."""
    return {"exception": " <- ".join(_chain(exception)), "frames": _frames(exception.__traceback__)}


def _chain(exception: BaseException) -> Iterator[str]:
    seen: set[int] = set()
    cause: BaseException | None = exception
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        inner = f"[{', '.join(map(name_of, cause.exceptions))}]" if isinstance(cause, BaseExceptionGroup) else ""
        yield name_of(cause) + inner
        cause = cause.__cause__ or cause.__context__


def _frames(traceback: TracebackType | None) -> list[str]:
    frames = [f"{frame.f_code.co_filename}:{line} {frame.f_code.co_qualname}" for frame, line in walk_tb(traceback)]
    return frames[-MOST_FRAMES:]


def _exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    reported = event.pop("exc_info", None)
    if reported is True:
        reported = sys.exc_info()[1]
    elif isinstance(reported, tuple):
        reported = reported[1]
    if isinstance(reported, BaseException):
        event.update(what_failed(reported))
    return event


def _trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    trace = current_trace.get()
    if trace is not None:
        event["trace_id"] = trace.trace_id
        if trace.request_id is trace.trace_id or is_machine_made(trace.request_id):
            event["request_id"] = trace.request_id
    return event


def _known_fields(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    kept = {name: _scalar(value) for name, value in event.items() if name in FIELDS}
    name = kept.get("event")
    if name != "request" and (not isinstance(name, str) or _EVENT.fullmatch(name) is None):
        kept["event"] = "unnamed"
    return kept


def _scalar(value: object) -> object:
    kind = type(value)
    if kind is str and len(value) <= LONGEST_TEXT:  # type: ignore[arg-type]
        return value
    if value is None or kind is int or kind is float or kind is bool:
        return value
    if isinstance(value, list):
        return [str(part)[:LONGEST_TEXT] for part in value]
    return str(value)[:LONGEST_TEXT]


class RequestLine:
    """The one line that every request writes: what the processors below would make of it, without asking each."""

    output: BinaryIO | None = None  # where it is written as JSON; null: as any other event

    def write(self, method: str, route: str, status: int, milliseconds: float) -> bool:
        if self.output is None:
            return False
        event = _trace(None, "", {"method": method, "route": route, "status": status, "milliseconds": milliseconds})
        event["event"], event["level"] = "request", "info"
        event["timestamp"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        self.output.write(orjson.dumps(event) + b"\n")
        self.output.flush()
        return True


request_line = RequestLine()


class Bridge(logging.Handler):
    """Takes in what libraries log by the standard library."""

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, object] = {"logger": record.name, "exc_info": record.exc_info}
        if record.name.split(".")[0] in FIXED_TEXTS and isinstance(record.msg, str):
            numbers_only = isinstance(record.args, tuple) and all(isinstance(part, int) for part in record.args)
            fields["text"] = (record.getMessage() if numbers_only else record.msg).split("\n")[0]
        else:
            fields["at"] = f"{record.pathname}:{record.lineno}"
        structlog.get_logger().log(record.levelno, "library", **fields)


def configure(level: str = "INFO", stream: BinaryIO | None = None) -> None:
    """Call it once per process, and start uvicorn with `log_config=None, access_log=False`."""
    output = stream or sys.stderr.buffer
    pretty = stream is None and sys.stderr.isatty()
    number = logging.getLevelNamesMapping()[level.upper()]
    render: Processor = structlog.processors.JSONRenderer(serializer=orjson.dumps)
    if pretty:
        render = structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            _exception,
            _trace,
            _known_fields,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr) if pretty else structlog.BytesLoggerFactory(output),
        cache_logger_on_first_use=False,  # the one hot logger binds itself once, see frame.py
    )
    request_line.output = None if pretty or number > logging.INFO else output
    logging.basicConfig(level=number, handlers=[Bridge()], force=True)
    logging.captureWarnings(True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = name != "uvicorn.access"
    for name in ("sqlalchemy", "asyncpg", "alembic", "httpx", "httpcore", "asyncio"):
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
