"""Applying, deciding and ending, with the money that each of them moves."""

from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from service.demo import AUTHORITY, PEOPLE, demo_id
from service.demo.loading import load
from service.domain.access.model import Membership
from service.domain.clock import Clock
from service.domain.decisions.arranging import is_longer_term
from service.domain.values import new_id
from tests.conftest import Database
from tests.decisions.conftest import BEGINNING, COLLEAGUE, IN_NETWORK, LEAD, OUTSIDE, YEAR, As, Plan, new_space

pytestmark = pytest.mark.anyio

UNBOUND = {"reserved": "0.00", "committed": "0.00", "booked": "0.00"}


async def test_a_granted_claim_has_its_commitment_in_the_same_moment(plan: Plan) -> None:
    await plan.agreed("5000.00")
    element = await plan.element()
    decision = await plan.decide(element, second_professional_id=None)
    assert (decision.status, decision["outcome"], decision["amount"]) == (201, "granted", "1000.00")
    assert (decision["hours_per_week"], decision["ends_on"]) == ("4.00", f"{YEAR}-06-30")
    (bound,) = plan.commitments()
    assert (bound["state"], bound["amount"], bound["basis"]) == ("committed", 1000.0, "granted_claim")
    for language, purpose in (
        ("de", "Erziehungsbeistand (§ 30 SGB VIII)"),
        ("en", "parenting assistant (§ 30 SGB VIII)"),
        ("de-simple", "Jemand begleitet das Kind (§ 30 SGB VIII)"),
    ):
        assert (await plan.as_("controller", language=language).one("commitment", bound["id"]))["purpose"] == purpose
    case = await plan.worker.one("case", plan.case)
    assert (bound["case_pseudonym"], bound["outside_network"]) == (case["pseudonym"], False)
    assert bound["granted_by"] == str(demo_id("actor", LEAD))
    assert plan.figures() == UNBOUND | {"free": "4000.00", "committed": "1000.00"}
    assert (await plan.worker.one("element", element))["state"] == "granted"
    again = await plan.decide(element, version=2)
    assert (again.status, again.code) == (409, "impossible-now")


async def test_a_decision_sent_twice_is_one_decision(plan: Plan) -> None:
    await plan.agreed("5000.00")
    element, id = await plan.element(), str(new_id())
    first = await plan.decide(element, id=id)
    second = await plan.decide(element, id=id)
    assert (first.status, second.status, second["id"]) == (201, first.status, id)
    other = await plan.decide(element, id=id, amount="900.00")
    assert (other.status, other.code) == (409, "id-reused")
    assert len(plan.commitments()) == 1


async def test_an_application_reserves_and_the_decision_grants_more_or_less(plan: Plan) -> None:
    await plan.agreed("1500.00")
    for amount, left in (("1200.00", "300.00"), ("200.00", "100.00")):
        element = await plan.element(cost="250.00")
        before = plan.figures()["free"]
        applied = await plan.apply(element, plan.login)
        assert (applied["state"], applied["claim_holder_id"]) == ("applied", str(plan.addressee))
        assert plan.figures()["reserved"] == "250.00"
        assert float(plan.figures()["free"]) == float(before) - 250
        decision = await plan.decide(element, 2, amount=amount)
        assert decision.status == 201, decision
        assert (plan.figures()["reserved"], plan.figures()["free"]) == ("0.00", left)
    assert [each["state"] for each in plan.commitments()] == ["committed", "committed"]


async def test_an_application_stands_where_money_does_not_last(plan: Plan) -> None:
    await plan.agreed("10.00")
    element = await plan.element()
    assert (await plan.apply(element))["state"] == "applied"
    assert plan.commitments() == []
    assert plan.figures() == UNBOUND | {"free": "10.00"}


async def test_a_claim_beyond_the_line_is_granted_and_everybody_concerned_told(plan: Plan) -> None:
    agreement = await plan.agreed("400.00")
    assert (await plan.decide(await plan.element())).status == 201
    assert plan.figures() == UNBOUND | {"free": "-600.00", "committed": "1000.00"}
    procedures = await plan.as_("controller").many("overspend_procedures")
    mine = [each for each in procedures.rows if each["agreement_id"] == str(agreement)]
    assert [each["state"] for each in mine] == ["open"]
    alerts = await plan.as_("controller").many("budget_alerts")
    assert [each["free"] for each in alerts.rows if each["procedure_id"] == mine[0]["id"]] == ["-600.00"]


