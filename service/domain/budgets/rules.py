"""Terms of a contract that a year's end needs: rules of sharing, services beside the budget, the next period."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import col, select

from service.domain.act import Act, Command, operation
from service.domain.budgets import policy
from service.domain.budgets.agreements import AgreementExists
from service.domain.budgets.amounts import Agreed, Percent
from service.domain.budgets.committing import open_lines
from service.domain.budgets.contract import TermsCause
from service.domain.budgets.duties import Duty
from service.domain.budgets.expiring import NOT_EXPIRED
from service.domain.budgets.model import AgreementState, BudgetAgreement, BudgetLine, BudgetParty, LineKind, scope_of
from service.domain.budgets.network import network_of, parties_of
from service.domain.budgets.settlement import (
    DeviationBand,
    DeviationRule,
    DeviationRuleView,
    Direction,
    MonitoredService,
    MonitoredServiceView,
)
from service.domain.budgets.sharing import AGENCY_ALONE, ZERO, Band, wrong_place
from service.domain.budgets.splitting import CENT
from service.domain.budgets.terms import names_of, revise, terms_of
from service.domain.budgets.tranches import WHOLE, revised
from service.domain.budgets.valuing import carry_valuations
from service.domain.budgets.views import BudgetAgreementView
from service.domain.errors import DomainError, InvalidInput
from service.domain.values import Amount, ClientId, Line


@dataclass(eq=False)
class BandsDoNotFit(DomainError):
    code, title = "bands-do-not-fit", "The bands of the rule do not reach from zero without end, each once."
    advice = "`place` says where: each band begins where the one before ends, and the last has no `up_to`."
    place: str


class NewBand(BaseModel):
    """A part of what is over or under, in percent of what is agreed, and who bears or keeps it."""

    model_config = ConfigDict(extra="forbid")

    above: Percent = Field(description="From this percent on, such as «0.00».")
    up_to: Percent | None = Field(None, description="Up to this percent; left out: without end.")
    agency: Percent = Field(description="Percent that the agency bears or gets back.")
    network: Percent = Field(description="Percent that the network bears or keeps.")
    carry: Percent = Field(description="Percent that is carried to the next year.")


class AgreeDeviationRule(Command):
    """How over- or under-spend is shared."""

    id: ClientId
    direction: Direction
    threshold: Percent = Field(
        ZERO,
        description="In percent of what is agreed. Of an under-spend: a forecast that leaves over more opens the "
        "procedure. Of an over-spend: one that goes further beyond what is approved for a line opens it before the "
        "line is below zero; 0.00: only then.",
    )
    threshold_amount: Amount | None = Field(
        None, description="The same as an amount, EUR; in the place of `threshold`."
    )
    bands: list[NewBand] = Field(min_length=1, max_length=20, description="From zero without end, each once.")


class RecordMonitoredService(Command):
    """What is paid beside the budget."""

    id: ClientId
    name: Line
    legal_basis: Line
    planned: Agreed = Field(description="EUR.")
    actual: Agreed = Field(description="EUR.")


class OpenNextPeriod(Command):
    """The next agreement's id."""

    id: ClientId


@operation(
    policy.AGREE_RULE,
    on=BudgetAgreement,
    answers=DeviationRuleView,
    states=(AgreementState.DRAFT,),
    raises=(BandsDoNotFit,),
)
async def agree_deviation_rule(
    act: Act, budgetagreement: BudgetAgreement, command: AgreeDeviationRule
) -> DeviationRule:
    """Write into a draft how over- or under-spend is shared. Without a rule the agency bears and keeps all of it."""
    bands = [Band(**band.model_dump()) for band in command.bands]
    if (place := wrong_place(bands)) is not None:
        raise BandsDoNotFit(place=place)
    if command.threshold and command.threshold_amount is not None:
        detail = "or `threshold`: there is one threshold"
        raise InvalidInput(errors=[{"pointer": "#/threshold_amount", "detail": detail}])
    earlier = select(DeviationRule.id).where(
        DeviationRule.agreement_id == budgetagreement.id, DeviationRule.direction == command.direction.value
    )
    standing = await rule_of(act, budgetagreement.id, command.direction)
    before = _told(await bands_of(act, budgetagreement.id, command.direction), standing)
    terms = ({command.direction.value: each} for each in (before, _told(bands, command)))
    await revise(act, budgetagreement, TermsCause.RULE_AGREED, next(terms), next(terms))
    rule = act.add(
        DeviationRule(
            id=command.id,
            **scope_of(budgetagreement),
            direction=command.direction.value,
            number=len((await act.session.exec(earlier)).all()) + 1,
            threshold=command.threshold,
            threshold_amount=command.threshold_amount,
            agreed_on=act.today,
        )
    )
    await act.session.flush()
    act.session.add_all(_bands(budgetagreement, rule, bands))
    return rule


@operation(policy.MONITOR_SERVICE, on=BudgetAgreement, answers=MonitoredServiceView, guards=(NOT_EXPIRED,))
async def record_monitored_service(
    act: Act, budgetagreement: BudgetAgreement, command: RecordMonitoredService
) -> MonitoredService:
    """Record what is paid beside the budget (§§ 78a-g SGB VIII). It is shown, and no part of any settlement."""
    return act.add(MonitoredService(**scope_of(budgetagreement), **command.model_dump()))


