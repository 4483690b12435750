"""A page of a list as a table, for spreadsheets and statistics: a header row, then the rows of the page. As CSV (RFC
4180) or as a workbook (Office Open XML)."""

import io
import re
from collections.abc import Iterable, Mapping

import orjson
from starlette.requests import Request

from service.api.serving import sent_as
from service.domain.tabular import Workbook, written
from service.domain.views import Column

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TABLES: Mapping[str, str] = {CSV: f"{CSV}; charset=utf-8; header=present", XLSX: XLSX}
BINARY = {"type": "string", "format": "binary"}  # the schema of a file

_NOT_ACCEPTABLE = re.compile(r"\bq\s*=\s*0(\.0*)?\s*(;|$)")


def wants(media_type: str, request: Request) -> bool:
    """Whether this is asked for rather than JSON: the first of the two that is named (RFC 9110, 12.5.1)."""
    parts = (part.lower().partition(";") for part in (sent_as(request, "accept") or "").split(","))
    named = [name.strip() for name, _, more in parts if not _NOT_ACCEPTABLE.search(more)]
    return next((name for name in named if name in (media_type, "application/json", "*/*")), "") == media_type


def as_table(page: bytes, columns: Iterable[str]) -> bytes:
    """`page` is the answer's JSON. What is null is empty."""
    return written(orjson.loads(page)["items"], columns)


def as_workbook(page: bytes, columns: Mapping[str, Column]) -> bytes:
    """The same, with numbers as numbers."""
    file = io.BytesIO()
    workbook = Workbook(file, columns)
    workbook.add(orjson.loads(page)["items"])
    workbook.close()
    return file.getvalue()
