"""A decision that was entered in the wrong case is annulled: it stays on record, and its money is free again."""

import pytest

from service.demo import demo_id
from service.demo.people import LICHTUNG
from service.domain.values import new_id
from tests.cases.test_audits import AUDITOR, asked
from tests.cases.test_looks import OFFICER
from tests.decisions.conftest import LEAD, As, Plan
from tests.faces import Said, Told

pytestmark = pytest.mark.anyio

WRONG = {"because": "wrong_case", "reason": "Für die Schwester beantragt"}


async def taken_out(plan: Plan, decision: str, **said: str) -> Told:
    out: Said = {"kind": "decision", "entry_id": decision, **WRONG, **said}
    return await plan.worker.do("withdraw_entry", plan.case, **out)


async def test_it_is_annulled_and_what_it_has_bound_is_free_again(plan: Plan, as_: As) -> None:
    await plan.agreed("5000.00")
    element = await plan.element()
    before = plan.figures()
    decision = (await plan.decide(element))["id"]
    assert plan.figures() != before
    counted = "SELECT began_on IS NOT NULL FROM contribution_mark WHERE id = md5(%s)::uuid"
    assert plan.database.rows(counted, element) == [(True,)]
    for why in ("incorrect", "not_needed"):
        assert (await taken_out(plan, decision, because=why)).code == "invalid-input", "an annulment is no objection"
    done = await taken_out(plan, decision)
    assert done.status == 200, done
    assert plan.figures() == before
    assert [each["state"] for each in plan.commitments()] == ["released"]
    assert (await plan.worker.one("element", element))["state"] == "ended"
    assert plan.database.rows(counted, element) == [(False,)], "it has begun nowhere"
    ours = await plan.worker.one("decision", decision)
    assert (ours["outcome"], ours["annulled_on"] is not None) == ("granted", True), "never deleted"
    assert (await taken_out(plan, decision)).code == "not-to-be-moved"
    family = as_(plan.login)
    assert (await family.one("decision", decision)).status == 404
    (told,) = (await family.many("withdrawals", ("case", plan.case))).rows
    assert (told["kind"], told["entry_id"], told["because_label"]) == (
        "decision",
        decision,
        "In den falschen Fall eingetragen.",
    )


async def test_not_while_something_is_booked_on_it(plan: Plan, as_: As) -> None:
    """The refusal says what to do first; once that is done, it is possible."""
    await plan.agreed("5000.00")
    element = await plan.element()
    decision = (await plan.decide(element))["id"]
    await plan.book("100.00")
    held = plan.figures()
    refused = await taken_out(plan, decision)
    (bound,) = plan.commitments()
    assert (refused.code, refused.value["commitment_id"]) == ("still-booked", bound["id"])
    assert "reverse" in str(refused.value)
    assert (plan.figures(), (await plan.worker.one("element", element))["state"]) == (held, "granted")
    assert (await plan.worker.one("decision", decision))["annulled_on"] is None
    assert (await plan.worker.many("withdrawals", ("case", plan.case))).rows == [], "all or nothing"
    found = "SELECT id::text, version FROM booking WHERE commitment_id = %s"
    ((booking, version),) = plan.database.rows(found, bound["id"])
    reversed_ = await as_("controller").do("reverse_booking", booking, version, reason="Falscher Fall")
    assert reversed_.status == 200, reversed_
    assert (await taken_out(plan, decision)).status == 200
    assert plan.figures()["committed"] == "0.00"


async def test_a_refusal_in_the_wrong_case_is_annulled_as_well(plan: Plan) -> None:
    element = await plan.element()
    decision = (await plan.refuse(element))["id"]
    assert (await taken_out(plan, decision)).status == 200
    assert (await plan.worker.one("element", element))["state"] == "ended"
    letter = await plan.as_(LEAD).client.get(f"/v1/decisions/{decision}/letter")  # type: ignore[attr-defined]
    assert "Aufgehoben am" in letter.text


async def test_a_provider_that_was_told_of_it_is_told_to_remove_it_and_an_auditor_still_reads_it(
    plan: Plan, as_: As
) -> None:
    assigned: Said = {
        "organisation_id": str(demo_id("organisation", LICHTUNG)),
        "task": "Begleitung",
        "purpose": "Probe",
    }
    more: Said = {"parts": ["arrangement"], "legal_basis": "§ 64 SGB VIII"}
    assignment = new_id()
    done = await plan.worker.do("assign_provider", plan.case, id=str(assignment), **assigned, **more)
    assert done.status < 300, done
    decision = (await plan.decide(await plan.element()))["id"]
    assert (await taken_out(plan, decision)).status == 200
    told = "SELECT kind, removal, content FROM delivery WHERE subject_id = %s ORDER BY sequence"
    first, last = plan.database.rows(told, decision)
    assert (first[1], last) == (False, ("case.withdraw_entry", True, None))

    pseudonym = str((await plan.worker.one("case", plan.case))["pseudonym"])
    request = (await as_(AUDITOR).do("request_audit_access", id=str(new_id()), **asked(pseudonym)))["id"]
    assert (await as_(OFFICER).do("approve_audit_access", request, 1)).status == 200
    assert (await as_(AUDITOR).one("decision", decision))["annulled_on"] is not None
