"""Whoever works on a case is none of its people, nor of their other cases (§ 16 SGB X): nobody decides, leads or
reports on their own."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from service.domain.access.model import CaseAccess, columns_of, not_over
from service.domain.access.operations import end
from service.domain.act import Act
from service.domain.cases.handovers import Handover, HandoverState, take_back
from service.domain.cases.sketch_model import CaseSketch
from service.domain.errors import DomainError
from service.domain.policy import Basis


@dataclass(eq=False)
class ExcludedFromCase(DomainError):
    """Does not say why: whoever names somebody need not know who is in which case."""

    code, title = "excluded-from-case", "This person cannot work on this very case (§ 16 SGB X)."
    advice = "Name somebody else; if it is you, somebody else acts instead."
    actor_id: UUID


async def one_at_a_time(act: Act, case_id: UUID) -> None:
    """Until the end of the transaction nobody else changes who works on the case, or is one of its people."""
    sketch = select(CaseSketch.case_id).where(CaseSketch.case_id == case_id)
    await act.session.exec(sketch.with_for_update(key_share=True))


def is_kept(sketch: Any, today: date) -> sa.ColumnElement[bool]:
    """Whether something is kept from custodians in the case of this sketch."""
    return sa.or_(sketch.counselled, sa.func.coalesce(sketch.not_told_until > today, sa.false()))


def is_kept_there(sketch: Any, into: Any, today: date) -> sa.ColumnElement[bool]:
    """In the case of this sketch, or in the one that it went into, if there is one (an outer join)."""
    return sa.or_(is_kept(sketch, today), sa.func.coalesce(is_kept(into, today), sa.false()))


def of_family(case: Any, another: Any) -> sa.ColumnElement[bool]:
    """Whether two cases are about the same family: somebody is in both, or they are linked as those of siblings, or one
    went into the other. Whoever may not see who they are can be told yes or no all the same."""
    sketch: Any = CaseSketch.__table__  # type: ignore[attr-defined]
    this, other = sketch.alias(), sketch.alias()
    family, theirs = (sa.func.coalesce(each.c.family_id, each.c.case_id) for each in (this, other))
    united = sa.select(other.c.case_id).where(
        this.c.case_id == case,
        other.c.case_id == another,
        sa.or_(
            family == theirs,
            other.c.merged_into_id == this.c.case_id,
            this.c.merged_into_id == other.c.case_id,
        ),
    )
    return united.correlate_except(this, other).exists()


def is_of_its_people(case: Any, actor: Any, *also: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether somebody is, or ever was, one of the people of the case, or (where `also` holds) of another one of the
    family."""
    access: Any = CaseAccess.__table__.alias()  # type: ignore[attr-defined]
    among = sa.select(access.c.id).where(
        access.c.actor_id == actor,
        access.c.participant_id.is_not(None),
        sa.or_(access.c.case_id == case, sa.and_(of_family(case, access.c.case_id), *also)),
    )
    return among.correlate_except(access).exists()


def is_own(case: Any, actor: Any, today: date) -> sa.ColumnElement[bool]:
    """Whether a case is of somebody's own family, as far as a refusal may say so: where something is kept from
    custodians, in it or in the one that it went into, it would tell them of a case in which they never were."""
    sketch: Any = CaseSketch.__table__  # type: ignore[attr-defined]
    here, into = sketch.alias(), sketch.alias()
    kept = (
        sa.select(here.c.case_id)
        .outerjoin(into, into.c.case_id == here.c.merged_into_id)
        .where(here.c.case_id == case, is_kept_there(here.c, into.c, today))
    )
    return is_of_its_people(case, actor, sa.not_(kept.correlate_except(here, into).exists()))


async def require_not_own(act: Act, case_id: UUID | None) -> None:
    """That whoever names who works on a case, or pays for it, is none of the family themselves: see `is_own`."""
    own = is_own(sa.literal(case_id, sa.Uuid()), sa.literal(act.actor.id, sa.Uuid()), act.today)
    if (await (await act.session.connection()).execute(sa.select(own))).scalar_one():
        raise ExcludedFromCase(actor_id=act.actor.id)


async def is_relative(act: Act, case_id: UUID, actor_id: UUID) -> bool:
    """Whether somebody is, or ever was, one of the people of the family."""
    await one_at_a_time(act, case_id)
    query = sa.select(is_of_its_people(sa.literal(case_id, sa.Uuid()), sa.literal(actor_id, sa.Uuid())))
    return bool((await (await act.session.connection()).execute(query)).scalar_one())


async def is_excluded(act: Act, case_id: UUID, actor_id: UUID) -> bool:
    """Whether somebody is, or ever was, one of the people of the family, or audits the case now."""
    if await is_relative(act, case_id, actor_id):
        return True
    auditing = select(CaseAccess.id).where(
        CaseAccess.case_id == case_id,
        CaseAccess.actor_id == actor_id,
        CaseAccess.basis == Basis.AUDIT.value,
        not_over(columns_of(CaseAccess)),
    )
    return (await act.session.exec(auditing)).first() is not None


async def require_apart(act: Act, case_id: UUID, actor_id: UUID) -> None:
    """That somebody who is to work on the case may: see `is_excluded`."""
    if await is_excluded(act, case_id, actor_id):
        raise ExcludedFromCase(actor_id=actor_id)


async def let_relatives_out(act: Act, *case_ids: UUID) -> None:
    """After somebody was recognised in a case: whoever stands in there or in another one of the family, or is to, and
    turns out to be one of them is out of it, without a word, as they were not let in (`stand_ins.let_in`); so is
    whoever it is offered to. Whoever acts themselves is refused."""
    await act.session.flush()
    for case_id in case_ids:
        if await is_excluded(act, case_id, act.actor.id):
            raise ExcludedFromCase(actor_id=act.actor.id)
        this, standing_in_case = sa.literal(case_id, sa.Uuid()), col(CaseAccess.case_id)
        standing_in = select(CaseAccess).where(
            sa.or_(standing_in_case == this, of_family(this, standing_in_case)),
            col(CaseAccess.stand_in_id).is_not(None),
            not_over(columns_of(CaseAccess)),
            is_of_its_people(standing_in_case, col(CaseAccess.actor_id)),
        )
        for access in (await act.session.exec(standing_in.order_by(col(CaseAccess.id)).with_for_update())).all():
            end(act, access)
        await take_back_offers(act, case_id, is_of_its_people(col(Handover.case_id), col(Handover.receiver_id)))


async def take_back_offers(act: Act, case_id: UUID, to_a_relative: Any) -> None:
    """Of this case, and of others of the family."""
    this, offered_case = sa.literal(case_id, sa.Uuid()), col(Handover.case_id)
    offered = select(Handover).where(
        sa.or_(offered_case == this, of_family(this, offered_case)),
        Handover.state == HandoverState.OFFERED.value,
        to_a_relative,
    )
    for handover in (await act.session.exec(offered.order_by(col(Handover.id)).with_for_update())).all():
        take_back(act, handover)
