"""The contract: drafted by one controller, put into force by another, added to by supplements, its books closed."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlmodel import col, select

from service.domain.access.model import Authority
from service.domain.access.operations import is_provider
from service.domain.act import Act, Command, Patch, operation
from service.domain.budgets import policy
from service.domain.budgets.amounts import WHOLE, Agreed, Percent, Retention
from service.domain.budgets.committing import NOTHING, open_lines, require_no_member
from service.domain.budgets.contract import Stance, TermsCause, Voice
from service.domain.budgets.duties import USUAL, Billers, Duty, GrantsAndBills, Holders
from service.domain.budgets.foreseen import bind_foreseen
from service.domain.budgets.ledger import (
    AccountKind,
    LedgerAccount,
    Move,
    PeriodClosed,
    PostingKind,
    account_of,
    hold_all_accounts,
    post,
)
from service.domain.budgets.model import (
    AgreementState,
    BudgetAgreement,
    BudgetLine,
    BudgetParty,
    LineKind,
    scope_of,
)
from service.domain.budgets.network import parties_of
from service.domain.budgets.positions import ask_again, missing_from, position_of
from service.domain.budgets.relying import LessThanSecured, keep_secured
from service.domain.budgets.terms import names_of, revise, terms_of
from service.domain.budgets.views import (
    BudgetAgreementView,
    BudgetPartyView,
)
from service.domain.errors import DomainError, InvalidInput
from service.domain.spaces.model import SocialSpace
from service.domain.values import ClientId, Day, Line


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


_PROCESS = "Who calls both sides together when money runs out, or is left: gives notice in a procedure."
_DOCUMENTATION = "Who hands in the proof of what the money was used for."
_BILLING = "Who of the network asks to be paid. Never the agency, which grants."
_LAST_DAY = "The last day on which anything is claimed of it, once settled; left out: the last of the year after."


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
    process: Holders = Field(list(USUAL[Duty.PROCESS]), min_length=1, max_length=3, description=_PROCESS)
    documentation: Holders = Field(
        list(USUAL[Duty.DOCUMENTATION]), min_length=1, max_length=3, description=_DOCUMENTATION
    )
    billing: Billers = Field(list(USUAL[Duty.BILLING]), min_length=1, max_length=2, description=_BILLING)
    expires_on: Day | None = Field(None, description=_LAST_DAY)


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
    process: Holders = Field(default=None, min_length=1, max_length=3, description=_PROCESS)  # type: ignore[arg-type]
    documentation: Holders = Field(default=None, min_length=1, max_length=3, description=_DOCUMENTATION)  # type: ignore[arg-type]
    billing: Billers = Field(default=None, min_length=1, max_length=2, description=_BILLING)  # type: ignore[arg-type]
    expires_on: Day | None = Field(None, description=_LAST_DAY)


class AddParty(Command):
    """A provider of the network, and its share of it."""

    id: ClientId
    organisation_id: UUID
    share: Percent = Field(
        NOTHING, description="In percent, such as «50.00», throughout the year; left out where shares differ by period."
    )
    lead: bool = Field(False, description="It leads the network: it alone speaks for all.")
    payee_number: Line | None = Field(None, description="As whom the authority's cash office pays it.")


class RemoveParty(Command):
    """Which provider is to be no party any more."""

    organisation_id: UUID


class ClosePeriod(Command):
    """Through which month the books are closed."""

    through: Day = Field(description="The last day of a month that is over.")


@operation(policy.DRAFT, within=Authority, answers=BudgetAgreementView, raises=(AgreementExists,))
async def draft_budget_agreement(act: Act, command: DraftAgreement) -> BudgetAgreement:
    """Draft the agreement on a social space's budget for one year. Somebody else puts it into force."""
    authority = await act.load(Authority, command.authority_id)
    _check_last_day(command.expires_on, command.fiscal_year)
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
    """Change a draft (merge patch). Whoever has changed anything of it at any time does not say yes to it: somebody
    else does, and somebody else puts it into force."""
    changes = command.model_dump(exclude_unset=True)
    _check_last_day(changes.get("expires_on"), budgetagreement.fiscal_year)
    lines = await _lines(act, budgetagreement)
    before = terms_of(budgetagreement, lines)
    for line in lines:
        line.agreed = changes.pop(line.kind, line.agreed)
    for name, value in changes.items():
        setattr(budgetagreement, name, value)
    await revise(act, budgetagreement, TermsCause.CHANGED, before, terms_of(budgetagreement, lines))
    return budgetagreement


