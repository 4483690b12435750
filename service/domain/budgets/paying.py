"""Paying the network in advance: tranches planned by one controller, released by another, paid by the cash office."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field
from sqlmodel import select

from service.domain.act import Act, Command, operation
from service.domain.budgets import policy
from service.domain.budgets.agreements import NotYetEffective
from service.domain.budgets.holding import AgreementNotActive, active_agreement
from service.domain.budgets.model import AgreementState, BudgetAgreement, Tranche, TrancheState
from service.domain.budgets.network import parties_of
from service.domain.budgets.tranches import TrancheCalendar, TrancheView, spread, tranche_of
from service.domain.budgets.views import BudgetAgreementView
from service.domain.clock import day_of
from service.domain.errors import DomainError, InvalidInput
from service.domain.values import Day, Line


@dataclass(eq=False)
class TranchesPlanned(DomainError):
    code, title = "tranches-planned", "The tranches of this agreement are planned already."
    advice = "Look at GET /v1/tranches?agreement_id=…; release them when they are due, or withhold them with a reason."


@dataclass(eq=False)
class NoNetwork(DomainError):
    code, title = "no-network", "The agreement has no parties: nobody is paid in advance."
    advice = "Providers become parties to a draft: POST /v1/budget-agreements/{id}/parties."


def _each_once(days: list[Day] | None) -> list[Day] | None:
    if days is not None and len(set(days)) != len(days):
        raise ValueError("must name each day once")
    return days


class PlanTranches(Command):
    """By which calendar the network is paid."""

    calendar: TrancheCalendar
    days: Annotated[list[Day] | None, AfterValidator(_each_once)] = Field(
        None, min_length=1, max_length=53, description="For a calendar of your own: days of the agreement's year."
    )


class WithholdTranche(Command):
    """Why it is not paid."""

    reason: Line


class PayTranche(Command):
    """When the cash office paid it."""

    paid_on: Day


@operation(
    policy.PLAN_TRANCHES,
    on=BudgetAgreement,
    answers=BudgetAgreementView,
    states=(AgreementState.ACTIVE,),
    keyed=True,
    raises=(TranchesPlanned, NoNetwork),
)
async def plan_tranches(act: Act, budgetagreement: BudgetAgreement, command: PlanTranches) -> BudgetAgreement:
    """Plan the year's tranches: what is agreed, less the retention, to the cent over the days of the calendar. Somebody
    else releases each."""
    standing = select(Tranche.id).where(Tranche.agreement_id == budgetagreement.id)
    if (await act.session.exec(standing)).first() is not None:
        raise TranchesPlanned
    if not await parties_of(act, budgetagreement.id):
        raise NoNetwork
    year, days = budgetagreement.fiscal_year, command.days
    if (days is None) is (command.calendar is TrancheCalendar.OWN):
        detail = "is needed for a calendar of your own" if days is None else "belongs to a calendar of your own"
        raise InvalidInput(errors=[{"pointer": "#/days", "detail": detail}])
    if any(day.year != year for day in days or ()):
        raise InvalidInput(errors=[{"pointer": "#/days", "detail": f"must lie in {year}, the agreement's year"}])
    for day in days or command.calendar.days(year):
        act.session.add(tranche_of(act, budgetagreement, day))
    act.change(budgetagreement)
    await spread(act, budgetagreement)
    return budgetagreement


@operation(
    policy.RELEASE_TRANCHE,
    on=Tranche,
    answers=TrancheView,
    states=(TrancheState.PLANNED, TrancheState.WITHHELD),
    keyed=True,
    raises=(AgreementNotActive, NotYetEffective),
)
async def release_tranche(act: Act, tranche: Tranche) -> Tranche:
    """Release what somebody else has planned, once it is due: the cash office may pay it. Also what was withheld."""
    await active_agreement(act, tranche)
    if tranche.due_on > act.today:
        raise NotYetEffective(effective_on=tranche.due_on.isoformat())
    state = TrancheState.RELEASED.value
    act.change(tranche, state=state, released_by=act.actor.id, released_at=act.now, reason=None)
    return tranche


@operation(
    policy.WITHHOLD_TRANCHE,
    on=Tranche,
    answers=TrancheView,
    states=(TrancheState.PLANNED, TrancheState.RELEASED),
    raises=(AgreementNotActive,),
)
async def withhold_tranche(act: Act, tranche: Tranche, command: WithholdTranche) -> Tranche:
    """Keep a tranche back, with a reason that its providers read, until somebody releases it. Once the year is being
    settled what was released stays so: the settlement counts it."""
    await active_agreement(act, tranche)
    state = TrancheState.WITHHELD.value
    act.change(tranche, state=state, reason=command.reason, released_by=None, released_at=None)
    return tranche


@operation(policy.PAY_TRANCHE, on=Tranche, answers=TrancheView, states=(TrancheState.RELEASED,), keyed=True)
async def pay_tranche(act: Act, tranche: Tranche, command: PayTranche) -> Tranche:
    """Record that the cash office has paid a tranche. The payment itself is the cash office's."""
    errors = []
    if command.paid_on > act.today:
        errors.append("lies in the future")
    if tranche.released_at is not None and command.paid_on < (released := day_of(tranche.released_at)):
        errors.append(f"must not be before {released}, when it was released")
    if errors:
        raise InvalidInput(errors=[{"pointer": "#/paid_on", "detail": detail} for detail in errors])
    act.change(tranche, state=TrancheState.PAID.value, paid_on=command.paid_on)
    return tranche
