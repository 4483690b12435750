"""An id that is named anywhere but in the path (a body, a filter, a cursor, a version, a key) tells nothing either:
what is there and not mine, and what is nowhere, are answered alike.

Generated from the operations and views: by one person each with `make test`, by up to eight in `make walk`."""

import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest

from service.domain.act import OPERATIONS
from service.domain.epochs import CURRENT
from service.domain.views import camel, plain
from service.settings import Settings
from tests.access.model import OF_NAME, SEEN, Reader, Row
from tests.access.test_operations import (
    FACES,
    IN_A_PLACE,
    ON_A_ROW,
    SIGNED_IN,
    Arena,
    Outcome,
    _arena,
    anonymous,
    rows_for,
    said_to,
    target_of,
)
from tests.access.test_walk import LISTS, OPEN

pytestmark = pytest.mark.anyio

NAMES = {  # what a field of a body names; whatever is left out names what everybody sees, or is not looked up
    "actor_id": "actor",
    "case_id": "case_file",
    "into_id": "case_file",
    "into_case_id": "case_file",
    "sibling_case_id": "case_file",
    "entry_id": "suggestion",
    "second_professional_id": "actor",
    "receiver_id": "actor",
    "membership_id": "membership",
    "organisation_id": "organisation",
    "participant_id": "participant",
    "represented_id": "participant",
    "represents": "participant",
    "wanted_by_id": "participant",
    "done_by_id": "participant",
    "done_with_id": "actor",
    "shared_with": "participant",
    "endangered": "participant",
    "took_part": "participant",
    "cleared_up_with": "participant",
    "claim_holder_id": "participant",
    "applicant_id": "participant",
    "goal_id": "goal",
    "goal_ids": "goal",
    "replaces_id": "provider_record",
    "commitment_id": "commitment",
    "line_id": "budget_line",
    "target_id": "budget_line",
    "dialogue_id": "dialogue",
    "series_id": "dialogue_series",
    "earlier_frame_id": "budget_frame",
    "owner_id": "dialogue_participant",
    "attended": "dialogue_participant",
    "themes": "theme",
    "theme_id": "theme",
    "ideas": "idea",
    "about_id": "suggestion",
    "steps": "step",
    "indicator_id": "indicator",
    "parties": "organisation",
    "simulation_id": "incentive_simulation",
    "service_record_id": "service_record",
    "allocation_id": "allocation",
}
PUBLIC_PLACES = {
    *("method_id", "county_area_id"),
    *("authority_id", "region_id", "social_space_id", "social_space_ids", "successor_id", "municipality_ids"),
    "region_ids",
}
BY_KNOWING_IT = {  # within the authority, whoever was told an id may use it
    ("add_dialogue_participant", "actor_id"): "a resident with an account, who has told whoever moderates",
    (
        "invite_to_consultation",
        "actor_id",
    ): "somebody from outside, whom the people of a case need not see among the staff",
    **dict.fromkeys(
        (("plan_step", "done_with_id"), ("change_step", "done_with_id")),
        "whoever works on the same case, whom a provider's worker need not see among the staff",
    ),
    ("add_team_member", "membership_id"): "a colleague whom a regional manager need not see among the staff",
}
NOT_LOOKED_UP = {"id", "audience_of"}  # a new one; and whoever is named to hear hears only if they are in the case


def references() -> Iterator[tuple[str, str]]:
    """Every id in the body of an operation."""
    for name in (*ON_A_ROW, *IN_A_PLACE):
        command = OPERATIONS[name].command
        for field, info in command.model_fields.items() if command else ():
            if plain(info.annotation)[0] is UUID or UUID in get_args(info.annotation):
                yield name, field


REFERENCES = sorted(references())
NAMED = [each for each in REFERENCES if each[1] in NAMES]
PEOPLE = pytest.mark.parametrize("people", [1, pytest.param(8, marks=pytest.mark.walk)])