@operation(
    policy.ADD_PARTY,
    on=BudgetAgreement,
    answers=BudgetPartyView,
    states=(AgreementState.DRAFT,),
    raises=(GrantsAndBills,),
)
async def add_budget_party(act: Act, budgetagreement: BudgetAgreement, command: AddParty) -> BudgetParty:
    """Make a provider of the network party to the agreement, with its share: one that one does not work for."""
    await require_no_member(act, budgetagreement.authority_id, [command.organisation_id], act.actor.id)
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
    party = BudgetParty(**scope_of(budgetagreement), **command.model_dump())
    await revise(act, budgetagreement, TermsCause.PARTY_ADDED, {}, await _told(act, party))
    return act.add(party)


@operation(policy.REMOVE_PARTY, on=BudgetAgreement, answers=BudgetAgreementView, states=(AgreementState.DRAFT,))
async def remove_budget_party(act: Act, budgetagreement: BudgetAgreement, command: RemoveParty) -> BudgetAgreement:
    """Take a provider out of a draft. The shares of the others have to make the whole again before the draft can take
    effect, and whoever had said yes says so of these terms anew. Which party it was stays on record."""
    parties = await parties_of(act, budgetagreement.id)
    leaving = next((party for party in parties if party.organisation_id == command.organisation_id), None)
    if leaving is None:
        detail = "is no party to the agreement"
        raise InvalidInput(errors=[{"pointer": "#/organisation_id", "detail": detail}])
    await revise(act, budgetagreement, TermsCause.PARTY_REMOVED, await _told(act, leaving), {})
    await act.session.delete(leaving)
    return budgetagreement


@operation(
    policy.ACTIVATE,
    on=BudgetAgreement,
    answers=BudgetAgreementView,
    states=(AgreementState.DRAFT,),
    keyed=True,
    raises=(AgreementIncomplete, LessThanSecured, NotYetEffective, PeriodClosed),
)
async def activate_budget_agreement(act: Act, budgetagreement: BudgetAgreement) -> BudgetAgreement:
    """Put an agreement into force: what was agreed can be spent, from the first day of its year. By a second person,
    with which the agency has said yes; once nothing is missing that it needs. What was foreseen for the year is bound:
    claims whatever there is, what is voluntary as far as it lasts. Whoever works for a provider of the network does not
    say yes for the agency."""
    await ask_again(act, budgetagreement)
    begins = date(budgetagreement.fiscal_year, 1, 1)
    if begins > act.today:
        raise NotYetEffective(effective_on=begins.isoformat())
    if missing := await missing_from(act, budgetagreement):
        raise AgreementIncomplete(missing=[item.value for item in missing])
    await keep_secured(act, budgetagreement)
    lines = await _lines(act, budgetagreement)
    source = account_of(budgetagreement.id, AccountKind.SOURCE)
    moves = [
        Move(PostingKind.APPROVE, source, account_of(line.id, AccountKind.FREE), line.agreed, budgetagreement.id)
        for line in lines
    ]
    act.change(budgetagreement, state=AgreementState.ACTIVE.value, activated_by=act.actor.id, activated_on=act.today)
    act.session.add(position_of(act, budgetagreement, Voice.AGENCY, Stance.APPROVAL))
    await hold_all_accounts(act, budgetagreement.id)  # several postings: who decides on its lines meanwhile waits
    await post(act, moves, begins)
    await bind_foreseen(act, budgetagreement)
    return budgetagreement


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
    mine = account.c.agreement_id == budgetagreement.id
    # In the order in which postings take them; who posts looks at the date only once the account is theirs.
    await hold_all_accounts(act, budgetagreement.id)
    connection = await act.session.connection()
    await connection.execute(account.update().where(mine).values(closed_through=through))
    act.change(budgetagreement, closed_through=through)
    return budgetagreement


def _check_last_day(expires_on: date | None, year: int) -> None:
    if expires_on is not None and expires_on < date(year, 12, 31):
        detail = f"must not lie before the end of {year}, the agreement's year"
        raise InvalidInput(errors=[{"pointer": "#/expires_on", "detail": detail}])


async def _told(act: Act, party: BudgetParty) -> dict[str, str | None]:
    """What the terms say of a party."""
    (name,) = (await names_of(act, [party.organisation_id])).values()
    return {"party": f"{name} {party.share}{' (lead)' if party.lead else ''}"}


async def _lines(act: Act, agreement: BudgetAgreement) -> list[BudgetLine]:
    query = select(BudgetLine).where(BudgetLine.agreement_id == agreement.id)
    return list((await act.session.exec(query)).all())
