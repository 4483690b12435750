"""How much of a space's money goes through whose hands: to each provider its own share beside the space's, to those who
steer one figure for the whole space, to nobody a list of providers (concepts, E13).

What counts is money that is bound or spent: commitments less what was given back, and bookings without a commitment.
`0037_steering.sql` (migrations) has the database's views behind these. Amounts are EUR."""

from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field

from service.domain.budgets import policy
from service.domain.budgets.figures import DATABASE_VIEWS, columns
from service.domain.policy import Reader, Row
from service.domain.values import Money
from service.domain.views import Record, Sql, view


class OwnShare:
    """What of an agreement's money goes through a party's hands, beside all of it."""

    __table__ = sa.Table(
        "own_share",
        DATABASE_VIEWS,
        *columns(("id", sa.Uuid()), primary=True),
        *columns(*((name, sa.Uuid()) for name in ("authority_id", "agreement_id", "organisation_id"))),
        *columns(*((name, sa.Numeric(20, 2)) for name in ("amount", "of_space"))),
    )


class SpaceConcentration:
    """How far the money of an agreement is in few hands."""

    __table__ = sa.Table(
        "space_concentration",
        DATABASE_VIEWS,
        *columns(("id", sa.Uuid()), primary=True),
        *columns(("authority_id", sa.Uuid()), ("fiscal_year", sa.Integer())),
        *columns(("social_space_id", sa.Uuid()), ("concentration", sa.Integer()), nullable=True),
    )


def _percent(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    whole = sa.func.nullif(row.of_space, sa.literal_column("0"))
    share = sa.func.round(row.amount * sa.literal_column("100") / whole, sa.literal_column("2"))
    return sa.func.coalesce(share, sa.literal_column("0.00"))


@view(OwnShare, policy.OWN_ORGANISATION, plural="own_shares", filters=("agreement_id", "organisation_id"), single=False)
class OwnShareView(Record):
    """What of an agreement's money goes through the hands of your own organisation, a party to it, beside the space's.
    Of others there is none."""

    id: UUID
    agreement_id: UUID
    organisation_id: UUID
    amount: Money = Field(description="Bound or spent for your organisation, EUR.")
    of_space: Money = Field(description="Bound or spent for all providers of the space, in its network or not, EUR.")
    percent: Annotated[Money, Sql(_percent)] = Field(description="The first of the second, in percent.")


@view(
    SpaceConcentration,
    policy.READ_CONCENTRATION,
    plural="space_concentrations",
    filters=("social_space_id", "fiscal_year"),
    orders=("fiscal_year",),
    single=False,
)
class SpaceConcentrationView(Record):
    """How far the money of a space's agreement is in few hands, as one figure: the Herfindahl-Hirschman index, the sum
    of the squares of each provider's percentage, from near 0 (many, each small) to 10000 (one alone), in hundreds. Null
    where fewer than three providers or too few cases stand behind it."""

    id: UUID = Field(description="The agreement.")
    social_space_id: UUID | None
    fiscal_year: int
    concentration: int | None = Field(description="From 0 to 10000, in hundreds; null where it would tell too much.")
