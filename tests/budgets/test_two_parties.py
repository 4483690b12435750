"""Before an agreement takes effect: both parties say yes to the same terms, and nothing is missing that it needs."""

from typing import Any

import pytest

from service.domain.values import new_id
from tests.budgets.conftest import Draft
from tests.budgets.contract import NETWORK, STRANGER, Contract, DayToBe
from tests.faces import Said, Told

pytestmark = pytest.mark.anyio


async def agreement(contract: Contract) -> Told:
    return await contract.first.one("budget_agreement", contract.id)


async def missing(contract: Contract) -> Any:
    """As the agreement says and, in the same words, the refusal."""
    told, refused = (await agreement(contract))["missing"], await contract.activate()
    assert (refused.code, refused.value["missing"]) == ("agreement-incomplete", told)
    return told


async def changes(contract: Contract) -> dict[int, tuple[str, dict[str, tuple[str | None, str | None]]]]:
    """By version: where it came from, and what it changed."""
    versions = await contract.listed("agreement-versions")
    rows = await contract.listed("terms-changes")
    return {
        version["number"]: (
            version["cause"],
            {row["term"]: (row["before"], row["after"]) for row in rows if row["version_id"] == version["id"]},
        )
        for version in versions
    }


async def test_a_no_is_shown_and_stops_it_until_other_terms_or_a_yes(drafted: Draft, clock: DayToBe) -> None:
    contract = await drafted()
    for organisation, share in ((NETWORK, "60.00"), (STRANGER, "40.00")):
        await contract.first.do("add_budget_party", contract.id, organisation_id=str(organisation), share=share)
    assert await missing(contract) == ["lead", "network_approval", "funding", "cooperation"]
    assert (await contract.say(contract.first, "for_agency")).status == 403, "whoever drafted it says no yes"
    assert (await contract.say(contract.second, "for_network")).status == 403, "nor anybody for the other side"
    assert (await contract.say(contract.network, "for_agency")).status == 403
    await contract.say(contract.second, "on_funding")
    await contract.say(contract.manager, "on_cooperation")
    mute = await contract.say(contract.network, "for_network", "disagreement")
    assert mute.value["errors"][0]["pointer"] == "#/said"
    no = await contract.say(contract.network, "for_network", "disagreement", "Der Bedarf im Norden fehlt.")
    assert (no["stance"], no["said"], no["terms"]) == ("disagreement", "Der Bedarf im Norden fehlt.", 3)
    told = await agreement(contract)
    assert (told["state"], told["disagreeing"]) == ("draft", ["network"])
    assert await missing(contract) == ["lead", "network_approval"]

    await contract.first.do("change_budget_agreement", contract.id, await contract.version(), cross_case="650.00")
    told = await agreement(contract)
    assert (told["terms"], told["disagreeing"]) == (4, []), "what was said was said of other terms"
    late: Said = {"stance": "approval", "terms": 3}
    of_old = await contract.network.do("take_position_for_network", contract.id, id=str(new_id()), **late)
    assert (of_old.code, of_old.value["terms"]) == ("terms-changed", 4)
    halves = [{"organisation_id": str(each), "share": "50.00"} for each in (NETWORK, STRANGER)]
    period = {"begins_on": "2027-01-01", "ends_on": "2027-12-31", "shares": halves}
    await contract.first.do("agree_network_shares", contract.id, await contract.version(), periods=[period])
    third: Said = {"organisation_id": str(new_id()), "lead": True}
    assert (await contract.first.do("add_budget_party", contract.id, **third)).code == "invalid-input"
    assert await missing(contract) == ["lead", "network_approval", "funding", "cooperation"]
    kept = [row["said"] for row in await contract.listed("agreement-positions")]
    assert "Der Bedarf im Norden fehlt." in kept, "a no stays on record"


