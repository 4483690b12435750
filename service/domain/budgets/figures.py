"""The five figures, on any date for those who work with the money, and as released for everybody (settled: Money).

All are EUR. What is told for a date is what the ledger says for it now: a posting with an earlier value date changes
it. What was released stays as it was said. `0007_figures.sql` (migrations) has the database's views behind these."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field as Told
from sqlmodel import Field, SQLModel

from service.domain.access.model import Authority
from service.domain.budgets import policy
from service.domain.budgets.cells import TOTAL, Suppressed
from service.domain.budgets.contract import AgreementVersion
from service.domain.budgets.model import LineKind, money
from service.domain.context import text
from service.domain.policy import EVERYONE, Reader, Row
from service.domain.rows import Scoped, Shape, moment, one_of, own_id, reference, secured, word
from service.domain.spaces.model import Region, SocialSpace
from service.domain.values import Money
from service.domain.views import Default, One, Record, Sql, link, view


class FigureLevel(StrEnum):
    """What a figure is about: a social space, a region of several, or the whole authority."""

    SOCIAL_SPACE = "social_space"  # one social space
    REGION = "region"  # the social spaces that lie in it
    COUNTY = "county"  # all of the authority


class FigureLine(StrEnum):
    """A line, by the dimension of work it is for; or all lines together."""

    CASE_SPECIFIC = LineKind.CASE_SPECIFIC.value  # work in single cases (einzelfallspezifisch)
    CROSS_CASE = LineKind.CROSS_CASE.value  # work across cases (einzelfallübergreifend)
    CASE_UNSPECIFIC = LineKind.CASE_UNSPECIFIC.value  # work without a case (einzelfallunspezifisch)
    RESERVE = LineKind.RESERVE.value  # kept in reserve
    TOTAL = TOTAL  # all lines together


class Phase(StrEnum):
    """How far a budget has come, in the words of open budgets (Fiscal Data Package). What is `approved` of the five
    figures is `adjusted` here."""

    PROPOSED = "proposed"  # drafted, in force or not
    APPROVED = "approved"  # agreed, and in force on the day
    ADJUSTED = "adjusted"  # with what has come on top: supplements, transfers, carry-over
    EXECUTED = "executed"  # booked


@secured(Shape.PUBLIC)
class KeyDate(SQLModel, table=True):
    """Every day from 2000 to 2100. A view of the database cannot be called with a date; it can be joined with one."""

    __tablename__ = "key_date"

    day: date = Field(primary_key=True)


@secured(Shape.PUBLIC)
class DisclosureRule(SQLModel, table=True):
    """What keeps released figures from telling about single cases. Seeded by the migration; the owner may change it."""

    __tablename__ = "disclosure_rule"
    __table_args__ = (
        one_of("level", FigureLevel),
        sa.CheckConstraint("k > 1 AND dominance > 0 AND dominance <= 1 AND rounding > 0", name="sense"),
    )

    kind: str = Field(primary_key=True, sa_type=sa.Text, description="What is released; so far `budget_figures`.")
    level: str = Field(primary_key=True, sa_type=sa.Text)
    k: int = Field(description="So many cases have to stand behind a figure, at least.")
    dominance: Decimal = Field(sa_type=sa.Numeric(3, 2), description="The most that one case may make of a figure.")
    rounding: Decimal = money()


@secured(Shape.RELEASED)
class FigureRelease(Scoped, table=True):
    """The figures of a month's end, published. A correction is another release of the same month; both stay."""

    __tablename__ = "figure_release"
    __table_args__ = (sa.UniqueConstraint("authority_id", "as_of", "number"),)

    id: UUID = own_id()
    as_of: date
    number: int
    corrects_id: UUID | None = reference("figure_release", optional=True)
    reason: str | None = Field(default=None, sa_type=sa.Text)
    through: int = Field(sa_type=sa.BigInteger, description="The last posting that was counted.")
    released_by: UUID = reference("actor", index=False)
    released_at: datetime = moment()