@pytest.fixture(scope="module")
async def arena(settings: Settings, token_of: Callable[..., str]) -> AsyncIterator[Arena]:
    async for each in _arena(settings, token_of, superuser=False):
        yield each


def hidden(reader: Reader, table: str, *, everywhere: bool) -> Iterator[Row]:
    """What the reader sees in no view: of another authority, and `everywhere` of their own by turns."""
    views = [name for name, seen in SEEN.items() if seen.table == table]
    colleagues = {row["actor_id"] for row in reader.county.tables["membership"] if reader.sees("StaffMember", row)}
    rows = [
        row
        for row in reader.county.tables[table]
        if row["id"] not in colleagues and not any(reader.sees(view, row) for view in views)
    ]
    mine = reader.actor["authority_id"] if reader.actor else None
    there = [row for row in rows if row.get("authority_id") == mine]
    elsewhere = [row for row in rows if row.get("authority_id") != mine]
    for number in range(max(len(there), len(elsewhere))):
        yield from (*elsewhere[number : number + 1], *there[number : number + everywhere])


def without(outcome: Outcome, *ids: str) -> str:
    """All that was told, but for the ids that were sent and what stands in every answer."""
    told = json.dumps([outcome.status, outcome.code, anonymous(outcome.told)], sort_keys=True)
    for id in ids:
        told = told.replace(id, "ID")
    return told


def test_every_id_in_a_body_is_known_to_these_tests() -> None:
    assert {field for _, field in REFERENCES} <= NAMES.keys() | PUBLIC_PLACES | NOT_LOOKED_UP


@PEOPLE
@pytest.mark.parametrize(("name", "field"), NAMED)
async def test_what_a_body_names_is_there_or_not_yours_nobody_can_tell(
    arena: Arena, name: str, field: str, people: int
) -> None:
    asked = 0
    for fitting in (True, False):  # where nothing would succeed anyway it is refused all the same
        for number, who in enumerate(SIGNED_IN if not asked else ()):
            if asked >= people:
                break
            asked += await _alike(arena, name, field, who, FACES[(number + len(name)) % 2], fitting)
    assert asked, "nobody tried"


async def _alike(arena: Arena, name: str, field: str, who: str | None, face: str, fitting: bool) -> bool:
    rows = rows_for(arena, name, who, fitting)["may"]
    reader = arena.reader(who)
    theirs = list(hidden(reader, NAMES[field], everywhere=(name, field) not in BY_KNOWING_IT))[:2]
    if not rows or not theirs:
        return False
    row, doer = rows[-1], arena.doer(who, face)
    listed = plain(OPERATIONS[name].command.model_fields[field].annotation)[2]  # type: ignore[union-attr]
    version = row["version"] if OPERATIONS[name].versioned else None

    async def told(named: str) -> str:
        said: Mapping[str, Any] = said_to(arena, name, who, row) | {field: [named] if listed else named}
        outcome = await doer.do(name, target_of(arena, name, row), version, said)
        assert not outcome.done, (who, face, name, field, "was taken for one's own")
        assert outcome.status < 500
        return without(outcome, named, str(said.get("id")))

    nowhere = await told(str(uuid4()))
    for each in theirs:
        assert await told(each["id"]) == nowhere, (who, face, name, field)
    return True


@PEOPLE
@pytest.mark.parametrize("name", [each for each in ON_A_ROW if OPERATIONS[each].versioned])
async def test_the_right_version_of_what_is_not_yours_opens_nothing(arena: Arena, name: str, people: int) -> None:
    for number, who in enumerate(SIGNED_IN[len(name) % 7 :: 7][:people]):
        for row in rows_for(arena, name, who)["hidden"][:1]:
            doer, said = arena.doer(who, FACES[number % 2]), said_to(arena, name, who, row)
            told = [without(await doer.do(name, row["id"], version, said)) for version in (row["version"], 999, 0)]
            assert len(set(told)) == 1, (who, name)
            assert json.loads(told[0])[:2] == [404, "not-found"]


