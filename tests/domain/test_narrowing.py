"""A statement about one case has row-level security look at that case only: less work, and never a row more."""

import dataclasses
import json
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import psycopg
import pytest

from service import demo
from service.domain.narrowing import is_content, only_case, only_page
from service.domain.plan import Plan
from service.domain.policy import EVERYONE
from service.domain.reading import Statement
from service.domain.rows import SECURED, Shape
from service.domain.selection import Constant, Face, Fact, Listing, Nested, Rows, Selection, Single, Site, Value
from service.domain.views import ONE, VIEWS, Arguments, Many, One, View
from service.storage.postgres import LONGEST_KEPT
from tests.conftest import Database, _copied
from tests.domain.test_row_level_security import PLANNED, count, tell

pytestmark = pytest.mark.anyio
CASE, GOAL, STEP, SKETCH, SPACE, PARTICIPANT, ACCESS, REPRESENTATION = (
    next(view for view in VIEWS.values() if view.name == name)
    for name in (
        "Case",
        "Goal",
        "Step",
        "CaseSketch",
        "SocialSpace",
        "Participant",
        "CaseAccess",
        "Representation",
    )
)
CONTENT = [(table, column) for table, (shape, column) in SECURED.items() if shape is Shape.CASE]


def below(view: View, link: Many | One, **show: Any) -> Site:
    """A relation of any make: what a capability might declare one day."""
    shown: Selection = {view.key: Value(view.columns[view.key]), **show}
    if isinstance(link, One):
        return Single(view, shown, link)
    return Listing(view, {"nodes": Rows(shown)}, Arguments(10), link)


def one_case(view: View = CASE, **show: Any) -> Single:
    shown: Selection = {"id": Value(view.columns["id"]), **show}
    return Single(view, shown, arguments=ONE.narrowed(**{view.subject or "id": demo.MAIN_CASE}))


def steps() -> Site:
    return below(STEP, Many("goal_id"), done_by=below(PARTICIPANT, One("done_by_id")))


STAYING: dict[str, Selection] = {
    "a case": {"it": one_case()},
    "beside a constant": {"it": one_case(), "__typename": Constant("Query")},
    "its goals, their steps, who does them": {"it": one_case(goals=below(GOAL, Many("case_id"), steps=steps()))},
    "and back to it": {"it": one_case(goals=below(GOAL, Many("case_id"), case=below(CASE, One("case_id"))))},
    "its social space": {"it": one_case(space=below(SPACE, One("social_space_id")))},
    "the goals of a case": {
        "it": Listing(GOAL, {"nodes": Rows({"steps": steps()})}, Arguments(10).narrowed(case_id=demo.MAIN_CASE))
    },
}


def by_case(there: Any, here: Any, reader: Any) -> Any:
    return there.case_id == here.id


LEAVING: dict[str, Selection] = {
    "two cases": {"it": one_case(), "other": one_case()},
    "any goals beside it": {"it": one_case(), "goals": Listing(GOAL, {}, Arguments(10))},
    "a list of cases": {"it": Listing(CASE, {}, Arguments(10))},
    "a list with another filter": {"it": Listing(CASE, {}, Arguments(10).narrowed(state="active"))},
    "a goal by its own id": {"it": Single(GOAL, {}, arguments=ONE.narrowed(id=demo.MAIN_GOAL))},
    "a filter that is not given": {"it": Listing(GOAL, {}, Arguments(10).narrowed(case_id=None))},
    "the case that went before it": {"it": one_case(before=below(CASE, One("social_space_id")))},
    "cases that came after it": {"it": one_case(after=below(CASE, Many("social_space_id")))},
    "a case that a goal names besides its own": {
        "it": one_case(goals=below(GOAL, Many("case_id"), twin=below(CASE, One("participant_id"))))
    },
    "goals that name it besides their own case": {"it": one_case(goals=below(GOAL, Many("participant_id")))},
    "cases of its social space": {
        "it": one_case(space=below(SPACE, One("social_space_id"), cases=below(CASE, Many("social_space_id"))))
    },
    "goals of whoever has access to it": {
        "it": one_case(access=below(ACCESS, Many("case_id"), goals=below(GOAL, Many("participant_id"))))
    },
    "hidden in an object about the same row": {
        "it": one_case(node=Nested({"a": below(CASE, Many("social_space_id"))}))
    },
    "a condition in code": {"it": one_case(by=below(GOAL, Many(by_case)))},
}


def page(first: int = 10, **show: Any) -> Listing:
    shown: Selection = {"id": Value(CASE.columns["id"]), **show}
    return Listing(CASE, {"nodes": Rows(shown)}, Arguments(first))


