"""Frames of several years: their years follow each other and make the sum, each year keeps to its amount, and providers
get what they were told they can rely on."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.demo import AUTHORITY, demo_id
from service.domain.access.model import Membership
from service.domain.budgets.relying import secured_of
from service.domain.budgets.splitting import split
from service.domain.policy import Role
from service.domain.values import new_id
from tests.budgets.conftest import Draft
from tests.budgets.contract import FIRST, LONG_AGO, NETWORK, SECOND, STRANGER, THIRD, Contract, DayToBe, add
from tests.budgets.test_both_sides import being
from tests.budgets.test_left_over import given_back, left_over
from tests.conftest import Database
from tests.faces import Said, Told

pytestmark = pytest.mark.anyio


async def proposed(contract: Contract, *years: tuple[int, str], total: str, shares: Any = (), **more: Any) -> Told:
    """`shares`: of all its years, or of each that is named."""
    said: Said = {"authority_id": str(AUTHORITY), "social_space_id": str(contract.space), "total": total, **more}
    of = shares if isinstance(shares, dict) else dict.fromkeys((year for year, _ in years), shares)
    said["years"] = [
        {"fiscal_year": year, "amount": amount, "shares": list(of.get(year, ()))} for year, amount in years
    ]
    return await contract.first.do("propose_budget_frame", id=str(new_id()), **said)


async def agreed(contract: Contract, frame: Told) -> Told:
    return await contract.second.do("agree_budget_frame", frame["id"], frame.version)


async def test_each_year_keeps_to_what_its_frame_has_for_it(drafted: Draft) -> None:
    contract = await drafted()  # 1,800.00 for 2027
    for years, total, place in (
        (((2027, "1.00"), (2029, "1.00")), "2.00", "year 1: 2029 does not follow 2027"),
        (((2027, "1.00"), (2027, "1.00")), "2.00", "year 1: 2027 does not follow 2027"),
        (((2027, "1.00"), (2028, "1.00")), "2.01", "total: the years make 2.00, not 2.01"),
    ):
        told = await proposed(contract, *years, total=total)
        assert (told.code, told.value["place"]) == ("frame-does-not-fit", place)
    low = await proposed(contract, (2027, "1799.99"), (2028, "2000.01"), total="3800.00", notice_months=6)
    other = await proposed(contract, (2026, "10.00"), (2027, "10.00"), total="20.00")
    own = await contract.first.do("agree_budget_frame", low["id"], 1)
    assert (own.status, (await agreed(contract, low))["state"]) == (403, "agreed")
    second = await agreed(contract, other)
    assert (second.code, second.value["frame_id"], second.value["fiscal_year"]) == ("frame-exists", low["id"], 2027)
    assert (await contract.first.one("budget_agreement", contract.id))["missing"] == ["frame"]
    assert (await contract.activate()).value["missing"] == ["frame"]

    more = await proposed(contract, (2027, "1850.00"), (2028, "2000.00"), total="3850.00", earlier_frame_id=low["id"])
    assert (await agreed(contract, more)).status == 200
    assert (await contract.first.one("budget_frame", low["id"]))["state"] == "replaced"
    assert (await contract.activate())["state"] == "active"
    said: Said = {"kind": "supplement", "effective_on": "2027-03-01", "reason": "Tarif"}
    for amount, code in (("50.01", "frame-exceeded"), ("50.00", None)):
        line = contract.lines["cross_case"]
        asked = await contract.first.do("propose_allocation", line, id=str(new_id()), amount=amount, **said)
        told = await contract.second.do("release_allocation", asked["id"], 1)
        assert told.code == code
    found = [row for row in (await contract.first.many("frame_years")).rows if row["frame_id"] == more["id"]]
    assert sorted((row["fiscal_year"], row["amount"], row["in_force"], row["agreement_id"]) for row in found) == [
        (2027, "1850.00", "1850.00", contract.id),
        (2028, "2000.00", "0.00", None),
    ]
    less = await proposed(contract, (2027, "1849.99"), (2028, "1.00"), total="1850.99", earlier_frame_id=more["id"])
    assert less.value["place"] == "year 0: 1850.00 are in force of it already"


def relied(*shares: tuple[Any, str]) -> list[dict[str, str]]:
    return [{"organisation_id": str(organisation), "share": share} for organisation, share in shares]


async def test_a_provider_knows_what_it_is_sure_of_in_a_later_year_and_gets_no_less(
    drafted: Draft, clock: DayToBe
) -> None:
    contract = await drafted()  # 1,800.00 for 2027
    wrong = await proposed(contract, (2027, "1.00"), (2028, "1.00"), total="2.00", shares=relied((NETWORK, "101.00")))
    assert wrong.code == "invalid-input"
    twice = relied((NETWORK, "1.00"), (NETWORK, "1.00"))
    wrong = await proposed(contract, (2027, "1.00"), (2028, "1.00"), total="2.00", shares=twice)
    assert [each["pointer"] for each in wrong.value["errors"]] == [
        f"#/years/{year}/shares/1/organisation_id" for year in (0, 1)
    ]
    shares = relied((NETWORK, "60.00"), (STRANGER, "20.00"))
    frame = await proposed(
        contract, (2027, "1800.00"), (2028, "2000.01"), total="3800.01", notice_months=6, shares=shares
    )
    mine = {row["fiscal_year"]: row for row in await contract.network_rows("frame-shares", frame_id=frame["id"])}
    assert {year: (row["amount"], row["holds"]) for year, row in mine.items()} == {
        2027: ("1080.00", False),
        2028: ("1200.00", False),
    }, "of its own part alone; so far it is proposed"
    assert mine[2028]["notice_until"] == "2027-06-30"
    assert (await agreed(contract, frame)).status == 200
    sure = await contract.network_rows("frame-shares", fiscal_year="2028", frame_id=frame["id"])
    assert [(row["amount"], row["holds"]) for row in sure] == [("1200.00", True)]
    assert await contract.network_rows("budget-frames", state="agreed", social_space_id=str(contract.space))
    assert await contract.network_rows("frame-years", frame_id=frame["id"]) == [], "what others agree on for them"

    for organisation, share in ((NETWORK, "55.00"), (STRANGER, "45.00")):
        party: Said = {"organisation_id": str(organisation), "share": share, "lead": organisation == NETWORK}
        await contract.first.do("add_budget_party", contract.id, **party)
    await contract.approve()
    less = await contract.activate()
    assert (less.code, less.value["secured"], less.value["gets"]) == ("less-than-secured", "1080.00", "990.00")
    await contract.first.do("remove_budget_party", contract.id, await contract.version(), organisation_id=str(STRANGER))
    halves = [{"organisation_id": str(NETWORK), "share": "100.00"}]
    period = {"begins_on": "2027-01-01", "ends_on": "2027-12-31", "shares": halves}
    await contract.first.do("agree_network_shares", contract.id, await contract.version(), periods=[period])
    await contract.approve()
    gone = await contract.activate()
    assert (gone.code, gone.value["organisation_id"], gone.value["gets"]) == (
        "less-than-secured",
        str(STRANGER),
        "0.00",
    )


async def test_what_a_provider_relies_on_is_lowered_only_in_time(drafted: Draft, clock: DayToBe) -> None:
    contract = await drafted()
    years, total = ((2027, "1800.00"), (2028, "2000.00"), (2029, "2000.00")), "5800.00"
    shares, fewer = relied((NETWORK, "50.00")), relied((NETWORK, "40.00"))
    frame = await proposed(contract, *years, total=total, notice_months=6, shares=shares)
    assert (await agreed(contract, frame)).status == 200
    less = await proposed(contract, *years, total=total, shares=fewer, earlier_frame_id=frame["id"])
    assert less.value["place"] == f"year 0: {NETWORK} can rely on 900.00; notice was due by 2026-06-30"
    clock.day = clock.day.replace(month=7, day=1)
    later = ((2028, "2000.00"), (2029, "1000.00"))
    less = await proposed(
        contract, *later, total="3000.00", shares=relied((NETWORK, "50.00")), earlier_frame_id=frame["id"]
    )
    assert less.value["place"].startswith("the year 2027: "), "none of its years is forgotten"
    three = ((2027, "1800.00"), (2028, "2000.00"), (2029, "1000.00"))
    told: Said = {"total": "4800.00", "shares": shares, "earlier_frame_id": frame["id"]}
    anew = await proposed(contract, *three, notice_months=5, **told)
    assert anew.value["place"] == "notice_months: of 2028 notice was due by 2027-06-30", "nor early enough again"
    in_time = await proposed(contract, *three, notice_months=6, **told)
    assert (await agreed(contract, in_time)).status == 200, "of 2029 notice can be given until 2028-06-30"


async def test_shares_are_of_each_year_so_that_a_later_one_is_divided_anew_while_this_one_is_not(
    drafted: Draft, clock: DayToBe
) -> None:
    contract = await drafted()
    years: Any = ((2027, "1800.00"), (2028, "2000.00"), (2029, "2000.00"))
    half, other = relied((NETWORK, "50.00")), relied((NETWORK, "20.00"), (STRANGER, "70.00"))
    said: Said = {"total": "5800.00", "notice_months": 6}
    frame = await proposed(contract, *years, shares=half, **said)
    assert (await agreed(contract, frame)).status == 200
    said["earlier_frame_id"] = frame["id"]
    refused = await proposed(contract, *years, shares={2027: other, 2028: half, 2029: other}, **said)
    assert refused.value["place"].startswith("year 0: "), "of 2027 notice was due in 2026"
    anew = await proposed(contract, *years, shares={2027: half, 2028: half, 2029: other}, **said)
    assert (await agreed(contract, anew)).status == 200
    mine = await contract.network_rows("frame-shares", frame_id=anew["id"])
    assert sorted((row["fiscal_year"], row["amount"]) for row in mine) == [
        (2027, "900.00"),
        (2028, "1000.00"),
        (2029, "400.00"),
    ]


async def test_a_provider_that_leaves_gives_up_what_it_relied_on_and_the_agency_accepts_it(
    drafted: Draft, database: Database, client_of: Callable[..., httpx.AsyncClient]
) -> None:
    contract = await drafted()
    shares = relied((NETWORK, "50.00"), (STRANGER, "10.00"))
    years = ((2027, "1800.00"), (2028, "1800.00"))
    frame = await agreed(contract, await proposed(contract, *years, total="3600.00", shares=shares))
    listed = await client_of(FIRST).get("/v1/frame-shares", params={"frame_id": frame["id"], "fiscal_year": "2027"})
    of = {row["organisation_id"]: row["id"] for row in listed.json()["items"]}
    mine, theirs = of[str(NETWORK)], of[str(STRANGER)]

    async def gives_up(who: Any, id: str) -> Told:
        told: Told = await who.do("give_up_frame_share", id, 1, because="Wir verlassen den Verbund.")
        return told

    await contract.first.do("add_budget_party", contract.id, organisation_id=str(NETWORK), share="100.00")
    await contract.approve()
    refused = await contract.activate()
    assert (refused.code, refused.value["organisation_id"]) == ("less-than-secured", str(STRANGER))
    assert "/give-up" in str(refused.value), "the refusal names the way on"
    assert (await gives_up(contract.first, mine)).status == 403, "its own manager says so, while there is one"
    assert (await gives_up(contract.network, theirs)).status == 404, "nobody gives up what is another's"
    assert (await gives_up(contract.network, mine))["state"] == "offered"
    assert (await contract.network.do("accept_given_up_frame_share", mine, 2)).status == 403
    kept = await contract.network.do("keep_frame_share", mine, 2)
    assert (kept["state"], kept["given_up_by"], kept["given_up_because"]) == ("secured", None, None)

    ended = "UPDATE membership SET valid_to = valid_from WHERE organisation_id = %s AND valid_to IS NULL RETURNING id"
    gone = [id for (id,) in database.rows(ended, STRANGER)]
    try:
        assert (await gives_up(contract.first, theirs))["state"] == "offered", "of which nobody manages anything here"
    finally:
        database.rows("UPDATE membership SET valid_to = NULL WHERE id = ANY(%s) RETURNING 1", gone)
    assert (await contract.activate()).code == "less-than-secured", "until somebody else accepts it"
    with being(database, THIRD, Role.PROVIDER_MANAGER, of=STRANGER):
        late = await contract.second.do("accept_given_up_frame_share", theirs, 2)
        assert late.status == 403, "somebody can say it for the provider by now"
    assert (await contract.first.do("accept_given_up_frame_share", theirs, 2)).status == 403, "somebody else"
    accepted = await contract.second.do("accept_given_up_frame_share", theirs, 2)
    assert (accepted["state"], accepted["given_up_because"]) == ("given_up", "Wir verlassen den Verbund.")
    assert accepted["accepted_by"] == str(demo_id("actor", SECOND))
    again = await contract.second.do("keep_frame_share", theirs, 3)
    assert again.status in (403, 409), "what is given up stays so"
    assert (await contract.activate())["state"] == "active"
    told: Said = {"total": "3600.00", "earlier_frame_id": frame["id"]}
    told["shares"] = {2027: relied((NETWORK, "50.00")), 2028: shares}
    other = await proposed(contract, *years, **told)
    (share,) = await contract.network_rows("frame-shares", frame_id=other["id"], fiscal_year="2027")
    assert (await gives_up(contract.network, share["id"]))["state"] == "offered"
    assert (await contract.second.do("accept_given_up_frame_share", share["id"], 2))["state"] == "given_up"
    assert (await agreed(contract, other)).code == "frame-does-not-fit", "what is given up there is not kept"
    assert (await agreed(contract, await proposed(contract, *years, **told))).status == 200


async def test_a_frame_secures_nothing_that_is_in_force_otherwise_and_a_return_nothing_that_is_secured(
    drafted: Draft,
) -> None:
    contract, procedure = await left_over(drafted)  # 1,500.00 for one party, all of it
    years = ((2027, "1500.00"), (2028, "1500.00"))
    for shares, secured, gets in (
        (((STRANGER, "1.00"),), "15.00", "0.00"),
        (((NETWORK, "97.00"),), None, None),
    ):
        frame = await agreed(contract, await proposed(contract, *years, total="3000.00", shares=relied(*shares)))
        assert (frame.value.get("secured"), frame.value.get("gets")) == (secured, gets), frame
    assert frame["state"] == "agreed"
    returned = await given_back(contract, procedure, "case_unspecific", "45.01")
    told = await contract.second.do("release_allocation", returned, 1)
    assert (told.code, told.value["secured"], told.value["gets"]) == ("less-than-secured", "1455.00", "1454.99")


async def test_nobody_secures_money_for_whom_they_work_for(drafted: Draft, database: Database) -> None:
    contract = await drafted()
    said: Said = {"total": "3600.00", "shares": relied((NETWORK, "50.00"))}
    years = ((2027, "1800.00"), (2028, "1800.00"))
    frame = await proposed(contract, *years, **said)
    members = [
        Membership(
            authority_id=AUTHORITY,
            actor_id=demo_id("actor", who),
            organisation_id=NETWORK,
            function="Beratung",
            valid_from=LONG_AGO,
        )
        for who in (FIRST, SECOND)
    ]
    ids = [member.id for member in members]
    add(database, members)
    told = [await proposed(contract, *years, **said), await agreed(contract, frame)]
    database.rows("UPDATE membership SET valid_to = valid_from WHERE id = ANY(%s) RETURNING 1", ids)
    assert [each.code for each in told] == ["grants-and-bills"] * 2
    assert (await agreed(contract, frame)).status == 200


@given(
    st.decimals("0.01", "99999999.99", places=2),
    st.lists(st.integers(1, 10_000), min_size=1, max_size=8).map(lambda weights: [Decimal(each) for each in weights]),
)
def test_what_is_secured_is_never_a_cent_more_than_what_an_agreement_of_that_much_gives(
    amount: Decimal, weights: list[Decimal]
) -> None:
    """In whichever order its cents fall."""
    percents = [(each * 100 / sum(weights)).quantize(Decimal("0.01")) for each in weights[1:]]
    percents = [100 - sum(percents, Decimal(0)), *percents]
    if min(percents) >= 0:
        for parts in (split(amount, percents), split(amount, percents[::-1])[::-1]):
            assert all(secured_of(amount, percent) <= part for percent, part in zip(percents, parts, strict=True))
