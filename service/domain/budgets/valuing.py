"""Agreeing what work is worth, and recording what was done: hours, a month, or a project become an amount by the rule
of that month, which stays what it was however rules change afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field
from sqlmodel import col, func, select

from service.domain.access.operations import is_provider
from service.domain.act import Act, Command, operation
from service.domain.budgets import policy
from service.domain.budgets.committing import is_outside_network, require_no_member
from service.domain.budgets.duties import GrantsAndBills
from service.domain.budgets.holding import AgreementNotActive, held_agreement
from service.domain.budgets.model import (
    AgreementState,
    BudgetAgreement,
    BudgetParty,
    Commitment,
    CommitmentState,
    scope_of,
)
from service.domain.budgets.splitting import CENT
from service.domain.budgets.valuation import (
    ServiceRecord,
    ServiceRecordState,
    ServiceRecordView,
    ValuationKind,
    ValuationRule,
    ValuationRuleState,
    ValuationRuleView,
)
from service.domain.cases.apart import ExcludedFromCase, require_not_own
from service.domain.errors import DomainError, InvalidInput
from service.domain.values import Amount, ClientId, Day, said_as

HOURS_OF_A_MONTH = Decimal(31 * 24)
DAY = timedelta(days=1)


@dataclass(eq=False)
class ValuationRuleMissing(DomainError):
    code, title = "valuation-rule-missing", "No agreed rule says what this work was worth in that month."
    advice = (
        "`place` says where. Agree on a rule for it first: POST /v1/budget-agreements/{id}/valuation-rules, then "
        "POST /v1/valuation-rules/{id}/agree for the other side."
    )
    place: str


@dataclass(eq=False)
class AlreadyRecorded(DomainError):
    code, title = "already-recorded", "This work was recorded before."
    advice = "Look at `service_record_id`. As long as it is not billed it can be withdrawn and recorded anew."
    service_record_id: UUID


def _of_a_month(hours: Decimal) -> Decimal:
    if hours > HOURS_OF_A_MONTH:
        raise ValueError("must not be more than a month has: 744.00")
    return hours


_MONTH = r"^(?!0+\.00$)([0-9]{1,2}\.[0-9]{2}|([0-6][0-9]{2}|7[0-3][0-9]|74[0-3])\.[0-9]{2}|744\.00)$"
Hours = Annotated[Amount, AfterValidator(_of_a_month), said_as(_MONTH, 6, "6.50")]
"""Hours of a month with two decimals, as text: «6.50» is six and a half."""


class ProposeValuationRule(Command):
    """What an hour, a month or a project is worth, of whom, and from when."""

    id: ClientId
    kind: ValuationKind = Field(description="What the amount is for.")
    organisation_id: UUID | None = Field(None, description="The provider it is for; left out: any of the network.")
    amount: Amount
    valid_from: Day = Field(description="From when it counts: the first day of a month of the agreement's year.")
    valid_through: Day | None = Field(
        None, description="The last day of a month until which it counts; left out: until another takes its place."
    )


class RecordService(Command):
    """What was done in a month."""

    id: ClientId
    month: Day = Field(description="The first day of the month.")
    kind: ValuationKind = Field(description="How it is valued.")
    hours: Hours | None = Field(None, description="Hours that it took; needed where hours are valued.")


@operation(
    policy.PROPOSE_VALUATION,
    on=BudgetAgreement,
    answers=ValuationRuleView,
    states=(AgreementState.DRAFT, AgreementState.ACTIVE),
    raises=(GrantsAndBills,),
)
async def propose_valuation_rule(
    act: Act, budgetagreement: BudgetAgreement, command: ProposeValuationRule
) -> ValuationRule:
    """Propose what work is worth from a month on. It counts once the provider it is for has agreed, or whoever speaks
    for the network; what was recorded before keeps its amount. Nobody proposes for the agency what their own
    organisation gets."""
    errors = []
    if command.valid_from.day != 1 or command.valid_from.year != budgetagreement.fiscal_year:
        detail = f"must be the first day of a month of {budgetagreement.fiscal_year}, the agreement's year"
        errors.append({"pointer": "#/valid_from", "detail": detail})
    through = command.valid_through
    if through is not None and ((through + DAY).day != 1 or through < command.valid_from):
        detail = "must be the last day of a month, and not before it begins"
        errors.append({"pointer": "#/valid_through", "detail": detail})
    if command.organisation_id is None:
        party = select(BudgetParty.id).where(BudgetParty.agreement_id == budgetagreement.id)
        if (await act.session.exec(party)).first() is None:
            detail = "is needed: the agreement has no network that could agree"
            errors.append({"pointer": "#/organisation_id", "detail": detail})
    elif not await is_provider(act, budgetagreement.authority_id, command.organisation_id):
        errors.append({"pointer": "#/organisation_id", "detail": "is no independent provider of this authority"})
    if errors:
        raise InvalidInput(errors=errors)
    if command.organisation_id is not None:
        await require_no_member(act, budgetagreement.authority_id, [command.organisation_id], act.actor.id)
    earlier = select(func.max(ValuationRule.number)).where(
        ValuationRule.agreement_id == budgetagreement.id,
        ValuationRule.kind == command.kind.value,
        col(ValuationRule.organisation_id).is_not_distinct_from(command.organisation_id),
    )
    return act.add(
        ValuationRule(
            **scope_of(budgetagreement),
            number=((await act.session.exec(earlier)).one() or 0) + 1,
            proposed_by=act.actor.id,
            **command.model_dump(exclude={"kind"}),
            kind=command.kind.value,
        )
    )


@operation(policy.AGREE_VALUATION, on=ValuationRule, answers=ValuationRuleView, states=(ValuationRuleState.PROPOSED,))
async def agree_valuation_rule(act: Act, valuationrule: ValuationRule) -> ValuationRule:
    """Agree to it: for one's own organisation, or, of a rule for the whole network, as who speaks for that."""
    state = ValuationRuleState.AGREED.value
    act.change(valuationrule, state=state, agreed_by=act.actor.id, agreed_on=act.today)
    return valuationrule