PAGED: dict[str, Selection] = {
    "cases": {"it": page()},
    "their goals, their steps, who does them": {"it": page(goals=below(GOAL, Many("case_id"), steps=steps()))},
    "and back to them": {"it": page(goals=below(GOAL, Many("case_id"), case=below(CASE, One("case_id"))))},
    "their social spaces": {"it": page(space=below(SPACE, One("social_space_id")))},
    "who stood for whom, by name": {"it": page(stood=below(REPRESENTATION, Many("case_id")))},
}
LEADING_AWAY: dict[str, Selection] = {
    **{name: show for name, show in LEAVING.items() if name != "a list of cases"},
    "two lists": {"it": page(), "other": page()},
    "a case": {"it": one_case()},
    "the goals of a case": STAYING["the goals of a case"],
    "cases of their social spaces": {
        "it": page(space=below(SPACE, One("social_space_id"), cases=below(CASE, Many("social_space_id"))))
    },
    "who was moved out of the wrong case": {
        "it": page(stood=below(REPRESENTATION, Many("case_id"), who=below(PARTICIPANT, One("participant_id"))))
    },
}


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """To which no other test has added cases: all of them are paged through, by everybody."""
    yield from _copied(f"pages_{uuid4().hex[:12]}")


class TestAPage:
    @pytest.mark.parametrize("show", PAGED.values(), ids=PAGED)
    def test_of_cases_says_which(self, show: Selection) -> None:
        assert only_page(show) is show["it"]
        assert "set_config('service.last_case', " in Statement(Face.GRAPHQL).plan(show).sql

    @pytest.mark.parametrize("show", LEADING_AWAY.values(), ids=LEADING_AWAY)
    def test_that_may_lead_elsewhere_does_not(self, show: Selection) -> None:
        assert only_page(show) is None

    async def test_shows_what_it_would_without_saying_so(self, database: Database) -> None:
        """From page to page to the end, in both directions."""
        connection = await asyncpg.connect(database.application, max_cacheable_statement_size=LONGEST_KEPT)
        seen, elsewhere = 0, {"more": below(SPACE, Many("authority_id"))}
        for person in demo.PEOPLE.values():
            for order in ("id", "-id"):
                bounded = await shown_to(connection, person.login, order, {})
                assert bounded == await shown_to(connection, person.login, order, elsewhere), (person.role, order)
                seen += len(bounded)
        assert seen > 50
        await connection.close()


async def shown_to(connection: Any, login: str, order: str, beside: Selection) -> list[Any]:
    goals = below(GOAL, Many("case_id"), steps=steps())
    rows, after = list[Any](), None
    while True:
        shown: Selection = {"id": Value(CASE.columns["id"]), "goals": goals}
        members: Selection = {"items": Rows(shown), "next": Fact("next")}
        site = Listing(CASE, members, Arguments(3, after, order))
        plan = Statement(Face.REST).plan({"it": site, **beside})
        assert ("service.last_case" in plan.sql) is not bool(beside)
        row = await connection.fetchrow(plan.sql, *plan.values(login, date(2026, 7, 1), "0" * 32, {}))
        found = json.loads(row[0])["it"]
        rows += found["items"]
        after = found["next"]
        if after is None:
            return rows


class TestAStatement:
    @pytest.mark.parametrize("show", STAYING.values(), ids=STAYING)
    def test_about_one_case_says_which(self, show: Selection) -> None:
        assert only_case(show) is show["it"]
        plan = Statement(Face.GRAPHQL).plan(show)
        assert "set_config('service.first_case', " in plan.sql
        assert plan.values(None, date(2026, 7, 1), "", {})[3] == demo.MAIN_CASE

    @pytest.mark.parametrize("show", LEAVING.values(), ids=LEAVING)
    def test_that_may_lead_elsewhere_does_not(self, show: Selection) -> None:
        assert only_case(show) is None

    def test_within_a_change_does_not_either(self) -> None:
        """What comes after it in the same transaction may be about something else."""
        assert "_case'" not in Statement(Face.REST, audited=False).plan({"it": one_case()}).sql


@pytest.fixture
def transaction(database: Database) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
    with psycopg.connect(database.application) as connection:
        yield connection
        connection.rollback()


