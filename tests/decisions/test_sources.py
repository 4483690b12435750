"""Several sources bear the cost of one element, each on a legal basis of its own, and no cent is lost."""

from collections.abc import Callable
from datetime import datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.demo import demo_id
from service.domain.decisions.cost_shares import CostSource
from service.domain.decisions.sources import NewCostShare, wrong_place
from service.domain.values import new_id
from tests.decisions.conftest import COLLEAGUE, OUTSIDE, YEAR, Plan
from tests.faces import Face, Told

pytestmark = pytest.mark.anyio
CENTS = st.decimals("0.01", "9999.99", places=2)
BERLIN = ZoneInfo("Europe/Berlin")
SCHOOL = "Schulverband (erfunden)"


def share(source: str, amount: str, basis: str = "§ 27 SGB VIII", bearer: str | None = None) -> dict[str, Any]:
    said = {"source": source, "legal_basis": basis, "amount": amount}
    return said | ({"bearer": bearer} if bearer else {})


SHARES = [
    share("case_specific", "600.00", "§ 31 SGB VIII"),
    share("case_specific", "100.01", "§ 35a SGB VIII"),
    share("case_unspecific", "99.99", "§ 36a(2) SGB VIII"),
    share("own_contribution", "150.00", "§ 92 SGB VIII"),
    share("other_authority", "50.00", "§ 81 SGB VIII", SCHOOL),
]


@given(st.lists(CENTS, min_size=1, max_size=6), CENTS)
def test_shares_fit_a_cost_when_they_make_it_to_the_cent(amounts: list[Decimal], other: Decimal) -> None:
    """And what does not is named: the first share that goes beyond, or the last, after which something is missing."""
    shares = [
        NewCostShare(source=CostSource.OWN_CONTRIBUTION, legal_basis="§ 92", bearer=None, amount=amount)
        for amount in amounts
    ]
    made = sum(amounts, Decimal(0))
    assert wrong_place(shares, made) is None
    less = next((n for n in range(len(amounts)) if sum(amounts[: n + 1]) > other), None)
    if less is not None:
        assert str(wrong_place(shares, other)).startswith(f"share {less}: ")
    assert str(wrong_place(shares, made + other)).endswith(f"{other} of {made + other} are borne by nobody")


async def shared(plan: Plan, shares: list[dict[str, Any]] | None = None, **said: str) -> str:
    element = await plan.element(**said)
    told = await plan.worker.do("plan_cost_shares", element, 1, shares=shares or SHARES)
    assert told.status == 200, told
    return element


async def listed(plan: Plan, element: str) -> list[dict[str, Any]]:
    return (await plan.worker.many("cost_shares", ("element", element))).rows


def makes(rows: list[dict[str, Any]], name: str) -> str:
    return str(sum(Decimal(row[name]) for row in rows))


async def agreed(plan: Plan, case_specific: str, case_unspecific: str) -> Any:
    """Both lines have money."""
    agreement = await plan.agreed(case_specific)
    ((line,),) = plan.database.rows(
        "SELECT id FROM budget_line WHERE agreement_id = %s AND kind = 'case_unspecific'", agreement
    )
    said: dict[str, Any] = {"kind": "supplement", "amount": case_unspecific, "reason": "Probe", "id": str(new_id())}
    day = plan.database.rows("SELECT current_date")[0][0]
    proposed = await plan.as_("controller").do("propose_allocation", line, effective_on=day.isoformat(), **said)
    assert (await plan.as_("second_controller").do("release_allocation", proposed["id"], 1)).status == 200
    return line


async def test_the_budget_s_shares_are_bound_one_by_one(plan: Plan) -> None:
    await agreed(plan, "5000.00", "200.00")
    element = await shared(plan)
    decision = await plan.decide(element, 2, amount="999.99", outcome="partly", reasons="R", remedy_notice="W")
    assert decision.status == 201, decision
    rows = await listed(plan, element)
    assert [row["granted"] for row in rows] == ["599.99", "100.01", "99.99", "150.00", "50.00"]
    assert (makes(rows, "amount"), makes(rows, "granted")) == ("1000.00", "999.99")
    assert [row["commitment_id"] is not None for row in rows] == [True, True, True, False, False]
    assert {row["bearer"] for row in rows} == {None, SCHOOL}
    assert plan.figures()["committed"] == "700.00"
    assert plan.figures("case_unspecific")["committed"] == "99.99"
    bound = {row["commitment_id"]: row for row in rows if row["commitment_id"]}
    of_no_case = await plan.as_("controller").one("commitment", rows[2]["commitment_id"])
    assert (of_no_case["case_pseudonym"], of_no_case["basis"]) == (None, "voluntary")
    assert plan.database.rows("SELECT case_id FROM commitment WHERE id = %s", rows[2]["commitment_id"]) == [(None,)]
    assert len(bound) == 3
    ended = await plan.worker.do("end_element", element, 3)
    assert ended.status == 200, ended
    assert plan.figures()["committed"] == plan.figures("case_unspecific")["committed"] == "0.00"