async def test_a_claim_stands_in_a_space_without_an_agreement(plan: Plan) -> None:
    element = await plan.element()
    assert (await plan.apply(element)).status == 200
    assert plan.count("budget_agreement") == 0, "an application alone makes no agreement"
    assert (await plan.decide(element, 2)).status == 201
    assert plan.figures()["free"] == "-1000.00"
    assert (plan.count("overspend_procedure"), plan.count("budget_alert")) == (1, 1)


async def test_what_is_voluntary_is_refused_with_what_is_left(plan: Plan) -> None:
    await plan.agreed("400.00")
    element = await plan.element(basis="voluntary")
    short = await plan.decide(element)
    assert (short.status, short.code, short.value["left"]) == (409, "budget-short", "400.00")
    assert (await plan.worker.one("element", element))["state"] == "planned"
    assert plan.commitments() == []
    assert (await plan.decide(element, amount="400.00")).status == 201
    assert plan.figures()["free"] == "0.00"
    assert plan.count("overspend_procedure") == 0


async def test_a_provider_outside_the_network_can_be_chosen(plan: Plan) -> None:
    await plan.agreed("5000.00")
    decision = await plan.decide(await plan.element(), organisation_id=str(OUTSIDE))
    assert (decision["organisation_id"], decision["outside_network"]) == (str(OUTSIDE), True)
    (bound,) = plan.commitments()
    assert (bound["organisation_id"], bound["outside_network"]) == (str(OUTSIDE), True)
    agency = demo_id("organisation", PEOPLE["case_worker"].organisation)
    for stranger in (agency, new_id()):
        told = await plan.decide(await plan.element(), organisation_id=str(stranger))
        assert (told.status, told.code) == (409, "provider-unknown")


@pytest.mark.parametrize("line", ["cross_case", "case_unspecific", "reserve"])
async def test_a_case_is_on_no_line_that_has_no_cases(plan: Plan, line: str) -> None:
    planned: dict[str, Any] = {"participant_id": str(plan.addressee), "kind": "specialist"}
    planned |= {"what": "Abends zu zweit", "line": line}
    told = await plan.worker.do("add_element", plan.arrangement, id=str(new_id()), **planned)
    assert (told.status, told.code, told.value["errors"][0]["pointer"]) == (422, "invalid-input", "#/line")


async def test_the_help_is_what_was_granted(plan: Plan) -> None:
    await plan.agreed("5000.00")
    element = await plan.element()
    granted: dict[str, Any] = {"organisation_id": str(OUTSIDE), "ends_on": f"{YEAR}-03-31", "hours_per_week": "2.50"}
    decision = await plan.decide(element, **granted)
    assert decision.status == 201
    shown = await plan.worker.one("element", element)
    assert {name: shown[name] for name in granted} == granted
    assert shown["starts_on"] == decision["starts_on"] == f"{YEAR}-01-01"


async def test_nothing_new_begins_in_a_case_that_is_over(plan: Plan, database: Database) -> None:
    await plan.agreed("5000.00")
    planned, applied = await plan.element(), await plan.element()
    assert (await plan.apply(applied)).status == 200
    own = await plan.element(kind="own")
    before = plan.figures()
    over = "UPDATE case_file SET state = 'closed', closed_on = current_date WHERE id = %s RETURNING id"
    database.rows(over, plan.case)
    tried = [
        await plan.decide(planned),
        await plan.decide(applied, 2),
        await plan.apply(planned, plan.login),
        await plan.worker.do("start_element", own, 1),
        await plan.worker.do(
            "add_element",
            plan.arrangement,
            id=str(new_id()),
            participant_id=str(plan.addressee),
            kind="own",
            what="Selbst",
        ),
    ]
    assert [(told.status, told.code) for told in tried] == [(409, "case-over")] * len(tried)
    drafted = await plan.worker.do("draft_arrangement", plan.case, id=str(new_id()), title="Noch einmal")
    assert (drafted.status, drafted.code) == (409, "impossible-now")
    assert plan.figures() == before


