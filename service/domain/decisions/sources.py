"""Planning who bears what of an element's cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import func, select

from service.domain.act import Act, Command, operation
from service.domain.budgets.splitting import split
from service.domain.decisions import policy
from service.domain.decisions.cost_shares import CostShare, CostSource, shares_of
from service.domain.decisions.model import ArrangementElement, ElementState
from service.domain.decisions.views import ElementView
from service.domain.errors import DomainError, InvalidInput
from service.domain.values import Amount, Line

ZERO = Decimal("0.00")


@dataclass(eq=False)
class CostSharesDoNotFit(DomainError):
    code, title = "cost-shares-do-not-fit", "The shares do not make what the element costs, each on its own basis."
    advice = "`place` says which one. Together they make the element's cost to the cent."
    place: str


class NewCostShare(BaseModel):
    """What one source bears."""

    model_config = ConfigDict(extra="forbid")

    source: CostSource = Field(description="Who bears it.")
    legal_basis: Line = Field(description="On what legal basis, such as «§ 92 SGB VIII».")
    bearer: Line | None = Field(None, description="The other authority; for that alone.")
    amount: Amount = Field(description="EUR.")


class PlanCostShares(Command):
    """Who bears what."""

    shares: list[NewCostShare] = Field(
        min_length=1, max_length=10, description="They make the element's cost together."
    )


@operation(
    policy.CHANGE_ELEMENT,
    on=ArrangementElement,
    answers=ElementView,
    states=(ElementState.PLANNED,),
    raises=(CostSharesDoNotFit,),
)
async def plan_cost_shares(
    act: Act, arrangementelement: ArrangementElement, command: PlanCostShares
) -> ArrangementElement:
    """Say who bears what of an element's cost, in place of what was planned before. What the budget bears is reserved
    and committed share by share, with the application and the decision; what others bear is only told."""
    element = arrangementelement
    if element.cost is None:
        detail = "are of what specialists do and what costs something: say the cost first"
        raise InvalidInput(errors=[{"pointer": "#/shares", "detail": detail}])
    if (place := wrong_place(command.shares, element.cost)) is not None:
        raise CostSharesDoNotFit(place=place)
    earlier = select(func.max(CostShare.number)).where(CostShare.element_id == element.id)
    number = ((await act.session.exec(earlier)).one() or 0) + 1
    for position, share in enumerate(command.shares):
        act.add(
            CostShare(
                authority_id=element.authority_id,
                case_id=element.case_id,
                element_id=element.id,
                number=number,
                position=position,
                **share.model_dump(exclude={"source"}),
                source=share.source.value,
            )
        )
    act.change(element)
    return element


def wrong_place(shares: Sequence[NewCostShare], cost: Decimal) -> str | None:
    """What is wrong with the shares of a cost, and with which; null if they make it to the cent."""
    made = ZERO
    for number, share in enumerate(shares):
        if share.source is CostSource.OTHER_AUTHORITY and share.bearer is None:
            return f"share {number}: does not name the authority that bears it"
        if share.source is not CostSource.OTHER_AUTHORITY and share.bearer is not None:
            return f"share {number}: is borne by no other authority"
        earlier = [each.source for each in shares[:number]]
        if share.source is CostSource.CASE_UNSPECIFIC and share.source in earlier:
            return f"share {number}: work without a case bears one share, and does already"
        made += share.amount
        if made > cost:
            return f"share {number}: with it they make {made}, more than the cost of {cost}"
    return None if made == cost else f"after share {len(shares) - 1}: {cost - made} of {cost} are borne by nobody"


async def rescale(act: Act, element: ArrangementElement) -> None:
    """The shares of a cost that has changed make it again, in the proportions that were planned. Raises InvalidInput
    where there is no cost any more."""
    if not (shares := await shares_of(act, element)):
        return
    if element.cost is None:
        detail = "is borne by several sources: end the element, if it costs nothing"
        raise InvalidInput(errors=[{"pointer": "#/cost", "detail": detail}])
    parts = split(element.cost, [share.amount for share in shares])
    for share, amount in zip(shares, parts, strict=True):
        act.change(share, amount=amount)