@operation(
    policy.WITHDRAW_VALUATION, on=ValuationRule, answers=ValuationRuleView, states=(ValuationRuleState.PROPOSED,)
)
async def withdraw_valuation_rule(act: Act, valuationrule: ValuationRule) -> ValuationRule:
    """Take a proposal back to which nobody has agreed yet. Nothing was valued by it."""
    act.change(valuationrule, state=ValuationRuleState.WITHDRAWN.value)
    return valuationrule


@operation(
    policy.RECORD_SERVICE,
    on=Commitment,
    answers=ServiceRecordView,
    states=(CommitmentState.COMMITTED, CommitmentState.PARTLY_BOOKED),
    raises=(ValuationRuleMissing, AlreadyRecorded, AgreementNotActive, ExcludedFromCase),
)
async def record_service(act: Act, commitment: Commitment, command: RecordService) -> ServiceRecord:
    """Record what your organisation has done in a month on a commitment. It is valued at once, by the rule of that
    month: your organisation's own, or that of the network. Nothing is paid by it: finance bills it from an invoice.
    Whoever granted it, alone or with somebody, records nothing of it: colleagues do."""
    await require_not_own(act, commitment.case_id)
    agreement = await held_agreement(act, commitment.agreement_id)
    if agreement.state in (AgreementState.YEAR_CLOSED, AgreementState.SETTLED):
        raise AgreementNotActive
    if errors := _unfitting(command, agreement, act.today):
        raise InvalidInput(errors=errors)
    same = select(ServiceRecord.id).where(
        ServiceRecord.commitment_id == commitment.id,
        ServiceRecord.state != ServiceRecordState.WITHDRAWN.value,
        ServiceRecord.kind == command.kind.value,
    )
    if command.kind is not ValuationKind.PROJECT:  # which is done once, whatever the month
        same = same.where(ServiceRecord.month == command.month)
    if (earlier := (await act.session.exec(same)).first()) is not None:
        raise AlreadyRecorded(service_record_id=earlier)
    rule = await _rule_of(act, commitment, command)
    assert commitment.organisation_id is not None  # whose member records it
    if (amount := worth(rule, command.hours)) < CENT:
        raise InvalidInput(errors=[{"pointer": "#/hours", "detail": "are worth less than a cent"}])
    return act.add(
        ServiceRecord(
            authority_id=commitment.authority_id,
            social_space_id=commitment.social_space_id,
            agreement_id=commitment.agreement_id,
            line_id=commitment.line_id,
            commitment_id=commitment.id,
            organisation_id=commitment.organisation_id,
            case_id=commitment.case_id,
            rule_id=rule.id,
            rate=rule.amount,
            amount=amount,
            recorded_by=act.actor.id,
            recorded_at=act.now,
            **command.model_dump(exclude={"kind"}),
            kind=command.kind.value,
        )
    )


