"""What is due for whoever leads cases: one list, in one statement, over all that has a day; and of child protection for
the team of an assessment, on record under the compartment alone.

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
from service.domain.decisions.policy import READ_DUE
from service.domain.decisions.wording import DUE_KINDS
from service.domain.policy import EVERYBODY, Reader, Row, Rule
from service.domain.protection.policy import READ_DUE_APART
from service.domain.views import One, Record, Sql, link, view
from service.domain.words import deadline, label


class DueKind(StrEnum):
    """What is to be done about it: hold a review, reflect together, check who goes on with a young adult, stay in
    touch after help, see to a step, decide on an application that waits, call where people were shown on to, look at a
    consultation again, screen what was reported of a child, see whether a safety plan holds, or whether counselling is
    still to be kept from custodians."""

    SUPPORT_REVIEW = "support_review"
    REFLECTION = "reflection"
    TRANSITION_CHECK = "transition_check"
    AFTER_CARE_CONTACT = "after_care_contact"
    STEP = "step"
    APPLICATION = "application"
    CALL_BACK = "call_back"
    CONSULTATION_FOLLOW_UP = "consultation_follow_up"
    ENDANGERMENT_REPORT = "endangerment_report"
    SAFETY_PLAN_REVIEW = "safety_plan_review"
    CONFIDENTIALITY_REVIEW = "confidentiality_review"


KEPT_APART = (DueKind.ENDANGERMENT_REPORT, DueKind.SAFETY_PLAN_REVIEW)


def _apart(row: Row) -> sa.ColumnElement[bool]:
    """Of each part of the view it is known beforehand: what is mine is searched in it by one index."""
    found: sa.ColumnElement[bool] = row.kind.in_([sa.literal_column(f"'{kind}'") for kind in KEPT_APART])
    return found


APART = Rule(lambda reader, row: _apart(row), "it is kept apart", EVERYBODY)
NOT_APART = Rule(lambda reader, row: sa.not_(_apart(row)), "it is not kept apart", EVERYBODY)


class DueItem:
    """A view of the database, of `0093_in_full.sql`. Of what is kept apart, `case_id` is the assessment, and
    `title` what is told instead of the case's."""

    __table__ = sa.Table(
        "due_item",
        sa.MetaData(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("authority_id", "case_id")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "audience")),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("what", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("audience_of", ARRAY(sa.Uuid()), nullable=False),
    )


def _title(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    case: Any = Case.__table__.alias()  # type: ignore[attr-defined]
    query = sa.select(case.c.title).where(case.c.id == row.case_id).correlate_except(case)
    return sa.func.coalesce(row.title, query.scalar_subquery())


@view(
    DueItem,
    (NOT_APART & READ_DUE) | (APART & READ_DUE_APART),
    plural="due_items",
    filters=("kind", "case_id"),
    orders=("due_on",),
    subject="case_id",
    single=False,
)
class DueItemView(Record):
    """Something in a case I lead, or in an assessment in whose team I am, that has its day. What is overdue comes
    first."""

    id: UUID = Field(description="Of the review, step, element, handover, consultation, assessment or safety plan.")
    case_id: UUID = Field(description="The case; of child protection the endangerment assessment.")
    case_title: Annotated[str, Sql(_title)] = Field(
        description="What the case is called; of child protection its pseudonym alone."
    )
    kind: DueKind
    kind_label: Annotated[str, Sql(label("kind", DUE_KINDS))] = Field(description="In your language.")
    what: str | None = Field(
        description="The step, what is applied for, where people were shown on to, or the question of a consultation."
    )
    due_on: date = Field(description="An application is due on the day on which it was lodged.")
    until: Annotated[str, Sql(deadline("due_on"))] = Field(description="By when, as a sentence in your language.")
    overdue: Annotated[bool, Sql(lambda row, reader: row.due_on < reader.today)] = Field(
        description="Whether its day is past."
    )


link(DueItemView, "case", One("case_id"), CaseView)
