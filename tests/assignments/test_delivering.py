"""What reaches a provider's mailbox, whom it is for, and that it ends."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from service.demo import PEOPLE, UNTERHACHING, demo_id
from service.demo.people import KOMPASS, LICHTUNG
from service.domain.values import new_id
from service.domain.views import VIEWS
from tests.assignments.conftest import ASSIGNED, HOW, NAME, TITLE, Play
from tests.assignments.test_assigning import WORKER, steps
from tests.conftest import Database
from tests.faces import Said

pytestmark = pytest.mark.anyio
SOFTWARE = "integration_client"
WRONG: Said = {"because": "wrong_case", "reason": "In die falsche Akte geschrieben"}
OTHER: Said = {"title": "Die andere", "social_space_id": str(UNTERHACHING)}


def told(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["kind"], row["subject"]) for row in rows]


async def test_software_is_told_what_was_there_and_then_each_change(play: Play) -> None:
    goal = await play.goal("Ich schlafe durch.")
    assignment = await play.assigned(parts=["goals", "steps"])
    first = await play.deliveries(SOFTWARE, assignment)
    assert told(first)[0] == ("case.assign", "assignment")
    assert set(told(first)[1:]) == {("case.assign", subject) for subject in ("goal", "case", "participant")}
    await play.do("case_worker", "change_goal", goal, 1, statement="Ich schlafe bis sieben.")
    await play.do(play.login, "agree_goal", goal, 2)
    step = (await play.do(play.login, "plan_step", goal, **steps(play)))["id"]
    await play.do(play.login, "finish_step", step)
    rows = (await play.deliveries(SOFTWARE, assignment))[len(first) :]
    assert told(rows) == [
        *(("goal.change", "goal"), ("goal.agree", "goal")),
        *(("step.plan", "step"), ("step.finish", "step")),
    ]
    assert [row["version"] for row in rows] == [2, 3, 1, 2]
    assert [row["subject_id"] for row in rows] == [goal, goal, step, step]
    assert (rows[0]["content"]["statement"], rows[0]["content"]["state"]) == ("Ich schlafe bis sieben.", "draft")
    assert (rows[3]["content"]["how"], rows[3]["content"]["state"]) == (HOW, "done")


async def test_what_was_not_transmitted_is_nowhere(play: Play) -> None:
    """Neither rows nor fields: the title, the names, the words, steps; and the case goes by its pseudonym."""
    goal = await play.goal("Ich schlafe durch.")
    questions = await play.as_("case_worker").many("questions", ("case", play.case))
    assignment = await play.assigned(parts=["goals"])
    await play.names(assignment, "provider_manager", WORKER)
    await play.do(play.login, "word_answer", questions.rows[0]["id"], words="Meine eigenen Worte")
    await play.do(play.login, "agree_goal", goal, 1)
    await play.do(play.login, "plan_step", goal, **steps(play))
    await play.do("case_worker", "change_case", play.case, 1, concern="Sorgen um die Schule")
    await play.do("case_worker", "add_participant", play.case, kind="network_person", name="Oma Auftragsgarten")
    rows = await play.deliveries(SOFTWARE, assignment)
    assert {row["subject"] for row in rows} == {"assignment", "case", "goal", "participant"}
    for secret in (TITLE, NAME, "Oma", "Meine eigenen Worte", "Sorgen", HOW, play.case, "withheld"):
        assert secret not in str([row["content"] for row in rows]), secret
    contents = {row["subject"]: set(row["content"]) for row in rows}
    there = {"id", "kind", "kind_label", "enrolled", "merged_into_id", "joined_on", "left_on", "version"}
    assert contents["participant"] == there
    standing = {"state", "state_label", "opened_on", "period", "closed_on", "merged_into_id", "responsible_because"}
    assert contents["case"] == standing | {"pseudonym", "field_of_action", "social_space_id", "version"}
    assert play.case not in str(rows)


async def test_it_is_exactly_what_the_worker_reads(play: Play) -> None:
    """Whatever a view shows the worker of a row is what the mailbox holds of it, for each part and all of them."""
    await play.goal("Ich schlafe durch.")
    for parts in (["persons"], ["concern"], ["questions"], ["goals", "steps"]):
        assignment = await play.assigned(parts=parts)
        login, actor = await play.employed(LICHTUNG, "provider_worker")
        await play.names(assignment, "provider_manager", actor)
        http = play.client_of(login)
        case = (await http.get(f"/v1/cases/{play.case}")).json()
        pages = {
            each: (await http.get(f"/v1/cases/{play.case}/{each}s")).json()["items"]
            for each in ("participant", "question", "goal")
        }
        rows = [row for row in await play.deliveries(login, assignment) if row["subject"] != "assignment"]
        delivered = {(row["subject"], row["subject_id"]): row["content"] for row in rows}
        expected = {("case", None): {name: case[name] for name in case if name not in ("id", "withheld")}}
        for subject, items in pages.items():
            for item in items:
                left = {name: value for name, value in item.items() if name not in ("case_id", "withheld")}
                expected[subject, item["id"]] = left
        assert delivered == expected, parts


async def test_words_for_one_person_reach_that_person_only(play: Play) -> None:
    assignment = await play.assigned()
    await play.names(assignment, "provider_manager", WORKER)
    colleague = {"audience": "named", "audience_of": [str(PEOPLE["second_case_worker"].actor_id)]}
    worker = {"audience": "named", "audience_of": [WORKER]}
    await play.goal("Für die Leitung", audience="author")
    await play.goal("Für jemand anderes", **colleague)
    mine, everybodys = await play.goal("Für den Träger", **worker), await play.goal("Für alle")
    seen = {who: [row["subject_id"] for row in await play.deliveries(who, assignment)] for who in READERS}
    assert [id for id in seen["provider_worker"] if id in (mine, everybodys)] == [mine, everybodys]
    assert mine not in seen[SOFTWARE] + seen["provider_manager"]
    assert everybodys in seen[SOFTWARE]
    for row in await play.deliveries("provider_worker", assignment):
        assert "Leitung" not in str(row)
        assert "jemand anderes" not in str(row)


READERS = ("provider_worker", "provider_manager", SOFTWARE)


async def test_managers_learn_that_not_what(play: Play) -> None:
    await play.goal("Ich schlafe durch.")
    assignment = await play.assigned()
    rows = await play.deliveries("provider_manager", assignment)
    assert len(rows) > 2
    assert all(row["withheld"] == ["content"] and "content" not in row for row in rows)
    assert play.case not in str(rows)


async def test_nobody_else_has_a_mailbox(play: Play) -> None:
    assignment = await play.assigned()
    other, _ = await play.employed(KOMPASS, "integration_client")
    await play.goal("Ich schlafe durch.")
    assert await play.deliveries(SOFTWARE, assignment)
    for who in (other, "case_worker", "provider_worker", "administrator", "social_space_manager", play.login):
        assert await play.deliveries(who, assignment) == [], who


async def test_software_reads_nothing_but_its_mailbox(play: Play) -> None:
    goal, assignment = await play.goal("Ich schlafe durch."), await play.assigned()
    for path in (("case", play.case), ("goal", goal), ("assignment", assignment)):
        assert (await play.as_(SOFTWARE).one(*path)).status == 404
    assert (await play.as_(SOFTWARE).many("staff")).rows == []


async def test_losing_access_is_a_removal(play: Play) -> None:
    await play.goal("Ich schlafe durch.")
    assignment = await play.assigned()
    login, actor = await play.employed(LICHTUNG, "provider_worker")
    await play.names(assignment, "provider_manager", actor)
    before = await play.deliveries(SOFTWARE, assignment)
    assert before[-1]["content"]["worker_id"] == actor
    await play.names(assignment, "provider_manager", WORKER)
    (removed,) = await play.deliveries(login, assignment)
    assert (removed["kind"], removed["removal"], removed["content"]) == ("assignment.name_worker", True, None)
    assert (await play.deliveries(SOFTWARE, assignment))[-1]["content"]["worker_id"] == WORKER

    version = (await play.as_("case_worker").one("assignment", assignment)).version
    await play.do("case_worker", "end_assignment", assignment, version)
    await play.goal("Ohne den Träger")
    for who in ("provider_worker", SOFTWARE):
        (last,) = await play.deliveries(who, assignment)
        assert (last["kind"], last["subject"], last["subject_id"]) == ("assignment.end", "assignment", assignment)
        assert (last["removal"], last["content"]) == (True, None)
        assert last["position"] > before[-1]["position"], "behind every cursor there was"


async def test_what_was_in_the_wrong_case_is_removed_and_no_longer_read(play: Play) -> None:
    """By those who were told of it, and by nobody else; what was told of it before says nothing any more."""
    right = str((await play.do("case_worker", "open_case", id=str(new_id()), **OTHER))["id"])
    ours = await play.assigned(parts=["questions", "persons"])
    theirs = await play.assigned(organisation_id=str(demo_id("organisation", KOMPASS)))
    there = str(new_id())
    await play.do("case_worker", "assign_provider", right, id=there, **{**ASSIGNED, "parts": ["questions"]})
    other, _ = await play.employed(KOMPASS, "integration_client")
    await play.names(ours, "provider_manager", WORKER)
    questions = await play.as_("case_worker").many("questions", ("case", play.case))
    gone = list[str]()
    for words, into in (("Nicht für hier", None), ("Auch nicht", right)):
        said: Said = {"id": str(new_id()), "words": words}
        await play.do("case_worker", "suggest_answer", questions.rows[0]["id"], **said)
        gone.append(said["id"])
        out: Said = {"kind": "suggestion", "entry_id": said["id"], "into_case_id": into, **WRONG}
        assert words in str(await play.deliveries("provider_worker", ours))
        told_to = (await play.do("case_worker", "withdraw_entry", play.case, **out))["seen"]
        assert PEOPLE["provider_worker"].function in {each["function"] for each in told_to}, "by its mailbox alone"
    somebody: Said = {"kind": "network_person", "name": "Jo Woanders", "born_on": "1980-03-04"}
    gone.append(str(new_id()))
    await play.do("case_worker", "add_participant", play.case, id=gone[-1], **somebody)
    assert "Jo Woanders" in str(await play.deliveries(SOFTWARE, ours))
    await play.do("case_worker", "move_participant", gone[-1], 1, into_case_id=right)
    for who in ("provider_worker", SOFTWARE):
        rows = await play.deliveries(who, ours)
        assert not any(secret in str(rows) for secret in ("Nicht für hier", "Auch nicht", "Jo Woanders", "1980-03-04"))
        left = [row for row in rows if row["subject_id"] in gone]
        assert [(row["subject_id"], row["removal"], row["content"]) for row in left] == [
            (id, True, None) for id in gone
        ]
        assert [row["kind"] for row in left] == [*("case.withdraw_entry",) * 2, "participant.move"]
    assert not [row for row in await play.deliveries(other, theirs) if row["subject_id"] in gone[:2]]
    assert [row["content"]["words"] for row in await play.deliveries(SOFTWARE, there) if row["subject_id"] in gone[:2]]

    # A mistake, too: what comes back is told of anew.
    back: Said = {"kind": "suggestion", "entry_id": gone[1], "into_case_id": play.case, **WRONG}
    await play.do("case_worker", "withdraw_entry", right, **back)
    first, last = [row for row in await play.deliveries(SOFTWARE, ours) if row["subject_id"] == gone[1]]
    assert (first["removal"], last["removal"], last["content"]["words"]) == (True, False, "Auch nicht")


async def test_reports_and_notes_reach_the_providers_own_software(play: Play) -> None:
    ours, theirs = await play.assigned(), await play.assigned(organisation_id=str(demo_id("organisation", KOMPASS)))
    other, _ = await play.employed(KOMPASS, "integration_client")
    await play.names(ours, "provider_manager", WORKER)
    await play.do("provider_worker", "record_progress", ours, words="Es geht voran.")
    await play.do("provider_worker", "note_down", ours, words="Treffpunkt Bücherei")
    rows = await play.deliveries(SOFTWARE, ours)
    assert [row["content"]["words"] for row in rows[-2:]] == ["Es geht voran.", "Treffpunkt Bücherei"]
    assert "provider_record" not in {row["subject"] for row in await play.deliveries(other, theirs)}


async def test_reading_deliveries_is_on_record_with_the_case(play: Play) -> None:
    assignment = await play.assigned()
    await play.deliveries(SOFTWARE, assignment)
    entries = "SELECT count(*) FROM audit_entry WHERE actor_id = %s AND cases @> ARRAY[%s::uuid]"
    ((count,),) = play.database.rows(entries, PEOPLE[SOFTWARE].actor_id, play.case)
    assert count >= 1


@pytest.mark.parametrize("view", [view for view in VIEWS.values() if view.subject], ids=lambda view: view.name)
async def test_every_column_of_a_delivery_comes_from_a_view(view: Any, database: Database) -> None:
    """What lies in the mailboxes of the demo: no field that its view does not have, and none of the case's id."""
    subject = "".join(f"_{each.lower()}" if each.isupper() else each for each in view.name).lstrip("_")
    for (content,) in database.rows("SELECT content FROM delivery WHERE subject = %s AND NOT removal", subject):
        assert set(content) <= set(view.columns) - {view.subject, "withheld"}


