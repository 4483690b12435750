"""When it is looked back and ahead together: whether help is still suitable and necessary (§ 36(2) SGB VIII), how it
has been for everybody (question VII), who goes on with a young adult once help ends (§ 41(3)), and how they are
afterwards (§ 41a SGB VIII)."""

from datetime import date
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from service.domain.cases.endings import Because
from service.domain.rows import Scoped, Shape, Versioned, ids, one_of, own_id, reference, secured, word


class ReviewKind(StrEnum):
    """What it is about."""

    SUPPORT_REVIEW = "support_review"
    REFLECTION = "reflection"
    TRANSITION_CHECK = "transition_check"
    AFTER_CARE_CONTACT = "after_care_contact"


class ReviewState(StrEnum):
    """A review is planned, and then held, or dropped for a stated reason."""

    PLANNED = "planned"
    HELD = "held"
    DROPPED = "dropped"


class Finding(StrEnum):
    """What came of looking whether help is suitable and necessary."""

    SUITABLE_AND_NECESSARY = "suitable_and_necessary"
    TO_BE_CHANGED = "to_be_changed"
    NO_LONGER_NEEDED = "no_longer_needed"


@secured(Shape.CASE)
class Review(Scoped, Versioned, table=True):
    """One look back and ahead, on a day. `took_part` names participants; `element_id` is the help whose end it is
    about, of a transition check."""

    __tablename__ = "review"
    __table_args__ = (
        one_of("kind", ReviewKind),
        one_of("state", ReviewState),
        one_of("finding", Finding),
        sa.CheckConstraint("(state = 'held') = (held_on IS NOT NULL)", name="held_on"),
        one_of("dropped_with", Because),
        sa.CheckConstraint("state = 'planned' OR num_nonnulls(words, dropped_with) = 1", name="words"),
        sa.CheckConstraint("state = 'dropped' OR dropped_with IS NULL", name="dropped_with_it"),
        sa.CheckConstraint("(finding IS NOT NULL) = (kind = 'support_review' AND state = 'held')", name="found"),
        sa.CheckConstraint("(kind = 'transition_check') = (element_id IS NOT NULL)", name="element"),
        sa.Index("review_planned", "case_id", "due_on", postgresql_where=sa.text("state = 'planned'")),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    kind: str = word()
    state: str = word(ReviewState.PLANNED)
    due_on: date
    first_due_on: date | None = None
    moved_because: str | None = Field(default=None, sa_type=sa.Text)
    element_id: UUID | None = reference("arrangement_element", optional=True)
    finding: str | None = word(optional=True)
    words: str | None = Field(default=None, sa_type=sa.Text)
    dropped_with: str | None = word(optional=True)
    took_part: list[UUID] = ids()
    held_on: date | None = None
