"""Money on top of what was agreed, or going back: proposed by one controller, released by another."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import func, select

from service.domain.act import Act, Command, operation
from service.domain.budgets import policy
from service.domain.budgets.agreements import NotYetEffective
from service.domain.budgets.committing import NOTHING
from service.domain.budgets.contract import TermsCause
from service.domain.budgets.holding import AgreementNotActive, active_agreement, held_agreement
from service.domain.budgets.ledger import AccountKind, BudgetShort, Move, PeriodClosed, PostingKind, account_of, post
from service.domain.budgets.model import Allocation, AllocationKind, AllocationState, BudgetAgreement, BudgetLine
from service.domain.budgets.readiness import frame_of
from service.domain.budgets.relying import LessThanSecured, keep_secured
from service.domain.budgets.terms import revise
from service.domain.budgets.tranches import held_tranches, revised, spread
from service.domain.budgets.transferring import BelowFloor, keep_floor
from service.domain.budgets.views import AllocationView
from service.domain.errors import DomainError, InvalidInput
from service.domain.values import Amount, ClientId, Day, Line

_agreement: Any = BudgetAgreement.__table__  # type: ignore[attr-defined]


@dataclass(eq=False)
class FrameExceeded(DomainError):
    code, title = "frame-exceeded", "With this the year would come to more than its frame has for it."
    advice = (
        "The frame has `amount` (EUR), the agreement would come to `revised`. Agree another frame in its place first: "
        "POST /v1/budget-frames with `earlier_frame_id`."
    )
    amount: str
    revised: str


class ProposeAllocation(Command):
    """Money on top of what was agreed for a line."""

    id: ClientId
    kind: AllocationKind
    amount: Amount
    effective_on: Day = Field(description="From when it counts: a day of the agreement's year.")
    reason: Line
    earmark: Line | None = Field(None, description="What it is kept for; of what is carried in.")


@operation(policy.PROPOSE_ALLOCATION, on=BudgetLine, answers=AllocationView, raises=(AgreementNotActive,))
async def propose_allocation(act: Act, budgetline: BudgetLine, command: ProposeAllocation) -> Allocation:
    """Propose a supplement to a line, or money carried in from the year before, for all the line is for or (`earmark`)
    for a purpose. Somebody else releases it."""
    agreement = await active_agreement(act, budgetline)
    if command.kind is AllocationKind.RETURN:
        detail = "is decided in an under-spend procedure: POST /v1/underspend-procedures/{id}/decisions"
        raise InvalidInput(errors=[{"pointer": "#/kind", "detail": detail}])
    if command.earmark is not None and command.kind is not AllocationKind.CARRY_IN:
        detail = "is of what is carried in: a supplement is for all that its line is for"
        raise InvalidInput(errors=[{"pointer": "#/earmark", "detail": detail}])
    errors = []
    if command.effective_on.year != agreement.fiscal_year:
        errors.append(f"must lie in {agreement.fiscal_year}, the agreement's year")
    if agreement.closed_through is not None and command.effective_on <= agreement.closed_through:
        errors.append(f"the books are closed through {agreement.closed_through}")
    if errors:
        raise InvalidInput(errors=[{"pointer": "#/effective_on", "detail": detail} for detail in errors])
    return act.add(
        Allocation(
            authority_id=budgetline.authority_id,
            social_space_id=budgetline.social_space_id,
            agreement_id=budgetline.agreement_id,
            line_id=budgetline.id,
            proposed_by=act.actor.id,
            **command.model_dump(exclude={"kind"}),
            kind=command.kind.value,
        )
    )


@operation(
    policy.RELEASE_ALLOCATION,
    on=Allocation,
    answers=AllocationView,
    states=(AllocationState.PROPOSED,),
    keyed=True,
    raises=(AgreementNotActive, NotYetEffective, PeriodClosed, BudgetShort, BelowFloor, FrameExceeded, LessThanSecured),
)
async def release_allocation(act: Act, allocation: Allocation) -> Allocation:
    """Release what somebody else has proposed: it counts from its effective day, once that has come. A supplement is
    divided over the tranches that are still to come, and what goes back to the agency is taken from them; as far as
    providers cannot rely on it."""
    if allocation.effective_on > act.today:
        raise NotYetEffective(effective_on=allocation.effective_on.isoformat())
    if allocation.kind == AllocationKind.RETURN:
        await held_tranches(act, allocation.agreement_id)
        agreement = await active_agreement(act, allocation, alone=True)
        line = await act.session.get_one(BudgetLine, allocation.line_id)
        await keep_floor(act, agreement, line, -allocation.amount)
    carried = allocation.kind == AllocationKind.CARRY_IN
    source = account_of(allocation.agreement_id, AccountKind.CARRY_OVER if carried else AccountKind.SOURCE)
    target = account_of(allocation.line_id, AccountKind.FREE)
    act.change(allocation, state=AllocationState.RELEASED.value, released_by=act.actor.id, released_at=act.now)
    if allocation.amount < 0:  # what was missing in the year before is missing now; or it goes back
        source, target = target, source
    kept = allocation.amount if allocation.earmark is not None else NOTHING
    move = Move(PostingKind.APPROVE, source, target, abs(allocation.amount), allocation.id, kept)
    if not carried:
        await _supplement(act, allocation)
    await post(act, [move], allocation.effective_on)
    return allocation


@operation(policy.WITHDRAW_ALLOCATION, on=Allocation, answers=AllocationView, states=(AllocationState.PROPOSED,))
async def withdraw_allocation(act: Act, allocation: Allocation) -> Allocation:
    """Take a proposal back. Nothing has moved; what a settlement carries can be proposed anew."""
    act.change(allocation, state=AllocationState.WITHDRAWN.value)
    return allocation


async def keep_agreed(act: Act, agreement_id: UUID, amount: Decimal) -> None:
    """Raises BudgetShort where a return of this amount would be more than what is agreed, less what others that are
    proposed would take of it. The agreement is held alone by whoever calls this. What was carried in is no part of it,
    and cannot go back as if it were."""
    others = select(func.sum(Allocation.amount)).where(
        Allocation.agreement_id == agreement_id,
        Allocation.kind == AllocationKind.RETURN.value,
        Allocation.state == AllocationState.PROPOSED.value,
    )
    left = await revised(act, agreement_id) + ((await act.session.exec(others)).one() or Decimal("0.00"))
    if amount > left:
        raise BudgetShort(asked=str(amount), left=str(max(left, Decimal("0.00"))))


async def _supplement(act: Act, allocation: Allocation) -> None:
    """Another version of the terms; and what it adds is divided over the tranches that are still to come."""
    await held_tranches(act, allocation.agreement_id)
    agreement = await held_agreement(act, allocation.agreement_id, alone=True)
    line = await act.session.get_one(BudgetLine, allocation.line_id)
    await act.session.flush()
    now = await revised(act, agreement.id)
    if now < 0:  # what was carried in is no part of it, and cannot go back as if it were
        raise BudgetShort(asked=str(-allocation.amount), left=str(now - allocation.amount))
    held = sa.select(frame_of(_agreement.c, "amount")).where(_agreement.c.id == agreement.id)
    most = (await (await act.session.connection()).execute(held)).scalar_one()
    if most is not None and now > most:
        raise FrameExceeded(amount=str(most), revised=str(now))
    if allocation.amount < 0:
        await keep_secured(act, agreement)
    before = {"revised": str(now - allocation.amount)}
    after = {"revised": str(now), "supplement": f"{line.kind} {allocation.amount}"}
    await revise(act, agreement, TermsCause.SUPPLEMENTED, before, after, allocation.effective_on)
    await spread(act, agreement)
