"""Whom the cash office pays, and where it books that: what a file to pay from needs in each row."""

from typing import Annotated, Any

import sqlalchemy as sa

from service.domain.access.model import Organisation
from service.domain.budgets.model import BudgetAgreement, BudgetParty
from service.domain.policy import Reader, Row
from service.domain.views import Sql


def named_by(table: Any, column: str, via: str) -> Sql:
    """A column of the row that `via` names."""

    def expression(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
        there = table.__table__.alias()
        query = sa.select(there.c[column]).where(there.c.id == row[via])
        return query.correlate_except(there).scalar_subquery()

    return Sql(expression)


def payee_number(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    """Of a party to the agreement."""
    party = BudgetParty.__table__.alias()  # type: ignore[attr-defined]
    mine = sa.and_(party.c.agreement_id == row.agreement_id, party.c.organisation_id == row.organisation_id)
    return sa.select(party.c.payee_number).where(mine).correlate_except(party).scalar_subquery()


ContractNumber = Annotated[str | None, named_by(BudgetAgreement, "contract_number", "agreement_id")]
ProductAccount = Annotated[str | None, named_by(BudgetAgreement, "product_account", "agreement_id")]
PayeeNumber = Annotated[str | None, Sql(payee_number)]
Payee = Annotated[str, named_by(Organisation, "name", "organisation_id")]
WHERE_BOOKED = "Where the cash office books it."
AS_WHOM_PAID = "As whom the cash office pays it."
