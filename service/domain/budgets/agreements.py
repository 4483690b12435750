"""The contract: drafted by one controller, put into force by another, added to by supplements, its books closed."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import col, select

from service.domain.access.model import Authority
from service.domain.access.operations import is_provider
from service.domain.act import Act, Command, Patch, operation
from service.domain.budgets import policy
from service.domain.budgets.amounts import WHOLE, Agreed, Percent, Retention
from service.domain.budgets.committing import NOTHING, open_lines
from service.domain.budgets.contract import Stance, TermsCause, Voice
from service.domain.budgets.holding import AgreementNotActive, active_agreement, held_agreement
from service.domain.budgets.ledger import (
    AccountKind,
    BudgetShort,
    LedgerAccount,
    Move,
    PeriodClosed,
    PostingKind,
    account_of,
    post,
)
from service.domain.budgets.model import (
    AgreementState,
    Allocation,
    AllocationKind,
    AllocationState,
    BudgetAgreement,
    BudgetLine,
    BudgetParty,
    LineKind,
    scope_of,
)
from service.domain.budgets.network import parties_of
from service.domain.budgets.overspend import OverspendProcedure, ProcedureState
from service.domain.budgets.positions import missing_from, position_of
from service.domain.budgets.readiness import frame_of
from service.domain.budgets.terms import names_of, revise, terms_of
from service.domain.budgets.tranches import held_tranches, revised, spread
from service.domain.budgets.transferring import BelowFloor, keep_floor
from service.domain.budgets.views import (
    AllocationView,
    BudgetAgreementView,
    BudgetPartyView,
    OverspendProcedureView,
)
from service.domain.errors import DomainError, InvalidInput
from service.domain.spaces.model import SocialSpace
from service.domain.values import Amount, ClientId, Day, Line, Words


@dataclass(eq=False)
class AgreementExists(DomainError):
    code, title = "agreement-exists", "For this social space and year there is an agreement already."
    advice = "Change that one: PATCH /v1/budget-agreements/{agreement_id}. A granted claim may have made it, empty."
    agreement_id: UUID


@dataclass(eq=False)
class AgreementIncomplete(DomainError):
    code, title = "agreement-incomplete", "Something is missing before the agreement can be put into force."
    advice = (
        "`missing` names each thing, as the agreement itself does: change the draft, or have those say yes whose it is "
        "(`/agency-positions`, `/network-positions`, `/funding-positions`, `/cooperation-positions`), then try again."
    )
    missing: list[str]


@dataclass(eq=False)
class NotYetEffective(DomainError):
    code, title = "not-yet-effective", "Its day has not come."
    advice = "Try again on `effective_on` or later: money does not move before its value date."
    effective_on: str


@dataclass(eq=False)
class FrameExceeded(DomainError):
    code, title = "frame-exceeded", "With this the year would come to more than its frame has for it."
    advice = (
        "The frame has `amount` (EUR), the agreement would come to `revised`. Agree another frame in its place first: "
        "POST /v1/budget-frames with `earlier_frame_id`."
    )
    amount: str
    revised: str


@dataclass(eq=False)
class StillOverspent(DomainError):
    code, title = "still-overspent", "The line is still below zero."
    advice = "Add a supplement, or release what is not needed; close the procedure once `free` is zero or more."
    free: str


_agreement: Any = BudgetAgreement.__table__  # type: ignore[attr-defined]


class DraftAgreement(Command):
    """What is agreed for each line, for one year."""

    id: ClientId
    authority_id: UUID
    social_space_id: UUID | None = Field(None, description="Left out: for cases outside of every social space.")
    fiscal_year: int = Field(ge=2000, le=2100, description="The calendar year.")
    contract_number: Line | None = None
    legal_basis: list[Line] = Field(default_factory=list, max_length=20)
    case_specific: Agreed = NOTHING
    cross_case: Agreed = NOTHING
    case_unspecific: Agreed = NOTHING
    reserve: Agreed = NOTHING
    retention: Retention = Field(NOTHING, description="Percent that is paid only with the settlement, such as «5.00».")
    floor: Agreed = Field(NOTHING, description="What the line for case-unspecific work never falls below.")
    product_account: Line | None = Field(None, description="Where the cash office books what is paid.")


class ChangeAgreement(Patch):
    """What is to change in a draft; what is left out stays."""

    contract_number: Line | None = None
    legal_basis: list[Line] = Field(default=None, max_length=20)  # type: ignore[arg-type]
    case_specific: Agreed = Field(default=None)  # type: ignore[assignment]
    cross_case: Agreed = Field(default=None)  # type: ignore[assignment]
    case_unspecific: Agreed = Field(default=None)  # type: ignore[assignment]
    reserve: Agreed = Field(default=None)  # type: ignore[assignment]
    retention: Retention = Field(default=None)  # type: ignore[assignment]
    floor: Agreed = Field(default=None)  # type: ignore[assignment]
    product_account: Line | None = None


class AddParty(Command):
    """A provider of the network, and its share of it."""

    id: ClientId
    organisation_id: UUID
    share: Percent = Field(
        NOTHING, description="In percent, such as «50.00», throughout the year; left out where shares differ by period."
    )
    lead: bool = Field(False, description="It leads the network: it alone speaks for all.")
    payee_number: Line | None = Field(None, description="As whom the authority's cash office pays it.")


class ProposeAllocation(Command):
    """Money on top of what was agreed for a line."""

    id: ClientId
    kind: AllocationKind
    amount: Amount
    effective_on: Day = Field(description="From when it counts: a day of the agreement's year.")
    reason: Line


class ClosePeriod(Command):
    """Through which month the books are closed."""

    through: Day = Field(description="The last day of a month that is over.")


class CloseProcedure(Command):
    """What was done about it."""

    outcome: Words


@operation(policy.DRAFT, within=Authority, answers=BudgetAgreementView, raises=(AgreementExists,))
async def draft_budget_agreement(act: Act, command: DraftAgreement) -> BudgetAgreement:
    """Draft the agreement on a social space's budget for one year. Somebody else puts it into force."""
    authority = await act.load(Authority, command.authority_id)
    if command.social_space_id is not None:
        there = select(SocialSpace.id).where(
            SocialSpace.id == command.social_space_id,
            SocialSpace.authority_id == authority.id,
            col(SocialSpace.valid_to).is_(None) | (col(SocialSpace.valid_to) > date(command.fiscal_year, 1, 1)),
        )
        if (await act.session.exec(there)).first() is None:
            detail = "is no social space of this authority in that year"
            raise InvalidInput(errors=[{"pointer": "#/social_space_id", "detail": detail}])
    standing = select(BudgetAgreement.id).where(
        BudgetAgreement.authority_id == authority.id,
        col(BudgetAgreement.social_space_id).is_not_distinct_from(command.social_space_id),
        BudgetAgreement.fiscal_year == command.fiscal_year,
    )
    if (exists := (await act.session.exec(standing)).first()) is not None:
        raise AgreementExists(agreement_id=exists)
    agreement = BudgetAgreement(
        drafted_by=act.actor.id, terms=1, **command.model_dump(exclude={line.value for line in LineKind})
    )
    lines = await open_lines(act, agreement, {line: getattr(command, line.value) for line in LineKind})
    await revise(act, agreement, TermsCause.DRAFTED, {}, terms_of(agreement, lines.values()))
    return agreement