async def test_a_cursor_goes_on_where_it_was(client_of: Callable[..., httpx.AsyncClient], database: Database) -> None:
    await database.settled()
    http = client_of(SOFTWARE)
    whole = (await http.get("/v1/deliveries", params={"limit": 200})).json()["items"]
    first = (await http.get("/v1/deliveries", params={"limit": 1})).json()["items"]
    rest = (await http.get("/v1/deliveries", params={"limit": 199, "after": first[0]["cursor"]})).json()["items"]
    assert first + rest == whole
    last = await http.get("/v1/deliveries", params={"after": whole[-1]["cursor"]})
    query = "query ($after: String) { deliveries(first: 50, after: $after) { nodes { position cursor } } }"
    variables = {"query": query, "variables": {"after": first[0]["cursor"]}}
    found = (await http.post("/graphql", json=variables)).json()["data"]["deliveries"]["nodes"]
    assert [row["cursor"] for row in found] == [row["cursor"] for row in rest[:50]]
    assert last.status_code == 200
    unknown = await http.get("/v1/deliveries", params={"after": str(new_id())})
    assert unknown.status_code == 422


async def test_one_administrator_alone_opens_no_providers_mailbox(play: Play) -> None:
    """A membership that a role's approval did not know opens nothing, until the role is approved anew."""
    login, actor = await play.employed(KOMPASS, "integration_client")
    assignment = await play.assigned()
    await play.goal("Ein Ziel")
    works: Said = {"actor_id": actor, "function": "Software"}
    await play.do("administrator", "add_membership", ASSIGNED["organisation_id"], id=str(new_id()), **works)
    assert await play.deliveries(login, assignment) == []
    grant = str(new_id())
    await play.do("administrator", "propose_grant", actor, id=grant, role="integration_client")
    assert await play.deliveries(login, assignment) == []
    await play.do("second_administrator", "approve_grant", grant, 1)
    assert await play.deliveries(login, assignment) != []
