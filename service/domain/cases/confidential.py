"""Counselling a child or young person without their custodians' knowledge (§ 8(3) SGB VIII): in a case of its own, in
which no custodian has, or gets, a way in as long as the reason holds. It is looked at again on days that are named, and
ended by somebody who says so: never by a timer (settled: Cases and people)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field as Told
from sqlmodel import Field, col, select

from service.domain.access.model import CaseAccess, columns_of, not_over
from service.domain.act import Act, Command, Guard, operation
from service.domain.cases import policy
from service.domain.cases.apart import is_kept, one_at_a_time
from service.domain.cases.enrolment import EnrolmentCode
from service.domain.cases.leading import merged_into
from service.domain.cases.model import Participant, ParticipantKind, Person
from service.domain.cases.sketch_model import CaseSketch
from service.domain.cases.views import CaseView
from service.domain.clock import birthday
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import PEOPLE
from service.domain.rows import Scoped, Shape, Versioned, own_id, reference, secured
from service.domain.values import ClientId, Day, Words
from service.domain.views import Many, Record, link, view

OF_AGE = 18  # years (§ 2 BGB)


@dataclass(eq=False)
class CustodiansReadHere(DomainError):
    code, title = "custodians-read-here", "Somebody else of its people has a way into this case."
    advice = (
        "Open a case of its own for the counselling, which nobody reads but who is counselled and whom they trust: "
        "POST /v1/cases."
    )


@dataclass(eq=False)
class NotConfidentialAnyMore(DomainError):
    code, title = "not-confidential-any-more", "This counselling is not kept from custodians any more."
    advice = "If a reason holds again, keep it from them anew: POST /v1/participants/{id}/confidential-counselling."


@dataclass(eq=False)
class NoMinorToCounsel(DomainError):
    code, title = "no-minor-to-counsel", "This is nobody who is counselled without their custodians' knowledge."
    advice = "It takes an addressee of the case who is not 18 years old yet (§ 8(3) SGB VIII)."


@secured(Shape.CASE)
class ConfidentialCounselling(Scoped, Versioned, table=True):
    """That somebody is counselled without their custodians' knowledge, why, and when that is looked at again."""

    __tablename__ = "confidential_counselling"
    __table_args__ = (
        sa.CheckConstraint("(ended_on IS NULL) = (ended_because IS NULL)", name="ended"),
        sa.Index(
            "confidential_counselling_holds",
            "participant_id",
            unique=True,
            postgresql_where=sa.text("ended_on IS NULL"),
        ),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    participant_id: UUID = reference("participant", index=False)
    because: str = Field(sa_type=sa.Text)
    began_on: date
    review_on: date
    ended_on: date | None = None
    ended_because: str | None = Field(default=None, sa_type=sa.Text)


@view(
    ConfidentialCounselling,
    policy.READ_CONFIDENTIAL,
    plural="confidential_counsellings",
    filters=("case_id",),
    subject="case_id",
)
class ConfidentialCounsellingView(Record):
    """That somebody is counselled without their custodians' knowledge; for them, and for whoever leads the case."""

    id: UUID
    case_id: UUID
    participant_id: UUID = Told(description="Who is counselled.")
    because: str = Told(description="Why telling custodians would go against what the counselling is for.")
    began_on: date = Told(description="Since when.")
    review_on: date = Told(description="When it is looked at again whether the reason holds.")
    ended_on: date | None = Told(description="When it was ended; null as long as it holds.")
    ended_because: str | None = Told(description="Why it was ended.")
    version: int


class KeepConfidential(Command):
    """Why, and until when that is looked at again."""

    id: ClientId
    because: Words = Told(description="Why telling custodians would go against what the counselling is for.")
    review_on: Day = Told(description="When you look at it again.")


class LookAgain(Command):
    """That the reason still holds, and until when that is looked at again."""

    because: Words = Told(description="Why it still holds.")
    review_on: Day = Told(description="When you look at it again.")


class EndConfidentiality(Command):
    """Why it is not kept from custodians any more."""

    because: Words = Told(description="Why: the reason has gone, or the young person has told them.")


HOLDS = Guard(lambda reader, row: row.ended_on.is_(None), "it still holds", NotConfidentialAnyMore)


@operation(
    policy.KEEP_CONFIDENTIAL,
    on=Participant,
    answers=ConfidentialCounsellingView,
    raises=(CustodiansReadHere, NoMinorToCounsel),
)
async def keep_counselling_confidential(
    act: Act, participant: Participant, command: KeepConfidential
) -> ConfidentialCounselling:
    """Counsel a child or young person without their custodians' knowledge, as long as telling them would go against
    what it is for (§ 8(3) SGB VIII). Of the people of this case nobody but them and whom they trust gets a way in until
    it is ended, as parents and siblings can be addressees, too; codes that were made for others stop working."""
    _not_past(act, command.review_on)
    born = select(col(Person.born_on)).where(Person.participant_id == participant.id)
    born_on = (await act.session.exec(born)).one_or_none()
    addressee = participant.kind == ParticipantKind.ADDRESSEE and participant.merged_into_id is None
    of_age = born_on is not None and birthday(born_on, OF_AGE) <= act.today  # many begin without a name and a birthday
    if not addressee or of_age:
        raise NoMinorToCounsel
    await one_at_a_time(act, participant.case_id)
    if await _others_read(act, participant.case_id, [participant.id, *await _counselled(act, participant.case_id)]):
        raise CustodiansReadHere
    standing = select(ConfidentialCounselling.id).where(
        ConfidentialCounselling.participant_id == participant.id, col(ConfidentialCounselling.ended_on).is_(None)
    )
    if (await act.session.exec(standing)).first() is not None:
        raise InvalidInput(errors=[{"pointer": "#", "detail": "is kept from their custodians already"}])
    return act.add(
        ConfidentialCounselling(
            authority_id=participant.authority_id,
            case_id=participant.case_id,
            participant_id=participant.id,
            began_on=act.today,
            **command.model_dump(),
        )
    )


@operation(policy.LOOK_AGAIN, on=ConfidentialCounselling, answers=ConfidentialCounsellingView, guards=(HOLDS,))
async def look_at_confidentiality_again(
    act: Act, confidentialcounselling: ConfidentialCounselling, command: LookAgain
) -> ConfidentialCounselling:
    """Say that the reason still holds, and when you look at it again. What was said before stays, each with its day."""
    _not_past(act, command.review_on)
    because = f"{confidentialcounselling.because}\n\n{act.today.isoformat()}: {command.because}"
    act.change(confidentialcounselling, because=because, review_on=command.review_on)
    return confidentialcounselling


@operation(policy.LOOK_AGAIN, on=ConfidentialCounselling, answers=ConfidentialCounsellingView, guards=(HOLDS,))
async def end_confidentiality(
    act: Act, confidentialcounselling: ConfidentialCounselling, command: EndConfidentiality
) -> ConfidentialCounselling:
    """End it: from now on somebody who represents them can be let into this case, by a code that you make."""
    act.change(confidentialcounselling, ended_on=act.today, ended_because=command.because)
    return confidentialcounselling


KEEPING: list[Callable[[UUID, date], Any]] = []  # of a case and a day: queries for whose else something is kept there


async def keeps_out(act: Act, participant: Participant) -> bool:
    """Whether something is kept from them in the case they are in: that somebody is counselled there, or something
    else that is somebody's, of whoever is not the one, nor trusted by them."""
    for whose in (await _counselled(act, participant.case_id), await _kept_of(act, participant.case_id)):
        if whose and participant.id not in await _with_whom_they_trust(act, whose):
            return True
    here, into = (CaseSketch.__table__.alias() for _ in range(2))  # type: ignore[attr-defined]
    went = sa.and_(into.c.case_id == here.c.merged_into_id, here.c.case_id == participant.case_id)
    kept = sa.select(into.c.case_id).join(here, went).where(is_kept(into.c, act.today))
    return (await (await act.session.connection()).execute(kept)).first() is not None


async def require_nobody_told(act: Act, case_id: UUID, into_id: UUID) -> None:
    """Whoever reads a case learns by its state that it went into another one: not where something is kept from them."""
    for each in sorted((case_id, into_id)):  # before their codes, as whoever uses one; and before it is kept
        await one_at_a_time(act, each)
    kept = [*await _counselled(act, into_id), *await _kept_of(act, into_id)]
    if kept:
        await stop_codes(act, case_id)
        if await _read(act, [case_id], col(CaseAccess.actor_id).not_in(await _logins(act, into_id, kept))):
            raise CustodiansReadHere


async def others_read(act: Act, case_id: UUID, participant_id: UUID) -> bool:
    """Whether anybody of its people but them and whom they trust has a way into the case now, or is to have one, as
    parents can be addressees, too; or into a duplicate, by which they know of it. Until the end of the transaction
    nobody gets one: codes that were made for others stop working."""
    await one_at_a_time(act, case_id)
    return await _others_read(act, case_id, [participant_id, *await _kept_of(act, case_id)])


async def stop_codes(act: Act, case_id: UUID, *which: sa.ColumnElement[bool]) -> None:
    """Waits for whoever uses one at this moment: afterwards their way in is there to be seen."""
    codes = select(EnrolmentCode).where(EnrolmentCode.case_id == case_id, col(EnrolmentCode.used_at).is_(None), *which)
    for code in (await act.session.exec(codes.order_by(col(EnrolmentCode.id)).with_for_update())).all():
        code.expires_at = min(code.expires_at, act.now)


async def _others_read(act: Act, case_id: UUID, whose: list[UUID]) -> bool:
    theirs = await _with_whom_they_trust(act, whose)
    await stop_codes(act, case_id, col(EnrolmentCode.participant_id).not_in(theirs))
    if await _read(act, [case_id], col(CaseAccess.participant_id).not_in(theirs)):
        return True
    duplicates = await merged_into(act, case_id)
    return await _read(act, duplicates, col(CaseAccess.actor_id).not_in(await _logins(act, case_id, whose)))


async def _logins(act: Act, case_id: UUID, whose: list[UUID]) -> list[UUID]:
    """Of those whose something is, and of whom they trust."""
    theirs = await _with_whom_they_trust(act, whose)
    logins = select(Participant.actor_id).where(Participant.case_id == case_id, col(Participant.id).in_(theirs))
    return [each for each in (await act.session.exec(logins)).all() if each is not None]


async def _read(act: Act, case_ids: list[UUID], *which: sa.ColumnElement[bool]) -> bool:
    people = col(CaseAccess.basis).in_([basis.value for basis in PEOPLE])
    theirs = select(CaseAccess.id).where(
        col(CaseAccess.case_id).in_(case_ids), people, not_over(columns_of(CaseAccess)), *which
    )
    return (await act.session.exec(theirs)).first() is not None


async def _kept_of(act: Act, case_id: UUID) -> list[UUID]:
    return [each for query in KEEPING for each in (await act.session.exec(query(case_id, act.today))).all()]


async def _counselled(act: Act, case_id: UUID) -> list[UUID]:
    """In this case without their custodians' knowledge, now."""
    holds = select(ConfidentialCounselling.participant_id).where(
        ConfidentialCounselling.case_id == case_id, col(ConfidentialCounselling.ended_on).is_(None)
    )
    return list((await act.session.exec(holds)).all())


async def _with_whom_they_trust(act: Act, ids: list[UUID]) -> list[UUID]:
    trusted = select(Participant.id).where(col(Participant.trusted_by_id).in_(ids))
    return [*ids, *(await act.session.exec(trusted)).all()]


def _not_past(act: Act, day: date) -> None:
    if day < act.today:
        raise InvalidInput(errors=[{"pointer": "#/review_on", "detail": "lies in the past"}])


link(CaseView, "confidential_counsellings", Many("case_id"), ConfidentialCounsellingView)
