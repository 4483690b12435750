"""Help across the turn of the year: what is granted for longer than this year is bound in each year's own budget.

A grant is divided by days, to the cent. This year's part is bound at once, as ever. What is for a later year is
foreseen for it: without a posting, for nothing can be posted for a day that has not come. It is bound when that year's
agreement takes effect, or by hand once the year has begun. Each part is foreseen once, then bound or dropped; and a
year for which something is still foreseen is not settled. All amounts are EUR."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field as Told
from sqlmodel import Field, col, func, select

from service.domain.act import Act
from service.domain.budgets import policy, purposes
from service.domain.budgets.committing import commit_as_far_as_it_lasts, commit_claims, is_outside_network
from service.domain.budgets.model import (
    BudgetAgreement,
    BudgetLine,
    Commitment,
    CommitmentBasis,
    InSpace,
    LineKind,
    money,
)
from service.domain.budgets.purposes import OPEN_TO_OTHERS, unsaid_case
from service.domain.budgets.splitting import split
from service.domain.context import text
from service.domain.errors import DomainError
from service.domain.policy import Reader, Row
from service.domain.rows import Shape, Versioned, one_of, own_id, reference, secured, word
from service.domain.values import Money, id_like
from service.domain.views import Record, Sql, view

NOTHING = Decimal("0.00")


class ForeseenState(StrEnum):
    """What became of it."""

    FORESEEN = "foreseen"  # granted for a year whose agreement is not there yet
    BOUND = "bound"  # a commitment of that year
    DROPPED = "dropped"  # not needed any more


@secured(Shape.AUTHORITY)
class ForeseenCommitment(InSpace, Versioned, table=True):
    """What a grant will take of a later year, for which nothing can be posted yet. `subject_id` is what was granted: a
    decision, a source's share of one, or (without a case) the commitment of the year in which it began."""

    __tablename__ = "foreseen_commitment"
    __table_args__ = (
        one_of("state", ForeseenState),
        one_of("basis", CommitmentBasis),
        one_of("line", LineKind),
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("num_nonnulls(purpose, purpose_kind) = 1", name="purpose"),
        sa.CheckConstraint("(state = 'bound') = (commitment_id IS NOT NULL)", name="commitment"),
        sa.CheckConstraint("(state = 'dropped') = (dropped_on IS NOT NULL)", name="dropped"),
        unsaid_case(),
        sa.UniqueConstraint("subject_id", "fiscal_year"),
        sa.Index("foreseen_commitment_year", "authority_id", "fiscal_year", "social_space_id"),
    )

    id: UUID = own_id()
    subject_id: UUID
    fiscal_year: int
    line: str = word()
    basis: str = word()
    state: str = word(ForeseenState.FORESEEN)
    amount: Decimal = money()
    purpose: str | None = Field(default=None, sa_type=sa.Text)
    purpose_kind: str | None = word(optional=True)
    organisation_id: UUID | None = reference("organisation", optional=True)
    case_id: UUID | None = reference("case_file", optional=True)
    case_pseudonym: str | None = Field(default=None, sa_type=sa.Text)
    case_digest: UUID | None = None
    measure_id: UUID | None = reference("measure", optional=True, index=False)
    granted_by: UUID | None = reference("actor", optional=True, index=False)
    granted_with: UUID | None = reference("actor", optional=True, index=False)
    foreseen_on: date
    commitment_id: UUID | None = reference("commitment", optional=True)
    dropped_on: date | None = None