@operation(policy.CHANGE_AGREEMENT, on=BudgetAgreement, answers=BudgetAgreementView, states=(AgreementState.DRAFT,))
async def change_budget_agreement(
    act: Act, budgetagreement: BudgetAgreement, command: ChangeAgreement
) -> BudgetAgreement:
    """Change a draft (merge patch). Whoever changed anything last counts as having drafted it: somebody else activates
    it."""
    changes = command.model_dump(exclude_unset=True)
    lines = await _lines(act, budgetagreement)
    before = terms_of(budgetagreement, lines)
    for line in lines:
        line.agreed = changes.pop(line.kind, line.agreed)
    for name, value in changes.items():
        setattr(budgetagreement, name, value)
    await revise(act, budgetagreement, TermsCause.CHANGED, before, terms_of(budgetagreement, lines))
    return budgetagreement


@operation(policy.ADD_PARTY, on=BudgetAgreement, answers=BudgetPartyView, states=(AgreementState.DRAFT,))
async def add_budget_party(act: Act, budgetagreement: BudgetAgreement, command: AddParty) -> BudgetParty:
    """Make a provider of the network party to the agreement, with its share."""
    parties = await parties_of(act, budgetagreement.id)
    errors = []
    if not await is_provider(act, budgetagreement.authority_id, command.organisation_id):
        errors.append({"pointer": "#/organisation_id", "detail": "is no independent provider of this authority"})
    if any(party.organisation_id == command.organisation_id for party in parties):
        errors.append({"pointer": "#/organisation_id", "detail": "is party to the agreement already"})
    if sum((party.share for party in parties), command.share) > WHOLE:
        errors.append({"pointer": "#/share", "detail": "all shares together would be more than 100.00"})
    if command.lead and any(party.lead for party in parties):
        errors.append({"pointer": "#/lead", "detail": "another party leads the network already"})
    if errors:
        raise InvalidInput(errors=errors)
    (name,) = (await names_of(act, [command.organisation_id])).values()
    party = {"party": f"{name} {command.share}{' (lead)' if command.lead else ''}"}
    await revise(act, budgetagreement, TermsCause.PARTY_ADDED, {}, party)
    return act.add(BudgetParty(**scope_of(budgetagreement), **command.model_dump()))


