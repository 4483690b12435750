"""Where somebody is to live in the long run, of help outside their own family (§ 37c SGB VIII): cleared up step by
step, with those whom it is about, and told in the support plan each time that is looked at (§ 36(2))."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Kept
from sqlmodel import col, select

from service.domain.act import Act, Guard, operation
from service.domain.cases.contesting import contestable
from service.domain.cases.hearing import Hearing, audience_of
from service.domain.cases.model import Audience, Heard, Participant
from service.domain.cases.picture import TextAbout
from service.domain.decisions import policy
from service.domain.decisions.model import ArrangementElement, ElementState, SupportKind, SupportPlace
from service.domain.decisions.reviews import Finding, Review, ReviewKind
from service.domain.decisions.views import ElementView
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Part, Reader, Row
from service.domain.rows import Scoped, Shape, ids, moment, one_of, own_id, reference, secured, word
from service.domain.values import ClientId, Words
from service.domain.views import Many, One, Record, Sql, link, view
from service.domain.words import label, saying

KINDS_OUT_OF_HOME = (
    *(SupportKind.FOSTER_CARE_GENERAL, SupportKind.FOSTER_CARE_SPECIAL, SupportKind.RESIDENTIAL_CARE),
    SupportKind.FLEXIBLE_SUPPORT_OUT_OF_HOME,
)
KINDS_BY_PLACE = (  # may be residential or not (§§ 35, 35a, 27(2) SGB VIII)
    *(SupportKind.INTENSIVE_INDIVIDUAL_SUPPORT, SupportKind.INTEGRATION_ASSISTANCE),
    SupportKind.FLEXIBLE_SUPPORT_OTHER,
)
PLACES_OUT_OF_HOME = (
    *(SupportPlace.HOME_OF_RELATIVES, SupportPlace.UNRELATED_FAMILY, SupportPlace.ABROAD),
    *(SupportPlace.RESIDENTIAL_SEVERAL_GROUPS, SupportPlace.RESIDENTIAL_ONE_GROUP),
    SupportPlace.OWN_HOME_OF_YOUNG_PERSON,
)


class PerspectiveAim(StrEnum):
    """What help outside the family is for: a time, until they can go back; or a place for good (§ 37c(1), (2) SGB
    VIII). That it is not cleared up yet is said, too."""

    RETURN = "return"
    FOR_GOOD = "for_good"
    OPEN = "open"


AIMS = {
    PerspectiveAim.RETURN: saying(
        "zurück in die Familie", "back to the family", "Das Kind geht wieder zu seiner Familie."
    ),
    PerspectiveAim.FOR_GOOD: saying("auf Dauer", "for good", "Das Kind kann dort bleiben."),
    PerspectiveAim.OPEN: saying("noch nicht geklärt", "not cleared up yet", "Das wissen wir noch nicht."),
}


@dataclass(eq=False)
class NotOutOfHome(DomainError):
    code, title = "not-out-of-home", "This is no help outside one's own family."
    advice = "Of other help it is looked back and ahead in reviews: POST /v1/cases/{id}/reviews."


@dataclass(eq=False)
class PerspectiveOwed(DomainError):
    code, title = "perspective-owed", "Of help outside one's own family the plan says how the perspective stands."
    advice = (
        "Talk it through and write it down for each of `elements`, since the last review (§ 37c SGB VIII), for all to "
        "hear (`audience`: `all`): POST /v1/elements/{id}/perspectives. That it is still open is a perspective, too."
    )
    elements: list[UUID]


@secured(Shape.CASE)
class Perspective(Scoped, Heard, table=True):
    """How the perspective of one help stood on a day. Never changed: what is seen otherwise later is another.
    `cleared_up_with` names participants, `review_id` the review that was held by it."""

    __tablename__ = "perspective"
    __table_args__ = (one_of("audience", Audience), one_of("aim", PerspectiveAim))

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    element_id: UUID = reference("arrangement_element")
    aim: str = word()
    words: str = Kept(sa_type=sa.Text)
    cleared_up_with: list[UUID] = ids()
    cleared_up_on: date
    review_id: UUID | None = reference("review", optional=True, index=False)
    created_at: datetime = moment(now=True)


@view(
    Perspective,
    policy.READ_PERSPECTIVE,
    plural="perspectives",
    filters=("case_id", "element_id"),
    orders=("cleared_up_on",),
    subject="case_id",
)
class PerspectiveView(Record):
    """How the perspective of help outside the family stood on a day (§ 37c SGB VIII)."""

    id: UUID
    case_id: UUID
    element_id: UUID = Field(description="The help it is about.")
    aim: PerspectiveAim = Field(description="Back to the family, for good, or not cleared up yet.")
    aim_label: Annotated[str, Sql(label("aim", AIMS))] = Field(description="In your language.")
    words: str = Field(description="What speaks for it, what it takes, until when; and who sees it otherwise.")
    cleared_up_with: list[UUID] = Field(description="Participants of the case.")
    author_id: UUID = Field(description="Who wrote it down.")
    cleared_up_on: date = Field(description="On which day.")
    audience: Audience = Field(description="Who hears it.")
    review_id: UUID | None = Field(description="The review that was held by it; null until then.")


class ClearUpPerspective(Hearing):
    """How it stands, and with whom that was talked through."""

    id: ClientId
    aim: PerspectiveAim = Field(description="Back to the family, for good, or not cleared up yet.")
    words: Words = Field(description="What speaks for it, what it takes, until when; and who sees it otherwise.")
    cleared_up_with: list[UUID] = Field(
        min_length=1, max_length=50, description="Participants with whom it was talked through."
    )


def out_of_home(row: Row) -> sa.ColumnElement[bool]:
    return sa.or_(
        row.support_kind.in_([sa.literal_column(f"'{kind}'") for kind in KINDS_OUT_OF_HOME]),
        sa.and_(
            row.support_kind.in_([sa.literal_column(f"'{kind}'") for kind in KINDS_BY_PLACE]),
            row.support_place.in_([sa.literal_column(f"'{place}'") for place in PLACES_OUT_OF_HOME]),
        ),
    )


def _is_out_of_home(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    return sa.func.coalesce(out_of_home(row), sa.false())


OUT_OF_HOME = Guard(_is_out_of_home, "it is help outside one's own family", NotOutOfHome)


@operation(policy.CLEAR_UP_PERSPECTIVE, on=ArrangementElement, answers=PerspectiveView, guards=(OUT_OF_HOME,))
async def clear_up_perspective(
    act: Act, arrangementelement: ArrangementElement, command: ClearUpPerspective
) -> Perspective:
    """Write down how the perspective of help outside the family stands: whether it is for a time or for good. It is
    cleared up with the child, its custodians and whoever it lives with, from the beginning on and in each review."""
    element = arrangementelement
    there = select(Participant.id).where(Participant.case_id == element.case_id)
    if not set((await act.session.exec(there)).all()).issuperset(command.cleared_up_with):
        detail = "are not all participants of this case"
        raise InvalidInput(errors=[{"pointer": "#/cleared_up_with", "detail": detail}])
    return act.add(
        Perspective(
            authority_id=element.authority_id,
            case_id=element.case_id,
            element_id=element.id,
            author_id=act.actor.id,
            cleared_up_on=act.today,
            aim=command.aim.value,
            **audience_of(command),
            **command.model_dump(include={"id", "words", "cleared_up_with"}),
        )
    )


async def require_perspectives(act: Act, review: Review, finding: Finding | None) -> None:
    """Of each help outside the family that goes on, since it was last looked at: its state is told in the plan, to all
    who are in the case."""
    if review.kind != ReviewKind.SUPPORT_REVIEW or finding is Finding.NO_LONGER_NEEDED:
        return
    said = select(Perspective.id).where(
        Perspective.element_id == ArrangementElement.id,
        Perspective.audience == Audience.ALL.value,  # the plan tells it to everybody; none that was taken out is
        col(Perspective.review_id).is_(None),
    )
    owed = select(ArrangementElement.id).where(
        ArrangementElement.case_id == review.case_id,
        col(ArrangementElement.state).in_([ElementState.GRANTED.value, ElementState.RUNNING.value]),
        out_of_home(ArrangementElement.__table__.c),  # type: ignore[attr-defined]
        sa.not_(said.exists()),
    )
    if elements := (await act.session.exec(owed.order_by(col(ArrangementElement.id)))).all():
        raise PerspectiveOwed(elements=list(elements))


async def tell_perspectives(act: Act, review: Review) -> None:
    """Each is told in one plan: for the next review it is cleared up anew, be it on the same day."""
    if review.kind != ReviewKind.SUPPORT_REVIEW:
        return
    untold = select(Perspective).where(Perspective.case_id == review.case_id, col(Perspective.review_id).is_(None))
    for each in (await act.session.exec(untold.order_by(col(Perspective.id)))).all():
        act.change(each, review_id=review.id)


contestable(TextAbout.PERSPECTIVE, Perspective, policy.READ_PERSPECTIVE, Part.ARRANGEMENT, PerspectiveView)
link(ElementView, "perspectives", Many("element_id"), PerspectiveView)
link(PerspectiveView, "element", One("element_id"), ElementView)
