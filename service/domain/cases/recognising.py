"""Asking whether a family is known here: yes or no, and whom to ring. Need to know stays: no list is searched, nobody
is found by half a name, and which case it is only those tell who work on it (§ 35(1) SGB I; facts, PR1).

The question is put in a body, kept nowhere and logged nowhere. That it was asked is on record, and where the answer was
yes the people of that case find it among the looks at it; not where it was put to protect a child (§ 8a SGB VIII,
docs/decisions/0041-protective-inquiries.md). A case in which something is kept from custodians is found by nobody but
who has to protect a child, and by no relative (docs/decisions/0038-known-families.md)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from pydantic import BaseModel, Field
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col, select

from service.domain.access.model import Actor, Authority, CaseAccess, Membership, Organisation, columns_of, in_force
from service.domain.act import Act, Command, operation
from service.domain.cases import policy
from service.domain.cases.apart import is_kept_there, is_of_its_people
from service.domain.cases.known import FamilyInquiry, InquiryPurpose, KnownPerson, digests_of
from service.domain.cases.sketch_model import CaseSketch
from service.domain.errors import DomainError, Kind
from service.domain.policy import Basis
from service.domain.values import Day, Line, new_id
from service.domain.views import Record, Shown, view

MOST, WITHIN = 20, timedelta(hours=1)

# A table of a capability that stands above this one, by the columns needed here.
_point: Any = sa.table(
    "contact_point",
    *(sa.column(name, sa.Uuid()) for name in ("id", "actor_id", "social_space_id")),
    sa.column("telephone", sa.Text()),
    sa.column("in_use", sa.Boolean()),
)


@dataclass(eq=False)
class TooManyInquiries(DomainError):
    kind, code, title = Kind.TOO_MANY, "too-many-inquiries", "You have asked about many families within an hour."
    advice = "Wait, or ring the colleagues. Whoever watches over data protection sees how often you have asked."
    allowed: int


@dataclass(eq=False)
class KeysMissing(DomainError):
    kind, code = Kind.UNAVAILABLE, "keys-missing"
    title = "Whether a family is known cannot be said right now."
    advice = (
        "It does not mean that they are unknown: where a child may be in danger, ring the colleagues. Whoever operates "
        "the service has to restart this server with all data keys that are in use."
    )


class AskWhetherKnown(Command):
    """About whom, exactly; and why. Name and day of birth are kept nowhere."""

    authority_id: UUID = Field(description="Yours.")
    name: Line = Field(description="First and last name. Case, accents and their order do not matter.")
    born_on: Day = Field(description="The exact day of birth.")
    purpose: InquiryPurpose = Field(
        description="`protection`: a child may be endangered (§ 8a SGB VIII), and the family is not told that you have "
        "asked; whoever watches over data protection is, and of which cases. `case_work`: all else."
    )
    because: Line = Field(description="Why you have to know, without anybody's name.")


class Office(BaseModel):
    """Whom to ring."""

    organisation: str = Field(description="Where.")
    function: str = Field(description="For whom to ask there.")
    telephone: str | None = Field(description="Theirs, or that of the place's office; null where none is known.")


class KnownFamily(BaseModel):
    """Whether somebody of this name and day of birth is, or was, in a case as one of its family."""

    inquiry_id: UUID = Field(description="Under which it is on record that you have asked.")
    known: bool = Field(description="Whether they are.")
    offices: list[Office] = Field(description="Where they lead such a case, or led it last: ring them.")
    in_confidence: bool = Field(
        description="Whether something is kept from custodians there: then nobody of the family may hear that they are "
        "known. Only where it is asked to protect a child; else such a case is as if it were not there."
    )


@view(FamilyInquiry, policy.READ_FAMILY_INQUIRY, plural="family_inquiries", filters=("actor_id",))
class FamilyInquiryView(Record):
    """That somebody has asked whether a family is known. About whom is kept nowhere."""

    id: UUID
    actor_id: UUID = Field(description="Who has asked.")
    purpose: InquiryPurpose = Field(description="What for.")
    because: str = Field(description="Why.")
    known: bool = Field(description="What they were told.")
    case_ids: Annotated[list[UUID] | None, Shown(policy.OVERSEEING)] = Field(
        description="In which cases somebody was found to protect a child; their record does not say so. Of all other "
        "inquiries the record of the case tells."
    )
    asked_at: datetime = Field(description="When they asked.")
    withheld: list[str]


@operation(policy.ASK_WHETHER_KNOWN, within=Authority, answers=KnownFamily, raises=(TooManyInquiries, KeysMissing))
async def ask_whether_known(act: Act, command: AskWhetherKnown) -> tuple[FamilyInquiry, KnownFamily]:
    """Ask whether a family is known here, by exact name and day of birth: yes or no, and whom to ring. At most twenty
    times an hour. It is on record, and shown to the family that is known, unless it is asked to protect a child. Where
    something is kept from custodians, only the latter finds it."""
    authority = await act.load(Authority, command.authority_id)
    await _refuse_many(act)
    await _refuse_without_keys(act)
    apart = command.purpose is InquiryPurpose.PROTECTION
    found = await _found(act, digests_of(act.keys(), authority.id, command.name, command.born_on), also_kept=apart)
    cases = list(dict.fromkeys(row.case_id for row in found))
    told = FamilyInquiry(
        id=new_id(),
        authority_id=authority.id,
        actor_id=act.actor.id,
        purpose=command.purpose.value,
        because=command.because,
        known=bool(found),
        case_ids=cases if apart else [],
        asked_at=act.now,
    )
    # Like an assessment (0028): on record under itself, so that no path leads to it from the case.
    act.found.extend([told.id] if apart else cases)
    offices = sorted({(row.name, row.function, row.telephone or "") for row in found if row.name is not None})
    answer = KnownFamily(
        inquiry_id=told.id,
        known=told.known,
        offices=[
            Office(organisation=where, function=whom, telephone=number or None) for where, whom, number in offices
        ],
        in_confidence=any(row.kept for row in found),
    )
    return act.add(told), answer


async def _refuse_many(act: Act) -> None:
    """One at a time: two at once would each not count the other."""
    await act.session.exec(select(Actor.id).where(Actor.id == act.actor.id).with_for_update(key_share=True))
    mine = select(sa.func.count()).where(
        FamilyInquiry.actor_id == act.actor.id, col(FamilyInquiry.asked_at) > act.now - WITHIN
    )
    if (await act.session.exec(mine)).one() >= MOST:
        raise TooManyInquiries(allowed=MOST)


async def _refuse_without_keys(act: Act) -> None:
    """Of what a key has digested that is not here nobody is found, and «unknown» would be a guess. So it is while the
    keys are changed, on a server that was not restarted."""
    foreign = select(KnownPerson.made_with).where(
        KnownPerson.authority_id == act.actor.authority_id, col(KnownPerson.made_with).not_in(["", *act.keys().names])
    )
    if (missing := (await act.session.exec(foreign.limit(1))).first()) is not None:
        structlog.get_logger().error("keys-missing", reason=f"The key {missing} is not in the file of data keys.")
        raise KeysMissing


async def _found(act: Act, digests: list[str], *, also_kept: bool) -> list[Any]:
    """For each case its lead, or the last. One statement, whether anything is found or not. `also_kept`: those, too, in
    which something is kept from custodians, but for a family that is one's own."""
    known: Any = KnownPerson.__table__.c  # type: ignore[attr-defined]
    access, membership = columns_of(CaseAccess), columns_of(Membership)
    organisation: Any = Organisation.__table__.c  # type: ignore[attr-defined]
    leading = sa.and_(access.case_id == known.case_id, access.basis == Basis.ASSIGNMENT.value)
    point = _point.alias()
    sketch, into = (CaseSketch.__table__.alias() for _ in range(2))  # type: ignore[attr-defined]

    def rung(whose: Any) -> Any:
        return sa.select(point.c.telephone).where(whose, point.c.in_use).order_by(point.c.id).limit(1).scalar_subquery()

    office = point.c.social_space_id == sketch.c.social_space_id
    telephone = sa.func.coalesce(rung(point.c.actor_id == access.actor_id), rung(office)).label("telephone")
    kept = is_kept_there(sketch.c, into.c, act.today)
    own = is_of_its_people(known.case_id, sa.literal(act.actor.id, sa.Uuid()))
    query = (
        sa.select(known.case_id, organisation.name, membership.function, telephone, kept.label("kept"))
        .join(sketch, sketch.c.case_id == known.case_id)
        .outerjoin(into, into.c.case_id == sketch.c.merged_into_id)
        .outerjoin(CaseAccess, leading)
        .outerjoin(Membership, membership.id == access.membership_id)
        .outerjoin(Organisation, organisation.id == membership.organisation_id)
        .where(known.authority_id == act.actor.authority_id, known.digest.in_(digests))
        .where(sa.or_(sa.not_(kept), sa.and_(sa.literal(also_kept), sa.not_(own))))
        .ext(distinct_on(known.case_id))
        .order_by(known.case_id, in_force(access).desc(), access.stand_in_id.is_not(None), access.valid_from.desc())
    )
    return list((await (await act.session.connection()).execute(query)).all())
