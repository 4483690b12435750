"""The network: shares by period that fill the year, advances by the shares of their day, one provider who speaks."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.demo import demo_id
from service.demo.people import ANKERPLATZ
from service.domain.budgets.network import Network, Period
from service.domain.budgets.splitting import CENT, split
from service.domain.values import new_id
from tests.budgets.conftest import Draft
from tests.budgets.contract import NETWORK, STRANGER, Contract, DayToBe
from tests.conftest import Database
from tests.faces import Said, Told

THIRD_PROVIDER = demo_id("organisation", ANKERPLATZ)
JANUARY, DECEMBER, WHOLE = date(2027, 1, 1), date(2027, 12, 31), 10_000


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Periods that fill the year, each with shares that make 100.00."""
    ends = draw(st.lists(st.integers(1, 364), unique=True, max_size=5).map(sorted))
    begins, periods = JANUARY, []
    for last in (*(JANUARY + timedelta(days=day - 1) for day in ends), DECEMBER):
        cuts = sorted({0, WHOLE, *draw(st.lists(st.integers(1, WHOLE - 1), max_size=4))})
        shares = [Decimal(upper - lower) / 100 for lower, upper in pairwise(cuts)]
        periods.append(Period(begins, last, [(UUID(int=place), share) for place, share in enumerate(shares)]))
        begins = last + timedelta(days=1)
    return Network(periods)


@given(
    network=networks(),
    amount=st.decimals(min_value=0, max_value=10**9, places=2),
    days=st.lists(st.dates(JANUARY, DECEMBER), min_size=1, max_size=12, unique=True),
)
def test_shares_of_any_days_make_the_whole_to_the_cent(network: Network, amount: Decimal, days: list[date]) -> None:
    paid: dict[UUID, Decimal] = {}
    for day, tranche in zip(days, split(amount, [1] * len(days)), strict=True):
        weights = network.on(day)
        parts = split(tranche, [share for _, share in weights])
        for (organisation, share), part in zip(weights, parts, strict=True):
            assert abs(part - tranche * share / 100) < CENT
            paid[organisation] = paid.get(organisation, Decimal(0)) + part
    assert sum(paid.values()) == amount
    assert sum(weight for _, weight in network.of_year()) == 100 * 365, "of the year: each share by its days"


def period(begins: str, ends: str, **shares: str) -> Said:
    named = {"lichtung": NETWORK, "kompass": STRANGER, "anker": THIRD_PROVIDER}
    told = [{"organisation_id": str(named[name]), "share": share} for name, share in shares.items()]
    return {"begins_on": f"2027-{begins}", "ends_on": f"2027-{ends}", "shares": told}


HALVES = [
    period("01-01", "06-30", lichtung="60.00", kompass="40.00"),
    period("07-01", "12-31", lichtung="33.34", kompass="33.33", anker="33.33"),
]
WRONG: dict[str, list[Said]] = {
    "period 0: there is a gap from 2027-01-01 to 2027-01-01": [period("01-02", "12-31", lichtung="100.00")],
    "period 1: there is a gap from 2027-07-01 to 2027-07-01": [
        HALVES[0],
        period("07-02", "12-31", lichtung="100.00"),
    ],
    "period 1: overlaps the one before": [HALVES[0], period("06-30", "12-31", lichtung="100.00")],
    "period 1: ends before it begins": [HALVES[0], period("07-01", "06-30", lichtung="100.00")],
    "after period 0: there is a gap from 2027-07-01 to 2027-12-31": HALVES[:1],
    "period 1: the shares make 99.99, not 100.00": [
        HALVES[0],
        period("07-01", "12-31", lichtung="50.00", kompass="49.99"),
    ],
}


async def networked(contract: Contract) -> None:
    """Three providers, the first of which leads; whose share is what comes later."""
    for organisation in (NETWORK, STRANGER, THIRD_PROVIDER):
        lead = organisation == NETWORK
        told = await contract.first.do("add_budget_party", contract.id, organisation_id=str(organisation), lead=lead)
        assert (told["share"], told["lead"]) == ("0.00", lead)


async def shared(contract: Contract, periods: list[Said]) -> Told:
    return await contract.first.do("agree_network_shares", contract.id, await contract.version(), periods=periods)