async def test_cost_follows_the_space_on_the_day_of_the_decision(plan: Plan, database: Database) -> None:
    await plan.agreed("5000.00")
    element, elsewhere = await plan.element(), new_space(database)
    await plan.apply(element)
    database.rows("UPDATE case_file SET social_space_id = %s WHERE id = %s RETURNING id", elsewhere, plan.case)
    assert (await plan.decide(element, 2)).status == 201
    assert plan.figures() == UNBOUND | {"free": "5000.00"}
    assert [(each["state"], each["social_space_id"]) for each in plan.commitments()] == [
        ("released", str(plan.space)),
        ("committed", str(elsewhere)),
    ]


# ------------------------------------------------------------------------------------------ what a decision has to say


@pytest.mark.parametrize("outcome", ["partly", "refused"])
async def test_whoever_gets_less_is_told_how_to_object(plan: Plan, outcome: str) -> None:
    await plan.agreed("5000.00")
    element = await plan.element()
    said: dict[str, Any] = {"outcome": outcome, "reasons": "Weil", "amount": "500.00" if outcome == "partly" else None}
    without = await plan.decide(element, **said)
    assert (without.status, without.code) == (409, "remedy-notice-needed")
    decision = await plan.decide(element, **said, remedy_notice="Widerspruch binnen eines Monats")
    assert (decision.status, decision["remedy_notice"]) == (201, "Widerspruch binnen eines Monats")
    seen = await plan.as_(plan.login).one("decision", decision["id"])
    assert "Ombudsstelle" in seen["hint"]
    assert seen["reasons"] == "Weil"
    assert len(plan.commitments()) == (outcome == "partly")


async def test_a_refusal_gives_back_what_was_reserved(plan: Plan) -> None:
    await plan.agreed("5000.00")
    element = await plan.element()
    await plan.apply(element)
    assert (await plan.refuse(element, 2)).status == 201
    assert plan.figures() == UNBOUND | {"free": "5000.00"}
    assert (await plan.worker.one("element", element))["state"] == "refused"


@pytest.mark.parametrize("ends_on", [None, f"{YEAR}-07-01"])
async def test_longer_help_takes_a_second_professional(plan: Plan, ends_on: str | None) -> None:
    await plan.agreed("5000.00")
    element = await plan.element(ends_on=ends_on)
    for colleague in (None, LEAD, "provider_worker", "controller"):
        named = str(demo_id("actor", colleague)) if colleague else None
        told = await plan.decide(element, second_professional_id=named)
        assert (told.status, told.code) == (409, "second-professional-needed"), colleague
    decision = await plan.decide(element, second_professional_id=str(demo_id("actor", COLLEAGUE)))
    assert (decision.status, decision["second_professional_id"]) == (201, str(demo_id("actor", COLLEAGUE)))


async def test_nobody_decides_on_their_own(plan: Plan) -> None:
    """A colleague who is one of the case's people is no second professional (§ 16 SGB X)."""
    somebody: dict[str, Any] = {"kind": "representative", "name": "Neu", "representation": "attorney"}
    added = await plan.worker.do("add_participant", plan.case, id=str(new_id()), **somebody)
    code = await plan.worker.do("issue_enrolment_code", added["id"], in_person=True)
    assert (await plan.as_(COLLEAGUE).do("enrol", code=code["code"])).status < 300
    told = await plan.decide(await plan.element(), second_professional_id=str(demo_id("actor", COLLEAGUE)))
    assert (told.status, told.code) == (409, "excluded-from-case")


async def _code_of_a_relative(plan: Plan) -> str:
    somebody: dict[str, Any] = {"kind": "representative", "name": "Neu", "representation": "attorney"}
    added = await plan.worker.do("add_participant", plan.case, id=str(new_id()), **somebody)
    return str((await plan.worker.do("issue_enrolment_code", added["id"], in_person=True))["code"])


