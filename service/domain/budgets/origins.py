"""Where a figure comes from: on which lines and days it came about, and by which postings (deck line 919; facts: DR9).

Totals are for those who see figures, single postings for those whom they concern: whoever asks is told the part that
is theirs. `0022_explained_figures.sql` (migrations) has the database's views behind these. All amounts are EUR."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field as Told

from service.domain.budgets import policy
from service.domain.budgets.figures import DATABASE_VIEWS, FigureLevel, FigureLine, columns, still_to_come
from service.domain.budgets.ledger import PostingKind
from service.domain.budgets.model import Booking, LineKind
from service.domain.policy import Reader, Row
from service.domain.values import Money
from service.domain.views import Default, Record, Sql, view


class Figure(StrEnum):
    """One of the five figures, each with one meaning everywhere."""

    APPROVED = "approved"  # agreed, with supplements and what was carried in
    RESERVED = "reserved"  # asked for, not granted
    COMMITTED = "committed"  # granted, not yet booked
    BOOKED = "booked"  # posted, paid or not
    FREE = "free"  # approved less the other three; may be below zero


_FIGURE = (("figure_key", sa.Text()), ("as_of", sa.Date()), ("figure", sa.Text()))
_CELL = (("level", sa.Text()), ("fiscal_year", sa.Integer()), ("line", sa.Text()), ("authority_id", sa.Uuid()))
_OF = (("agreement_id", sa.Uuid()), ("of_line", sa.Text()))


class FigurePart:
    """What moved on a line and a day, of a figure on a day."""

    __table__ = sa.Table(
        "figure_part",
        DATABASE_VIEWS,
        *columns(*_FIGURE, ("line_id", sa.Uuid()), ("value_on", sa.Date()), primary=True),
        *columns(*_CELL, *_OF, ("amount", sa.Numeric(20, 2))),
        *columns(("social_space_id", sa.Uuid()), nullable=True),
    )


class FigurePosting:
    """A posting, as far as it moved a figure. Of one day or one release: one of them has to be named."""

    __table__ = sa.Table(
        "figure_posting",
        DATABASE_VIEWS,
        *columns(*_FIGURE, ("line_id", sa.Uuid()), ("value_on", sa.Date()), ("posting_id", sa.Uuid()), primary=True),
        *columns(*_CELL, *_OF, ("kind", sa.Text()), ("amount", sa.Numeric(20, 2)), ("subject_id", sa.Uuid())),
        *columns(("released", sa.Boolean())),
        *columns(
            *((name, sa.Uuid()) for name in ("social_space_id", "release_id", "commitment_id", "booking_id")),
            *((name, sa.Uuid()) for name in ("organisation_id", "case_id")),
            nullable=True,
        ),
    )


def _defaults(*instead: str) -> Mapping[str, Default]:
    """Of nothing in particular, the authority's total of what is booked today."""
    return {
        "figure": Default("what is booked", lambda today: Figure.BOOKED),
        "level": Default("the whole authority", lambda today: FigureLevel.COUNTY, unless=("figure_key",)),
        "line": Default("all lines", lambda today: FigureLine.TOTAL, unless=("figure_key",)),
        "as_of": Default("today", lambda today: today, unless=instead, wrong=still_to_come),
    }


def _hours(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    booking = Booking.__table__.alias()  # type: ignore[attr-defined]
    of_it = sa.select(booking.c.hours).where(booking.c.id == row.booking_id)
    return of_it.correlate_except(booking).scalar_subquery()


_FILTERS = ("figure_key", "figure", "level", "line", "fiscal_year", "as_of", "value_on", "agreement_id", "line_id")


@view(
    FigurePart,
    policy.READ_FIGURE_PART,
    plural="figure_parts",
    key="line_id",
    filters=_FILTERS,
    orders=("value_on",),
    defaults=_defaults(),
    single=False,
    tabular=True,
)
class FigurePartView(Record):
    """What a figure is made of: what moved on which line on which day. Over all lines and days it is the figure."""

    figure_key: str = Told(description="The cell: `key` of a budget figure.")
    figure: Figure = Told(description="Which of the cell's five figures.")
    as_of: date
    agreement_id: UUID
    social_space_id: UUID | None = Told(description="Null: outside of every social space.")
    line_id: UUID
    of_line: LineKind = Told(description="By the dimension of work.")
    value_on: date
    amount: Money = Told(description="Incoming less outgoing.")


@view(
    FigurePosting,
    policy.READ_FIGURE_POSTING,
    plural="figure_postings",
    key="posting_id",
    filters=(*_FILTERS, "release_id", "kind"),
    orders=("value_on",),
    defaults={
        **_defaults("release_id"),
        "released": Default("as told now", lambda today: False, unless=("release_id",)),
    },
    single=False,
    tabular=True,
    subject="case_id",
)
class FigurePostingView(Record):
    """The postings that made a figure, on a day as the ledger tells it now; with `release_id`, exactly those that a
    release counted. Whoever sees only some of them is told those."""

    figure_key: str = Told(description="The cell: `key` of a budget figure or a released figure.")
    figure: Figure = Told(description="Which of the cell's five figures.")
    as_of: date
    release_id: UUID | None = Told(description="Null where it is told as of now.")
    agreement_id: UUID
    social_space_id: UUID | None = Told(description="Null: outside of every social space.")
    line_id: UUID
    of_line: LineKind = Told(description="By the dimension of work.")
    posting_id: UUID = Told(description="The posting, which has its other account too.")
    kind: PostingKind
    value_on: date
    amount: Money = Told(description="By how much it raised the figure; below zero, lowered it.")
    subject_id: UUID = Told(
        description="What moved it: an agreement, allocation, transfer, commitment, booking, import or settlement."
    )
    commitment_id: UUID | None = Told(description="The subject, where it is a commitment.")
    booking_id: UUID | None = Told(description="The subject, where it is a booking.")
    organisation_id: UUID | None = Told(description="Who is paid, where somebody is.")
    hours: Annotated[Money | None, Sql(_hours)] = Told(
        description="Hours that it took, with two decimals; of a booking of recorded work."
    )
