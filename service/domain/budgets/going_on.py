"""Help that goes on: what it will cost until the end of a year beyond what was granted, told by the help itself.

A grant is an amount for days. Help that has no end takes all of its amount in its first year, and none is foreseen for
a later one; help that is not ended when its days are over goes on without an amount. A forecast counts both, by what a
day of them costs: what is granted, over the days it is for. Nothing is bound by it, and help that ends as it was
granted is not counted.

Help that has begun without a decision (by direct access, taking into care, or procured by oneself) goes on like any
other. Nothing is bound for it: a forecast counts all of its days, by what it is meant to cost. All amounts are EUR."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from service.domain.act import Act
from service.domain.budgets.model import BudgetAgreement, InSpace, LineKind, money
from service.domain.rows import Shape, one_of, own_id, secured, word


@secured(Shape.AUTHORITY)
class GrantedHelp(InSpace, table=True):
    """What a line of the budget bears of help, and for which days; and since when the help has ended. `subject_id` is
    what was granted: a decision, or a source's share of one; of help that has begun without one, the element, or a
    source's share of it. Of that nothing is bound `unbound_from` a day on; of what is granted all of its days are."""

    __tablename__ = "granted_help"
    __table_args__ = (
        one_of("line", LineKind),
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("starts_on <= covered_until", name="days"),
        sa.CheckConstraint("unbound_from >= starts_on", name="unbound_from"),
        sa.UniqueConstraint("subject_id"),
        sa.Index("granted_help_space", "authority_id", "social_space_id", "covered_until"),
    )

    id: UUID = own_id()
    subject_id: UUID
    line: str = word()
    amount: Decimal = money()
    granted_on: date
    starts_on: date
    covered_until: date
    open_ended: bool
    ended_on: date | None = None
    unbound_from: date | None = None


@dataclass(frozen=True)
class GoingOn:
    """What goes on takes of a line, EUR, and of how much help that is."""

    amount: Decimal = Decimal("0.00")
    grants: int = 0


def granted(
    case: Any, subject_id: UUID, line: LineKind, amount: Decimal, days: tuple[date | None, date | None], today: date
) -> GrantedHelp | None:
    """What a line bears of what is granted today for these days. Without an end it is for the rest of its first year
    (`foreseen.by_year`). Null where the days are over and nobody says when they began: then nobody knows what one of
    them costs."""
    starts_on, ends_on = days
    begins = starts_on or today
    if ends_on is not None and ends_on < begins:
        return None
    return GrantedHelp(
        authority_id=case.authority_id,
        social_space_id=case.social_space_id,
        subject_id=subject_id,
        line=line.value,
        amount=amount,
        granted_on=today,
        starts_on=begins,
        covered_until=ends_on or date(max(begins, today).year, 12, 31),
        open_ended=ends_on is None,
    )


def begun(help_: GrantedHelp, reserved_in: int | None) -> GrantedHelp:
    """The same of help that begins without a decision; `reserved_in`: the year of which a part was set aside when it
    was applied for."""
    help_.unbound_from = help_.starts_on
    if reserved_in is not None:
        help_.unbound_from = max(help_.starts_on, date(reserved_in + 1, 1, 1))
    return help_


async def goes_on_no_more(act: Act, subjects: Collection[UUID]) -> None:
    """The help has ended today; or nothing was granted."""
    table: Any = GrantedHelp.__table__  # type: ignore[attr-defined]
    ended = table.update().where(table.c.subject_id.in_(subjects), table.c.ended_on.is_(None))
    await (await act.session.connection()).execute(ended.values(ended_on=act.today))


async def going_on_for(act: Act, agreement: BudgetAgreement, as_of: date) -> Mapping[str, GoingOn]:
    """By the kind of a line, what help of the agreement's social space that went on at the end of that day will have
    taken by the end of its year, beyond what was granted."""
    row: Any = GrantedHelp
    first, last = date(agreement.fiscal_year, 1, 1), date(agreement.fiscal_year, 12, 31)
    goes_on = sa.or_(col(row.open_ended), row.covered_until < as_of)
    begins = sa.func.greatest(sa.func.coalesce(row.unbound_from, row.covered_until + 1), first)
    ends = sa.case((goes_on, last), else_=sa.func.least(row.covered_until, last))
    cost = row.amount * (ends - begins + 1) / (row.covered_until - row.starts_on + 1)
    query = (
        sa.select(row.line, sa.func.sum(sa.func.round(cost, 2)), sa.func.count())
        .where(
            row.authority_id == agreement.authority_id,
            col(row.social_space_id).is_not_distinct_from(agreement.social_space_id),
            row.granted_on <= as_of,
            sa.or_(col(row.ended_on).is_(None), row.ended_on > as_of),
            begins <= ends,
        )
        .group_by(row.line)
    )
    found = (await (await act.session.connection()).execute(query)).all()
    return {line: GoingOn(amount, grants) for line, amount, grants in found}
