"""A page of a list as CSV (RFC 4180), for spreadsheets and statistics: a header row, then the rows of the page."""

import csv
import io
import re
from collections.abc import Iterable

import orjson
from starlette.requests import Request

CSV = "text/csv"
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


_NOT_ACCEPTABLE = re.compile(r"\bq\s*=\s*0(\.0*)?\s*(;|$)")


def wants(media_type: str, request: Request) -> bool:
    """Whether this is asked for rather than JSON: the first of the two that is named (RFC 9110, 12.5.1)."""
    parts = (part.lower().partition(";") for part in request.headers.get("accept", "").split(","))
    named = [name.strip() for name, _, more in parts if not _NOT_ACCEPTABLE.search(more)]
    return next((name for name in named if name in (media_type, "application/json", "*/*")), "") == media_type


def as_table(page: bytes, columns: Iterable[str]) -> bytes:
    """`page` is the answer's JSON. What is null is empty."""
    names, text = list(columns), io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([_harmless(row.get(name)) for name in names] for row in orjson.loads(page)["items"])
    return text.getvalue().encode()


def _harmless(value: object) -> str:
    """A text that a spreadsheet would run as a formula gets an apostrophe; a number stays one."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) and _NUMBER.fullmatch(text) is None else text