async def test_nobody_pays_for_their_own_family(plan: Plan, as_: As) -> None:
    """Nor where it is another case of theirs, unless a refusal would tell them of one that is kept from them."""
    code = await _code_of_a_relative(plan)
    father, himself = as_("second_controller"), str(demo_id("actor", "second_controller"))
    sibling = await Plan(as_, plan.database, new_space(plan.database)).begin()
    link: dict[str, Any] = {"sibling_case_id": str(sibling.case), "because": "Geschwister"}
    assert (await plan.worker.do("link_siblings", plan.case, id=str(new_id()), **link)).status < 300
    bookings = []
    for each in (plan, sibling):
        await each.agreed("5000.00")
        await each.decide(await each.element())
        bookings.append(await each.proposed("100.00"))
    assert (await father.do("enrol", code=code)).status < 300
    for booking in bookings:
        for operation in ("release_booking", "withdraw_booking"):
            told = await father.do(operation, booking, 1)
            assert (told.status, told.code, told.value["actor_id"]) == (409, "excluded-from-case", himself)
    invoice = (await as_("controller").one("booking", bookings[0]))["invoice_id"]
    proposed = {"id": str(new_id()), "commitment_id": plan.commitments()[0]["id"], "amount": "1.00"}
    assert (await father.do("propose_booking", invoice, **proposed)).code == "excluded-from-case"
    (grant,) = plan.commitments()
    assert (await father.do("confirm_commitment", grant["id"], 1)).code == "excluded-from-case"
    kept = "UPDATE case_sketch SET counselled = true WHERE case_id = ANY (%s) RETURNING 1"
    assert len(plan.database.rows(kept, [plan.case, sibling.case])) == 2
    assert (await father.do("release_booking", bookings[1], 1)).status == 200, "he does not know whose it is"
    assert (await father.do("release_booking", bookings[0], 1)).code == "excluded-from-case", "he is in this one"


async def test_nobody_drops_what_was_foreseen_for_their_own_family(plan: Plan, as_: As) -> None:
    """Finance does so once its year is over."""
    await plan.agreed("5000.00")
    longer = await plan.element(ends_on=f"{YEAR + 1}-06-30")
    assert (await plan.decide(longer, second_professional_id=str(demo_id("actor", COLLEAGUE)))).status == 201
    passed = "UPDATE foreseen_commitment SET fiscal_year = %s WHERE case_id = %s RETURNING id::text"
    ((foreseen,),) = plan.database.rows(passed, YEAR - 1, plan.case)
    assert (await as_("second_controller").do("enrol", code=await _code_of_a_relative(plan))).status < 300
    told = await as_("second_controller").do("drop_foreseen_commitment", foreseen, 1)
    assert (told.status, told.code) == (409, "excluded-from-case")
    assert (await as_("controller").do("drop_foreseen_commitment", foreseen, 1)).status == 200


async def test_nobody_records_work_for_their_own_family(plan: Plan, as_: As) -> None:
    """Nor takes back what a colleague has recorded."""
    agreement, manager = await plan.agreed("5000.00"), as_("provider_manager")
    said: dict[str, Any] = {"kind": "flat_rate", "amount": "100.00", "valid_from": f"{YEAR}-01-01"}
    rule = await as_("controller").do("propose_valuation_rule", agreement, id=str(new_id()), **said)
    assert (await manager.do("agree_valuation_rule", rule["id"], 1)).status == 200
    await plan.decide(await plan.element())
    (bound,) = plan.commitments()
    month: dict[str, Any] = {"month": f"{YEAR}-01-01", "kind": "flat_rate"}
    work = await manager.do("record_service", bound["id"], id=str(new_id()), **month)
    assert work.status == 201
    assert (await manager.do("enrol", code=await _code_of_a_relative(plan))).status < 300
    for told in (
        await manager.do("withdraw_service_record", work["id"], 1),
        await manager.do("record_service", bound["id"], id=str(new_id()), **month),
    ):
        assert (told.status, told.code) == (409, "excluded-from-case")


