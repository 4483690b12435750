"""The network of an agreement: which of its providers has which share on which days, and who speaks for all.

Shares hold throughout the year, or by period (deck line 925): then the periods fill the year, each once, and the shares
of each make the whole. An advance is divided by the shares of its day, what the network bears of a year by the days."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Told
from sqlmodel import col, func, select

from service.domain.act import Act, Command, operation
from service.domain.budgets import policy
from service.domain.budgets.amounts import WHOLE, Share
from service.domain.budgets.contract import NetworkShare, TermsCause
from service.domain.budgets.model import AgreementState, BudgetAgreement, BudgetParty, scope_of
from service.domain.budgets.terms import names_of, revise
from service.domain.budgets.views import BudgetAgreementView
from service.domain.errors import DomainError
from service.domain.values import Day, Money
from service.domain.views import Many, Record, link, view

ZERO = Decimal("0.00")
NEXT = timedelta(days=1)


@view(NetworkShare, policy.READ_LINE, plural="network_shares", filters=("agreement_id", "organisation_id", "number"))
class NetworkShareView(Record):
    """What share of the network a provider has in a period of the year."""

    id: UUID
    agreement_id: UUID
    number: int = Told(description="Of the plan it belongs to: the one with the highest counts, those before stay.")
    organisation_id: UUID
    begins_on: date = Told(description="The first day of the period.")
    ends_on: date = Told(description="Its last day.")
    share: Money = Told(description="In percent; those of a period make 100.00.")


link(BudgetAgreementView, "network_shares", Many("agreement_id"), NetworkShareView)


@dataclass(eq=False)
class SharesDoNotFit(DomainError):
    code, title = (
        "shares-do-not-fit",
        "The shares of the network do not fit: each day needs exactly 100.00.",
    )
    advice = "`place` says where. Periods follow each other from the first to the last day of the agreement's year."
    place: str


class NewNetworkShare(BaseModel):
    """A provider's share of the network."""

    model_config = ConfigDict(extra="forbid")

    organisation_id: UUID
    share: Share = Told(description="In percent, such as «50.00».")


class NewSharePeriod(BaseModel):
    """A part of the year in which shares stay the same."""

    model_config = ConfigDict(extra="forbid")

    begins_on: Day = Told(description="Its first day.")
    ends_on: Day = Told(description="Its last day.")
    shares: list[NewNetworkShare] = Told(min_length=1, max_length=50, description="They make 100.00 together.")


class AgreeNetworkShares(Command):
    """Who has which share in which part of the year."""

    periods: list[NewSharePeriod] = Told(min_length=1, max_length=53, description="They fill the year, each day once.")


Weights = list[tuple[UUID, Decimal]]  # organisations with their shares, the largest first


@dataclass(frozen=True)
class Period:
    begins_on: date
    ends_on: date
    weights: Weights

    @property
    def days(self) -> int:
        return (self.ends_on - self.begins_on + NEXT).days


def wrong_place(periods: Sequence[NewSharePeriod], year: int, parties: set[UUID]) -> str | None:
    """What is wrong with the shares of a year, and where; null if each day has exactly the whole."""
    expected, last = date(year, 1, 1), date(year, 12, 31)
    for number, period in enumerate(periods):
        if period.ends_on < period.begins_on:
            return f"period {number}: ends before it begins"
        if period.begins_on < expected:
            where = "the one before" if number else f"the year before {year}"
            return f"period {number}: overlaps {where}"
        if period.begins_on > expected:
            return f"period {number}: there is a gap from {expected} to {period.begins_on - NEXT}"
        if period.ends_on > last:
            return f"period {number}: ends after the year {year}"
        named = [each.organisation_id for each in period.shares]
        for place, organisation in enumerate(named):
            if organisation not in parties:
                return f"period {number}, share {place}: is no party to the agreement"
            if organisation in named[:place]:
                return f"period {number}, share {place}: is named twice"
        if (whole := sum((each.share for each in period.shares), ZERO)) != WHOLE:
            return f"period {number}: the shares make {whole}, not 100.00"
        expected = period.ends_on + NEXT
    return None if expected > last else f"after period {len(periods) - 1}: there is a gap from {expected} to {last}"