@operation(
    policy.WITHDRAW_SERVICE_RECORD,
    on=ServiceRecord,
    answers=ServiceRecordView,
    states=(ServiceRecordState.RECORDED,),
    raises=(ExcludedFromCase,),
)
async def withdraw_service_record(act: Act, servicerecord: ServiceRecord) -> ServiceRecord:
    """Take back what was recorded, as long as it is not billed. It can be recorded anew, by the rules of then."""
    await require_not_own(act, servicerecord.case_id)
    act.change(servicerecord, state=ServiceRecordState.WITHDRAWN.value)
    return servicerecord


def rule_for(rules: Sequence[ValuationRule], month: date) -> ValuationRule | None:
    """Which of the agreed versions of one kind, for one provider or the network, counts in a month: the last that has
    begun. If that has ended none does: what it took the place of does not come back."""
    begun = [rule for rule in rules if rule.valid_from <= month]
    newest = max(begun, key=lambda rule: (rule.valid_from, rule.number), default=None)
    return None if newest is None or (newest.valid_through or month) < month else newest


def missing_place(rules: Sequence[ValuationRule], month: date, kind: ValuationKind) -> str:
    """Where no rule counts, and what is there instead."""
    later = min((rule.valid_from for rule in rules if rule.valid_from > month), default=None)
    begun = max((rule for rule in rules if rule.valid_from <= month), key=_begun, default=None)
    where = f"{kind.value}, {month:%Y-%m}"
    if begun is None:
        return f"{where}: " + (f"the first version begins on {later}" if later else "no rule is agreed")
    assert begun.valid_through is not None
    if later is None:
        return f"{where}: version {begun.number} ended on {begun.valid_through}"
    return f"{where}: there is a gap from {begun.valid_through + DAY} to {later - DAY}"


def worth(rule: ValuationRule, hours: Decimal | None) -> Decimal:
    """EUR, rounded half up to the cent."""
    units = hours if rule.kind == ValuationKind.HOUR else Decimal(1)
    assert units is not None
    return (units * rule.amount).quantize(CENT, ROUND_HALF_UP)


async def carry_valuations(act: Act, past: BudgetAgreement, following: BudgetAgreement) -> None:
    """What counts in the last month, and does not end with it, is proposed for the next year."""
    last = date(past.fiscal_year, 12, 1)
    every = select(ValuationRule).where(
        ValuationRule.agreement_id == past.id, ValuationRule.state == ValuationRuleState.AGREED.value
    )
    of_each: dict[tuple[str, UUID | None], list[ValuationRule]] = {}
    for rule in (await act.session.exec(every)).all():
        of_each.setdefault((rule.kind, rule.organisation_id), []).append(rule)
    for (kind, organisation), rules in of_each.items():
        standing = rule_for(rules, last)
        if standing is None or (standing.valid_through is not None and standing.valid_through.year == past.fiscal_year):
            continue
        act.session.add(
            ValuationRule(
                **scope_of(following),
                kind=kind,
                number=1,
                organisation_id=organisation,
                amount=standing.amount,
                valid_from=date(following.fiscal_year, 1, 1),
                valid_through=standing.valid_through,
                proposed_by=act.actor.id,
            )
        )


def _begun(rule: ValuationRule) -> tuple[date, int]:
    return rule.valid_from, rule.number


def _unfitting(command: RecordService, agreement: BudgetAgreement, today: date) -> list[dict[str, str]]:
    """Whatever the day on which the money was bound: help begins before it is decided on, and before an agreement takes
    effect."""
    errors = []
    if command.month.day != 1 or command.month.year != agreement.fiscal_year:
        errors.append(f"must be the first day of a month of {agreement.fiscal_year}, the agreement's year")
    if command.month > today:
        errors.append("lies in the future")
    found = [{"pointer": "#/month", "detail": detail} for detail in errors]
    if command.kind is ValuationKind.HOUR and command.hours is None:
        found.append({"pointer": "#/hours", "detail": "is needed where hours are valued"})
    return found


async def _rule_of(act: Act, commitment: Commitment, command: RecordService) -> ValuationRule:
    """The provider's own rule, or that of the network, if it is in there by now. Raises ValuationRuleMissing."""
    every = select(ValuationRule).where(
        ValuationRule.agreement_id == commitment.agreement_id,
        ValuationRule.kind == command.kind.value,
        ValuationRule.state == ValuationRuleState.AGREED.value,
    )
    rules = (await act.session.exec(every)).all()
    own = [rule for rule in rules if rule.organisation_id == commitment.organisation_id]
    outside = await is_outside_network(act, commitment.agreement_id, commitment.organisation_id)
    shared = [rule for rule in rules if rule.organisation_id is None and not outside]
    found = rule_for(own, command.month) or rule_for(shared, command.month)
    if found is None:
        raise ValuationRuleMissing(place=missing_place(own or shared, command.month, command.kind))
    return found
