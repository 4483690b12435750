"""What arrangements of a place are made of, year by year: how much of it people, their network, the community and
regular institutions contribute, and how much specialists (deck line 942: «Es werden eher die Regeleinrichtungen …
gestärkt»; concepts, E14). It is told as it is, from five households on, rounded, without target or order.

What is counted is a mark that triggers leave with each element that begins, under digests and without the case, as with
ways out of homes (`transitions.py`)."""

from datetime import date
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field

from service.domain.cases.policy import READ_SPACE_SITUATION
from service.domain.decisions.model import ElementKind
from service.domain.decisions.wording import ELEMENT_KINDS
from service.domain.rows import Scoped, Shape, day_written, one_of, own_id, reference, secured, word
from service.domain.spaces.views import SocialSpaceView
from service.domain.views import One, Record, Sql, link, view
from service.domain.words import label


@secured(Shape.AUTHORITY)
class ContributionMark(Scoped, table=True):
    """That a household of the place has a contribution of this kind. `began_on` is null once the decision about it was
    annulled; `since`: when it came to its place. Written by triggers on `arrangement_element`, `decision` and
    `case_sketch` only."""

    __tablename__ = "contribution_mark"
    __table_args__ = (
        one_of("kind", ElementKind),
        sa.Index("contribution_mark_origin", "origin"),
        sa.Index("contribution_mark_place", "social_space_id", "began_on"),
    )

    id: UUID = own_id()
    social_space_id: UUID | None = reference("social_space", optional=True, index=False)
    origin: UUID
    household: UUID
    kind: str = word()
    began_on: date | None = None
    since: date = day_written()


class SpaceContribution:
    """A view of the database, of `0126_kept_uncounted.sql`: only what five households share, beside five others'."""

    __table__ = sa.Table(
        "space_contribution",
        sa.MetaData(),
        sa.Column("key", sa.Text(), primary_key=True),
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("authority_id", "social_space_id")),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("at_least", "in_ten")),
    )


@view(
    SpaceContribution,
    READ_SPACE_SITUATION,
    plural="space_contributions",
    key="key",
    filters=("social_space_id", "year", "kind"),
    orders=("year",),
    single=False,
)
class SpaceContributionView(Record):
    """How many of ten contributions to the arrangements of a place were of one kind, by the year in which they began.
    It is told as it is: there is no target for it. A kind is left out unless five households had it, and five had
    another. What is entered counts from the next month on, and where something is kept from custodians nothing
    counts."""

    key: str = Field(description="The social space, the year and the kind.")
    social_space_id: UUID
    year: int = Field(description="In which they began.")
    kind: ElementKind
    kind_label: Annotated[str, Sql(label("kind", ELEMENT_KINDS))] = Field(description="In your language.")
    at_least: int = Field(description="So many households at least had one: rounded down to fives.")
    in_ten: int = Field(
        description="How many of ten contributions were of this kind; what a household has of a kind counts once."
    )


link(SpaceContributionView, "social_space", One("social_space_id"), SocialSpaceView)