@pytest.mark.anyio
async def test_advances_follow_the_shares_of_their_day(drafted: Draft, clock: DayToBe) -> None:
    contract = await drafted(case_specific="1000.00")
    await networked(contract)
    for place, periods in WRONG.items():
        told = await shared(contract, periods)
        assert (told.code, told.value.get("place")) == ("shares-do-not-fit", place), told
    stranger: Said = {"organisation_id": str(new_id()), "share": "100.00"}
    nobody = await shared(contract, [period("01-01", "12-31") | {"shares": [stranger]}])
    assert nobody.value["place"] == "period 0, share 0: is no party to the agreement"
    assert (await shared(contract, [period("01-01", "12-31", lichtung="100.00")])).status == 200
    assert (await shared(contract, HALVES)).status == 200
    second = await contract.first.do("add_budget_party", contract.id, organisation_id=str(new_id()), lead=True)
    assert {"#/organisation_id", "#/lead"} == {each["pointer"] for each in second.value["errors"]}
    await contract.approve()
    told = await contract.activate()
    assert told.status == 200, told
    days = ["2027-06-30", "2027-07-01", "2027-12-31"]
    told = await contract.first.do("plan_tranches", contract.id, await contract.version(), calendar="own", days=days)
    assert told.status == 200, told
    mine = await shares_of_tranches(contract)
    assert mine == {
        "2027-06-30": {str(NETWORK): "200.00", str(STRANGER): "133.34"},
        "2027-07-01": {str(NETWORK): "111.13", str(STRANGER): "111.10", str(THIRD_PROVIDER): "111.10"},
        "2027-12-31": {str(NETWORK): "111.13", str(STRANGER): "111.10", str(THIRD_PROVIDER): "111.10"},
    }
    clock.day = date(2028, 1, 2)
    following = await contract.first.do("open_next_period", contract.id, id=str(new_id()))
    theirs = await contract.listed("budget-parties", following["id"])
    after = {row["organisation_id"]: (row["share"], row["lead"]) for row in theirs}
    assert after == {
        str(NETWORK): ("33.34", True),
        str(STRANGER): ("33.33", False),
        str(THIRD_PROVIDER): ("33.33", False),
    }


@pytest.mark.anyio
async def test_who_leaves_a_draft_leaves_its_shares_open_and_its_approvals_behind(
    face: str, drafted: Draft, database: Database
) -> None:
    contract = await drafted(case_specific="1000.00")
    await networked(contract)
    assert (await shared(contract, HALVES)).status == 200
    await contract.approve()

    async def leaves(organisation: UUID) -> Told:
        said: Said = {"organisation_id": str(organisation)}
        return await contract.first.do("remove_budget_party", contract.id, await contract.version(), **said)

    assert (await leaves(new_id())).value["errors"][0]["pointer"] == "#/organisation_id"
    told = await leaves(THIRD_PROVIDER)
    assert told.status == 200, told
    assert {"shares", "network_approval", "funding", "cooperation"} <= set(told["missing"])
    parties = {row["organisation_id"] for row in await contract.listed("budget-parties")}
    assert parties == {str(NETWORK), str(STRANGER)}
    last = max(await contract.listed("agreement-versions"), key=lambda row: row["number"])
    (change,) = (row for row in await contract.listed("terms-changes") if row["version_id"] == last["id"])
    assert (last["cause"], change["term"], change["after"]) == ("party_removed", "party", None)
    assert change["before"].endswith(" 0.00")
    await contract.approve()
    assert (await contract.activate()).value["missing"] == ["shares"]
    whole = period("01-01", "12-31", lichtung="60.00", kompass="40.00")
    assert (await shared(contract, [whole])).status == 200
    await contract.approve()
    assert (await contract.activate()).status == 200
    assert (await leaves(STRANGER)).code == "impossible-now", "it is in force"


@pytest.mark.anyio
async def test_where_everybody_has_left_nobody_has_a_share(drafted: Draft, clock: DayToBe) -> None:
    contract = await drafted(case_specific="1000.00")
    for organisation, share in ((NETWORK, "60.00"), (STRANGER, "40.00")):
        await contract.first.do("add_budget_party", contract.id, organisation_id=str(organisation), share=share)
    assert (await shared(contract, [period("01-01", "12-31", lichtung="60.00", kompass="40.00")])).status == 200
    for organisation in (NETWORK, STRANGER):
        said: Said = {"organisation_id": str(organisation)}
        told = await contract.first.do("remove_budget_party", contract.id, await contract.version(), **said)
        assert told.status == 200, told
    assert told["missing"] == []
    assert (await contract.activate()).status == 200
    clock.day = date(2028, 1, 2)
    following = await contract.first.do("open_next_period", contract.id, id=str(new_id()))
    assert await contract.listed("budget-parties", following["id"]) == []


async def shares_of_tranches(contract: Contract) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in await contract.listed("tranche-shares"):
        found.setdefault(row["due_on"], {})[row["organisation_id"]] = row["amount"]
    return found
