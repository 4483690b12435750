"""Whoever works on a case is none of its people (§ 16 SGB X): nobody decides, leads or reports on their own."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from service.domain.access.model import CaseAccess
from service.domain.act import Act
from service.domain.cases.model import CaseSketch
from service.domain.errors import DomainError


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


async def require_apart(act: Act, case_id: UUID, actor_id: UUID) -> None:
    """That somebody who is to work on the case is not, and never was, one of its people."""
    await one_at_a_time(act, case_id)
    as_somebody = select(CaseAccess.id).where(
        CaseAccess.case_id == case_id, CaseAccess.actor_id == actor_id, col(CaseAccess.participant_id).is_not(None)
    )
    if (await act.session.exec(as_somebody)).first() is not None:
        raise ExcludedFromCase(actor_id=actor_id)
