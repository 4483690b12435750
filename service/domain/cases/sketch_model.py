"""What may be known of a case by whoever has no way into it."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from service.domain.rows import Scoped, Shape, secured, word


@secured(Shape.AUTHORITY)
class CaseSketch(Scoped, table=True):
    """What management may know of a case, written by triggers. Never shown: `household_id`, for counting
    (docs/decisions/0071), `family_id`, from which whoever works on it is apart (0079), and what is kept from custodians
    (0038): `counselled`, and `not_told_until` whoever applied without them is of age."""

    __tablename__ = "case_sketch"
    __table_args__ = (
        sa.UniqueConstraint("authority_id", "pseudonym"),
        sa.Index("case_sketch_space", "social_space_id", "pseudonym"),
        sa.Index("case_sketch_kept", "case_id", postgresql_where=sa.text("counselled OR not_told_until IS NOT NULL")),
    )

    case_id: UUID = Field(primary_key=True, foreign_key="case_file.id")
    social_space_id: UUID | None = Field(default=None)
    pseudonym: str = Field(sa_type=sa.Text)
    state: str = word()
    field_of_action: str = word()
    opened_in: int
    merged_into_id: UUID | None = Field(default=None, index=True)
    household_id: UUID | None = Field(default=None, index=True)
    family_id: UUID | None = Field(default=None, index=True)
    counselled: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    not_told_until: date | None = None
