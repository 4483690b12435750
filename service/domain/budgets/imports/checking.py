"""Checking a file: batch by batch, each in a short transaction with where to go on. A row is held to the very rules
that hold for a booking proposed alone; in the end all money is posted on trial, and taken back with the transaction."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from service.domain.act import Act, Lock
from service.domain.budgets import policy
from service.domain.budgets.charging import Charge, ExceedsInvoice, check_charge, check_invoice_date
from service.domain.budgets.imports.model import BookingImport, ImportState
from service.domain.budgets.imports.operations import FileMissing
from service.domain.budgets.imports.posting import post_sums
from service.domain.budgets.imports.receiving import PIECE
from service.domain.budgets.imports.rows import (
    LONGEST_LINE,
    HeaderWrong,
    ImportedRow,
    Reading,
    RowFault,
    lines_of,
    malformed,
)
from service.domain.budgets.imports.standing import Standing, Superseded, seen_of
from service.domain.budgets.invoice_numbers import compared
from service.domain.errors import DomainError, InvalidInput
from service.domain.jobs.carrying import Carrying, carries_out
from service.domain.jobs.model import JobKind
from service.domain.values import new_id
from service.storage.writing import fetch_row

BATCH = 5_000  # rows
MOST_FINDINGS = 10_000  # that are kept of one check; all are counted
_PIECES = """SELECT coalesce(string_agg(content, ''::bytea ORDER BY number), ''::bytea) FROM booking_import_piece
             WHERE import_id = $1 AND upload = $2 AND number BETWEEN $3 AND $4"""
_STAGE = """
INSERT INTO booking_import_row (authority_id, job_id, row_number, booking_id, external_number, organisation_id,
                                invoice_number, compared_number, issued_on, invoice_amount, line_id, commitment_id,
                                outside_network, amount, value_on)
SELECT $1, $2, * FROM unnest($3::integer[], $4::uuid[], $5::text[], $6::uuid[], $7::text[], $8::text[], $9::date[],
                             $10::numeric[], $11::uuid[], $12::uuid[], $13::boolean[], $14::numeric[], $15::date[])
