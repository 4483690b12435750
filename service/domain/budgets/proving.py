"""The proof of the ledger: everything that is kept beside the postings is what the postings add up to.

Asked for one authority after the other, as the application's login sees it: row-level security shows the tables of the
authority that is set, and there is no need to see past it. All amounts are EUR."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from service.storage.address import conninfo

# Each names what is wrong first: agreement, line, account, what about it, what is expected, what is found.
_MOVED = """
    SELECT account_id, value_on, subject_id, sum(amount) AS moved FROM (
        SELECT to_account_id AS account_id, value_on, subject_id, amount FROM posting
        UNION ALL SELECT from_account_id, value_on, subject_id, -amount FROM posting
    ) AS side GROUP BY account_id, value_on, subject_id
"""
_NAMED = """
    LEFT JOIN ledger_account AS account ON account.id = wrong.account_id
    LEFT JOIN budget_line AS line ON line.id = account.line_id
"""


def _of_account(about: str, wrong: str) -> str:
    return f"""SELECT account.agreement_id, line.kind, coalesce(account.kind, 'no account'), wrong.account_id,
                      {about}, wrong.expected, wrong.found
               FROM ({wrong}) AS wrong {_NAMED} ORDER BY 1, 2, 3, 5 LIMIT 1"""


def _of_subject(table: str, expected: str, kind: str, about: str) -> str:
    """What a commitment or booking, say, tells of itself, against what it moved on accounts of a kind."""
    return f"""
        SELECT subject.agreement_id, line.kind, '{kind}', subject.id, '{about}', {expected},
               coalesce(moved.amount, 0)
        FROM {table} AS subject
        JOIN budget_line AS line ON line.id = subject.line_id
        LEFT JOIN (
            SELECT moved.subject_id, account.line_id, sum(moved.moved) AS amount FROM ({_MOVED}) AS moved
            JOIN ledger_account AS account ON account.id = moved.account_id AND account.kind = '{kind}'
            GROUP BY moved.subject_id, account.line_id
        ) AS moved ON moved.subject_id = subject.id AND moved.line_id = subject.line_id
        WHERE {expected} <> coalesce(moved.amount, 0) ORDER BY 1, 2, 4 LIMIT 1"""


CHECKS = {
    "balances": _of_account(
        "'balance'",
        f"""SELECT coalesce(account.id, moved.account_id) AS account_id, coalesce(moved.amount, 0) AS expected,
                   coalesce(account.balance, 0) AS found
            FROM ledger_account AS account FULL JOIN (
                SELECT account_id, sum(moved) AS amount FROM ({_MOVED}) AS each GROUP BY account_id
            ) AS moved ON moved.account_id = account.id
            WHERE account.id IS NULL OR account.balance <> coalesce(moved.amount, 0)""",
    ),
    "days": _of_account(
        "'moved on ' || wrong.value_on",
        f"""SELECT coalesce(day.account_id, moved.account_id) AS account_id,
                   coalesce(day.value_on, moved.value_on) AS value_on, coalesce(moved.amount, 0) AS expected,
                   coalesce(day.moved, 0) AS found
            FROM ledger_day AS day FULL JOIN (
                SELECT account_id, value_on, sum(moved) AS amount FROM ({_MOVED}) AS each GROUP BY account_id, value_on
            ) AS moved ON moved.account_id = day.account_id AND moved.value_on = day.value_on
            WHERE coalesce(day.moved, 0) <> coalesce(moved.amount, 0)""",
    ),
    "zero": """SELECT agreement_id, NULL, 'all accounts', agreement_id, 'sum of balances', 0, sum(balance)
               FROM ledger_account GROUP BY agreement_id HAVING sum(balance) <> 0 ORDER BY 1 LIMIT 1""",
    "held": _of_account(
        "'least held, at the end of ' || wrong.value_on",
        """SELECT account_id, value_on, 0 AS expected, held AS found FROM (
               SELECT day.account_id, day.value_on,
                      sum(day.moved) OVER (PARTITION BY day.account_id ORDER BY day.value_on) AS held
               FROM ledger_day AS day JOIN ledger_account AS account ON account.id = day.account_id
               WHERE account.kind IN ('reserved', 'committed', 'booked')
           ) AS running WHERE held < 0""",
    ),
    "bound": _of_subject("commitment", "subject.released - subject.amount", "free", "taken by the commitment"),
    "spent": _of_subject(
        "booking",
        """CASE WHEN subject.import_id IS NULL THEN CASE subject.state WHEN 'released' THEN subject.amount ELSE 0 END
                WHEN subject.state = 'reversed' THEN -subject.amount ELSE 0 END""",  # its import has posted it
        "booked",
        "spent by the booking",
    ),
    "imported": """
        SELECT line.agreement_id, line.kind, 'booked', rows.subject_id, 'posted with its imports', rows.amount,
               coalesce(moved.amount, 0)
        FROM (
            SELECT subject_id, line_id, sum(amount) AS amount FROM (
                SELECT coalesce(each.commitment_id, import.id) AS subject_id, each.line_id, each.amount
                FROM booking_import AS import JOIN booking_import_row AS each ON each.job_id = import.checked_job_id
                WHERE import.posted_at IS NOT NULL AND import.ended_at IS NULL
                UNION ALL SELECT coalesce(each.commitment_id, import.id), each.line_id, each.amount
                FROM booking_import AS import JOIN booking AS each ON each.import_id = import.id
                WHERE import.ended_at IS NOT NULL
            ) AS part GROUP BY 1, 2
        ) AS rows JOIN budget_line AS line ON line.id = rows.line_id LEFT JOIN (
            SELECT subject_id, to_account_id, sum(amount) AS amount FROM posting WHERE kind = 'book' GROUP BY 1, 2
        ) AS moved ON moved.subject_id = rows.subject_id AND moved.to_account_id IN (
            SELECT id FROM ledger_account WHERE line_id = rows.line_id AND kind = 'booked'
        )
        WHERE rows.amount <> coalesce(moved.amount, 0) ORDER BY 1, 2, 4 LIMIT 1""",
    "written": """
        SELECT line.agreement_id, line.kind, 'booked', each.booking_id, 'its booking', each.amount,
               coalesce(booking.amount, 0)
        FROM booking_import AS import JOIN booking_import_row AS each ON each.job_id = import.checked_job_id
        JOIN budget_line AS line ON line.id = each.line_id LEFT JOIN booking ON booking.id = each.booking_id
        WHERE import.state = 'posted' AND each.amount <> coalesce(booking.amount, 0) ORDER BY 1, 2, 4 LIMIT 1""",
    "booked": """
        SELECT commitment.agreement_id, line.kind, 'booked', commitment.id, 'booked on the commitment',
               coalesce(spent.amount, 0), commitment.booked
        FROM commitment JOIN budget_line AS line ON line.id = commitment.line_id LEFT JOIN (
            SELECT commitment_id, sum(amount) AS amount FROM booking WHERE state = 'released' GROUP BY commitment_id
        ) AS spent ON spent.commitment_id = commitment.id
        WHERE commitment.booked <> coalesce(spent.amount, 0) AND NOT EXISTS (
            SELECT FROM booking_import AS import JOIN booking_import_row AS each ON each.job_id = import.checked_job_id
            WHERE import.posted_at IS NOT NULL AND import.ended_at IS NULL AND each.commitment_id = commitment.id
        ) ORDER BY 1, 2, 4 LIMIT 1""",  # whose bookings are still being written
    "allocated": _of_subject(
        "allocation",
        "CASE subject.state WHEN 'released' THEN subject.amount ELSE 0 END",
        "free",
        "brought by the allocation",
    ),
    "transferred": _of_subject(
        "budget_transfer",
        "CASE subject.state WHEN 'released' THEN -subject.amount ELSE 0 END",
        "free",
        "moved by the transfer",
    ),
    "kept": """
        SELECT account.agreement_id, line.kind, account.kind, account.id, 'kept for purposes', kept.amount,
               account.earmarked
        FROM ledger_account AS account JOIN budget_line AS line ON line.id = account.line_id CROSS JOIN LATERAL (
            SELECT coalesce(sum(brought.amount - (
                SELECT coalesce(sum(bound.amount - bound.released), 0) FROM commitment AS bound
                WHERE bound.allocation_id = brought.id
            )), 0) AS amount
            FROM allocation AS brought JOIN budget_agreement AS agreement ON agreement.id = brought.agreement_id
            WHERE brought.line_id = line.id AND brought.earmark IS NOT NULL AND brought.state = 'released'
            AND agreement.state <> 'settled'
        ) AS kept
        WHERE account.kind = 'free' AND account.earmarked <> kept.amount ORDER BY 1, 2 LIMIT 1""",
    "kept by day": """
        SELECT account.agreement_id, line.kind, account.kind, account.id, 'kept for purposes on all days', kept.amount,
               account.earmarked
        FROM ledger_account AS account JOIN budget_line AS line ON line.id = account.line_id CROSS JOIN LATERAL (
            SELECT coalesce(sum(day.earmarked), 0) AS amount FROM ledger_day AS day WHERE day.account_id = account.id
        ) AS kept
        WHERE account.earmarked <> kept.amount ORDER BY 1, 2 LIMIT 1""",
    "overspent": """
        SELECT account.agreement_id, line.kind, account.kind, account.id, 'open over-spend procedures', 1, 0
        FROM ledger_account AS account JOIN budget_line AS line ON line.id = account.line_id
        WHERE account.kind = 'free' AND account.balance < 0 AND NOT EXISTS (
            SELECT FROM overspend_procedure WHERE line_id = line.id AND state = 'open'
        ) ORDER BY 1, 2 LIMIT 1""",
    "held for": """
        SELECT account.agreement_id, line.kind, account.kind, account.id, 'held for commitments', held.amount,
               account.balance
        FROM ledger_account AS account JOIN budget_line AS line ON line.id = account.line_id CROSS JOIN LATERAL (
            SELECT coalesce(sum(amount - booked - released), 0) AS amount FROM commitment
            WHERE line_id = line.id AND (state = 'reserved') = (account.kind = 'reserved')
        ) AS held
        WHERE account.kind IN ('reserved', 'committed') AND account.balance <> held.amount ORDER BY 1, 2, 3 LIMIT 1""",
    "foreseen": """
        SELECT agreement_id, kind, 'committed', id, 'bound in the year and on the line for which it was foreseen', 1,
               CASE WHEN bool_and(fits) THEN count(*) ELSE 0 END
        FROM (
            SELECT bound.agreement_id, line.kind, bound.id, bound.amount = foreseen.amount
                   AND agreement.fiscal_year = foreseen.fiscal_year
                   AND agreement.social_space_id IS NOT DISTINCT FROM foreseen.social_space_id
                   AND (line.kind = foreseen.line OR line.kind = 'case_specific' AND foreseen.basis = 'granted_claim')
                   AS fits
            FROM foreseen_commitment AS foreseen JOIN commitment AS bound ON bound.id = foreseen.commitment_id
            JOIN budget_line AS line ON line.id = bound.line_id
            JOIN budget_agreement AS agreement ON agreement.id = bound.agreement_id
        ) AS each GROUP BY agreement_id, kind, id HAVING count(*) > 1 OR NOT bool_and(fits) ORDER BY 1, 2, 4 LIMIT 1""",
    "billed": """
        SELECT work.agreement_id, line.kind, 'booked', work.id, 'booked for recorded work',
               CASE work.state WHEN 'billed' THEN work.amount ELSE 0 END, coalesce(sum(booking.amount), 0)
        FROM service_record AS work JOIN budget_line AS line ON line.id = work.line_id LEFT JOIN booking
        ON booking.service_record_id = work.id AND booking.state IN ('proposed', 'released')
        GROUP BY work.id, line.kind
        HAVING CASE work.state WHEN 'billed' THEN work.amount ELSE 0 END <> coalesce(sum(booking.amount), 0)
        ORDER BY 1, 2, 4 LIMIT 1""",
}


@dataclass(frozen=True)
class Difference:
    """The first thing that does not fit. `id` is the account's, or that of what moved it."""

    check: str
    authority_id: UUID
    agreement_id: UUID | None
    line: str | None
    account: str
    id: UUID
    about: str
    expected: str
    found: str

    def __str__(self) -> str:
        where = f"agreement {self.agreement_id}, line {self.line or '-'}, account {self.account} ({self.id})"
        return f"{where}: {self.about}: expected {self.expected}, found {self.found}."


@dataclass(frozen=True)
class Proof:
    accounts: int
    postings: int
    difference: Difference | None


def prove(address: str) -> Proof:
    """Of the whole ledger, as it was at one moment. `address` is that of the application's login."""
    accounts = postings = 0
    with psycopg.connect(conninfo(address)) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        for (authority,) in connection.execute("SELECT id FROM authority ORDER BY id").fetchall():
            connection.execute("SELECT set_config('service.authority', %s, true)", [str(authority)])
            for difference in differences(connection, authority):
                return Proof(accounts, postings, difference)
            accounts += _count(connection, "ledger_account")
            postings += _count(connection, "posting")
    return Proof(accounts, postings, None)


def differences(connection: "psycopg.Connection[Any]", authority: UUID) -> Iterator[Difference]:
    """The first of each kind, in what the connection sees."""
    for name, query in CHECKS.items():
        row = connection.execute(query.encode()).fetchone()
        if row is not None:
            agreement, line, account, id, about, expected, found = row
            yield Difference(name, authority, agreement, line, account, id, about, f"{expected:.2f}", f"{found:.2f}")


def _count(connection: "psycopg.Connection[Any]", table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    return int(row[0]) if row else 0
