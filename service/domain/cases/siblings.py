"""Cases of siblings, linked for those who work in both. It is a note for them that the two belong together, and nothing
else: no word of either case is read through it, nobody gets access by it, and whoever has only one of the two never
learns that there is another (settled: a protected or conflicting sibling gets a case of their own)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field as Told
from sqlmodel import Field, col, select

from service.domain.act import Act, Command, Guard, Lock, operation
from service.domain.cases import policy
from service.domain.cases.apart import ExcludedFromCase, let_relatives_out, one_at_a_time
from service.domain.cases.model import UNMERGED, Case
from service.domain.cases.views import CaseView
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Reader, Row
from service.domain.rows import Scoped, Shape, Versioned, own_id, reference, secured
from service.domain.values import ClientId, Line
from service.domain.views import Many, Record, link, view


@dataclass(eq=False)
class AlreadyLinked(DomainError):
    code, title = "already-linked", "These two cases are linked already."
    advice = "Read `sibling_link_id`; end it before you link them anew."
    sibling_link_id: UUID


@dataclass(eq=False)
class LinkEnded(DomainError):
    code, title = "link-ended", "This link has ended."
    advice = "If the two cases belong together after all, link them anew: POST /v1/cases/{id}/sibling-links."


@secured(Shape.CASE)
class SiblingLink(Scoped, Versioned, table=True):
    """Two cases of siblings. Which of the two is `case_id` says nothing: it is the one with the smaller id."""

    __tablename__ = "sibling_link"
    __table_args__ = (
        sa.CheckConstraint("case_id < sibling_case_id", name="order"),
        sa.Index(
            "sibling_link_going_on",
            "case_id",
            "sibling_case_id",
            unique=True,
            postgresql_where=sa.text("ended_on IS NULL"),
        ),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    sibling_case_id: UUID = reference("case_file")
    because: str = Field(sa_type=sa.Text)
    linked_by_id: UUID = reference("actor", index=False)
    linked_on: date
    ended_on: date | None = None


@view(
    SiblingLink,
    policy.READ_SIBLING_LINK,
    plural="sibling_links",
    filters=("case_id", "sibling_case_id"),
    subject="case_id",
)
class SiblingLinkView(Record):
    """Two cases of siblings, for those who work in both. It opens nothing of either."""

    id: UUID
    case_id: UUID = Told(description="One of the two: that with the smaller id.")
    sibling_case_id: UUID = Told(description="The other one.")
    because: str = Told(description="Why they are linked.")
    linked_by_id: UUID = Told(description="Who has linked them.")
    linked_on: date = Told(description="The day on which they were linked.")
    ended_on: date | None = Told(description="The day on which the link was ended; null while it holds.")
    version: int


class LinkSiblings(Command):
    """Which other case, and why."""

    id: ClientId
    sibling_case_id: UUID = Told(description="The case of a brother or sister: one in which you work, too.")
    because: Line = Told(description="Why whoever works on both is to know that they belong together.")


@operation(
    policy.LINK_SIBLINGS,
    on=Case,
    answers=SiblingLinkView,
    states=UNMERGED,
    lock=Lock.SHARED,
    raises=(AlreadyLinked, ExcludedFromCase),
)
async def link_siblings(act: Act, case: Case, command: LinkSiblings) -> SiblingLink:
    """Link the case with that of a brother or sister. You lead this one and work in the other. The link shows to those
    who work in both cases, and to nobody else; nothing of either case is read through it."""
    other = await act.load(Case, command.sibling_case_id, lock=Lock.SHARED, action=policy.KNOW_SIBLING)
    if other.id == case.id or other.authority_id != case.authority_id:
        detail = "must be another case of this authority"
        raise InvalidInput(errors=[{"pointer": "#/sibling_case_id", "detail": detail}])
    first, second = sorted((case.id, other.id))
    await one_at_a_time(act, first)
    standing = select(SiblingLink).where(
        SiblingLink.case_id == first, SiblingLink.sibling_case_id == second, col(SiblingLink.ended_on).is_(None)
    )
    if (there := (await act.session.exec(standing)).one_or_none()) is not None:
        raise AlreadyLinked(sibling_link_id=there.id)
    linked = act.add(
        SiblingLink(
            id=command.id,
            authority_id=case.authority_id,
            case_id=first,
            sibling_case_id=second,
            because=command.because,
            linked_by_id=act.actor.id,
            linked_on=act.today,
        )
    )
    await let_relatives_out(act, first, second)
    return linked


STILL_HOLDS = Guard(lambda reader, row: row.ended_on.is_(None), "it has not ended", LinkEnded)


@operation(policy.END_SIBLING_LINK, on=SiblingLink, answers=SiblingLinkView, guards=(STILL_HOLDS,))
async def end_sibling_link(act: Act, siblinglink: SiblingLink) -> SiblingLink:
    """End a link between two cases of siblings. Whoever leads one of them can; that it was there stays on record for
    those who work in both."""
    act.change(siblinglink, ended_on=act.today)
    return siblinglink


def _either(there: Row, here: Row, reader: Reader) -> sa.ColumnElement[bool]:
    return sa.or_(there.case_id == here.id, there.sibling_case_id == here.id)


link(CaseView, "sibling_links", Many(_either), SiblingLinkView, "Cases of siblings, for those who work in both.")