"""
Staged = tuple[Any, ...]


class _Rehearsed(Exception):
    """All money could be posted; now it is taken back."""


@carries_out(JobKind.CHECK_BOOKINGS)
async def check(work: Carrying) -> None:
    reading: Reading | None = None
    while True:
        async with work.short(policy.CHECK_IMPORT) as act:
            one = await _held(work, act)
            if reading is None:
                reading = Reading.of(await _header(act, one))
            await _batch(work, act, one, reading)
            checked, size = one.checked_bytes, one.size
        await work.progress(checked, size)
        if checked == size:
            break
    short = await _rehearse(work)
    async with work.short(policy.CHECK_IMPORT) as act:
        one = await _held(work, act)
        if short is not None:
            detail = " ".join([short.title, *(f"{name}: {value}." for name, value in short.facts.items())])
            act.session.add(work.finding(0, "", short.code, detail, short.advice))
            await act.session.flush()
            await work.count(act, 1)
        act.change(one, state=ImportState.CHECKED.value, checked_job_id=work.id, checked_at=act.now)


async def _held(work: Carrying, act: Act) -> BookingImport:
    one = await act.load(BookingImport, work.subject_id, lock=Lock.ALONE)
    if one.job_id != work.id or one.state != ImportState.CHECKING:
        raise Superseded
    return one


async def _header(act: Act, one: BookingImport) -> bytes:
    row = await fetch_row(act.session, _PIECES, (one.id, one.upload, 0, 0))
    header = next(lines_of(bytes(row[0][:LONGEST_LINE]), last=True), b"")
    if not header:
        raise HeaderWrong(missing=["external_number"], unknown=[])
    return header


async def _batch(work: Carrying, act: Act, one: BookingImport, reading: Reading) -> None:
    """The rows that follow: read, held to the rules, and kept if they can be booked."""
    if one.digest is None:
        raise FileMissing
    piece, skipped = divmod(one.checked_bytes, PIECE)
    row = await fetch_row(act.session, _PIECES, (one.id, one.upload, piece, piece + 1))
    content = bytes(row[0])[skipped:]
    last = one.checked_bytes + len(content) >= one.size
    number, read = one.checked_rows, 0
    rows, faults = list[tuple[int, ImportedRow]](), list[tuple[int, RowFault]]()
    for line in lines_of(content, last=last):
        if len(rows) + len(faults) >= BATCH:
            break
        number, read = number + 1, read + len(line)
        if number == 1 or not line.strip():
            continue
        try:
            if len(line) > LONGEST_LINE:
                raise malformed(f"is longer than {LONGEST_LINE} bytes")
            rows.append((number, reading.row(line.rstrip(b"\r\n"))))
        except RowFault as fault:
            faults.append((number, fault))
    staged, known = await _looked_at(work, act, one, rows, faults)
    if staged:
        await fetch_row(act.session, _STAGE, (one.authority_id, work.id, *map(list, zip(*staged, strict=True))))
    faults.sort(key=lambda each: each[0])
    kept = faults[: max(MOST_FINDINGS - one.faulty, 0)]
    told = [work.finding(place, each.field, each.code, each.detail, each.advice) for place, each in kept]
    act.session.add_all(told)
    await act.session.flush()
    await work.count(act, len(kept))
    one.checked_bytes, one.checked_rows = one.checked_bytes + read, number
    one.valid, one.faulty, one.known = one.valid + len(staged), one.faulty + len(faults), one.known + known
    one.amount = one.amount + sum((each[-2] for each in staged), Decimal())


async def _looked_at(
    work: Carrying,
    act: Act,
    one: BookingImport,
    rows: Sequence[tuple[int, ImportedRow]],
    faults: list[tuple[int, RowFault]],
) -> tuple[list[Staged], int]:
    """What of the rows can be booked, and how many were booked before; what does not fit is added to `faults`."""
    standing = await seen_of(act, one, work.id, [row for _, row in rows])
    staged, known = list[Staged](), 0
    for number, row in rows:
        try:
            if standing.is_known(row):
                known += 1
            else:
                staged.append(_staged(act, one, standing, number, row))
        except RowFault as fault:
            faults.append((number, fault))
        except InvalidInput as error:
            first = error.errors[0]
            faults.append((number, RowFault(first["pointer"][2:], error.code, first["detail"], error.advice)))
        except DomainError as error:
            said = " ".join([error.title, *(f"{name}: {value}." for name, value in error.facts.items())])
            faults.append((number, RowFault(_FIELD.get(error.code, ""), error.code, said, error.advice)))
    return staged, known


_FIELD = {
    "four-eyes": "commitment_id",
    "excluded-from-case": "commitment_id",
    "exceeds-commitment": "commitment_id",
    "exceeds-invoice": "invoice_number",
    "agreement-not-active": "line_id",
    "does-not-bill": "organisation_id",
    "grants-and-bills": "organisation_id",
}


_WHOLE = ("import-short", "import-too-large", "period-closed", "exceeds-commitment", "agreement-not-active")


def _staged(act: Act, one: BookingImport, standing: Standing, number: int, row: ImportedRow) -> Staged:
    """By the rules of a booking that is proposed alone, where the rows before it count as booked."""
    commitment, line = standing.place_of(row)
    agreement = standing.agreements[line.agreement_id]
    late = agreement.id in standing.anew
    charge = Charge(row.amount, row.value_on or act.today, row.organisation_id, late)
    parties = standing.parties[line.agreement_id]
    check_charge(charge, line, agreement, commitment, parties, today=act.today, by=one.imported_by)
    standing.check_granting(row, commitment, one.imported_by)
    bill = standing.bill_of(row)
    left = bill.left
    if left is None:  # it is still to be entered
        check_invoice_date(row.issued_on, act.today)
        left = row.invoice_amount or row.amount
    if row.amount > left:
        raise ExceedsInvoice(left=str(left))
    bill.left = left - row.amount
    bill.amount = bill.amount or row.invoice_amount or row.amount
    if commitment is not None:
        commitment.booked += row.amount
    standing.rows[row.external_number] = number
    return (
        *(number, new_id(), row.external_number, row.organisation_id, row.invoice_number),
        *(compared(row.invoice_number), row.issued_on, bill.amount, line.id, row.commitment_id),
        row.organisation_id not in parties,
        *(row.amount, charge.value_on),
    )


async def _rehearse(work: Carrying) -> DomainError | None:
    """Why not all of the money could be posted now; null if it could."""
    try:
        async with work.short(policy.CHECK_IMPORT) as act:
            one = await _held(work, act)
            if one.valid:
                await post_sums(act, one, work.id)
            raise _Rehearsed
    except _Rehearsed:
        return None
    except DomainError as error:
        if error.code not in _WHOLE:
            raise
        return error