@secured(Shape.RELEASED)
class ReleasedFigure(Scoped, table=True):
    """One cell of a release. Without its amounts, but for what is approved, where they would tell about cases."""

    __tablename__ = "released_figure"
    __table_args__ = (
        one_of("level", FigureLevel),
        one_of("line", FigureLine),
        one_of("suppressed", Suppressed),
        sa.UniqueConstraint("release_id", "key"),
        sa.CheckConstraint(
            "num_nulls(reserved, committed, booked, free) = CASE WHEN suppressed IS NULL THEN 0 ELSE 4 END",
            name="whole",
        ),
    )

    id: UUID = own_id()
    release_id: UUID = reference("figure_release", index=False)
    key: str = Field(sa_type=sa.Text)
    level: str = word()
    social_space_id: UUID | None = reference("social_space", optional=True, index=False)
    region_id: UUID | None = reference("region", optional=True, index=False)
    fiscal_year: int
    line: str = word()
    proposed: Decimal | None = Field(default=None, sa_type=sa.Numeric(14, 2))
    agreed: Decimal | None = Field(default=None, sa_type=sa.Numeric(14, 2))
    approved: Decimal = money()
    reserved: Decimal | None = Field(default=None, sa_type=sa.Numeric(14, 2))
    committed: Decimal | None = Field(default=None, sa_type=sa.Numeric(14, 2))
    booked: Decimal | None = Field(default=None, sa_type=sa.Numeric(14, 2))
    free: Decimal | None = Field(default=None, sa_type=sa.Numeric(14, 2))
    suppressed: str | None = word(optional=True)


# Views of the database. In a MetaData of their own: no table is made of them, and the policies are their tables'.
DATABASE_VIEWS = sa.MetaData()
_CELL = (("level", sa.Text()), ("fiscal_year", sa.Integer()), ("line", sa.Text()))
_PLACE = (("social_space_id", sa.Uuid()), ("region_id", sa.Uuid()))
_AMOUNTS = ("approved", "reserved", "committed", "booked", "free")


_KEY = (("as_of", sa.Date()), ("key", sa.Text()))


def columns(*named: tuple[str, Any], nullable: bool = False, primary: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, type_, nullable=nullable, primary_key=primary) for name, type_ in named]


class BudgetFigure:
    """Each cell on each day. One day has to be named: nobody wants all of them."""

    __table__ = sa.Table(
        "budget_figure",
        DATABASE_VIEWS,
        *columns(*_KEY, primary=True),
        *columns(("authority_id", sa.Uuid()), *_CELL),
        *columns(("agreement_id", sa.Uuid()), *_PLACE, nullable=True),
        *columns(*((name, sa.Numeric(20, 2)) for name in _AMOUNTS)),
    )


class ShownFigure:
    """A cell of a release, and whether that is the newest of its month."""

    __table__ = sa.Table(
        "shown_figure",
        DATABASE_VIEWS,
        *columns(*_KEY, primary=True),
        *columns(("authority_id", sa.Uuid()), *_CELL),
        *columns(("release_id", sa.Uuid()), ("number", sa.Integer()), ("newest", sa.Boolean())),
        *columns(*_PLACE, ("suppressed", sa.Text()), nullable=True),
        *columns(("approved", sa.Numeric(14, 2))),
        *columns(*((name, sa.Numeric(14, 2)) for name in _AMOUNTS[1:]), nullable=True),
    )


class ReleasedAmount:
    """A cell of a release in one phase."""

    __table__ = sa.Table(
        "released_amount",
        DATABASE_VIEWS,
        *columns(*_KEY, primary=True),
        *columns(("authority_id", sa.Uuid()), *_CELL, ("phase", sa.Text())),
        *columns(("release_id", sa.Uuid()), ("number", sa.Integer()), ("newest", sa.Boolean())),
        *columns(*_PLACE, ("suppressed", sa.Text()), ("amount", sa.Numeric(14, 2)), nullable=True),
    )


def still_to_come(day: date, today: date) -> str | None:
    return "lies in the future: figures are told up to today" if day > today else None


_FILTERS = ("level", "social_space_id", "region_id", "fiscal_year", "line", "as_of")
_PLACE_TOLD = "Null at other levels, and for cases outside of every social space."
_NAMED = "The name of the social space, the region or the authority; null for cases outside of every social space."


