"""A case's share of what is open to others: finance pays it and does not learn whose it is (facts: DR5).

It has no case and no pseudonym. Its id is random, for one told from the clock would name the decision of that moment;
times are told by the day. That shares of one case are one case's, and those of another another's, a keyed digest tells:
released figures count cases by it, and nobody reads it."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from service.domain.act import Act
from service.domain.budgets.model import Commitment
from service.domain.budgets.purposes import OPEN_TO_OTHERS
from service.domain.cases.model import Case
from service.domain.context import text
from service.domain.policy import Reader, Row


def case_digest(act: Act, case: Case) -> UUID:
    """The same for all shares of a case: by the last of the data keys, which stays when a new one is put before it."""
    return digests_of(act, case.authority_id, case.id)[-1]


def digests_of(act: Act, authority_id: UUID, case_id: UUID) -> list[UUID]:
    """By each of the data keys, that of the first one first."""
    return [UUID(each[:32]) for each in act.keys().digests(str(case_id), f"open shares {authority_id}")]


def at_which_is_told(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    """Of a posting: a moment that it shares with another would name the case of both."""
    share = Commitment.__table__.alias()  # type: ignore[attr-defined]
    of_it = sa.exists().where(share.c.id == row.subject_id, share.c.purpose_kind == text(OPEN_TO_OTHERS))
    midnight = sa.cast(row.value_on, sa.DateTime())
    day = sa.func.timezone(text("Europe/Berlin"), midnight, type_=sa.DateTime(timezone=True))
    return sa.case((of_it.correlate_except(share), day), else_=row.at)
