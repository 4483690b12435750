"""What the agency's decisions do with money, as operations of the tests' own: declared like any other and performed
through the same door, but offered by no face."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import Field

from service.domain.act import Act, Command, IdReused, IdTaken, KeyRequired, Operation
from service.domain.budgets import committing, policy
from service.domain.budgets.foreseen import ForeseenCommitment, ForeseenCommitmentView
from service.domain.budgets.ledger import BudgetShort, PeriodClosed
from service.domain.budgets.model import BudgetLine, Commitment, CommitmentBasis
from service.domain.budgets.views import CommitmentView
from service.domain.errors import Forbidden, InvalidInput, NotFound, Unavailable
from service.domain.policy import Action
from service.domain.values import new_id

LONG_BEFORE = date(2027, 1, 1)  # whatever a decision says: money is bound on the day on which it is
MONEY = (BudgetShort, PeriodClosed)


class Wanted(Command):
    id: UUID = Field(default_factory=new_id)
    amount: Decimal
    basis: CommitmentBasis = CommitmentBasis.GRANTED_CLAIM
    granted_by: UUID | None = None


class Later(Command):
    id: UUID = Field(default_factory=new_id)
    amount: Decimal
    basis: CommitmentBasis
    fiscal_year: int


class Granted(Command):
    amount: Decimal


def _operation(
    name: str, run: Any, on: Any, command: type[Command] | None, action: Action, answers: Any = CommitmentView
) -> Operation:
    return Operation(
        name=name,
        description=name,
        run=run,
        action=action,
        on=on,
        within=None,
        command=command,
        answers=answers,
        states=(),
        guards=(),
        versioned=False,
        unenrolled=False,
        keyed=on is Commitment,
        raises=(*MONEY, InvalidInput, NotFound, Forbidden, Unavailable, IdReused, IdTaken, KeyRequired),
    )


def _wanted(line: BudgetLine, command: Wanted) -> Commitment:
    return Commitment(
        id=command.id,
        authority_id=line.authority_id,
        social_space_id=line.social_space_id,
        agreement_id=line.agreement_id,
        line_id=line.id,
        basis=command.basis.value,
        amount=command.amount,
        purpose="Hilfe zur Erziehung",
        granted_by=command.granted_by,
        value_on=LONG_BEFORE,
    )


async def _reserve(act: Act, budgetline: BudgetLine, command: Wanted) -> Commitment:
    commitment = _wanted(budgetline, command)
    await committing.reserve(act, commitment)
    return commitment


async def _grant(act: Act, budgetline: BudgetLine, command: Wanted) -> Commitment:
    commitment = _wanted(budgetline, command)
    committing.commit(act, commitment)
    return commitment


async def _foresee(act: Act, budgetline: BudgetLine, command: Later) -> ForeseenCommitment:
    """What a decision does with the part of a later year."""
    return act.add(
        ForeseenCommitment(
            authority_id=budgetline.authority_id,
            social_space_id=budgetline.social_space_id,
            subject_id=command.id,
            line=budgetline.kind,
            purpose="Hilfe zur Erziehung",
            foreseen_on=act.today,
            **command.model_dump(exclude={"basis"}),
            basis=command.basis.value,
        )
    )


async def _grant_reserved(act: Act, commitment: Commitment, command: Granted) -> Commitment:
    committing.grant_reserved(act, commitment, command.amount)
    return commitment


async def _release(act: Act, commitment: Commitment) -> Commitment:
    committing.release(act, commitment)
    return commitment


RESERVE = _operation("reserve", _reserve, BudgetLine, Wanted, policy.COMMIT)
GRANT = _operation("grant", _grant, BudgetLine, Wanted, policy.COMMIT)
FORESEE = _operation("foresee", _foresee, BudgetLine, Later, policy.COMMIT, ForeseenCommitmentView)
GRANT_RESERVED = _operation("grant_reserved", _grant_reserved, Commitment, Granted, policy.RELEASE_COMMITMENT)
RELEASE = _operation("release", _release, Commitment, None, policy.RELEASE_COMMITMENT)