async def test_an_application_reserves_what_lasts_and_a_decision_takes_what_is_reserved(plan: Plan) -> None:
    await agreed(plan, "5000.00", "50.00")
    element = await shared(plan, basis="voluntary")
    applied = await plan.worker.do("apply_for_element", element, 2, claim_holder_id=str(plan.addressee))
    assert applied.status == 200, applied
    assert plan.figures()["reserved"] == "700.01"
    assert plan.figures("case_unspecific")["reserved"] == "0.00", "it does not last, and the application stands"
    short = await plan.decide(element, 3)
    assert (short.code, short.value["left"]) == ("budget-short", "50.00"), "what is voluntary only as far as it lasts"
    assert plan.figures()["reserved"] == "700.01"
    less = await plan.decide(element, 3, amount="499.99", outcome="partly", reasons="R", remedy_notice="W")
    assert less.status == 201, less
    assert makes(await listed(plan, element), "granted") == "499.99"
    assert (plan.figures()["reserved"], plan.figures("case_unspecific")["committed"]) == ("0.00", "50.00")


async def test_a_claim_is_granted_whatever_is_left_for_work_without_a_case(plan: Plan) -> None:
    """The line for cases bears that share as the claim it is (DR3); what others bear stays theirs."""
    await agreed(plan, "750.00", "99.98")
    element = await shared(plan)
    decision = await plan.decide(element, 2)
    assert decision.status == 201, decision
    rows = await listed(plan, element)
    assert [row["granted"] for row in rows] == [row["amount"] for row in rows]
    assert (plan.figures("case_unspecific")["committed"], plan.figures()["committed"]) == ("0.00", "800.00")
    assert plan.figures()["free"] == "-50.00"
    borne = await plan.as_("controller").one("commitment", rows[2]["commitment_id"])
    assert (borne["amount"], borne["basis"]) == ("99.99", "granted_claim")
    assert borne["case_pseudonym"] is not None
    helped = "SELECT line, sum(amount)::text FROM granted_help WHERE subject_id = ANY(%s::uuid[]) GROUP BY line"
    assert plan.database.rows(helped, [row["id"] for row in rows]) == [("case_specific", "800.00")], "goes on there"


async def test_only_the_agency_s_decision_moves_a_case_s_share_without_its_name(plan: Plan) -> None:
    """Reserved, committed or foreseen: not finance, though no case stands there. Help that goes on after the year is
    divided by sources first, then by days; the end of the help gives all of it back."""
    await agreed(plan, "5000.00", "200.00")
    last = f"{YEAR + 1}-12-31"
    element = await shared(plan, ends_on=last)
    controller = plan.as_("controller")

    async def refused(operation: str, id: str, version: int) -> None:
        told = await controller.do(operation, id, version)
        assert (told.status, told.code) == (409, "decision-needed"), told

    assert (await plan.worker.do("apply_for_element", element, 2, claim_holder_id=str(plan.addressee))).status == 200
    asked = (await listed(plan, element))[2]["commitment_id"]
    for operation in ("commit_reserved_funds", "release_commitment"):
        await refused(operation, asked, (await controller.one("commitment", asked)).version)
    before = plan.figures("case_unspecific")
    assert (before["committed"], before["free"]) == ("0.00", str(200 - Decimal(before["reserved"])))

    decision = await plan.decide(element, 3, second_professional_id=str(demo_id("actor", COLLEAGUE)))
    assert decision.status == 201, decision
    rows = (await listed(plan, element))[:3]
    later = plan.database.rows(
        """SELECT foreseen.id::text, amount, line, case_id, case_pseudonym FROM foreseen_commitment AS foreseen
           JOIN unnest(%s::uuid[]) WITH ORDINALITY AS share (id, place) ON share.id = subject_id ORDER BY place""",
        [row["id"] for row in rows],
    )
    assert [line for _, _, line, *_ in later] == ["case_specific", "case_specific", "case_unspecific"]
    for row, (_, amount, *_) in zip(rows, later, strict=True):
        now = (await controller.one("commitment", row["commitment_id"]))["amount"]
        assert 0 < amount == Decimal(row["granted"]) - Decimal(now)
    assert later[2][3:] == (None, None), "of the case neither is foreseen"
    assert rows[2]["commitment_id"] == asked
    assert plan.figures("case_unspecific")["reserved"] == "0.00"
    await refused("release_commitment", asked, (await controller.one("commitment", asked)).version)
    await refused("drop_foreseen_commitment", later[2][0], 1)

    assert (await plan.worker.do("end_element", element, 4)).status == 200
    states = plan.database.rows("SELECT DISTINCT state FROM foreseen_commitment WHERE social_space_id = %s", plan.space)
    assert states == [("dropped",)]
    assert plan.figures()["committed"] == plan.figures("case_unspecific")["committed"] == "0.00"


