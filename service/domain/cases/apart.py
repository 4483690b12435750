"""Whoever works on a case is none of its people (§ 16 SGB X): nobody decides, leads or reports on their own."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from service.domain.access.model import CaseAccess, columns_of, not_over
from service.domain.act import Act
from service.domain.cases.model import CaseSketch
from service.domain.errors import DomainError
from service.domain.policy import Basis


@dataclass(eq=False)
class ExcludedFromCase(DomainError):
    """Does not say why: whoever names somebody need not know who is in which case."""

    code, title = "excluded-from-case", "This person cannot work on this very case (§ 16 SGB X)."
    advice = "Name somebody else."
    actor_id: UUID


async def one_at_a_time(act: Act, case_id: UUID) -> None:
    """Until the end of the transaction nobody else changes who works on the case, or is one of its people."""
    sketch = select(CaseSketch.case_id).where(CaseSketch.case_id == case_id)
    await act.session.exec(sketch.with_for_update(key_share=True))


async def is_excluded(act: Act, case_id: UUID, actor_id: UUID) -> bool:
    """Whether somebody is, or ever was, one of its people, or audits it now."""
    await one_at_a_time(act, case_id)
    auditing = sa.and_(col(CaseAccess.basis) == Basis.AUDIT.value, not_over(columns_of(CaseAccess)))
    excluded = select(CaseAccess.id).where(
        CaseAccess.case_id == case_id,
        CaseAccess.actor_id == actor_id,
        sa.or_(col(CaseAccess.participant_id).is_not(None), auditing),
    )
    return (await act.session.exec(excluded)).first() is not None


async def require_apart(act: Act, case_id: UUID, actor_id: UUID) -> None:
    """That somebody who is to work on the case may: see `is_excluded`."""
    if await is_excluded(act, case_id, actor_id):
        raise ExcludedFromCase(actor_id=actor_id)
