"""The second line: should a statement forget its rule, PostgreSQL still shows nobody what is another authority's, nor
the content of a case that is not theirs."""

import asyncio
import dataclasses
import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

from service import demo
from service.domain.desk import Desk
from service.domain.plan import Plan
from service.domain.policy import EVERYONE
from service.domain.reading import Statement
from service.domain.rows import SECURED, Shape
from service.domain.security import APPLICATION_ROLE, conditions, statements
from service.domain.selection import Face, Listing, Rows, Value
from service.domain.views import LARGEST_PAGE, VIEWS, Arguments, Column, View
from service.storage.embedded import OWNER
from service.storage.migration import migrate
from service.storage.postgres import Storage
from tests.access.conftest import peopled
from tests.conftest import Database, address

pytestmark = pytest.mark.anyio
TODAY = date(2026, 7, 1)
OPEN = {Shape.PUBLIC, Shape.OPEN, Shape.LISTED, Shape.SEALED, Shape.RELEASED}
SCOPED = sorted(table.name for table, (shape, _) in SECURED.items() if shape not in OPEN)
EMPTY_IN_THE_DEMO = {"audit_entry", "look", "event", "receipt", "enrolment_code", "former_name"}
REMOVED = {"booking_import_piece", "booking_import_row", "budget_party", "invoice", "job_piece"}  # nothing else ever is
SEALING = {"next_audit_block", "seal_audit_block", "recomputed_audit_blocks", "note_looks"}
VIEWED = [view for view in VIEWS.values() if view.table in SECURED and SECURED[view.table][0] not in OPEN]
PLANNERS = [  # the first in `make test`, all in `make walk`
    "SET plan_cache_mode = force_generic_plan",
    "SET plan_cache_mode = force_custom_plan",
    "SET enable_nestloop = off",
    "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_indexscan = off; SET enable_bitmapscan = off",
    "SET debug_parallel_query = on; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;"
    "SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 4",
    "SET jit = on; SET jit_above_cost = 0",
]
PLANNED = [PLANNERS[0], *(pytest.param(each, marks=pytest.mark.walk) for each in PLANNERS[1:])]


