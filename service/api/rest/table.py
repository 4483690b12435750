"""A page of a list as a table, for spreadsheets and statistics: a header row, then the rows of the page. As CSV (RFC
4180) or as a workbook (Office Open XML)."""

import io
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

import orjson
from starlette.requests import Request

from service.domain.tabular import written
from service.domain.views import Column

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TABLES: Mapping[str, str] = {CSV: f"{CSV}; charset=utf-8; header=present", XLSX: XLSX}
_MADE = datetime(2000, 1, 1, tzinfo=UTC)  # the same rows are the same file


_NOT_ACCEPTABLE = re.compile(r"\bq\s*=\s*0(\.0*)?\s*(;|$)")


def wants(media_type: str, request: Request) -> bool:
    """Whether this is asked for rather than JSON: the first of the two that is named (RFC 9110, 12.5.1)."""
    parts = (part.lower().partition(";") for part in request.headers.get("accept", "").split(","))
    named = [name.strip() for name, _, more in parts if not _NOT_ACCEPTABLE.search(more)]
    return next((name for name in named if name in (media_type, "application/json", "*/*")), "") == media_type


def as_table(page: bytes, columns: Iterable[str]) -> bytes:
    """`page` is the answer's JSON. What is null is empty."""
    return written(orjson.loads(page)["items"], columns)


def as_workbook(page: bytes, columns: Mapping[str, Column]) -> bytes:
    """Amounts and counts are numbers, everything else is text: nothing runs as a formula."""
    import xlsxwriter  # two megabytes, and half of all servers never make a workbook

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as workbook:
        workbook.set_properties({"created": _MADE})
        sheet, euro = workbook.add_worksheet(), workbook.add_format({"num_format": "#,##0.00"})
        sheet.freeze_panes(1, 0)
        for place, name in enumerate(columns):
            sheet.write_string(0, place, name)
        for number, row in enumerate(orjson.loads(page)["items"], 1):
            for place, (name, column) in enumerate(columns.items()):
                value = row.get(name)
                if value is None:
                    continue
                if column.type in (Decimal, int):
                    sheet.write_number(number, place, float(value), euro if column.type is Decimal else None)
                else:
                    sheet.write_string(number, place, str(value))
    return file.getvalue()
