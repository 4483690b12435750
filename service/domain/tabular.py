"""Rows as a table, for spreadsheets and statistics: as text (CSV, RFC 4180), or as a workbook (Office Open XML)."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import IO, Any

from service.domain.views import Column

SHEET = 1_048_576  # rows that a sheet can have, with its header
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_MADE = datetime(2000, 1, 1, tzinfo=UTC)  # the same rows are the same file


def written(rows: Iterable[Mapping[str, Any]], names: Iterable[str], *, header: bool = True) -> bytes:
    """What is null is empty; nothing runs as a formula."""
    text, names = io.StringIO(), list(names)
    writer = csv.writer(text, lineterminator="\r\n")
    if header:
        writer.writerow(names)
    writer.writerows([harmless(row.get(name)) for name in names] for row in rows)
    return text.getvalue().encode()


def harmless(value: object) -> str:
    """A text that a spreadsheet would run as a formula gets an apostrophe; a number stays one."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) and _NUMBER.fullmatch(text) is None else text


class Workbook:
    """Amounts and counts are numbers, everything else is text: nothing runs as a formula. What does not fit on a sheet
    goes on in the next, under a header of its own. `large`: rows are put aside in temporary files."""

    def __init__(self, file: IO[bytes], columns: Mapping[str, Column], *, large: bool = False) -> None:
        import xlsxwriter  # two megabytes, and half of all servers never make a workbook

        keeping = {"constant_memory": True} if large else {"in_memory": True}
        self._book = xlsxwriter.Workbook(file, keeping | {"strings_to_formulas": False})
        self._book.set_properties({"created": _MADE})
        self._euro = self._book.add_format({"num_format": "#,##0.00"})
        self._columns = columns
        self._begin_sheet()

    def _begin_sheet(self) -> None:
        self._sheet, self._next = self._book.add_worksheet(), 1
        self._sheet.freeze_panes(1, 0)
        for place, name in enumerate(self._columns):
            self._sheet.write_string(0, place, name)

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        for row in rows:
            if self._next == SHEET:
                self._begin_sheet()
            for place, (name, column) in enumerate(self._columns.items()):
                value = row.get(name)
                if value is None:
                    continue
                if column.type in (Decimal, int):
                    euro = self._euro if column.type is Decimal else None
                    self._sheet.write_number(self._next, place, float(value), euro)
                else:
                    self._sheet.write_string(self._next, place, str(value))
            self._next += 1

    def close(self) -> None:
        """Writes the file."""
        self._book.close()