@operation(
    policy.OPEN_NEXT_PERIOD,
    on=BudgetAgreement,
    answers=BudgetAgreementView,
    states=(AgreementState.ACTIVE, AgreementState.YEAR_CLOSED, AgreementState.SETTLED),
    guards=(NOT_EXPIRED,),
    raises=(AgreementExists,),
)
async def open_next_period(act: Act, budgetagreement: BudgetAgreement, command: OpenNextPeriod) -> BudgetAgreement:
    """Draft the agreement of the next year with the terms of this one: lines, parties with their last shares, rules. It
    can be changed as long as it is a draft; somebody else puts it into force. What work is worth is proposed as it
    stood at the end: the other side agrees anew."""
    past = budgetagreement
    standing = select(BudgetAgreement.id).where(
        BudgetAgreement.authority_id == past.authority_id,
        col(BudgetAgreement.social_space_id).is_not_distinct_from(past.social_space_id),
        BudgetAgreement.fiscal_year == past.fiscal_year + 1,
    )
    if (exists := (await act.session.exec(standing)).first()) is not None:
        raise AgreementExists(agreement_id=exists)
    terms = ("authority_id", "social_space_id", "contract_number", "legal_basis", "retention", "floor", *Duty)
    following = BudgetAgreement(
        id=command.id,
        fiscal_year=past.fiscal_year + 1,
        product_account=past.product_account,
        drafted_by=act.actor.id,
        terms=1,
        **{str(name): getattr(past, name) for name in terms},
    )
    lines = (await act.session.exec(select(BudgetLine).where(BudgetLine.agreement_id == past.id))).all()
    following_lines = await open_lines(act, following, {LineKind(line.kind): line.agreed for line in lines})
    shares = dict((await network_of(act, past)).on(date(past.fiscal_year, 12, 31)))
    for party in await parties_of(act, past.id):
        if share := shares.get(party.organisation_id):
            act.session.add(
                BudgetParty(
                    **scope_of(following),
                    organisation_id=party.organisation_id,
                    share=share,
                    lead=party.lead,
                    payee_number=party.payee_number,
                )
            )
    for direction in Direction:
        standing_rule = await rule_of(act, past.id, direction)
        if standing_rule is None:  # what was not agreed begins with no year either
            continue
        rule = DeviationRule(
            **scope_of(following),
            direction=direction.value,
            number=1,
            threshold=standing_rule.threshold,
            threshold_amount=standing_rule.threshold_amount,
            agreed_on=act.today,
        )
        act.session.add(rule)
        await act.session.flush()
        act.session.add_all(_bands(following, rule, await bands_of(act, past.id, direction)))
    await carry_valuations(act, past, following)
    drafted = terms_of(following, following_lines.values())
    shares_told = (await network_of(act, following)).told(await names_of(act, shares))
    await revise(act, following, TermsCause.DRAFTED, {}, {**drafted, "shares": shares_told})
    return following


async def rule_of(act: Act, agreement_id: UUID, direction: Direction) -> DeviationRule | None:
    """The newest rule of a direction."""
    rules = select(DeviationRule).where(
        DeviationRule.agreement_id == agreement_id, DeviationRule.direction == direction.value
    )
    return (await act.session.exec(rules.order_by(col(DeviationRule.number).desc()).limit(1))).one_or_none()


async def threshold_of(act: Act, rule: DeviationRule) -> Decimal:
    """From where on a forecast opens its procedure, EUR."""
    percent = await revised(act, rule.agreement_id) * rule.threshold / WHOLE
    return rule.threshold_amount or percent.quantize(CENT, ROUND_HALF_UP)


async def bands_of(act: Act, agreement_id: UUID, direction: Direction) -> list[Band]:
    """The bands of the newest rule; without one the agency bears and keeps all."""
    rule = await rule_of(act, agreement_id, direction)
    rows = select(DeviationBand).where(DeviationBand.rule_id == (rule.id if rule else None))
    rows = rows.order_by(col(DeviationBand.position))
    found = (await act.session.exec(rows)).all()
    return [Band(row.above, row.up_to, row.agency, row.network, row.carry) for row in found] or list(AGENCY_ALONE)


def _told(bands: list[Band], rule: DeviationRule | AgreeDeviationRule | None) -> str:
    """In words, for whoever reads what a version changed: from, to, agency, network, carry; and the threshold. Of an
    under-spend also where it is zero: without a rule nothing opens the procedure, and with one what is above that."""
    parts = (
        f"{each.above:.2f} to {each.up_to or '∞'}: {each.agency:.2f}/{each.network:.2f}/{each.carry:.2f}"
        for each in bands
    )
    if rule is None or (rule.direction == Direction.OVERSPEND and not (rule.threshold or rule.threshold_amount)):
        return "; ".join(parts)
    said = f"{rule.threshold:.2f}" if rule.threshold_amount is None else f"{rule.threshold_amount:.2f} EUR"
    return "; ".join([*parts, f"above {said}"])


def _bands(agreement: BudgetAgreement, rule: DeviationRule, bands: list[Band]) -> list[DeviationBand]:
    return [
        DeviationBand(**scope_of(agreement), rule_id=rule.id, position=position, **vars(band))
        for position, band in enumerate(bands)
    ]
