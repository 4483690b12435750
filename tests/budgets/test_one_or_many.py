"""One move is posted by a statement without lists, several by one with them: accounts cannot tell which it was."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest

from service.domain.budgets.ledger import MANY, ONE, AccountKind, Move, PostingKind, account_of, posting_of
from tests.budgets.books import FIRST_DAY, YEAR, Books
from tests.conftest import Database

FREE, RESERVED, BOOKED = AccountKind.FREE, AccountKind.RESERVED, AccountKind.BOOKED
MARCH, JULY = date(YEAR, 3, 1), date(YEAR, 7, 1)
LEFT = """
    SELECT account.kind, account.balance, account.earmarked, day.value_on, day.moved, day.earmarked
    FROM ledger_account AS account LEFT JOIN ledger_day AS day ON day.account_id = account.id
    WHERE account.id = ANY($1) ORDER BY account.id, day.value_on
"""
SAID = """
    SELECT kind, from_account_id, to_account_id, sum(amount), value_on, authority_id, social_space_id, agreement_id,
           actor_id, subject_id
    FROM posting WHERE from_account_id = ANY($1) OR to_account_id = ANY($1) GROUP BY 1, 2, 3, 5, 6, 7, 8, 9, 10
    ORDER BY 1, 2, 3, 5
"""


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database, {"Mitte": [("Altstadt", FIRST_DAY)]})


Way = tuple[AccountKind, AccountKind]


@pytest.mark.parametrize(
    ("way", "amount", "kept", "overdraw", "passes"),
    [
        ((FREE, BOOKED), "100.02", "0.00", False, True),
        ((FREE, BOOKED), "99700.00", "0.00", False, True),  # the last cent of what is not kept and lasts until July
        ((FREE, BOOKED), "99700.02", "0.00", False, False),
        ((FREE, BOOKED), "99700.02", "0.00", True, True),
        ((FREE, BOOKED), "99800.00", "-100.00", False, True),  # what was kept is spent on its purpose
        ((FREE, BOOKED), "99800.02", "-100.00", False, False),
        ((BOOKED, FREE), "50.00", "20.00", False, True),
        ((BOOKED, FREE), "50.02", "0.00", False, False),
        ((BOOKED, FREE), "50.02", "0.00", True, False),  # only free money goes below zero
    ],
)
def test_they_leave_and_say_the_same(
    books: Books, way: Way, amount: str, kept: str, overdraw: bool, passes: bool
) -> None:
    line = next(iter(books.lines.values()))
    source, target = (account_of(line, kind) for kind in way)
    free, booked = account_of(line, FREE), account_of(line, BOOKED)
    carried = account_of(next(iter(books.agreements.values())), AccountKind.CARRY_OVER)
    before = [
        (Move(PostingKind.BOOK, free, booked, Decimal("50.00"), line), FIRST_DAY),
        (Move(PostingKind.APPROVE, carried, free, Decimal("100.00"), line, Decimal("100.00")), FIRST_DAY),
        (Move(PostingKind.RESERVE, free, account_of(line, RESERVED), Decimal("250.00"), line), JULY),
    ]
    whole = Move(PostingKind.BOOK, source, target, Decimal(amount), line, Decimal(kept))
    half = replace(whole, amount=whole.amount / 2, earmarked=whole.earmarked / 2)
    one, many = (_posted(books, before, moves, overdraw) for moves in ([whole], [half, half]))
    assert (one.sql, many.sql) == (ONE, MANY)
    assert (one.answer, one.left, one.said) == (many.answer, many.left, many.said)
    assert one.answer[:2] == (True, passes)


@pytest.mark.parametrize("closed", [MARCH, JULY])
def test_both_find_the_books_closed(books: Books, closed: date) -> None:
    line = next(iter(books.lines.values()))
    free, booked = account_of(line, FREE), account_of(line, BOOKED)
    move = Move(PostingKind.BOOK, free, booked, Decimal("1.00"), line)
    for moves in ([move], [move, move]):
        done = _posted(books, [], moves, closed_through=closed)
        assert (done.answer[0], done.answer[2]) == (False, closed)
        assert {posting[0] for posting in done.said} == {PostingKind.APPROVE.value}


@dataclass(frozen=True)
class Done:
    """What was sent, what came of it, and how it leaves accounts and book."""

    sql: str
    answer: tuple[Any, ...]
    left: list[Any]
    said: list[Any]


def _posted(
    books: Books,
    before: Sequence[tuple[Move, date]],
    moves: Sequence[Move],
    overdraw: bool = False,
    closed_through: date | None = None,
) -> Done:
    """All of it taken back again: nothing stays that no operation would have left."""
    accounts: list[UUID] = [moves[0].source, moves[0].target]
    now = datetime.now(UTC)
    with psycopg.connect(books.database.superuser) as connection, psycopg.RawCursor(connection) as cursor:
        for move, day in before:
            cursor.execute(*posting_of([move], day, True, now, books.controller_id))
        cursor.execute("UPDATE ledger_account SET closed_through = $1 WHERE id = $2", (closed_through, accounts[1]))
        sql, values = posting_of(moves, MARCH, overdraw, now, books.controller_id)
        answer = cursor.execute(sql, values).fetchone()
        assert answer is not None
        left, said = (cursor.execute(query, (accounts,)).fetchall() for query in (LEFT, SAID))
        connection.rollback()
    return Done(sql, answer, left, said)
