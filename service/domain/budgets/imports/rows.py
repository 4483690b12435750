"""What a row of a file says (CSV, RFC 4180; UTF-8; comma or semicolon; a header with the columns' names).

A line is a row: a quote that is never closed spoils its own line and none after it."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import Field, ValidationError

from service.domain.budgets.spending import ProposeBooking
from service.domain.errors import DomainError, in_our_words
from service.domain.values import Amount, Day, Line

LONGEST_LINE = 10_000  # bytes
MARK = b"\xef\xbb\xbf"  # of UTF-8, which spreadsheets put first


class ImportedRow(ProposeBooking):
    """A booking as it is proposed, and the invoice it is a part of. What providers record is not billed by a file."""

    amount: Amount = Field(description="What is booked of it, EUR.")
    external_number: Line = Field(description="As the other program calls it: its key, booked once.")
    organisation_id: UUID
    invoice_number: Line
    issued_on: Day
    invoice_amount: Amount | None = Field(None, description="Of the whole invoice; left out, the row's amount.")


COLUMNS = tuple(name for name in ImportedRow.model_fields if name not in ("id", "service_record_id"))
NEEDED = ("external_number", "organisation_id", "invoice_number", "issued_on", "amount")


@dataclass(eq=False)
class HeaderWrong(DomainError):
    code, title = "header-wrong", "The first line of the file does not name its columns."
    advice = "Name each column once: those `missing` are needed, those `unknown` are not understood."
    missing: list[str]
    unknown: list[str]


class RowFault(Exception):
    """Something about a row, or a column of it. It never repeats the value, and ends like a sentence: what to do about
    it stands behind it."""

    def __init__(self, field: str, code: str, detail: str, advice: str) -> None:
        self.field, self.code, self.detail, self.advice = field, code, f"{detail.removesuffix('.')}.", advice


@dataclass(frozen=True)
class Reading:
    """How a file is to be read, as its header says."""

    columns: Sequence[str]
    delimiter: str

    @classmethod
    def of(cls, header: bytes) -> "Reading":
        text = header.removeprefix(MARK).decode("utf-8", "replace").strip()
        delimiter = ";" if ";" in text else ","
        columns = [each.strip().strip('"') for each in text.split(delimiter)]
        missing = [each for each in NEEDED if each not in columns]
        if not {"line_id", "commitment_id"} & set(columns):
            missing.append("line_id")
        unknown = [each[:40] for place, each in enumerate(columns) if each not in COLUMNS or each in columns[:place]]
        if missing or unknown:
            raise HeaderWrong(missing=missing, unknown=unknown[:20])
        return cls(columns, delimiter)

    def row(self, line: bytes) -> ImportedRow:
        """Raises RowFault where it cannot be read, and only the first of what does not fit: one line, one finding."""
        try:
            (values,) = csv.reader([line.decode()], delimiter=self.delimiter, strict=True)
        except UnicodeDecodeError:
            raise malformed("is not UTF-8") from None
        except (csv.Error, ValueError):
            raise malformed("cannot be read as CSV") from None
        if len(values) != len(self.columns):
            raise malformed(f"has {len(values)} fields where the header names {len(self.columns)}")
        said = {name: value for name, value in zip(self.columns, values, strict=True) if value}
        try:
            return ImportedRow.model_validate(said)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            field = str(first["loc"][0]) if first["loc"] else "line_id"
            detail = in_our_words(first["msg"])
            raise RowFault(field, "invalid-input", detail, "Correct it and send the file again.") from None


def malformed(detail: str) -> RowFault:
    return RowFault("", "malformed-row", detail, "Write it as in RFC 4180: as many fields as the header, in UTF-8.")


def lines_of(content: bytes, *, last: bool) -> Iterator[bytes]:
    """Whole lines, with their ends. `last`: nothing comes after it, so that its last line is whole too. A line that is
    too long is told in parts, each of them too long or without a beginning."""
    begin = 0
    while (end := content.find(b"\n", begin)) >= 0:
        yield content[begin : end + 1]
        begin = end + 1
    if begin < len(content) and (last or begin == 0):
        yield content[begin:]
