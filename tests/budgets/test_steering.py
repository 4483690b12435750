"""What a place steers by: indicators that exist by agreement alone, rewards that nobody agrees to unseen and nothing
pays, and how far money is in few hands; without a list of who is better."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from service.demo import AUTHORITY, demo_id
from service.demo.people import ANKERPLATZ, JUGENDAMT
from service.domain.dialogues.model import Dialogue, DialogueSeries
from service.domain.steering.effects import Found, Past, Series, effects
from service.domain.steering.model import PerverseEffect, WantedDirection
from service.domain.values import new_id
from service.domain.views import VIEWS
from tests.budgets.conftest import Draft
from tests.budgets.contract import LONG_AGO, NETWORK, STRANGER, DayToBe, add
from tests.budgets.test_agreements import Desks
from tests.conftest import Database
from tests.faces import FACES, Face, Said

pytestmark = pytest.mark.anyio
QUARTERS = (("01-01", "03-31"), ("04-01", "06-30"), ("07-01", "09-30"), ("10-01", "12-31"))
PARTIES = [str(demo_id("organisation", JUGENDAMT)), str(NETWORK)]
INDICATOR: Said = {
    "quality": "timeliness",
    "name": "Tage bis zum ersten Schritt",
    "meaning": "Von der Anfrage bis zum ersten Schritt",
    "source": "Ohne Namen gezählt",
    "unit": "Tage",
    "direction": "down",
    "narrative": "Wer fragt, soll nicht warten.",
    "expires_on": "2028-12-31",
    "parties": PARTIES,
}


def held_in(database: Database, space: UUID) -> str:
    """A meeting that was held."""
    place: dict[str, Any] = {"authority_id": AUTHORITY, "social_space_id": space}
    series, meeting = new_id(), new_id()
    times: dict[str, Any] = {"starts_at": LONG_AGO, "ends_at": LONG_AGO.replace(hour=2)}
    add(
        database,
        [
            DialogueSeries(id=series, title="Probe", **place),
            Dialogue(id=meeting, series_id=series, state="held", title="Probe", venue="Rathaus", **times, **place),
        ],
    )
    return str(meeting)


async def agreed_on(planner: Face, provider: Face, meeting: str, **other: Any) -> str:
    told = await planner.do("propose_indicator", meeting, id=str(new_id()), **INDICATOR | other)
    parties = [row for row in (await planner.many("indicator_parties")).rows if row["indicator_id"] == told["id"]]
    for party in parties:
        who = provider if party["organisation_id"] == str(NETWORK) else planner
        assert (await who.do("agree_indicator", party["id"], 1))["agreed_on"]
    assert (await planner.one("indicator", told["id"]))["state"] == "agreed"
    return str(told["id"])


async def recorded(planner: Face, indicator: str, *values: tuple[str, int]) -> None:
    for (begins, ends), (value, people) in zip(QUARTERS, values, strict=True):
        said: Said = {"from_on": f"2026-{begins}", "to_on": f"2026-{ends}", "value": value, "stands_for": people}
        told = await planner.do("record_indicator_value", indicator, narrative="So kam es.", **said)
        assert told.status == 201, told


async def test_an_indicator_exists_by_agreement_and_until_its_last_day(
    face: str, agreed: Draft, client_of: Callable[..., httpx.AsyncClient], database: Database, clock: DayToBe
) -> None:
    contract = await agreed()
    planner, provider = (FACES[face](client_of(who)) for who in ("integrated_planner", "provider_manager"))
    meeting = held_in(database, contract.space)
    for wrong, pointer in (
        ({"parties": [str(NETWORK), str(STRANGER)]}, "#/parties"),
        ({"expires_on": "2027-03-15"}, "#/expires_on"),
    ):
        told = await planner.do("propose_indicator", meeting, **INDICATOR | wrong)
        assert [each["pointer"] for each in told.value["errors"]] == [pointer]
    assert (await provider.do("propose_indicator", meeting, **INDICATOR)).code == "forbidden"
    told = await planner.do("propose_indicator", meeting, **INDICATOR)
    value: Said = {"from_on": "2026-01-01", "to_on": "2026-12-31", "value": "14.00", "narrative": "So kam es."}
    assert (await planner.do("record_indicator_value", told["id"], **value)).code == "impossible-now", "nobody agreed"
    rows = (await provider.many("indicator_parties")).rows
    parties = {row["organisation_id"]: row["id"] for row in rows if row["indicator_id"] == told["id"]}
    assert (await provider.do("agree_indicator", parties[PARTIES[0]], 1)).code == "forbidden", "not for the agency"
    for who, organisation in ((planner, PARTIES[0]), (provider, PARTIES[1])):
        assert (await planner.one("indicator", told["id"]))["state"] == "proposed"
        assert (await who.do("agree_indicator", parties[organisation], 1)).status == 200
    assert (await planner.one("indicator", told["id"]))["agreed_on"] == "2027-03-15"
    few = await planner.do("record_indicator_value", told["id"], stands_for=4, **value)
    assert (few.code, few.value["at_least"]) == ("too-few-behind", 5)
    assert (await planner.do("record_indicator_value", told["id"], **value)).code == "invalid-input", "of how many?"
    silent = {name: each for name, each in value.items() if name != "narrative"}
    assert (await planner.do("record_indicator_value", told["id"], stands_for=5, **silent)).status in (400, 422)
    assert (await planner.do("record_indicator_value", told["id"], stands_for=5, **value)).status == 201
    fewer = await planner.do("record_indicator_value", told["id"], stands_for=6, **value)
    assert fewer.code == "too-few-behind", "the difference of both is one person's"
    shorter = await planner.do("record_indicator_value", told["id"], stands_for=50, **value | {"to_on": "2026-12-30"})
    assert shorter.value["errors"][0]["pointer"] == "#/from_on", "so would be the difference of two times"
    assert (await planner.do("record_indicator_value", told["id"], stands_for=10, **value)).status == 201
    clock.day = date(2028, 12, 31)
    assert (await provider.one("indicator", told["id"]))["expired"] is False
    clock.day = date(2029, 1, 1)
    assert (await provider.one("indicator", told["id"]))["expired"] is True
    late = await planner.do("record_indicator_value", told["id"], **value)
    assert (late.code, late.value["expired_on"]) == ("indicator-expired", "2028-12-31")
    rule: Said = {"name": "Zuschlag", "purpose": "Sprechstunden", "threshold": "14.00", "amount": "10.00"}
    late = await contract.first.do("draft_incentive_rule", contract.id, indicator_id=told["id"], **rule)
    assert late.code == "indicator-expired"


async def test_a_reward_is_simulated_before_both_sides_agree_and_pays_nothing(
    face: str, drafted: Draft, client_of: Callable[..., httpx.AsyncClient], database: Database
) -> None:
    contract = await drafted()
    party: Said = {"organisation_id": str(NETWORK), "share": "100.00"}
    await contract.first.do("add_budget_party", contract.id, **party)
    await contract.approve()
    assert (await contract.activate()).status == 200
    planner, network = (FACES[face](client_of(who)) for who in ("integrated_planner", "provider_manager"))
    meeting = held_in(database, contract.space)
    quick = await agreed_on(planner, network, meeting)
    fitting = await agreed_on(planner, network, meeting, quality="fit", direction="up", name="Passt noch")
    said: Said = {"name": "Zuschlag", "purpose": "Sprechstunden", "threshold": "14.00", "amount": "2500.00"}
    rule = (await contract.first.do("draft_incentive_rule", contract.id, indicator_id=quick, **said))["id"]
    assert (await contract.first.do("simulate_incentive_rule", rule)).code == "nothing-to-simulate"
    await recorded(planner, quick, ("21.00", 24), ("14.00", 18), ("19.00", 22), ("12.00", 15))
    await recorded(planner, fitting, ("81.00", 21), ("72.00", 16), ("78.00", 20), ("69.00", 14))

    async def approve(who: Face, side: str, simulation: object) -> object:
        version = (await who.one("incentive_rule", rule)).version
        said: Said = {"simulation_id": str(simulation), "said": "Nur mit dem Blick darauf, ob Hilfen passen"}
        told = await who.do(f"approve_incentive_for_{side}", rule, version, **said)
        return told.code or told["state"]

    assert await approve(contract.second, "agency", new_id()) == "impossible-now", "not before it is simulated"
    first = await contract.first.do("simulate_incentive_rule", rule)
    assert (first["periods"], first["paid"], first["amount"]) == (4, 2, "5000.00")
    rows = (await network.many("incentive_findings")).rows
    found = {row["effect"]: row for row in rows if row["simulation_id"] == first["id"]}
    assert {effect: row["periods"] for effect, row in found.items()} == {
        "windfall": 2,
        "cliff": 1,
        "chance": 3,
        "fewer_people": 2,
        "at_others_expense": 2,
    }
    assert found["at_others_expense"]["other_id"] == fitting
    assert await approve(contract.first, "agency", first["id"]) == "forbidden", "drafted by herself"
    assert await approve(contract.second, "network", first["id"]) == "forbidden"
    assert await approve(network, "network", first["id"]) == "simulated"
    second = await contract.first.do("simulate_incentive_rule", rule)
    assert await approve(contract.second, "agency", first["id"]) == "invalid-input", "there is a newer one"
    assert await approve(contract.second, "agency", second["id"]) == "simulated", "the network approves anew"
    money = "SELECT (SELECT count(*) FROM posting), (SELECT count(*) FROM allocation), (SELECT count(*) FROM event)"
    postings, allocations, events = database.rows(money)[0]
    assert await approve(network, "network", second["id"]) == "active"
    await recorded(planner, quick, *[("3.00", 30)] * 4)
    after = database.rows(money)[0]
    assert after[:2] == (postings, allocations), "nothing pays out by itself"
    assert after[2] > events
    told = await network.do("end_incentive_rule", rule, (await network.one("incentive_rule", rule)).version)
    assert told["state"] == "ended"


async def test_everybody_reads_an_indicator_once_each_party_wants_that_and_until_its_last_day(
    face: str, agreed: Draft, client_of: Callable[..., httpx.AsyncClient], database: Database, clock: DayToBe
) -> None:
    contract = await agreed()
    planner, provider = (FACES[face](client_of(who)) for who in ("integrated_planner", "provider_manager"))
    public = client_of()
    indicator = await agreed_on(planner, provider, held_in(database, contract.space))
    await recorded(planner, indicator, *[("21.00", 24)] * 4)

    async def told(path: str, **where: str) -> list[dict[str, Any]]:
        answer = await public.get(f"/v1/{path}", params=where)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["items"]
        return rows

    async def release() -> Any:
        return await planner.do("release_indicator", indicator, id=str(new_id()))

    alone = await release()
    assert (alone.code, set(alone.value["organisations"])) == ("not-agreed", set(PARTIES))
    rows = (await planner.many("indicator_parties")).rows
    parties = {row["organisation_id"]: row["id"] for row in rows if row["indicator_id"] == indicator}
    assert (await provider.do("agree_to_publish_indicator", parties[PARTIES[0]], 2)).code == "forbidden"
    assert (await planner.do("agree_to_publish_indicator", parties[PARTIES[0]], 2))["public_on"] == "2027-03-15"
    half = await release()
    assert (half.code, half.value["organisations"]) == ("not-agreed", [PARTIES[1]])
    assert await told("released-indicators", indicator_id=indicator) == []
    assert (await provider.do("agree_to_publish_indicator", parties[PARTIES[1]], 2)).status == 200
    assert (await provider.do("release_indicator", indicator, id=str(new_id()))).code == "forbidden"
    assert (await release())["number"] == 1
    (shown,) = await told("released-indicators", indicator_id=indicator)
    assert (shown["narrative"], shown["unit"]) == (INDICATOR["narrative"], "Tage")
    values = await told("released-indicator-values", release_id=shown["id"])
    assert [(row["value"], row["narrative"]) for row in values] == [("21.00", "So kam es.")] * 4
    assert all("stands_for" not in row and "recorded_by" not in row for row in values)
    later: Said = {"from_on": "2027-01-01", "to_on": "2027-03-14", "value": "9.00", "stands_for": 30}
    assert (await planner.do("record_indicator_value", indicator, narrative="Mehr Zeit", **later)).status == 201
    assert len(await told("released-indicator-values", release_id=shown["id"])) == 4, "a release stays as it was"
    assert (await release())["number"] == 2
    (newest,) = await told("released-indicators", indicator_id=indicator)
    assert (newest["number"], len(await told("released-indicator-values", release_id=newest["id"]))) == (2, 5)
    assert await told("released-indicator-values", release_id=shown["id"]) == [], "what was wrong is told no more"
    silent = "UPDATE indicator_party SET agreed_by = NULL, agreed_on = NULL WHERE id = %s RETURNING 1"
    with pytest.raises(psycopg.errors.CheckViolation):
        database.rows(silent, parties[PARTIES[0]])
    clock.day = date(2029, 1, 1)
    assert await told("released-indicators", indicator_id=indicator) == [], "it holds no more, and is not shown"
    assert await told("released-indicator-values", release_id=shown["id"]) == []
    assert (await public.get(f"/v1/released-indicators/{shown['id']}")).status_code == 404
    assert (await release()).code == "indicator-expired"


async def test_a_lead_provider_alone_speaks_of_a_reward_for_the_network(
    drafted: Draft, client_of: Callable[..., httpx.AsyncClient], database: Database, face: str
) -> None:
    contract = await drafted()
    for organisation, lead in ((NETWORK, False), (STRANGER, True)):
        party: Said = {"organisation_id": str(organisation), "share": "50.00", "lead": lead}
        await contract.first.do("add_budget_party", contract.id, **party)
    planner = FACES[face](client_of("integrated_planner"))
    indicator = await agreed_on(planner, contract.network, held_in(database, contract.space))
    await recorded(planner, indicator, *[("21.00", 24)] * 4)
    said: Said = {"name": "Zuschlag", "purpose": "Sprechstunden", "threshold": "14.00", "amount": "2500.00"}
    rule = (await contract.first.do("draft_incentive_rule", contract.id, indicator_id=indicator, **said))["id"]
    simulation = (await contract.first.do("simulate_incentive_rule", rule))["id"]
    version = (await contract.network.one("incentive_rule", rule)).version
    approval: Said = {"simulation_id": simulation, "said": "Gern"}
    told = await contract.network.do("approve_incentive_for_network", rule, version, **approval)
    assert told.code == "forbidden", "it reads the rule, and another leads"
    assert (await contract.network.do("end_incentive_rule", rule, version)).code == "forbidden"


async def test_each_sees_its_own_share_and_who_steers_one_figure(
    face: str,
    drafted: Draft,
    client_of: Callable[..., httpx.AsyncClient],
    desk_of: Desks,
) -> None:
    contract = await drafted()
    for organisation, share in ((NETWORK, "60.00"), (STRANGER, "40.00")):
        party: Said = {"organisation_id": str(organisation), "share": share, "lead": organisation == NETWORK}
        await contract.first.do("add_budget_party", contract.id, **party)
    await contract.approve()
    assert (await contract.activate()).status == 200
    network, planner = (FACES[face](client_of(who)) for who in ("provider_manager", "integrated_planner"))

    async def concentration() -> object:
        rows = (await planner.many("space_concentrations")).rows
        return next(row["concentration"] for row in rows if row["id"] == contract.id)

    await contract.commit("cross_case", "250.00", organisation_id=str(NETWORK))
    await contract.commit("cross_case", "150.00", organisation_id=str(STRANGER))
    assert await concentration() is None, "of two, each would know of the other"
    await contract.commit("cross_case", "100.00", organisation_id=str(demo_id("organisation", ANKERPLATZ)))
    assert await concentration() == 3800, "50 % squared, 30 % squared, 20 % squared"
    own = [row for row in (await network.many("own_shares")).rows if row["agreement_id"] == contract.id]
    assert [(row["organisation_id"], row["amount"], row["of_space"], row["percent"]) for row in own] == [
        (str(NETWORK), "250.00", "500.00", "50.00")
    ]
    for_nobody = await contract.commit("case_unspecific", "100.00")
    await contract.booked("60.00", commitment_id=for_nobody["id"])
    (mine,) = [row for row in (await network.many("own_shares")).rows if row["agreement_id"] == contract.id]
    assert (mine["amount"], mine["of_space"]) == ("310.00", "560.00"), "also out of what was bound for nobody yet"
    for who in (contract.first, planner):
        assert (await who.many("own_shares")).rows == [], "there is no list of providers"
    assert (await network.many("space_concentrations")).rows == []


def test_nothing_with_a_person_or_a_provider_in_it_is_ordered_by_a_number() -> None:
    somebody = {"organisation_id", "actor_id", "membership_id", "participant_id", "case_id"}
    ordered = {
        (view.name, order)
        for view in VIEWS.values()
        if not somebody.isdisjoint(view.table.c.keys())
        for order in view.orders
        if issubclass(view.type_of(order), int | Decimal)
    }
    in_the_order_of_things = {
        *(("Change", "sequence"), ("ElementChange", "edition")),
        *(("Question", "position"), ("CaseContact", "position"), ("CostShare", "position")),
    }
    assert ordered <= in_the_order_of_things
    values = next(view for view in VIEWS.values() if view.name == "IndicatorValue")
    assert somebody.isdisjoint(values.table.c.keys())
    assert values.orders == ("to_on", "id")


@pytest.mark.parametrize(
    ("values", "there", "found"),
    [
        ([1, 2, 3, 4], None, []),
        ([1, 2, 9], None, [("little_known", 3, False)]),
        ([1, 9, 9, 9], None, [("windfall", 3, False)]),
        ([1, Decimal("7.3"), 2, 3], None, [("cliff", 1, False)]),
        ([1, 15, 2, 1], None, [("chance", 2, False)]),
        ([1, 2, 3, 15], ("down", [1, 1, 1, 2]), [("at_others_expense", 1, True)]),
        ([1, 2, 3, 15], ("up", [1, 1, 1, 2]), []),
        ([1, 2, 3, 15], ("neither", [1, 1, 1, 2]), []),
    ],
)
def test_effects_are_found_where_they_are_and_nowhere_else(
    values: list[Any], there: tuple[str, list[Any]] | None, found: list[tuple[str, int, bool]]
) -> None:
    def series(direction: str, values: list[Any]) -> Series:
        past = [Past(date(2026, month, 28), Decimal(each)) for month, each in enumerate(values, 1)]
        return Series(WantedDirection(direction), past)

    other = new_id()
    told = effects(series("up", values), Decimal("7.5"), {other: series(*there)} if there else {})
    assert told == [Found(PerverseEffect(effect), of, other if named else None) for effect, of, named in found]