@operation(
    policy.ACTIVATE,
    on=BudgetAgreement,
    answers=BudgetAgreementView,
    states=(AgreementState.DRAFT,),
    keyed=True,
    raises=(AgreementIncomplete, NotYetEffective, PeriodClosed),
)
async def activate_budget_agreement(act: Act, budgetagreement: BudgetAgreement) -> BudgetAgreement:
    """Put an agreement into force: what was agreed can be spent, from the first day of its year. By a second person,
    with which the agency has said yes; once nothing is missing that it needs."""
    begins = date(budgetagreement.fiscal_year, 1, 1)
    if begins > act.today:
        raise NotYetEffective(effective_on=begins.isoformat())
    if missing := await missing_from(act, budgetagreement):
        raise AgreementIncomplete(missing=[item.value for item in missing])
    lines = await _lines(act, budgetagreement)
    source = account_of(budgetagreement.id, AccountKind.SOURCE)
    moves = [
        Move(PostingKind.APPROVE, source, account_of(line.id, AccountKind.FREE), line.agreed, budgetagreement.id)
        for line in lines
    ]
    act.change(budgetagreement, state=AgreementState.ACTIVE.value, activated_by=act.actor.id, activated_on=act.today)
    act.session.add(position_of(act, budgetagreement, Voice.AGENCY, Stance.APPROVAL))
    await post(act, moves, begins)
    return budgetagreement


@operation(policy.PROPOSE_ALLOCATION, on=BudgetLine, answers=AllocationView, raises=(AgreementNotActive,))
async def propose_allocation(act: Act, budgetline: BudgetLine, command: ProposeAllocation) -> Allocation:
    """Propose a supplement to a line, or money carried in from the year before. Somebody else releases it."""
    agreement = await active_agreement(act, budgetline)
    if command.kind is AllocationKind.RETURN:
        detail = "is decided in an under-spend procedure: POST /v1/underspend-procedures/{id}/decisions"
        raise InvalidInput(errors=[{"pointer": "#/kind", "detail": detail}])
    errors = []
    if command.effective_on.year != agreement.fiscal_year:
        errors.append(f"must lie in {agreement.fiscal_year}, the agreement's year")
    if agreement.closed_through is not None and command.effective_on <= agreement.closed_through:
        errors.append(f"the books are closed through {agreement.closed_through}")
    if errors:
        raise InvalidInput(errors=[{"pointer": "#/effective_on", "detail": detail} for detail in errors])
    return act.add(
        Allocation(
            authority_id=budgetline.authority_id,
            social_space_id=budgetline.social_space_id,
            agreement_id=budgetline.agreement_id,
            line_id=budgetline.id,
            proposed_by=act.actor.id,
            **command.model_dump(exclude={"kind"}),
            kind=command.kind.value,
        )
    )


@operation(
    policy.RELEASE_ALLOCATION,
    on=Allocation,
    answers=AllocationView,
    states=(AllocationState.PROPOSED,),
    keyed=True,
    raises=(AgreementNotActive, NotYetEffective, PeriodClosed, BudgetShort, BelowFloor, FrameExceeded),
)
async def release_allocation(act: Act, allocation: Allocation) -> Allocation:
    """Release what somebody else has proposed: it counts from its effective day, once that has come. A supplement is
    divided over the tranches that are still to come, and what goes back to the agency is taken from them."""
    if allocation.effective_on > act.today:
        raise NotYetEffective(effective_on=allocation.effective_on.isoformat())
    if allocation.kind == AllocationKind.RETURN:
        await held_tranches(act, allocation.agreement_id)
        agreement = await active_agreement(act, allocation, alone=True)
        line = await act.session.get_one(BudgetLine, allocation.line_id)
        await keep_floor(act, agreement, line, -allocation.amount)
    carried = allocation.kind == AllocationKind.CARRY_IN
    source = account_of(allocation.agreement_id, AccountKind.CARRY_OVER if carried else AccountKind.SOURCE)
    target = account_of(allocation.line_id, AccountKind.FREE)
    act.change(allocation, state=AllocationState.RELEASED.value, released_by=act.actor.id, released_at=act.now)
    if allocation.amount < 0:  # what was missing in the year before is missing now; or it goes back
        source, target = target, source
    move = Move(PostingKind.APPROVE, source, target, abs(allocation.amount), allocation.id)
    if not carried:
        await _supplement(act, allocation)
    await post(act, [move], allocation.effective_on)
    return allocation