@PEOPLE
@pytest.mark.parametrize("view", [view for view in LISTS if view not in OPEN])
async def test_a_cursor_at_what_is_not_yours_is_one_like_any_other(arena: Arena, view: str, people: int) -> None:
    """It says where to go on, not that something is there."""
    declared = OF_NAME[view]
    for who in SIGNED_IN[len(view) % 5 :: 5][:people]:
        reader, http = arena.reader(who), arena.doer(who, "rest").http
        for row, places in cursors_at_hidden(reader, view):
            pages = [await http.get(LISTS[view], params={"after": after, "limit": 5}) for after in places]
            assert pages[0].status_code == pages[1].status_code, (who, view)
            assert pages[0].json().get("items") == pages[1].json().get("items"), (who, view)
            assert declared.key not in row or str(row[declared.key]) not in pages[0].text, (who, view)


def cursors_at_hidden(reader: Reader, view: str) -> Iterator[tuple[Row, tuple[str, str]]]:
    """Rows that the reader does not see, each with the cursor at its place, and one at a place beside it."""
    declared = OF_NAME[view]
    keys = dict.fromkeys((declared.orders[0].removeprefix("-"), *declared.unique))
    rows = [row for row in reader.county.tables[SEEN[view].table] if not reader.sees(view, row)]
    for row in [row for row in rows if all(row.get(key) is not None for key in keys)][:2]:
        place = {key: str(row[key]) for key in keys} | ({CURRENT.name: "1"} if declared.feed else {})
        beside = dict(place)
        if "id" in place:
            beside["id"] = place["id"][:-1] + ("0" if place["id"][-1] != "0" else "1")
        yield row, (cursor_at(place), cursor_at(beside))


