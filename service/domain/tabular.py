"""Rows as a table in text (CSV, RFC 4180), for spreadsheets and statistics."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from typing import Any

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


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
