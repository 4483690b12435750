"""What a figure that somebody worked out is made of: a settlement, a forecast, an advance (deck line 919; facts: DR9).

Over all of its parts it is the figure, to the cent. Each part names the row it comes from, or is another figure of the
same row, which has parts of its own; what is booked and bound goes on down to postings (`origins.py`).
`0083_paid_from.sql` (migrations) has the database's view behind it. All amounts are EUR."""

from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field

from service.domain.budgets import policy
from service.domain.budgets.figures import DATABASE_VIEWS, columns
from service.domain.values import Money
from service.domain.views import Record, view


class Worked(StrEnum):
    """What somebody worked out."""

    SETTLEMENT = "settlement"  # what a year is settled with
    FORECAST_LINE = "forecast_line"  # what a line will come to
    TRANCHE = "tranche"  # what is paid in advance


class WorkedPart:
    """A part of one of its figures. Of settlements that were set aside there is none."""

    __table__ = sa.Table(
        "worked_part",
        DATABASE_VIEWS,
        *columns(("key", sa.Text()), primary=True),
        *columns(("worked", sa.Text()), ("worked_id", sa.Uuid()), ("figure", sa.Text()), ("made_of", sa.Text())),
        *columns(("part_id", sa.Uuid()), ("amount", sa.Numeric(20, 2))),
        *columns(("authority_id", sa.Uuid()), ("agreement_id", sa.Uuid())),
        *columns(("social_space_id", sa.Uuid()), nullable=True),
    )


@view(
    WorkedPart,
    policy.READ_TRANCHE,
    plural="worked_parts",
    key="key",
    filters=("worked", "worked_id", "figure", "made_of", "agreement_id"),
    single=False,
    tabular=True,
)
class WorkedPartView(Record):
    """What a figure of a settlement, a line of a forecast or an advance is made of: over all parts it is the figure."""

    key: str = Field(description="Of what, which figure of it, and which part.")
    worked: Worked = Field(description="What was worked out.")
    worked_id: UUID = Field(description="Its id.")
    figure: str = Field(description="Which of its figures: the name of the field, such as `payment`.")
    made_of: str = Field(
        description="What the part is: the kind of row that `part_id` names, or another figure of the same row."
    )
    part_id: UUID = Field(description="The row it comes from.")
    agreement_id: UUID
    amount: Money = Field(description="By how much it raises the figure; below zero, lowers it.")