@operation(
    policy.AGREE_SHARES,
    on=BudgetAgreement,
    answers=BudgetAgreementView,
    states=(AgreementState.DRAFT,),
    raises=(SharesDoNotFit,),
)
async def agree_network_shares(
    act: Act, budgetagreement: BudgetAgreement, command: AgreeNetworkShares
) -> BudgetAgreement:
    """Write into a draft which share of the network each party has in which part of the year, in place of what was
    agreed before."""
    parties = await parties_of(act, budgetagreement.id)
    mine = {party.organisation_id for party in parties}
    if (place := wrong_place(command.periods, budgetagreement.fiscal_year, mine)) is not None:
        raise SharesDoNotFit(place=place)
    earlier = select(func.max(NetworkShare.number)).where(NetworkShare.agreement_id == budgetagreement.id)
    number = (await act.session.exec(earlier)).one() or 0
    names = await names_of(act, mine)
    before = {"shares": (await network_of(act, budgetagreement)).told(names)}
    for party in parties:
        act.change(party, share=ZERO)
    act.session.add_all(
        NetworkShare(
            **scope_of(budgetagreement),
            number=number + 1,
            begins_on=period.begins_on,
            ends_on=period.ends_on,
            **each.model_dump(),
        )
        for period in command.periods
        for each in period.shares
    )
    await act.session.flush()
    after = {"shares": (await network_of(act, budgetagreement)).told(names)}
    await revise(act, budgetagreement, TermsCause.SHARES_AGREED, before, after)
    return budgetagreement


async def parties_of(act: Act, agreement_id: UUID) -> list[BudgetParty]:
    """The providers of the network, the largest share first."""
    query = select(BudgetParty).where(BudgetParty.agreement_id == agreement_id)
    return list((await act.session.exec(query.order_by(col(BudgetParty.share).desc(), col(BudgetParty.id)))).all())


@dataclass(frozen=True)
class Network:
    """Which party has which share when: what tranches and settlements are divided by."""

    periods: Sequence[Period]

    def on(self, day: date) -> Weights:
        return next((each.weights for each in self.periods if each.begins_on <= day <= each.ends_on), [])

    def of_year(self) -> Weights:
        """By the days on which each share held."""
        total: dict[UUID, Decimal] = defaultdict(Decimal)
        for period in self.periods:
            for organisation, share in period.weights:
                total[organisation] += share * period.days
        return sorted(total.items(), key=_largest_first)

    def told(self, names: Mapping[UUID, str]) -> str | None:
        """In words, for whoever reads what a version changed; null while nobody has a share."""
        parts = (
            f"{each.begins_on} to {each.ends_on}: "
            + ", ".join(f"{names[organisation]} {share}" for organisation, share in each.weights)
            for each in self.periods
            if each.weights
        )
        return "; ".join(parts) or None


async def network_of(act: Act, agreement: BudgetAgreement) -> Network:
    """By period where that was agreed, otherwise the same throughout the year. Who is party no more has no share."""
    parties = await parties_of(act, agreement.id)
    every = select(NetworkShare).where(NetworkShare.agreement_id == agreement.id)
    rows = (await act.session.exec(every)).all()
    newest = [row for row in rows if row.number == max(each.number for each in rows)]
    if newest:
        mine = {party.organisation_id for party in parties}
        return Network(list(_periods([row for row in newest if row.organisation_id in mine])))
    weights = [(party.organisation_id, party.share) for party in parties if party.share]
    return Network([Period(date(agreement.fiscal_year, 1, 1), date(agreement.fiscal_year, 12, 31), weights)])


def _periods(rows: Sequence[NetworkShare]) -> Iterator[Period]:
    for begins_on, ends_on in sorted({(row.begins_on, row.ends_on) for row in rows}):
        mine = ((row.organisation_id, row.share) for row in rows if row.begins_on == begins_on)
        yield Period(begins_on, ends_on, sorted(mine, key=_largest_first))


def _largest_first(weight: tuple[UUID, Decimal]) -> tuple[Decimal, UUID]:
    return -weight[1], weight[0]