async def test_finance_learns_neither_whose_a_share_without_a_case_is_nor_which_others_are_of_the_same(
    plan: Plan, as_: Callable[[str], Face]
) -> None:
    """Not by an id that has a time in it, nor by a moment, nor by what was granted (DR5). Two families are told apart
    where figures are counted, and nowhere else."""
    await agreed(plan, "9000.00", "900.00")
    other = await Plan(as_, plan.database, plan.space).begin()
    for each in (plan, plan, other):
        element = await shared(each, ends_on=f"{YEAR + 1}-12-31")
        told = await each.decide(element, 2, second_professional_id=str(demo_id("actor", COLLEAGUE)))
        assert told.status == 201, told
    open_ = "WHERE social_space_id = %s AND purpose_kind = 'open_to_others'"
    bound = plan.database.rows(f"SELECT id, case_digest FROM commitment {open_}", plan.space)
    later = plan.database.rows(f"SELECT id, case_digest FROM foreseen_commitment {open_}", plan.space)
    assert (len(bound), len(later)) == (3, 3)
    families = [digest for _, digest in bound]
    assert sorted(families.count(each) for each in set(families)) == [1, 2]
    assert {digest for _, digest in later} == set(families)
    assert set(families).isdisjoint({plan.case, other.case}), "a digest, by a key that the database does not have"
    controller = plan.as_("controller")
    for id, _ in later:
        told = await controller.one("foreseen_commitment", str(id))
        assert (told["subject_id"], told["case_pseudonym"]) == (None, None)
        assert "case_digest" not in told.value
    for id, _ in bound:
        postings = plan.database.rows("SELECT id, at FROM posting WHERE subject_id = %s", id)
        assert postings
        for posting, at in postings:
            shown = await controller.one("posting", str(posting))
            assert datetime.fromisoformat(shown["at"]).astimezone(BERLIN).time() == time(0)
            assert (id.version, posting.version) == (4, 4), at
    named = plan.database.rows("SELECT id FROM commitment WHERE case_id = %s", plan.case)
    assert {id.version for (id,) in named} == {7}


async def test_shares_that_do_not_make_the_cost_are_named(plan: Plan) -> None:
    element = await plan.element()

    async def refused(*shares: dict[str, Any]) -> Any:
        told: Told = await plan.worker.do("plan_cost_shares", element, 1, shares=list(shares))
        assert told.code == "cost-shares-do-not-fit", told
        return told.value["place"]

    half, more = share("case_specific", "500.00"), share("own_contribution", "500.01")
    assert await refused(half, more) == "share 1: with it they make 1000.01, more than the cost of 1000.00"
    assert await refused(half) == "after share 0: 500.00 of 1000.00 are borne by nobody"
    assert (await refused(half, share("other_authority", "500.00"))).startswith("share 1: does not name")
    assert (await refused(share("case_specific", "1000.00", bearer=SCHOOL))).startswith("share 0: is borne by no other")
    twice = share("case_unspecific", "500.00")
    assert (await refused(twice, twice)).startswith("share 1: work without a case bears one share")
    own = await plan.element(kind="own")
    told = await plan.worker.do("plan_cost_shares", own, 1, shares=[share("case_specific", "1.00")])
    assert told.value["errors"][0]["pointer"] == "#/shares"


async def test_another_cost_keeps_the_proportions_and_loses_no_cent(plan: Plan) -> None:
    element = await shared(plan, [share("case_specific", "333.34"), share("own_contribution", "666.66")])
    assert (await plan.worker.do("change_element", element, 2, cost="100.00")).status == 200
    rows = await listed(plan, element)
    assert ([row["amount"] for row in rows], makes(rows, "amount")) == (["33.33", "66.67"], "100.00")
    none = await plan.worker.do("change_element", element, 3, cost=None)
    assert none.value["errors"][0]["pointer"] == "#/cost"
    assert (
        await plan.worker.do("plan_cost_shares", element, 3, shares=[share("case_specific", "100.00")])
    ).status == 200
    newest = max(row["number"] for row in await listed(plan, element))
    assert newest == 2, "what was planned before stays to be read"
    assert (await plan.decide(element, 4, amount="100.00", organisation_id=str(OUTSIDE)))["outside_network"] is True


async def test_a_decision_is_not_annulled_while_a_share_is_booked(plan: Plan) -> None:
    await agreed(plan, "5000.00", "200.00")
    element = await shared(plan)
    decision = (await plan.decide(element, 2))["id"]
    await plan.book("100.00")
    out = {"kind": "decision", "entry_id": decision, "because": "wrong_case", "reason": "Falscher Fall"}
    refused = await plan.worker.do("withdraw_entry", plan.case, **out)
    (booked,) = (each["id"] for each in plan.commitments() if each["booked"])
    assert (refused.code, refused.value["commitment_id"]) == ("still-booked", booked)