@pytest.fixture(scope="module")
def migrated(database: Database) -> Iterator[Database]:
    """A database as the migrations leave it. Loading the demo forces row-level security anew, whatever they forgot.
    Made after that of all the others: alembic cannot migrate two at once in one process."""
    made = Database(f"migrated_{uuid4().hex[:12]}")
    with psycopg.connect(address("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {made.name} OWNER {OWNER} TEMPLATE template0".encode())
        migrate(made.owner, progress=lambda line: None)
        yield made
        connection.execute(f"DROP DATABASE {made.name} WITH (FORCE)".encode())


@pytest.fixture(scope="module")
def owner(migrated: Database) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
    with psycopg.connect(migrated.superuser, autocommit=True) as connection:
        yield connection


class TestWithoutContext:
    @pytest.mark.parametrize("table", SCOPED)
    def test_there_are_no_rows(self, database: Database, table: str) -> None:
        context = [f"service.{name}" for name in ("login", "actor", "authority", "today", "code")]
        with psycopg.connect(database.application, autocommit=True) as connection:
            assert count(connection, table) == 0
            for setting in context:
                connection.execute(f"SET {setting} = ''")
            assert count(connection, table) == 0
            for setting in context:
                connection.execute(f"RESET {setting}")
            assert count(connection, table) == 0
        assert database.rows(f"SELECT count(*) FROM {table}") != [(0,)] or table in EMPTY_IN_THE_DEMO

    @pytest.mark.parametrize("table", SCOPED)
    def test_the_context_of_a_transaction_ends_with_it(self, database: Database, table: str) -> None:
        theirs = {"delivery": "provider_manager", "family_draft": "custodian"}
        person = demo.PEOPLE[theirs.get(table, "case_worker")]
        with psycopg.connect(database.application) as connection:
            tell(connection, person)
            seen = count(connection, table)
            assert seen or table in EMPTY_IN_THE_DEMO
            connection.commit()
            assert count(connection, table) == 0

    def test_of_whom_to_ring_there_are_offices_and_nobody_s_own_number(self, database: Database) -> None:
        counted = "SELECT social_space_id IS NOT NULL AND in_use, count(*) FROM contact_point GROUP BY 1 ORDER BY 1"
        ((_, others), (_, offices)) = database.rows(counted)
        assert others
        with psycopg.connect(database.application, autocommit=True) as connection:
            assert connection.execute(counted).fetchall() == [(True, offices)]
        with psycopg.connect(database.superuser) as connection:  # never committed
            connection.execute("UPDATE contact_point SET in_use = false WHERE social_space_id IS NOT NULL")
            connection.execute(f"SET ROLE {APPLICATION_ROLE}")
            assert count(connection, "contact_point") == 0, "nor what is no longer in use"
            connection.rollback()

    def test_nobody_is_somebody_by_a_made_up_actor(self, database: Database) -> None:
        with psycopg.connect(database.application) as connection:
            connection.execute("SELECT set_config('service.actor', %s, true)", [str(UUID(int=7))])
            assert {count(connection, table) for table in SCOPED} == {0}


class TestAStatementThatForgotItsRule:
    """Every view, for everybody, under every way PostgreSQL may plan it."""

    @pytest.fixture(scope="class")
    def database(self) -> Iterator[Database]:
        """A county in which another authority, too, has something of everything."""
        yield from peopled()

    @pytest.mark.parametrize("planner", PLANNED, ids=lambda settings: settings.split()[1])
    async def test_shows_nothing_of_another_authority_and_no_content_of_a_case_that_is_not_mine(
        self, database: Database, planner: str
    ) -> None:
        connection = await asyncpg.connect(database.application)
        await connection.execute(planner)
        for view in VIEWED:
            plan = forgetful(view)
            for role, person in demo.PEOPLE.items():
                mine = allowed(database, view, person)
                for _ in range(2):
                    shown = await self.shown(connection, plan, person.login)
                    assert set(shown) <= mine, (view.name, role)
                    assert len(shown) == min(len(mine), 200), (view.name, role)
            for nobody in (None, "", "development:nobody"):
                assert await self.shown(connection, plan, nobody) == []
        await connection.close()

    async def shown(self, connection: Any, plan: Plan, login: str | None) -> list[str]:
        found = json.loads(await connection.fetchval(plan.sql, *values(plan, login)))
        return [str(each["key"]) for each in found["it"]["items"]]

    def test_which_would_otherwise_be_much(self, database: Database) -> None:
        for view in VIEWED:
            everything = {str(key) for (key,) in database.rows(f"SELECT {key_of(view)} FROM {view.table.name}")}
            for role, person in demo.PEOPLE.items():
                assert allowed(database, view, person) < everything, (view.name, role)


def key_of(view: View) -> str:
    (key,) = view.table.primary_key
    return "id" if "id" in view.table.c else key.name


def forgetful(view: View) -> Plan:
    """Reads the ids of all rows: its view's rule is that of what is public."""
    key = key_of(view)
    shown = Value(Column(key, UUID, False, None, lambda row, reader: row[key], None))
    site = Listing(
        dataclasses.replace(view, rule=EVERYONE, defaults={}), {"items": Rows({"key": shown})}, Arguments(200)
    )
    return Statement(Face.REST, audited=False).plan({"it": site})


def values(plan: Plan, login: str | None) -> list[Any]:
    return plan.values(login, TODAY, "0" * 32, {})


def allowed(database: Database, view: View, person: demo.DemoPerson) -> set[str]:
    """What the second line is for: all of the authority, but of content only that of one's own cases."""
    shape, case = SECURED[view.table]
    mine = (
        "SELECT case_id FROM case_access WHERE actor_id = %s AND valid_from <= now() AND valid_to > now() IS NOT false"
    )
    ours = mine.replace("case_id", "organisation_id").replace("case_access", "membership")
    held = {Shape.CASE: f"{case} IN ({mine})", Shape.MAILBOX: f"organisation_id IN ({ours})"}
    led = mine.replace(" AND", " AND basis = 'assignment' AND", 1)
    held[Shape.COMPARTMENT] = f"%s = ANY (team) OR case_id IN ({led})"
    held[Shape.WITHIN] = f"{case} IN (SELECT id FROM endangerment_assessment WHERE {held[Shape.COMPARTMENT]})"
    held[Shape.REPORTED] = f"{held[Shape.WITHIN]} OR reporter_id = %s"
    one_or_many = "ANY ({0})" if isinstance(view.table.c.get(case, sa.null()).type, sa.ARRAY) else "{0}"
    named = f"%s = {one_or_many.format(case)}"
    held[Shape.CIRCLE] = f"{case} && ARRAY (SELECT id FROM consultation_participant WHERE actor_id = %s)"
    held |= {Shape.SHARED: f"case_id IN ({mine}) OR {named}"}
    moderated = "consultation_id IN (SELECT id FROM consultation WHERE moderator_id = %s)"
    from_outside = "(role = 'interpreter' OR participant_id IS NULL)"
    held[Shape.INVITED] = f"{held[Shape.SHARED]} OR {from_outside} AND {moderated}"
    within = held.get(shape, "authority_id = %s")
    who = person.actor_id if shape in held else person.authority_id
    whom = [who] * within.count("%s")
    return _keys(database, f"SELECT {key_of(view)} FROM {view.table.name} WHERE {within}", *whom)


@cache
def _keys(database: Database, query: str, *values: Any) -> set[str]:
    """Of what no test of these changes."""
    return {str(key) for (key,) in database.rows(query, *values)}


class TestTheContextOfARead:
    @pytest.fixture
    async def storage(self, database: Database) -> Any:
        storage = await Storage(database.application, read_connections=1).open()
        yield storage
        await storage.close()

    @pytest.fixture
    async def connection(self, database: Database) -> Any:
        """Not of a pool, which would reset what is left behind."""
        connection = await asyncpg.connect(database.application)
        yield connection
        await connection.close()

    async def nothing_is_left(self, where: Any) -> None:
        for name in ("login", "actor", "authority", "today"):
            assert not await where.fetchval(f"SELECT current_setting('service.{name}', true)")
        for table in SCOPED:
            assert await where.fetchval(f"SELECT count(*) FROM {table}") == 0

    async def test_ends_with_success(self, connection: Any) -> None:
        plan = forgetful(CASE)
        row = await connection.fetchrow(plan.sql, *values(plan, demo.PEOPLE["case_worker"].login))
        assert json.loads(row[0])["it"]["items"]
        await self.nothing_is_left(connection)

    async def test_ends_with_failure(self, connection: Any) -> None:
        plan = forgetful(CASE)
        sql = f"SELECT 1 / (count(*) - count(*)) FROM ({plan.sql}) it"
        with pytest.raises(asyncpg.DivisionByZeroError):
            await connection.fetchrow(sql, *values(plan, demo.PEOPLE["case_worker"].login))
        await self.nothing_is_left(connection)

    async def test_ends_when_the_caller_goes_away(self, storage: Storage, connection: Any) -> None:
        plan = forgetful(CASE)
        sql, given = f"SELECT pg_sleep(20) FROM ({plan.sql}) it", values(plan, demo.PEOPLE["case_worker"].login)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(connection.fetchrow(sql, *given), 0.2)
        await self.nothing_is_left(connection)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(storage.read(sql, given), 0.2)
        with await storage.readers.lend() as reader:
            await self.nothing_is_left(reader)

    async def test_is_nobody_else_s_who_reads_over_the_same_connections(self, database: Database) -> None:
        storage = await Storage(database.application, read_connections=2).open()
        plan = forgetful(CASE)
        people = list(demo.PEOPLE.values()) * 15
        answers = await asyncio.gather(*(Desk(storage, person.login).read(plan) for person in people))
        for person, answer in zip(people, answers, strict=True):
            shown = {each["key"] for each in json.loads(answer.body)["it"]["items"]}
            mine = allowed(database, CASE, person)
            assert (shown <= mine, len(shown)) == (True, min(len(mine), LARGEST_PAGE)), person.role
        await storage.close()


(CASE,) = (view for view in VIEWS.values() if view.name == "Case")


class TestTheDatabase:
    @pytest.mark.parametrize("table", SECURED, ids=lambda table: table.name)
    def test_has_the_policies_that_the_tables_declare(self, migrated: Database, table: sa.Table) -> None:
        """Compared as PostgreSQL understands them: thrown away and made anew in a transaction that is rolled back."""
        with psycopg.connect(migrated.owner) as connection:
            before = secured(connection, table.name)
            for name, *_ in before["policies"]:
                connection.execute(f"DROP POLICY {name} ON {table.name}".encode())
            connection.execute(f"ALTER TABLE {table.name} NO FORCE ROW LEVEL SECURITY".encode())
            connection.execute(f"ALTER TABLE {table.name} DISABLE ROW LEVEL SECURITY".encode())
            connection.execute(f"REVOKE ALL ON {table.name} FROM {APPLICATION_ROLE}, PUBLIC".encode())
            for statement in statements(table):
                connection.execute(statement.encode())
            assert secured(connection, table.name) == before
            connection.rollback()

    def test_has_no_other_tables_than_those(self, owner: "psycopg.Connection[tuple[Any, ...]]") -> None:
        found = {name for (name,) in owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
        assert found == {table.name for table in SECURED} | {"alembic_version"}

    def test_forces_row_level_security_on_its_owner_too(self, owner: "psycopg.Connection[tuple[Any, ...]]") -> None:
        unforced = """SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
                      AND NOT (relrowsecurity AND relforcerowsecurity)"""
        assert owner.execute(unforced).fetchall() == [("alembic_version",)]

    def test_lets_the_application_do_what_is_declared_and_no_more(
        self, owner: "psycopg.Connection[tuple[Any, ...]]"
    ) -> None:
        every = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")
        for table in SECURED:
            asked = ", ".join(f"has_table_privilege('{APPLICATION_ROLE}', '{table.name}', '{each}')" for each in every)
            (has,) = owner.execute(f"SELECT {asked}".encode()).fetchall()
            may = {each for each, allowed in zip(every, has, strict=True) if allowed}
            assert may == set(conditions(table)), table.name
            assert ("DELETE" in may) is (table.name in REMOVED), table.name
            assert may <= {"SELECT", "INSERT", "UPDATE", "DELETE"}, table.name
        columns = "SELECT count(*) FROM pg_attribute WHERE attacl IS NOT NULL AND attrelid > 16383"
        assert owner.execute(columns).fetchone() == (0,)

    @pytest.mark.parametrize(
        ("table", "column"),
        [
            *(("audit_entry", "actor_id"), ("audit_block", "digest"), ("event", "actor_id")),
            *(("receipt", "actor_id"), ("delivery", "at")),
        ],
    )
    def test_never_forgets_what_was_put_on_record(self, migrated: Database, table: str, column: str) -> None:
        for change in (f"UPDATE {table} SET {column} = NULL", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with psycopg.connect(migrated.application) as connection:
                tell(connection, demo.PEOPLE["administrator"])
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(change.encode())

    def test_is_not_the_application_s(self, owner: "psycopg.Connection[tuple[Any, ...]]") -> None:
        role = f"""SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles
                   WHERE rolname = '{APPLICATION_ROLE}'"""
        assert owner.execute(role.encode()).fetchall() == [(False,) * 5]
        member = f"SELECT count(*) FROM pg_auth_members WHERE member = '{APPLICATION_ROLE}'::regrole"
        assert owner.execute(member.encode()).fetchone() == (0,)
        owned = f"SELECT count(*) FROM pg_class WHERE relowner = '{APPLICATION_ROLE}'::regrole"
        assert owner.execute(owned.encode()).fetchone() == (0,)
        creates = f"SELECT has_schema_privilege('{APPLICATION_ROLE}', 'public', 'CREATE')"
        assert owner.execute(creates.encode()).fetchone() == (False,)

    def test_has_no_way_around(self, owner: "psycopg.Connection[tuple[Any, ...]]") -> None:
        """A view without security_invoker and a function of its definer see with their owner's eyes."""
        views = """SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace
                   AND NOT coalesce(reloptions @> '{security_invoker=true}', false)"""
        assert owner.execute(views).fetchall() == []
        functions = """SELECT proname, proconfig, has_function_privilege('public', oid, 'EXECUTE') FROM pg_proc
                       WHERE prosecdef AND pronamespace <> 'pg_catalog'::regnamespace"""
        found = owner.execute(functions).fetchall()
        assert {name for name, _, _ in found} == SEALING
        assert all((path, everybody) == (["search_path=public, pg_temp"], False) for _, path, everybody in found)

    @pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")
    def test_is_what_the_models_say(self, migrated: Database) -> None:
        engine = sa.create_engine(
            "postgresql+psycopg://", creator=lambda: psycopg.connect(migrated.owner), poolclass=NullPool
        )
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, SQLModel.metadata) == []


class TestWriting:
    """What a change may not do either, whatever its operation forgot."""

    def test_into_another_authority(self, database: Database) -> None:
        insert = """INSERT INTO organisation (id, authority_id, kind, name, version)
                    VALUES (%s, %s, 'public_agency', 'X', 1)"""
        with psycopg.connect(database.application) as connection:
            tell(connection, demo.PEOPLE["administrator"])
            connection.execute(insert, [UUID(int=1), demo.AUTHORITY])
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(insert, [UUID(int=2), demo.OTHER_AUTHORITY])

    @pytest.mark.parametrize("role", ["second_case_worker", "administrator", "social_space_manager", "other_authority"])
    def test_into_a_case_that_is_not_mine(self, database: Database, role: str) -> None:
        with psycopg.connect(database.application) as connection:
            tell(connection, demo.PEOPLE[role])
            for change in (
                "UPDATE case_file SET title = ''",
                "UPDATE goal SET statement = ''",
                "UPDATE step SET how = ''",
            ):
                column = "id" if "case_file" in change else "case_id"
                changed = connection.execute(f"{change} WHERE {column} = %s".encode(), [demo.MAIN_CASE])
                assert changed.rowcount == 0
            connection.rollback()

    def test_out_of_a_case_of_mine(self, database: Database) -> None:
        theirs = "SELECT case_id FROM case_access GROUP BY case_id HAVING %s <> ALL (array_agg(actor_id)) LIMIT 1"
        ((other,),) = database.rows(theirs, demo.PEOPLE["case_worker"].actor_id)
        with psycopg.connect(database.application) as connection:
            tell(connection, demo.PEOPLE["case_worker"])
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("UPDATE goal SET case_id = %s WHERE id = %s", [other, demo.MAIN_GOAL])

    def test_onto_the_record_in_somebody_else_s_name(self, database: Database) -> None:
        insert = "INSERT INTO audit_entry (actor_id, action, outcome, trace_id) VALUES (%s, 'x', 'x', 'x')"
        with psycopg.connect(database.application) as connection:
            tell(connection, demo.PEOPLE["case_worker"])
            connection.execute(insert, [demo.PEOPLE["case_worker"].actor_id])
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(insert, [demo.PEOPLE["addressee"].actor_id])


def tell(connection: "psycopg.Connection[tuple[Any, ...]]", person: demo.DemoPerson) -> None:
    context = {"login": person.login, "actor": person.actor_id, "authority": person.authority_id, "today": TODAY}
    for name, value in context.items():
        connection.execute("SELECT set_config(%s, %s, true)", [f"service.{name}", str(value)])


def count(connection: "psycopg.Connection[tuple[Any, ...]]", table: str) -> int:
    ((found,),) = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchall()
    return int(found)


def secured(connection: "psycopg.Connection[tuple[Any, ...]]", table: str) -> dict[str, Any]:
    """What protects a table: its policies as PostgreSQL writes them, its flags, and who has which rights."""
    policies = "SELECT policyname, permissive, roles, cmd, qual, with_check FROM pg_policies WHERE tablename = %s"
    flags = "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass"
    rights = """SELECT grantee::regrole::text, privilege_type, is_grantable
                FROM pg_class, aclexplode(relacl) WHERE oid = %s::regclass"""
    return {
        "policies": sorted(connection.execute(policies, [table]).fetchall()),
        "flags": connection.execute(flags, [table]).fetchall(),
        "rights": sorted(connection.execute(rights, [table]).fetchall()),
    }
