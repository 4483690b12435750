"""When an agreement has expired: its year is settled, and the last day on which anything is claimed of it is over.

Nobody makes it so: a day does. What is still owed keeps an agreement from it, for what has not been settled can still
be. After it, nothing new comes of the agreement: no forecast, no next period. What it has carried over belongs to the
agreement of the next year, and goes there as long as that one is in force."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from service.domain.act import Guard
from service.domain.budgets.model import AgreementState
from service.domain.context import text
from service.domain.errors import DomainError
from service.domain.policy import Reader, Row


@dataclass(eq=False)
class AgreementExpired(DomainError):
    code, title = "agreement-expired", "The agreement has expired."
    advice = (
        "Its year is settled and its last day (`expires_on`) is over: it can be read, and nothing comes of it. "
        "Work with the agreement of a later year: GET /v1/budget-agreements."
    )


def _last_day(row: Row) -> sa.ColumnElement[Any]:
    """As agreed; else the last day of the year after its own."""
    following = row.fiscal_year + sa.literal_column("1")
    usual = sa.func.make_date(following, sa.literal_column("12"), sa.literal_column("31"), type_=sa.Date())
    return sa.func.coalesce(row.expires_on, usual)


def state_of(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    """As it is today."""
    return sa.case((_expired(row, reader), text(AgreementState.EXPIRED)), else_=row.state)


def _expired(row: Row, reader: Reader) -> sa.ColumnElement[bool]:
    return sa.and_(row.state == text(AgreementState.SETTLED), _last_day(row) < reader.today)


NOT_EXPIRED = Guard(
    lambda reader, row: sa.not_(_expired(row, reader)), "the agreement has not expired", AgreementExpired
)
