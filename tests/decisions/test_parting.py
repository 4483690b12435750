"""With a case ends all that goes on in it: nothing stays bound, nobody keeps looking."""

from typing import Any

import psycopg
import pytest

from service.demo import AUTHORITY, demo_id
from service.domain.budgets.proving import differences
from service.domain.values import new_id
from tests.decisions.conftest import IN_NETWORK, Plan

pytestmark = pytest.mark.anyio

TASK: dict[str, Any] = {
    "organisation_id": str(IN_NETWORK),
    "task": "Abende begleiten",
    "parts": ["goals"],
    "purpose": "Begleitung",
}


async def with_everything(plan: Plan) -> str:
    """Granted and partly booked, applied for, something of one's own, a review, and a provider with its worker."""
    await plan.agreed("5000.00")
    await plan.decide(await plan.element())
    await plan.book("300.00")
    await plan.apply(await plan.element())
    await plan.element(kind="own")
    assignment = str(new_id())
    worker, manager = plan.worker, plan.as_("provider_manager")
    await worker.do("plan_review", plan.case, kind="reflection", due_on="2099-01-31")
    assigned = await worker.do("assign_provider", plan.case, id=assignment, legal_basis="§ 64 SGB VIII", **TASK)
    assert assigned.status == 201
    named = await manager.do("name_worker", assignment, 1, actor_id=str(demo_id("actor", "provider_worker")))
    assert named.status == 200
    assert (await plan.as_("provider_worker").one("case", plan.case)).status == 200
    assert plan.figures() == {"free": "3000.00", "reserved": "1000.00", "committed": "700.00", "booked": "300.00"}
    return assignment


async def has_ended(plan: Plan, assignment: str) -> None:
    assert plan.figures() == {"free": "4700.00", "reserved": "0.00", "committed": "0.00", "booked": "300.00"}
    assert [each["state"] for each in plan.commitments()] == ["released", "released"]
    family = plan.as_(plan.login)
    elements = (await family.many("elements", ("arrangement", plan.arrangement))).rows
    assert {each["state"] for each in elements} == {"ended"}
    assert {each["state"] for each in (await family.many("reviews", ("case", plan.case))).rows} == {"dropped"}
    assert (await plan.as_("provider_worker").one("case", plan.case)).status == 404
    assert (await plan.as_("provider_manager").one("assignment", assignment))["in_force"] is False
    with psycopg.connect(plan.database.superuser) as connection:
        assert [*differences(connection, AUTHORITY)] == [], "what `sozialraum check ledger` finds"


async def goes(plan: Plan, *operations: str) -> None:
    for operation in operations:
        version = (await plan.worker.one("case", plan.case))["version"]
        told = await plan.worker.do(operation, plan.case, version)
        assert told.status == 200, (operation, told)


async def test_closed_it_gives_back_what_is_not_booked(plan: Plan) -> None:
    assignment = await with_everything(plan)
    for question in (await plan.worker.many("questions", ("case", plan.case))).rows:
        if question["numeral"] in ("VI", "VII"):
            await plan.worker.do("skip_question", question["id"], 1, reason="Weggezogen")
    await goes(plan, "begin_closing", "close_case")
    await has_ended(plan, assignment)
    await goes(plan, "reopen_case")
    assert (await plan.as_("provider_worker").one("case", plan.case)).status == 404, "a new period asks anew"


async def test_passed_on_to_a_body_outside_too(plan: Plan) -> None:
    assignment = await with_everything(plan)
    version = (await plan.worker.one("case", plan.case))["version"]
    body = {"id": str(new_id()), "receiving_body": "Jugendamt der Nachbarstadt"}
    await plan.worker.do("offer_transfer", plan.case, version, **body)
    confirmed = await plan.worker.do("confirm_handover", body["id"], 1, accepted_by="Eingangszone")
    assert confirmed.status == 200
    await has_ended(plan, assignment)
    assert (await plan.worker.one("case", plan.case)).status == 404
