"""Holding an agreement: what an act reads of it stays so until the act ends.

The one order of locks: the row an act is done to; what hangs on it (invoice, commitment, procedures); tranches; the
agreement; accounts, by id. Whoever changes an agreement (closes its books, settles its year) waits for those who hold
it, and they for nobody who waits for them. What is posted with a value date of the year needs no hold: closing the
books takes the accounts."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import select

from service.domain.act import Act
from service.domain.budgets.model import AgreementState, BudgetAgreement, OfAgreement
from service.domain.errors import DomainError


@dataclass(eq=False)
class AgreementNotActive(DomainError):
    code, title = "agreement-not-active", "The agreement is not in force."
    advice = (
        "Activate it first: POST /v1/budget-agreements/{id}/activate, by somebody who has made no version of its "
        "terms. "
        "While its year is settled, and after, nothing of it changes any more."
    )


_WANTED = select(BudgetAgreement).where(BudgetAgreement.id == sa.bindparam("wanted", type_=sa.Uuid()))
_WANTED = _WANTED.execution_options(populate_existing=True)
# Built once: building and compiling them would cost a booking more than the database does.
_HELD = _WANTED.with_for_update(read=True)
_HELD_ALONE = _HELD.with_for_update(key_share=True)
_ACTIVE = _HELD.where(BudgetAgreement.state == AgreementState.ACTIVE.value)
_ACTIVE_ALONE = _ACTIVE.with_for_update(key_share=True)


async def held_agreement(act: Act, agreement_id: UUID, *, alone: bool = False) -> BudgetAgreement:
    """The agreement, which nobody changes meanwhile; `alone`, nobody else holds it."""
    held = _HELD_ALONE if alone else _HELD
    return (await act.session.exec(held, params={"wanted": agreement_id})).one()


async def active_agreement(act: Act, row: OfAgreement, *, alone: bool = False) -> BudgetAgreement:
    """The agreement a row belongs to, which stays in force meanwhile; `alone`, nobody else holds it. Raises
    AgreementNotActive."""
    found = await act.session.exec(_ACTIVE_ALONE if alone else _ACTIVE, params={"wanted": row.agreement_id})
    agreement = found.one_or_none()  # a draft is no match: who changes it is not waited for
    if agreement is None:
        raise AgreementNotActive
    return agreement


def counting_on(agreement: BudgetAgreement, today: date) -> date:
    """The value date of what is done today: of the agreement's year, and so refused once that is closed to its end."""
    return min(today, date(agreement.fiscal_year, 12, 31))
