"""Whose claim it is (§§ 8(3), 27, 35a, 41, 42 SGB VIII), as dated reference rows: data, for everybody. What is applied
for is checked against those that hold on its day (settled: Dates of the law)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field as Told
from sqlmodel import Field, SQLModel, col, select

from service.domain.act import Act
from service.domain.cases.model import Participant, ParticipantKind, Person
from service.domain.cases.represented import Representation
from service.domain.clock import birthday
from service.domain.decisions.model import ArrangementElement, SupportKind
from service.domain.errors import DomainError
from service.domain.policy import EVERYONE
from service.domain.rows import Shape, one_of, own_id, secured, word
from service.domain.views import Record, Sql, view
from service.domain.words import label, saying

OF_AGE = 18  # years (§ 2 BGB)
YOUNGEST_PARENT = 14  # years; a sibling is seldom that much older
FOR_PARENTS = (  # the help is theirs as much as the child's (§§ 28, 31 SGB VIII)
    *(SupportKind.CHILD_GUIDANCE_FAMILY, SupportKind.CHILD_GUIDANCE_PARENTS),
    SupportKind.SOCIAL_PEDAGOGICAL_FAMILY_SUPPORT,
)


class ClaimHolder(StrEnum):
    """Whose claim the law makes it: of whoever has custody, or of the young person."""

    CUSTODIAN = "custodian"
    YOUNG_PERSON = "young_person"


HOLDERS = {
    ClaimHolder.CUSTODIAN: saying("Personensorgeberechtigte", "whoever has custody", "die Eltern oder der Vormund"),
    ClaimHolder.YOUNG_PERSON: saying("der junge Mensch selbst", "the young person", "der junge Mensch selbst"),
}


@secured(Shape.PUBLIC)
class LegalClaim(SQLModel, table=True):
    """Whose the law makes a claim, for somebody from one age (inclusive) until another, on days from one until another
    (exclusive; null: until further notice). `support_kind`: of that alone; such a row goes before one of all kinds.
    `upon_application`: what is applied for is checked against it."""

    __tablename__ = "legal_claim"
    __table_args__ = (
        one_of("holder", ClaimHolder),
        one_of("support_kind", SupportKind),
        sa.CheckConstraint("from_age < until_age", name="ages"),
        sa.CheckConstraint("valid_from < valid_to", name="dates"),
        sa.Index(
            "legal_claim_order",
            *("paragraph", "support_kind", "from_age", "valid_from"),
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: UUID = own_id()
    paragraph: str = Field(sa_type=sa.Text)
    holder: str = word()
    support_kind: str | None = word(optional=True)
    from_age: int
    until_age: int
    upon_application: bool
    valid_from: date
    valid_to: date | None = None
    source: str = Field(sa_type=sa.Text)


@view(LegalClaim, EVERYONE, plural="legal_claims", filters=("paragraph",), orders=("paragraph",))
class LegalClaimView(Record):
    """Whose claim something is by law, for whom, and since when."""

    id: UUID
    paragraph: str = Told(description="The paragraph that gives it, such as § 35a SGB VIII.")
    holder: ClaimHolder = Told(description="Whose claim it is.")
    holder_label: Annotated[str, Sql(label("holder", HOLDERS))] = Told(description="In your language.")
    support_kind: SupportKind | None = Told(description="For this kind of support alone; null for all others.")
    from_age: int = Told(description="For somebody from this age on, in years.")
    until_age: int = Told(description="Until this birthday, exclusively, in years.")
    upon_application: bool = Told(
        description="Whether it is applied for; counselling (§ 8(3)) and taking into care (§ 42) are not."
    )
    valid_from: date = Told(description="The first day on which it is so.")
    valid_to: date | None = Told(description="Until then, exclusively; null until further notice.")
    source: str = Told(description="The law it is taken from, with its version.")


@dataclass(eq=False)
class NotTheirClaim(DomainError):
    code, title = "not-their-claim", "By law this is somebody else's claim."
    advice = (
        "`holder` says whose it is by `paragraph`: name them in `claim_holder_id`. Custody is said of each child (POST "
        "/v1/participants/{id}/representations); of a parent who is an addressee their day of birth has to be known. "
        "From the age of 15 on a young person can lodge an application all the same (§ 36 SGB I)."
    )
    paragraph: str
    holder: ClaimHolder


async def require_their_claim(act: Act, element: ArrangementElement, claim_holder_id: UUID) -> None:
    """By the law of today, for whom the element is for. Of whom no day of birth is known, or no row speaks, nothing is
    checked; nor of adults who can be the parent of a child in the case: parents, too, apply for themselves."""
    born_on = await _born_on(act, element.participant_id)
    if born_on is None:
        return
    claim = await _claim(act, element, born_on)
    if claim is None:
        return
    if birthday(born_on, OF_AGE) <= act.today and await _can_be_parent(act, element, born_on):
        return
    own = claim_holder_id == element.participant_id
    if claim.holder == ClaimHolder.YOUNG_PERSON:
        theirs = own
    else:
        theirs = not own and await _can_have_custody(act, element, claim_holder_id)
    if not theirs:
        raise NotTheirClaim(paragraph=claim.paragraph, holder=ClaimHolder(claim.holder))


async def _claim(act: Act, element: ArrangementElement, born_on: date) -> LegalClaim | None:
    kind = col(LegalClaim.support_kind)
    valid_to = col(LegalClaim.valid_to)
    holds = select(LegalClaim).where(
        LegalClaim.upon_application,
        LegalClaim.valid_from <= act.today,
        sa.or_(valid_to.is_(None), valid_to > act.today),
        sa.or_(kind.is_(None), kind == element.support_kind),
    )
    rows = (await act.session.exec(holds.order_by(kind.asc().nulls_last(), col(LegalClaim.paragraph)))).all()
    fitting = (
        row
        for row in rows
        if birthday(born_on, row.from_age) <= act.today and birthday(born_on, row.until_age) > act.today
    )
    return next(fitting, None)


async def _can_have_custody(act: Act, element: ArrangementElement, participant_id: UUID) -> bool:
    """A custodian who represents just them; or a parent who is an addressee, too, and known to be of age."""
    kind = select(Participant.kind).where(Participant.id == participant_id)
    if (await act.session.exec(kind)).one() == ParticipantKind.CUSTODIAN:
        over_them = select(Representation.id).where(
            Representation.participant_id == participant_id,
            Representation.represented_id == element.participant_id,
            col(Representation.starts_on) <= act.today,
            sa.or_(col(Representation.ends_on).is_(None), col(Representation.ends_on) >= act.today),
        )
        return (await act.session.exec(over_them)).first() is not None
    born_on = await _born_on(act, participant_id)
    return born_on is not None and birthday(born_on, OF_AGE) <= act.today


async def _can_be_parent(act: Act, element: ArrangementElement, born_on: date) -> bool:
    """Whether a child is an addressee in the case, too, to whom they can be more than a sibling: by the kind of help,
    or as they are old enough. Nobody can tell of somebody of whom no day of birth is known."""
    others = (
        select(col(Person.born_on))
        .select_from(Participant)
        .join(Person, col(Person.participant_id) == col(Participant.id), isouter=True)
        .where(
            Participant.case_id == element.case_id,
            Participant.id != element.participant_id,
            Participant.kind == ParticipantKind.ADDRESSEE.value,
            col(Participant.merged_into_id).is_(None),
        )
    )
    children = [
        each for each in (await act.session.exec(others)).all() if each is None or birthday(each, OF_AGE) > act.today
    ]
    if element.support_kind in FOR_PARENTS:
        return bool(children)
    return any(each is None or birthday(born_on, YOUNGEST_PARENT) <= each for each in children)


async def _born_on(act: Act, participant_id: UUID) -> date | None:
    return (
        await act.session.exec(select(col(Person.born_on)).where(Person.participant_id == participant_id))
    ).one_or_none()