async def test_a_network_s_agreement_says_what_it_rests_on(drafted: Draft) -> None:
    contract = await drafted()
    await contract.first.do("add_budget_party", contract.id, organisation_id=str(NETWORK), share="100.00")
    basis: Said = {"legal_basis": []}
    for named, lacks in ((basis, ["legal_basis"]), ({"legal_basis": ["§ 36a(2) SGB VIII", "§ 77 SGB VIII"]}, [])):
        version = await contract.version()
        told = await contract.first.do("change_budget_agreement", contract.id, version, **named)
        await contract.approve()
        assert (await agreement(contract))["missing"] == lacks
    assert told["legal_basis"] == ["§ 36a(2) SGB VIII", "§ 77 SGB VIII"]
    assert (await contract.activate())["state"] == "active"


async def test_versions_tell_what_changed_and_figures_which_they_stood_on(drafted: Draft) -> None:
    contract = await drafted()
    party: Said = {"organisation_id": str(NETWORK), "share": "100.00", "lead": True}
    await contract.first.do("add_budget_party", contract.id, **party)
    bands = [{"above": "0.00", "agency": "100.00", "network": "0.00", "carry": "0.00"}]
    rule: Said = {"direction": "overspend", "bands": bands}
    await contract.second.do("agree_deviation_rule", contract.id, id=str(new_id()), **rule)
    unchanged = await contract.first.do("change_budget_agreement", contract.id, await contract.version(), floor="0.00")
    assert unchanged["terms"] == 2, "what changes nothing makes no version"
    await contract.first.do("change_budget_agreement", contract.id, await contract.version(), floor="200.00")
    await contract.approve()
    no = await contract.say(contract.second, "for_agency", "disagreement", "Erst nach dem Haushalt")
    assert no.status == 201
    assert await missing(contract) == ["agency_agrees"]
    await contract.say(contract.second, "for_agency")
    assert (await contract.activate())["state"] == "active"
    line = contract.lines["cross_case"]
    said: Said = {"kind": "supplement", "amount": "40.00", "effective_on": "2027-03-01", "reason": "Tarif"}
    proposed = await contract.first.do("propose_allocation", line, **said)
    await contract.second.do("release_allocation", proposed["id"], 1)
    told = await changes(contract)
    assert {number: cause for number, (cause, _) in told.items()} == {
        1: "drafted",
        2: "party_added",
        3: "changed",
        4: "supplemented",
    }
    assert told[1][1]["cross_case"] == (None, "500.00")
    assert told[2][1] == {"party": (None, "Lichtung e.V. (Demo) 100.00 (lead)")}
    assert told[3][1] == {"floor": (None, "200.00")}
    assert told[4][1] == {"revised": ("1800.00", "1840.00"), "supplement": (None, "cross_case 40.00")}
    no = await contract.say(contract.network, "for_network", "disagreement", "Zu wenig")
    assert (await agreement(contract))["disagreeing"] == ["network"], "of what is in force, too"
    for day, terms in (("2027-02-28", 3), ("2027-03-01", 4)):
        asked = {"social_space_id": str(contract.space), "line": "total", "as_of": day}
        assert await figures(contract, asked) == [terms]


async def test_the_threshold_is_one_of_the_terms(drafted: Draft) -> None:
    """As long as it differs from what stands: with the same bands, and where no rule stood at all."""
    contract = await drafted()
    bands = [{"above": "0.00", "agency": "100.00", "network": "0.00", "carry": "0.00"}]
    rule: Said = {"direction": "underspend", "bands": bands}
    for threshold in ("0.00", "6.00", "6.00"):
        told = await contract.first.do("agree_deviation_rule", contract.id, **rule, threshold=threshold)
        assert told.status == 201
    kept = "0.00 to ∞: 100.00/0.00/0.00"
    assert {number: change for number, (_, change) in (await changes(contract)).items() if number > 1} == {
        2: {"underspend": (kept, f"{kept}; above 0.00")},
        3: {"underspend": (f"{kept}; above 0.00", f"{kept}; above 6.00")},
    }


async def figures(contract: Contract, asked: dict[str, str]) -> list[Any]:
    client: Any = contract.first.client  # type: ignore[attr-defined]
    answer = await client.get("/v1/budget-figures", params=asked)
    return [row["terms"] for row in answer.json()["items"]]