def _granted(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    return sa.case((row.purpose_kind.is_distinct_from(text(OPEN_TO_OTHERS)), row.subject_id))


@view(
    ForeseenCommitment,
    policy.READ_COMMITMENT,
    plural="foreseen_commitments",
    filters=("fiscal_year", "social_space_id", "line", "state", "basis", "organisation_id", "subject_id"),
    subject="case_id",
)
class ForeseenCommitmentView(Record):
    """What a grant will take of a later year's budget. It moves nothing until it is bound in that year."""

    id: UUID
    social_space_id: UUID | None = Told(description="In which it was granted, and whose budget bears it.")
    fiscal_year: int = Told(description="The calendar year it is for.")
    line: LineKind = Told(description="The line that will bear it.")
    basis: CommitmentBasis
    state: ForeseenState
    amount: Money = Told(description="The part of the grant that falls into the year, by days, EUR.")
    purpose: Annotated[str, Sql(purposes.purpose)] = Told(
        description="What for: somebody's words; of what was granted in a case, the kind of support, in your language."
    )
    organisation_id: UUID | None = Told(description="Who provides it.")
    case_pseudonym: str | None = Told(description="Of what is granted in a case; null for everything else.")
    measure_id: UUID | None = Told(description="The measure it is for, of what serves several cases.")
    subject_id: Annotated[UUID | None, Sql(_granted)] = Told(
        description="What was granted: a decision, a source's share of one, or (without a case) the commitment of the "
        "year in which it began. Null for a case's share of what is open to others: it would tell whose it is."
    )
    foreseen_on: date = Told(description="When it was granted.")
    commitment_id: UUID | None = Told(description="What it has become in its year; null until it is bound.")
    dropped_on: date | None = Told(description="Since when it is not needed after all; null for everything else.")
    version: int


@dataclass(eq=False)
class StillForeseen(DomainError):
    code, title = "still-foreseen", "Something that was foreseen for the year has been neither bound nor dropped."
    advice = (
        "See what: GET /v1/foreseen-commitments?state=foreseen&fiscal_year=…; drop what was not needed after all: "
        "POST /v1/foreseen-commitments/{id}/drop. Then try again."
    )
    foreseen: str


def by_year(amount: Decimal, starts_on: date | None, ends_on: date | None, today: date) -> Mapping[int, Decimal]:
    """Which year's budget bears how much (EUR) of what is granted today for these days, both inclusive: in proportion
    to the days, by the largest remainder, so that the parts make the whole again.

    No year before this one bears anything, for what is granted today is owed from today on: days before it count to
    this year. What has no end cannot be divided and is the first year's. A year to which no cent falls is left out."""
    begins = starts_on or today
    first = max(begins, today).year
    last = max(ends_on.year, first) if ends_on is not None else first
    days = [
        (min(ends_on or date(year, 12, 31), date(year, 12, 31)) - (begins if year == first else date(year, 1, 1))).days
        for year in range(first, last + 1)
    ]
    parts = split(amount, [each + 1 for each in days]) if last > first else [amount]
    return {first + place: part for place, part in enumerate(parts) if part}


async def bind_foreseen(act: Act, agreement: BudgetAgreement) -> None:
    """What was foreseen for the year of an agreement that takes effect: claims, whatever there is; then what is
    voluntary, in the order in which it was granted, as far as it lasts. What does not last stays foreseen.

    A row that somebody is binding or dropping at this moment is left to them. In a year that is over nothing is bound:
    its costs, if any, are decided on anew."""
    if agreement.fiscal_year != act.today.year:
        return
    query = (
        select(ForeseenCommitment)
        .where(*_for_the_year_of(agreement), ForeseenCommitment.state == ForeseenState.FORESEEN.value)
        .order_by(col(ForeseenCommitment.foreseen_on), col(ForeseenCommitment.id))
        .with_for_update(key_share=True, skip_locked=True)
    )
    foreseen = (await act.session.exec(query)).all()
    if not foreseen:
        return
    found = (await act.session.exec(select(BudgetLine).where(BudgetLine.agreement_id == agreement.id))).all()
    lines = {line.kind: line for line in found}
    commitments = {each.id: await commitment_of(act, each, lines[each.line]) for each in foreseen}
    claims = {id for id, each in commitments.items() if each.basis == CommitmentBasis.GRANTED_CLAIM}
    await commit_claims(act, [commitments[id] for id in claims])
    for each in foreseen:
        commitment = commitments[each.id]
        if each.id not in claims and not await commit_as_far_as_it_lasts(act, commitment):
            if each.basis != CommitmentBasis.GRANTED_CLAIM:
                continue
            commitment = await commitment_of(act, each, lines[LineKind.CASE_SPECIFIC])
            await commit_claims(act, [commitment])
        bound(act, each, commitment)


async def commitment_of(act: Act, foreseen: ForeseenCommitment, line: BudgetLine) -> Commitment:
    """On a line of its year. Whoever granted it then is still kept from paying for it. A claim's share of work without
    a case is voluntary there, as far as that lasts; if not, the line for cases bears it as the claim it is (DR3)."""
    same = (
        "amount",
        "purpose",
        "purpose_kind",
        "organisation_id",
        "case_id",
        "case_pseudonym",
        "case_digest",
        "measure_id",
        "granted_by",
        "granted_with",
    )
    open_to_others = foreseen.purpose_kind == OPEN_TO_OTHERS and line.kind != LineKind.CASE_SPECIFIC
    return Commitment(
        id=id_like(foreseen.id),
        authority_id=line.authority_id,
        social_space_id=line.social_space_id,
        agreement_id=line.agreement_id,
        line_id=line.id,
        basis=CommitmentBasis.VOLUNTARY.value if open_to_others else foreseen.basis,
        outside_network=await is_outside_network(act, line.agreement_id, foreseen.organisation_id),
        value_on=act.today,
        **{name: getattr(foreseen, name) for name in same},
    )


def bound(act: Act, foreseen: ForeseenCommitment, commitment: Commitment) -> None:
    act.change(foreseen, state=ForeseenState.BOUND.value, commitment_id=commitment.id)


def drop(act: Act, foreseen: ForeseenCommitment) -> None:
    act.change(foreseen, state=ForeseenState.DROPPED.value, dropped_on=act.today)


async def drop_foreseen_of(act: Act, commitment: Commitment) -> None:
    """What of its work was foreseen for later years."""
    query = select(ForeseenCommitment).where(
        ForeseenCommitment.subject_id == commitment.id,
        ForeseenCommitment.state == ForeseenState.FORESEEN.value,
    )
    for each in (await act.session.exec(query.order_by(col(ForeseenCommitment.id)).with_for_update())).all():
        drop(act, each)


async def foreseen_for(act: Act, agreement: BudgetAgreement, as_of: date) -> Mapping[str, Decimal]:
    """By the kind of a line, what was foreseen at the end of that day for the agreement's year, and neither bound in it
    nor dropped, EUR: with what the ledger held that day it is everything, once."""
    query = (
        select(col(ForeseenCommitment.line), func.sum(ForeseenCommitment.amount))
        .join(Commitment, col(Commitment.id) == col(ForeseenCommitment.commitment_id), isouter=True)
        .where(
            *_for_the_year_of(agreement),
            ForeseenCommitment.foreseen_on <= as_of,
            col(ForeseenCommitment.dropped_on).is_(None) | (col(ForeseenCommitment.dropped_on) > as_of),
            col(Commitment.id).is_(None) | (col(Commitment.value_on) > as_of),
        )
    )
    return dict((await act.session.exec(query.group_by(col(ForeseenCommitment.line)))).all())


async def require_nothing_foreseen(act: Act, agreement: BudgetAgreement) -> None:
    """Raises StillForeseen."""
    if left := sum((await foreseen_for(act, agreement, date.max)).values(), NOTHING):
        raise StillForeseen(foreseen=str(left))


def _for_the_year_of(agreement: BudgetAgreement) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        col(ForeseenCommitment.authority_id) == agreement.authority_id,
        col(ForeseenCommitment.social_space_id).is_not_distinct_from(agreement.social_space_id),
        col(ForeseenCommitment.fiscal_year) == agreement.fiscal_year,
    )
