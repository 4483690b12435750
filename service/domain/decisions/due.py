"""What is due for whoever leads cases: one list, in one statement, over all that has a day.

Found by the reader's own cases, so that it costs the same however many others the county has."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.dialects.postgresql import ARRAY

from service.domain.cases.model import Case
from service.domain.cases.views import CaseView
from service.domain.decisions import policy
from service.domain.decisions.wording import DUE_KINDS
from service.domain.policy import Reader, Row
from service.domain.views import One, Record, Sql, link, view
from service.domain.words import deadline, label


class DueKind(StrEnum):
    """What is to be done about it: hold a review, reflect together, check who goes on with a young adult, stay in
    touch after help, see to a step, decide on an application that waits, or call where people were shown on to."""

    SUPPORT_REVIEW = "support_review"
    REFLECTION = "reflection"
    TRANSITION_CHECK = "transition_check"
    AFTER_CARE_CONTACT = "after_care_contact"
    STEP = "step"
    APPLICATION = "application"
    CALL_BACK = "call_back"


class DueItem:
    """A view of the database, of `0033_seams.sql`."""

    __table__ = sa.Table(
        "due_item",
        sa.MetaData(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("authority_id", "case_id")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "audience")),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("what", sa.Text(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("audience_of", ARRAY(sa.Uuid()), nullable=False),
    )


def _title(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    case: Any = Case.__table__.alias()  # type: ignore[attr-defined]
    query = sa.select(case.c.title).where(case.c.id == row.case_id).correlate_except(case)
    return query.scalar_subquery()


@view(
    DueItem,
    policy.READ_DUE,
    plural="due_items",
    filters=("kind", "case_id"),
    orders=("due_on",),
    subject="case_id",
    single=False,
)
class DueItemView(Record):
    """Something in a case I lead that has its day. What is overdue comes first."""

    id: UUID = Field(description="Of the review, step, element or handover.")
    case_id: UUID
    case_title: Annotated[str, Sql(_title)] = Field(description="What the case is called.")
    kind: DueKind
    kind_label: Annotated[str, Sql(label("kind", DUE_KINDS))] = Field(description="In your language.")
    what: str | None = Field(description="The step, what is applied for, or where people were shown on to.")
    due_on: date = Field(description="An application is due on the day on which it was lodged.")
    until: Annotated[str, Sql(deadline("due_on"))] = Field(description="By when, as a sentence in your language.")
    overdue: Annotated[bool, Sql(lambda row, reader: row.due_on < reader.today)] = Field(
        description="Whether its day is past."
    )


link(DueItemView, "case", One("case_id"), CaseView)