async def test_nobody_grants_what_their_own_organisation_is_paid_for(plan: Plan, database: Database) -> None:
    """Neither who decides nor with whom it is decided."""
    element = await plan.element()
    for who, named in ((LEAD, None), (COLLEAGUE, str(demo_id("actor", COLLEAGUE)))):
        working = Membership(
            authority_id=AUTHORITY,
            actor_id=demo_id("actor", who),
            organisation_id=IN_NETWORK,
            function="Beratung",
            valid_from=BEGINNING,
        )
        id = working.id
        with psycopg.connect(database.superuser) as connection:
            load(connection, [working])
        told = await plan.decide(element, second_professional_id=named)
        assert (told.status, told.code) == (403, "grants-and-bills"), who
        database.rows("UPDATE membership SET valid_to = valid_from WHERE id = %s RETURNING 1", id)
    assert (await plan.decide(element)).status == 201


def test_longer_is_more_than_six_months() -> None:
    first = date(2026, 1, 1)
    assert not is_longer_term(first, date(2026, 6, 30))
    assert is_longer_term(first, date(2026, 7, 1))
    assert is_longer_term(first, None)
    assert not is_longer_term(date(2026, 8, 31), date(2027, 2, 28))
    assert is_longer_term(date(2026, 8, 31), date(2027, 3, 1))


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"amount": None}, "amount"),
        ({"wish_and_choice": None}, "wish_and_choice"),
        ({"outcome": "partly"}, "reasons"),
        ({"outcome": "refused", "reasons": "Weil"}, "amount"),
    ],
)
async def test_what_is_missing_is_named(plan: Plan, said: dict[str, Any], pointer: str) -> None:
    told = await plan.decide(await plan.element(), **said)
    assert (told.status, told.code) == (422, "invalid-input")
    assert [each["pointer"] for each in told.value["errors"]] == [f"#/{pointer}"]


async def test_nobody_of_the_family_or_a_provider_decides(plan: Plan, as_: As) -> None:
    element = await plan.element()
    said = {"outcome": "granted", "legal_basis": "§ 27 SGB VIII"}
    for who, status in (
        (plan.login, 403),
        ("provider_worker", 404),
        ("social_space_manager", 404),
        ("controller", 404),
    ):
        told = await as_(who).do("decide_element", element, 1, id=str(new_id()), **said)
        assert told.status == status, who


# ------------------------------------------------------------------------------------------ applying and ending


async def test_from_fifteen_on_one_applies_oneself(as_: As, database: Database) -> None:
    today = Clock().today()
    for age, status in ((14, 409), (16, 200)):
        born_on = (today - timedelta(days=age * 366)).isoformat()
        plan = await Plan(as_, database, new_space(database)).begin(born_on)
        their_own = await plan.element(support_kind="integration_assistance")  # § 35a SGB VIII
        told = await plan.apply(their_own, plan.login)
        assert told.status == status, told
        assert told.code in (None, "too-young-to-apply")


async def test_a_claim_is_somebodys_of_the_case(plan: Plan) -> None:
    grandmother = str(new_id())
    said: dict[str, Any] = {"id": grandmother, "kind": "network_person", "name": "Oma Loopgarten"}
    await plan.worker.do("add_participant", plan.case, **said)
    for holder in (grandmother, str(new_id())):
        told = await plan.worker.do("apply_for_element", await plan.element(), 1, claim_holder_id=holder)
        assert (told.status, told.code) == (422, "invalid-input")


async def test_what_moves_money_takes_a_key_and_is_done_once(plan: Plan) -> None:
    await plan.agreed("5000.00")
    element = await plan.element()
    said, key = {"claim_holder_id": str(plan.addressee)}, element
    first = await plan.worker.do("apply_for_element", element, 1, key, **said)
    again = await plan.worker.do("apply_for_element", element, 1, key, **said)
    assert (first.status, again.status, again["state"]) == (200, 200, "applied")
    assert len(plan.commitments()) == 1


async def test_ending_gives_back_what_is_not_booked(plan: Plan) -> None:
    await plan.agreed("5000.00")
    element = await plan.element()
    await plan.decide(element)
    await plan.book("300.00")
    assert (await plan.worker.do("end_element", element, 2))["state"] == "ended"
    assert plan.figures() == UNBOUND | {"free": "4700.00", "booked": "300.00"}
    (bound,) = plan.commitments()
    assert (bound["state"], bound["released"]) == ("released", 700.0)
