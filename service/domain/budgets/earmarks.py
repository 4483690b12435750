"""Money that was carried in for a purpose and stays with it (facts, section 4: `carry_over`).

How much of a line's free money is kept so stands on its account, and moves in the statement that posts: nothing else is
bound with it, paid from it or moved away. Only a granted claim is never refused for it. All amounts are EUR."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, func, select

from service.domain.act import Act
from service.domain.budgets.committing import NOTHING
from service.domain.budgets.ledger import LedgerAccount, hold_all_accounts
from service.domain.budgets.model import Allocation, AllocationState, BudgetLine, Commitment
from service.domain.errors import DomainError, InvalidInput

_NO_LONGER = """
INSERT INTO ledger_day (account_id, value_on, authority_id, moved, earmarked)
SELECT id, :today, authority_id, 0, -earmarked FROM ledger_account WHERE agreement_id = :agreement AND earmarked > 0
ON CONFLICT (account_id, value_on) DO UPDATE SET earmarked = ledger_day.earmarked + EXCLUDED.earmarked
"""


@dataclass(eq=False)
class BeyondEarmark(DomainError):
    code, title = "beyond-earmark", "This is more than is left of what was carried in for that purpose."
    advice = "Bind at most `left` (EUR) with `allocation_id`, and the rest without, as far as the line lasts."
    left: str


async def within_earmark(act: Act, line: BudgetLine, allocation_id: UUID, amount: Decimal) -> None:
    """Whether so much is left of what was carried in for a purpose, of which nobody else takes anything meanwhile.
    Raises InvalidInput, BeyondEarmark."""
    held = select(Allocation).where(
        Allocation.id == allocation_id,
        Allocation.line_id == line.id,
        Allocation.state == AllocationState.RELEASED.value,
        col(Allocation.earmark).is_not(None),
    )
    allocation = (await act.session.exec(held.with_for_update(key_share=True))).one_or_none()
    if allocation is None:
        detail = "is no money that was carried in for a purpose on this line, and released"
        raise InvalidInput(errors=[{"pointer": "#/allocation_id", "detail": detail}])
    bound = select(func.sum(col(Commitment.amount) - col(Commitment.released))).where(
        Commitment.allocation_id == allocation.id
    )
    left = allocation.amount - ((await act.session.exec(bound)).one() or NOTHING)
    if amount > left:
        raise BeyondEarmark(left=str(left))


async def keep_no_longer(act: Act, agreement_id: UUID) -> None:
    """With its settlement: what was kept for a purpose until the year's end is left over like all else, and may be
    carried over with the same purpose."""
    account: Any = LedgerAccount.__table__  # type: ignore[attr-defined]
    kept = sa.and_(account.c.agreement_id == agreement_id, account.c.earmarked > 0)
    await hold_all_accounts(act, agreement_id)
    connection = await act.session.connection()
    await connection.execute(sa.text(_NO_LONGER), {"agreement": agreement_id, "today": act.today})
    await connection.execute(account.update().where(kept).values(earmarked=NOTHING))