def cursor_at(place: Mapping[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


@PEOPLE
@pytest.mark.parametrize("view", [view for view in LISTS if view not in OPEN and OF_NAME[view].plural])
async def test_nor_does_one_over_graphql(arena: Arena, view: str, people: int) -> None:
    declared = OF_NAME[view]
    key = camel(declared.key)
    query = f"""query ($after: String) {{ {camel(declared.plural or "")}(first: 5, after: $after) {{
        nodes {{ {key} }} pageInfo {{ hasNextPage startCursor endCursor }} }} }}"""
    for who in SIGNED_IN[len(view) % 7 :: 5][:people]:
        reader, http = arena.reader(who), arena.doer(who, "graphql").http
        for row, places in cursors_at_hidden(reader, view):
            asked = [{"query": query, "variables": {"after": after}} for after in places]
            pages = [await http.post("/graphql", json=each) for each in asked]
            assert "data" in pages[0].json(), (view, pages[0].text)
            assert pages[0].content == pages[1].content, (who, view)
            assert declared.key not in row or str(row[declared.key]) not in pages[0].text, (who, view)


WITHIN = sorted(
    (outer, relation, target)
    for outer, seen in SEEN.items()
    if OF_NAME[outer].plural
    for relation, (target, _) in seen.many.items()
    if target not in OPEN
)


@PEOPLE
@pytest.mark.parametrize("outer", sorted({each[0] for each in WITHIN}))
async def test_nor_does_one_inside_a_list(arena: Arena, outer: str, people: int) -> None:
    """In every list within a row."""
    plural = camel(OF_NAME[outer].plural or "")
    for who in SIGNED_IN[len(outer) % 6 :: 4][:people]:
        reader, http = arena.reader(who), arena.doer(who, "graphql").http
        for _, relation, target in (each for each in WITHIN if each[0] == outer):
            declared = OF_NAME[target]
            query = f"""query ($after: String) {{ it: {plural}(first: 20) {{ nodes {{
                {camel(relation)}(first: 5, after: $after) {{ nodes {{ {camel(declared.key)} }}
                    pageInfo {{ hasNextPage }} }} }} }} }}"""
            for row, places in cursors_at_hidden(reader, target):
                asked = [{"query": query, "variables": {"after": after}} for after in places]
                pages = [await http.post("/graphql", json=each) for each in asked]
                assert "data" in pages[0].json(), (outer, relation, pages[0].text)
                assert pages[0].content == pages[1].content, (who, outer, relation)
                assert declared.key not in row or str(row[declared.key]) not in pages[0].text, (who, outer, relation)


NESTED = sorted(
    (outer, relation, target, name)
    for outer, seen in SEEN.items()
    if OF_NAME[outer].plural
    for relation, (target, _) in seen.many.items()
    for name in OF_NAME[target].filters
    if OF_NAME[target].type_of(name) is UUID
)


@PEOPLE
@pytest.mark.parametrize("outer", sorted({each[0] for each in NESTED}))
async def test_a_filter_inside_a_list_finds_nothing_that_is_not_yours(arena: Arena, outer: str, people: int) -> None:
    """Every filter by an id in every list within a row, with each id of a row that is hidden."""
    plural = camel(OF_NAME[outer].plural or "")
    for who in SIGNED_IN[len(outer) % 3 :: 3][:people]:
        reader, http = arena.reader(who), arena.doer(who, "graphql").http
        for _, relation, target, name in (each for each in NESTED if each[0] == outer):
            rows = reader.county.tables[SEEN[target].table]
            theirs = sorted({row[name] for row in rows if not reader.sees(target, row) and row.get(name)})
            mine = {row[name] for row in rows if reader.sees(target, row)}
            query = f"""query ($named: UUID) {{ it: {plural}(first: 50) {{ nodes {{
                {camel(relation)}(first: 5, where: {{{camel(name)}: $named}}) {{ nodes {{ __typename }} }} }} }} }}"""
            for named in [each for each in theirs if each not in mine][:2]:
                answer = await http.post("/graphql", json={"query": query, "variables": {"named": named}})
                assert '"__typename"' not in answer.text, (who, outer, relation, name)
                nowhere = await http.post("/graphql", json={"query": query, "variables": {"named": str(uuid4())}})
                assert answer.content == nowhere.content, (who, outer, relation, name)


NOBODY_CAN = {"plan_tranches"}  # the county has no network's agreement in force without its tranches
KEYED = [each for each in (*ON_A_ROW, *IN_A_PLACE) if OPERATIONS[each].keyed and each not in NOBODY_CAN]


@pytest.mark.parametrize("name", KEYED)
async def test_somebody_else_s_key_is_nobody_s(arena: Arena, name: str) -> None:
    """Whoever knows under which key somebody moved money learns nothing by it; over one face each."""
    face = FACES[len(name) % 2]
    who, target, version, said, key = await _done_by_somebody(arena, name, face)
    stranger = arena.doer("other_authority", face)
    theirs = without(await stranger.do(name, target, version, said, key))
    assert theirs == without(await stranger.do(name, str(uuid4()), version, said, key))
    assert json.loads(theirs)[1] == "not-found"
    assert (await arena.doer(who, face).do(name, target, version, said, key)).done


async def _done_by_somebody(arena: Arena, name: str, face: str) -> tuple[str | None, Any, int | None, Any, str]:
    """Who did it, to what, and how."""
    for who in SIGNED_IN:
        for row in rows_for(arena, name, who)["may"][-1:]:
            key, target, said = uuid4().hex, target_of(arena, name, row), said_to(arena, name, who, row)
            version = row["version"] if OPERATIONS[name].versioned else None
            outcome = await arena.doer(who, face).do(name, target, version, said, key)
            arena.changed = True
            assert outcome.done, (who, name, outcome)
            return who, target, version, said, key
    raise AssertionError(f"nobody can {name}")
