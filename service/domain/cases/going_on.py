"""What is new is begun in a case that goes on. In one that is over everything has ended: help granted there would have
nobody who leads it, no review, and nobody who is told."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from service.domain.act import Guard
from service.domain.cases.model import OVER, Case, CaseState
from service.domain.errors import DomainError
from service.domain.policy import Reader, Row

NOT_GOING_ON = (*OVER, CaseState.MERGED)
CASE_STATES_GOING_ON = tuple(state for state in CaseState if state not in NOT_GOING_ON)


@dataclass(eq=False)
class CaseOver(DomainError):
    code, title = "case-over", "This case is over; nothing new begins in it."
    advice = "Open it again first: POST /v1/cases/{id}/reopen. A merged one goes on in the case it was merged into."


def over(case: Row) -> sa.ColumnElement[bool]:
    """One that was transferred to a body outside is closed here, too; one that a colleague has taken over is not."""
    return sa.or_(
        case.closed_on.is_not(None), case.state.in_([sa.literal_column(f"'{state}'") for state in NOT_GOING_ON])
    )


def _its_case_goes_on(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    case: Any = Case.__table__.alias()  # type: ignore[attr-defined]
    ended = sa.select(case.c.id).where(case.c.id == row.case_id, over(case.c))
    return sa.not_(ended.correlate_except(case).exists())


GOES_ON = Guard(lambda reader, row: sa.not_(over(row)), "it goes on", CaseOver)
CASE_GOES_ON = Guard(_its_case_goes_on, "its case goes on", CaseOver)
