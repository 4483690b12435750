"""A link for a network person: whoever holds its secret sees one step and ticks it off, without a login and for as long
as it works; nothing else opens by it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from service.domain.clock import Clock, birthday
from tests.cases.test_people_around_a_case import Client, Family, done, refused
from tests.conftest import Database

pytestmark = pytest.mark.anyio
Linked = Callable[[str], httpx.AsyncClient]


@pytest.fixture
def linked(client_of: Client) -> Linked:
    """Somebody without a login, who sends the secret of a link."""

    def holding(secret: str) -> httpx.AsyncClient:
        http = client_of(None)
        http.headers["authorization"] = f"Link {secret}"
        return http

    return holding


async def nothing(who: httpx.AsyncClient) -> dict[str, Any]:
    """What a link that does not work is told, on every path the same."""
    answers = [await who.get("/v1/linked-step")]
    answers += [await who.post(f"/v1/linked-step/{end}", json={"reason": "Regen"}) for end in ("leave",)]
    answers += [await who.post("/v1/linked-step/finish")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    told = [{n: v for n, v in a.json().items() if n not in ("trace_id", "instance")} for a in answers]
    assert told[0] == told[1] == told[2]
    found: dict[str, Any] = told[0]
    return found


async def test_whoever_holds_it_sees_the_step_and_ticks_it_off(client_of: Client, linked: Linked) -> None:
    family = await Family(client_of).begin()
    link = await done(family.self, f"steps/{family.step}/links")
    grandmother = linked(link["secret"])
    answer = await grandmother.get("/v1/linked-step", headers={"accept-language": "de-simple"})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.json() == {
        "how": "so",
        "with_whom": "allein",
        "with_what": "Bus",
        "due_on": "2027-01-31",
        "until": answer.json()["until"],
        "state": "open",
        "state_label": answer.json()["state_label"],
    }
    assert family.case not in answer.text, "no case, and nobody's name"
    ticked = await grandmother.post("/v1/linked-step/finish", json={"remark": "Schön war es."})
    assert (ticked.status_code, ticked.json()["state"]) == (200, "done")
    assert (await family.self.get(f"/v1/steps/{family.step}")).json()["remark"] == "Schön war es."
    assert (await grandmother.get("/v1/linked-step")).json()["state"] == "done"
    again = await grandmother.post("/v1/linked-step/finish")
    assert (again.status_code, again.json()["code"]) == (409, "impossible-now")


async def test_where_somebody_is_counselled_in_confidence_no_link_lets_anybody_in(client_of: Client) -> None:
    family = await Family(client_of).begin(born_on=birthday(Clock().today(), -14).isoformat())
    said: dict[str, Any] = {"because": "Zu Hause würde es schlimmer.", "review_on": Clock().today().isoformat()}
    kept = await done(family.worker, f"participants/{family.addressee}/confidential-counselling", **said)
    assert await refused(family.worker, f"steps/{family.step}/links") == (409, "not-to-be-linked")
    await done(family.worker, f"confidential-counsellings/{kept['id']}/end", version=kept["version"], because="P")
    await done(family.worker, f"steps/{family.step}/links")


async def test_a_secret_opens_nothing_else(client_of: Client, linked: Linked) -> None:
    family = await Family(client_of).begin()
    holder = linked((await done(family.worker, f"steps/{family.step}/links"))["secret"])
    for path in (f"cases/{family.case}", f"steps/{family.step}", "me", "me/next-steps", "organisations", "regions"):
        assert (await holder.get(f"/v1/{path}")).status_code == 401
    assert (await refused(holder, f"steps/{family.step}/finish")) == (401, "unauthenticated")
    asked = await holder.post("/graphql", json={"query": "{ nextSteps { nodes { id } } }"})
    assert asked.status_code == 401
    assert (await client_of(None).get("/v1/linked-step")).status_code == 401
    answer = await family.worker.get("/v1/linked-step")
    assert answer.status_code == 401, "a token is no link"
    assert answer.headers["www-authenticate"] == 'Link realm="sozialraum"', "what opens it (RFC 9110, 15.5.2)"


async def test_wrong_expired_replaced_and_revoked_are_told_the_same(
    client_of: Client, linked: Linked, database: Database
) -> None:
    family = await Family(client_of).begin()
    first = await done(family.self, f"steps/{family.step}/links")
    second = await done(family.self, f"steps/{family.step}/links")
    assert await nothing(linked(first["secret"])) == await nothing(linked("wrong")), "a new link replaces the old one"
    holder = linked(second["secret"])
    assert (await holder.get("/v1/linked-step")).status_code == 200
    access = await family.self.get(f"/v1/case-accesses/{second['case_access_id']}")
    assert (access.json()["basis"], access.json()["step_id"]) == ("link", family.step)
    await done(family.self, f"case-accesses/{second['case_access_id']}/end", version=access.json()["version"])
    assert await nothing(holder) == await nothing(linked("wrong"))
    third = await done(family.worker, f"steps/{family.step}/links")
    expire = "UPDATE case_access SET valid_to = now() - interval '1 second' WHERE id = %s RETURNING id"
    assert database.rows(expire, third["case_access_id"])
    assert await nothing(linked(third["secret"])) == await nothing(linked("wrong"))


async def test_it_opens_nothing_any_more_once_the_step_has_fallen_away(client_of: Client, linked: Linked) -> None:
    family = await Family(client_of).begin()
    link = await done(family.self, f"steps/{family.step}/links")
    id = (await family.self.get(f"/v1/steps/{family.step}")).json()["goal_id"]
    goal = (await family.self.get(f"/v1/goals/{id}")).json()
    await done(family.self, f"goals/{id}/drop", version=goal["version"])
    holder = linked(link["secret"])
    answers = [await holder.get("/v1/linked-step"), await holder.post("/v1/linked-step/finish", json={})]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [(410, "step-fallen-away")] * 2
    assert "how" not in answers[0].json()
    kept = (await family.self.get(f"/v1/steps/{family.step}")).json()
    assert (kept["state"], kept["how"], kept["remark"]) == ("dropped", "so", None)


async def test_it_is_made_by_the_lead_or_by_whoever_wants_the_step(client_of: Client) -> None:
    family = await Family(client_of).begin()
    custodian = "custodian-of-a-link"
    await family.enrol(await family.join("custodian"), custodian)
    assert await refused(client_of(custodian), f"steps/{family.step}/links") == (403, "forbidden")
    assert await refused(client_of("second_case_worker"), f"steps/{family.step}/links") == (404, "not-found")
    assert await refused(family.worker, f"steps/{family.own_step}/links") == (409, "not-to-be-linked")
    for days in (-1, 181):
        far = (datetime.now(UTC) + timedelta(days=days)).isoformat()
        assert await refused(family.worker, f"steps/{family.step}/links", valid_to=far) == (422, "invalid-input")


async def test_the_secret_is_kept_nowhere_and_what_is_done_by_it_is_on_record(
    client_of: Client, linked: Linked, database: Database
) -> None:
    family = await Family(client_of).begin()
    link = await done(family.self, f"steps/{family.step}/links")
    holder = linked(link["secret"])
    await holder.get("/v1/linked-step")
    await holder.post("/v1/linked-step/finish")
    ((actor,),) = database.rows("SELECT actor_id FROM case_access WHERE id = %s", link["case_access_id"])
    looked = database.rows(
        "SELECT action, outcome, cases[1]::text FROM audit_entry WHERE actor_id = %s ORDER BY sequence", actor
    )
    assert looked == [("read Step", "read", family.case), ("step.finish", "done", family.case)]
    ((key,),) = database.rows("SELECT key FROM login WHERE actor_id = %s", actor)
    assert key.startswith("@link:")
    assert link["secret"] not in key