@operation(policy.CLOSE_PERIOD, on=BudgetAgreement, answers=BudgetAgreementView, states=(AgreementState.ACTIVE,))
async def close_budget_period(act: Act, budgetagreement: BudgetAgreement, command: ClosePeriod) -> BudgetAgreement:
    """Close the books through the end of a month: nothing is posted with an earlier value date any more."""
    through = command.through
    errors = []
    if through.day != monthrange(through.year, through.month)[1]:
        errors.append("must be the last day of a month")
    if through >= act.today:
        errors.append("must be over")
    if budgetagreement.closed_through is not None and through <= budgetagreement.closed_through:
        errors.append(f"the books are closed through {budgetagreement.closed_through} already")
    if through.year > budgetagreement.fiscal_year:
        errors.append("lies after the agreement's year")
    if errors:
        raise InvalidInput(errors=[{"pointer": "#/through", "detail": detail} for detail in errors])
    account: Any = LedgerAccount.__table__  # type: ignore[attr-defined]
    connection = await act.session.connection()
    mine = account.c.agreement_id == budgetagreement.id
    # In the order in which postings take them; who posts looks at the date only once the account is theirs.
    await connection.execute(sa.select(account.c.id).where(mine).order_by(account.c.id).with_for_update(key_share=True))
    await connection.execute(account.update().where(mine).values(closed_through=through))
    act.change(budgetagreement, closed_through=through)
    return budgetagreement


@operation(
    policy.CLOSE_PROCEDURE,
    on=OverspendProcedure,
    answers=OverspendProcedureView,
    states=(ProcedureState.OPEN,),
    raises=(StillOverspent,),
)
async def close_overspend_procedure(
    act: Act, overspendprocedure: OverspendProcedure, command: CloseProcedure
) -> OverspendProcedure:
    """Say what was done about an over-spend. Only once the line is no longer below zero."""
    free = (
        select(col(LedgerAccount.balance))
        .where(LedgerAccount.id == account_of(overspendprocedure.line_id, AccountKind.FREE))
        .with_for_update(key_share=True)
    )
    left = (await act.session.exec(free)).one()
    if left < 0:
        raise StillOverspent(free=str(left))
    act.change(
        overspendprocedure,
        state=ProcedureState.CLOSED.value,
        outcome=command.outcome,
        closed_by=act.actor.id,
        closed_on=act.today,
    )
    return overspendprocedure


async def _supplement(act: Act, allocation: Allocation) -> None:
    """Another version of the terms; and what it adds is divided over the tranches that are still to come."""
    await held_tranches(act, allocation.agreement_id)
    agreement = await held_agreement(act, allocation.agreement_id, alone=True)
    line = await act.session.get_one(BudgetLine, allocation.line_id)
    await act.session.flush()
    now = await revised(act, agreement.id)
    if now < 0:  # what was carried in is no part of it, and cannot go back as if it were
        raise BudgetShort(asked=str(-allocation.amount), left=str(now - allocation.amount))
    held = sa.select(frame_of(_agreement.c, "amount")).where(_agreement.c.id == agreement.id)
    most = (await (await act.session.connection()).execute(held)).scalar_one()
    if most is not None and now > most:
        raise FrameExceeded(amount=str(most), revised=str(now))
    before = {"revised": str(now - allocation.amount)}
    after = {"revised": str(now), "supplement": f"{line.kind} {allocation.amount}"}
    await revise(act, agreement, TermsCause.SUPPLEMENTED, before, after, allocation.effective_on)
    await spread(act, agreement)


async def _lines(act: Act, agreement: BudgetAgreement) -> list[BudgetLine]:
    query = select(BudgetLine).where(BudgetLine.agreement_id == agreement.id)
    return list((await act.session.exec(query)).all())