def _name_of_place(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    """What people call it: a table of ids says nothing to whoever opens it in a spreadsheet."""

    def name(model: Any, id: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        place = model.__table__.alias()
        named: sa.ColumnElement[Any] = (
            sa.select(place.c.name).where(place.c.id == id).correlate_except(place).scalar_subquery()
        )
        return named

    return sa.case(
        (row.level == text(FigureLevel.SOCIAL_SPACE), name(SocialSpace, row.social_space_id)),
        (row.level == text(FigureLevel.REGION), name(Region, row.region_id)),
        else_=name(Authority, row.authority_id),
    )


def _terms_on(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    """The newest version of the terms that counts on the day of the figure."""
    version = AgreementVersion.__table__.alias()  # type: ignore[attr-defined]
    newest = sa.select(sa.func.max(version.c.number)).where(
        version.c.agreement_id == row.agreement_id, version.c.effective_on <= row.as_of
    )
    return newest.correlate_except(version).scalar_subquery()


@view(
    BudgetFigure,
    policy.READ_FIGURE,
    plural="budget_figures",
    key="key",
    filters=_FILTERS,
    defaults={"as_of": Default("today", lambda today: today, wrong=still_to_come)},
    single=False,
    tabular=True,
)
class BudgetFigureView(Record):
    """The figures of a social space, a region or the whole authority, on one day: today, unless `as_of` names another.
    A region has the social spaces of which most lay in it on that day."""

    key: str = Told(description="The cell, the same on every day.")
    as_of: date
    authority_id: UUID
    level: FigureLevel
    social_space_id: UUID | None = Told(description=_PLACE_TOLD)
    region_id: UUID | None = Told(description="Null at other levels.")
    place: Annotated[str | None, Sql(_name_of_place)] = Told(description=_NAMED)
    fiscal_year: int
    line: FigureLine = Told(description="By the dimension of work; or all lines together.")
    terms: Annotated[int | None, Sql(_terms_on)] = Told(
        description="The version of the agreement's terms it stood on that day; null at other levels, and without one."
    )
    approved: Money
    reserved: Money
    committed: Money
    booked: Money
    free: Money


@view(FigureRelease, EVERYONE, plural="figure_releases", filters=("authority_id", "as_of"), orders=("as_of",))
class FigureReleaseView(Record):
    """The figures of a month's end, published: rounded, and without what would tell about single cases."""

    id: UUID
    authority_id: UUID
    as_of: date = Told(description="The last day of the month.")
    number: int = Told(description="1 for the first release of the month; each correction counts on.")
    corrects_id: UUID | None = Told(description="The release that it corrects, which stays readable.")
    reason: str | None = Told(description="Why it was corrected.")
    released_at: datetime


@view(
    ShownFigure,
    EVERYONE,
    plural="released_figures",
    key="key",
    filters=("authority_id", *_FILTERS, "release_id"),
    orders=("as_of",),
    defaults={"newest": Default("the newest of its month", lambda today: True, unless=("release_id",))},
    single=False,
    tabular=True,
)
class ReleasedFigureView(Record):
    """Released figures: of the newest release of each month, unless `release_id` names one. Amounts are rounded, each
    by itself, so that sums may differ. Where `suppressed` says so, all but `approved` is null."""

    key: str = Told(description="The cell, the same in every release.")
    as_of: date = Told(description="The last day of the month.")
    authority_id: UUID
    release_id: UUID
    number: int = Told(description="Of the release: above 1 it is a correction.")
    level: FigureLevel
    social_space_id: UUID | None = Told(description=_PLACE_TOLD)
    region_id: UUID | None = Told(description="Null at other levels.")
    place: Annotated[str | None, Sql(_name_of_place)] = Told(description=_NAMED)
    fiscal_year: int
    line: FigureLine = Told(description="By the dimension of work; or all lines together.")
    approved: Money
    reserved: Money | None
    committed: Money | None
    booked: Money | None
    free: Money | None
    suppressed: Suppressed | None = Told(description="Why amounts are missing; null where they are there.")


@view(
    ReleasedAmount,
    EVERYONE,
    plural="released_amounts",
    key="key",
    filters=("authority_id", *_FILTERS, "release_id", "phase"),
    orders=("as_of",),
    defaults={"newest": Default("the newest of its month", lambda today: True, unless=("release_id",))},
    single=False,
    tabular=True,
)
class ReleasedAmountView(Record):
    """Released figures by the phase of the budget, one amount in each row: of the newest release of each month, unless
    `release_id` names one. Releases of before phases were told have no `proposed` and `approved`."""

    key: str = Told(description="The cell and the phase, the same in every release.")
    as_of: date = Told(description="The last day of the month.")
    authority_id: UUID
    release_id: UUID
    number: int = Told(description="Of the release: above 1 it is a correction.")
    level: FigureLevel
    social_space_id: UUID | None = Told(description=_PLACE_TOLD)
    region_id: UUID | None = Told(description="Null at other levels.")
    place: Annotated[str | None, Sql(_name_of_place)] = Told(description=_NAMED)
    fiscal_year: int
    line: FigureLine = Told(description="By the dimension of work; or all lines together.")
    phase: Phase = Told(description="How far the budget had come.")
    amount: Money | None = Told(description="Rounded, each by itself; null where `suppressed` says why.")
    suppressed: Suppressed | None = Told(description="Why the amount is missing; null where it is there.")


link(ReleasedFigureView, "release", One(lambda there, here, reader: there.id == here.release_id), FigureReleaseView)
