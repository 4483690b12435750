"""A decision and its commitment stand or fall together, wherever it fails."""

from collections.abc import AsyncIterator, Callable

import httpx
import psycopg
import pytest

from service.demo.loading import load
from service.settings import Settings
from tests.conftest import Database, serve
from tests.decisions.conftest import Plan, new_space, people
from tests.faces import Face, Rest

pytestmark = pytest.mark.anyio

FAILING = """
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'refused by the test' USING ERRCODE = 'lock_not_available'; END $$
"""
LATE = {
    "the posting": "CREATE TRIGGER fail BEFORE INSERT ON posting FOR EACH ROW WHEN (NEW.kind = 'grant') "
    "EXECUTE FUNCTION fail()",
    "the decision": "CREATE TRIGGER fail BEFORE INSERT ON decision FOR EACH ROW EXECUTE FUNCTION fail()",
    "the commit": "CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON decision DEFERRABLE INITIALLY DEFERRED "
    "FOR EACH ROW EXECUTE FUNCTION fail()",
}


@pytest.fixture
async def plan(own_database: Database, settings: Settings, token_of: Callable[..., str]) -> AsyncIterator[Plan]:
    """In a county of its own, in which things may break."""
    with psycopg.connect(own_database.superuser) as connection:
        load(connection, people())
    async for application in serve(own_database, settings):
        transport = httpx.ASGITransport(application)

        def as_(role: str, transport: httpx.ASGITransport = transport) -> Face:
            headers = {"authorization": f"Bearer {token_of(role)}"}
            return Rest(httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers))

        plan = await Plan(as_, own_database, new_space(own_database)).begin()
        await plan.agreed("400.00")
        yield plan


@pytest.mark.parametrize("where", LATE)
@pytest.mark.parametrize("applied", [False, True])
async def test_what_fails_half_way_leaves_nothing(
    plan: Plan, own_database: Database, where: str, applied: bool
) -> None:
    element = await plan.element(cost="300.00")
    if applied:
        await plan.apply(element)
    before, commitments = plan.figures(), plan.commitments()
    with psycopg.connect(own_database.superuser) as connection:
        connection.execute(FAILING)
        connection.execute(LATE[where])
    failed = await plan.decide(element, 1 + applied)
    assert (failed.status, failed.code) == (503, "unavailable")
    assert own_database.rows("SELECT count(*) FROM decision WHERE element_id = %s", element) == [(0,)]
    assert (plan.figures(), plan.commitments()) == (before, commitments)
    assert (plan.count("overspend_procedure"), plan.count("budget_alert")) == (0, 0)
    assert (await plan.worker.one("element", element))["state"] == ("applied" if applied else "planned")
    with psycopg.connect(own_database.superuser) as connection:
        connection.execute("DROP FUNCTION fail CASCADE")
    decided = await plan.decide(element, 1 + applied)
    assert (decided.status, plan.figures()["free"]) == (201, "-600.00")