class TestTheSetting:
    @pytest.mark.parametrize("role", demo.PEOPLE)
    def test_leaves_of_my_rows_those_of_the_case(self, database: Database, role: str) -> None:
        person = demo.PEOPLE[role]
        every = [case for (case,) in database.rows("SELECT id FROM case_file")]
        with psycopg.connect(database.application) as connection:
            tell(connection, person)
            mine = rows_by_table_and_case(connection)
            for case in [*every, UUID(int=7)]:
                say(connection, case)
                seen = rows_by_table_and_case(connection)
                assert seen == {place: number for place, number in mine.items() if place[1] == case}, role
            connection.rollback()

    def test_opens_nothing_to_nobody(self, transaction: Any) -> None:
        say(transaction, demo.MAIN_CASE)
        assert {count(transaction, table.name) for table, _ in CONTENT} == {0}

    def test_shows_no_more_of_a_case_that_was_closed_to_me(self, database: Database) -> None:
        with psycopg.connect(database.superuser) as connection:
            actor = demo.PEOPLE["case_worker"].actor_id
            tell(connection, demo.PEOPLE["case_worker"])
            say(connection, demo.MAIN_CASE)
            seen = []
            for change in ("SELECT 1", "UPDATE case_access SET valid_to = now() WHERE case_id = %s AND actor_id = %s"):
                connection.execute(change.encode(), [demo.MAIN_CASE, actor] if "%s" in change else None)
                connection.execute("SET LOCAL ROLE sozialraum_app")
                seen.append(count(connection, "goal"))
                connection.execute("RESET ROLE")
            assert seen[0] > seen[1] == 0
            connection.rollback()


def say(connection: Any, first: UUID, last: UUID | None = None) -> None:
    bounds = [str(first), str(last or first)]
    query = "SELECT set_config('service.first_case', %s, true), set_config('service.last_case', %s, true)"
    connection.execute(query, bounds)


def rows_by_table_and_case(connection: Any) -> dict[tuple[str, UUID], int]:
    of_each = (f"SELECT '{table.name}', {column}, count(*) FROM {table.name} GROUP BY 2" for table, column in CONTENT)
    found = connection.execute(" UNION ALL ".join(of_each).encode(), prepare=True).fetchall()
    return {(table, case): number for table, case, number in found}


class TestAStatementThatForgotItsRule:
    @pytest.mark.parametrize("planner", PLANNED, ids=lambda settings: settings.split()[1])
    async def test_shows_of_a_named_case_only_what_is_mine(self, database: Database, planner: str) -> None:
        """As if every rule in the tree were that of what is public."""
        goals = below(public(GOAL), Many("case_id"), steps=below(public(STEP), Many("goal_id")))
        root = dataclasses.replace(one_case(goals=goals), view=public(CASE))
        plan: Plan = Statement(Face.GRAPHQL).plan({"it": root})
        assert "service.last_case" in plan.sql
        connection = await asyncpg.connect(database.application)
        await connection.execute(planner)
        cases = [case for (case,) in database.rows("SELECT id FROM case_file")]
        for person in demo.PEOPLE.values():
            found = database.rows(
                "SELECT case_id FROM case_access WHERE actor_id = %s AND valid_from <= now()"
                " AND valid_to > now() IS NOT false",
                person.actor_id,
            )
            mine = {case for (case,) in found}
            for case in cases:
                given: dict[Site, Arguments] = {root: ONE.narrowed(id=case)}
                row = await connection.fetchrow(plan.sql, *plan.values(person.login, date(2026, 7, 1), "0" * 32, given))
                assert row is not None
                shown = json.loads(row[0])["it"]
                assert (shown is not None) is (case in mine), person.role
        await connection.close()


def public(view: View) -> View:
    return dataclasses.replace(view, rule=EVERYONE)


def test_keys_lead_from_content_to_content_of_the_same_case(database: Database) -> None:
    """What the compiler takes for granted, and the record of what was read as well."""
    looked = 0
    for here in VIEWS.values():
        for relation in here.relations.values():
            there, via = relation.target, relation.kind.via
            if not isinstance(via, str) or here.subject is None or there.subject is None:
                continue
            if not (is_content(here) and is_content(there)):
                continue
            joined = f"h.{via} = t.id" if isinstance(relation.kind, One) else f"t.{via} = h.id"
            elsewhere = f"h.{here.subject} <> t.{there.subject}"
            if here.name == "Representation":  # one that ended with the move of who was in the wrong case leads nowhere
                elsewhere += " AND h.ends_on >= current_date IS NOT FALSE"
            query = f"SELECT count(*) FROM {here.table.name} h JOIN {there.table.name} t ON {joined} WHERE {elsewhere}"
            if only_case({"it": one_case_of(here, relation.kind, there)}):
                assert database.rows(query) == [(0,)], (here.name, relation.name)
                looked += 1
    assert looked > 5


def one_case_of(here: View, link: Many | One, there: View) -> Site:
    arguments = Arguments(1).narrowed(**{here.subject or "": uuid4()})
    return Listing(here, {"nodes": Rows({"there": below(there, link)})}, arguments)
