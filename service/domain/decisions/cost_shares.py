"""Several sources bear the cost of one element, each on a legal basis of its own: the budget's line for cases, its line
for work without a case, the family's own contribution, another authority (deck lines 929, 950; concepts, E8).

Sources are never merged silently: each share has its amount, and what the budget bears of it a commitment of its own.
All amounts are EUR, exact to the cent."""

from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field as Told
from sqlmodel import Field, col, func, select

from service.domain.act import Act
from service.domain.budgets.model import LineKind, money
from service.domain.decisions import policy
from service.domain.decisions.model import ArrangementElement, numeric
from service.domain.decisions.views import ElementView
from service.domain.rows import Scoped, Shape, one_of, own_id, reference, secured, word
from service.domain.values import Money
from service.domain.views import Many, Record, link, view


class CostSource(StrEnum):
    """Who bears a share of what an element costs."""

    CASE_SPECIFIC = LineKind.CASE_SPECIFIC.value  # the line for work in single cases
    CASE_UNSPECIFIC = LineKind.CASE_UNSPECIFIC.value  # an offer of the social space that is open to others, too
    OWN_CONTRIBUTION = "own_contribution"  # Kostenbeitrag (§§ 90-94 SGB VIII)
    OTHER_AUTHORITY = "other_authority"  # another body that owes a part of it


OF_THE_BUDGET = {
    CostSource.CASE_SPECIFIC: LineKind.CASE_SPECIFIC,
    CostSource.CASE_UNSPECIFIC: LineKind.CASE_UNSPECIFIC,
}


@secured(Shape.CASE)
class CostShare(Scoped, table=True):
    """What a source bears of an element's cost, as planned and, once decided, as granted. Of an element the newest plan
    counts."""

    __tablename__ = "cost_share"
    __table_args__ = (
        one_of("source", CostSource),
        sa.UniqueConstraint("element_id", "number", "position"),
        sa.CheckConstraint("(source = 'other_authority') = (bearer IS NOT NULL)", name="bearer"),
        sa.CheckConstraint("amount >= 0 AND granted >= 0", name="amount"),
        sa.CheckConstraint(
            "commitment_id IS NULL OR source IN ('case_specific', 'case_unspecific')", name="commitment_id"
        ),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    element_id: UUID = reference("arrangement_element", index=False)
    number: int
    position: int
    source: str = word()
    legal_basis: str = Field(sa_type=sa.Text)
    bearer: str | None = Field(default=None, sa_type=sa.Text)
    amount: Decimal = money()
    granted: Decimal | None = numeric(14)
    commitment_id: UUID | None = reference("commitment", optional=True, index=False)


@view(
    CostShare,
    policy.READ_REASONS,
    plural="cost_shares",
    filters=("case_id", "element_id", "source"),
    orders=("position",),
    subject="case_id",
)
class CostShareView(Record):
    """What a source bears of what an element costs, and on what legal basis."""

    id: UUID
    case_id: UUID
    element_id: UUID
    number: int = Told(description="Of the plan it belongs to: the one with the highest number counts, others stay.")
    position: int = Told(description="Its place in the plan, from 0.")
    source: CostSource = Told(description="Who bears it.")
    legal_basis: str
    bearer: str | None = Told(description="The other authority that bears it; null for all else.")
    amount: Money = Told(description="As planned: those of a plan make the element's cost. EUR.")
    granted: Money | None = Told(
        description="As decided: those of a plan make what was granted. Null until then, or where it was refused. EUR."
    )
    commitment_id: UUID | None = Told(description="The money that is reserved or committed for it, of the budget.")


link(ElementView, "cost_shares", Many("element_id"), CostShareView)


async def every_share(act: Act, element: ArrangementElement) -> list[CostShare]:
    """Those of every plan."""
    return list((await act.session.exec(select(CostShare).where(CostShare.element_id == element.id))).all())


async def shares_of(act: Act, element: ArrangementElement) -> list[CostShare]:
    """Those of the newest plan, in their order; none where the element's own line bears all of it."""
    newest = select(func.max(CostShare.number)).where(CostShare.element_id == element.id).scalar_subquery()
    rows = select(CostShare).where(CostShare.element_id == element.id, CostShare.number == newest)
    return list((await act.session.exec(rows.order_by(col(CostShare.position)))).all())
