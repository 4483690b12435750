"""The database as PostgreSQL's own catalogue tells it: nothing in it is owned by whom it should not be, runs as
somebody else, or can be called or read by everybody. What the tables' policies and grants say is in
test_row_level_security."""

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from service.domain.rows import SECURED
from service.domain.security import APPLICATION_ROLE
from service.storage.embedded import OWNER
from tests.conftest import Database

OURS = "('public'::regnamespace, 'procrastinate'::regnamespace)"
EXTENSIONS = {"btree_gist": "exclusion constraints over ids and days", "plpgsql": "functions of the record's seal"}
FORBIDDEN = (  # of PostgreSQL's own: files, programs, other sessions, other databases
    *("pg_read_file(text)", "pg_read_binary_file(text)", "pg_ls_dir(text)", "pg_stat_file(text)", "pg_ls_waldir()"),
    *("lo_import(text)", "lo_export(oid,text)", "pg_reload_conf()", "pg_rotate_logfile()", "pg_ls_logdir()"),
    *("pg_promote(boolean,integer)", "pg_create_restore_point(text)", "pg_switch_wal()"),
)
IN_FULL = {"current_epoch()", "same_epoch(integer)", "counted(xid8)"}  # name `public.epoch`, and are asked for each row
NOT_GUESSED = {  # unique all over the database, and nobody can try what stands there
    ("login", "key"): "a login is one person's; whoever adds it twice is answered alike (test_attacks)",
    ("enrolment_code", "digest"): "of a code that nobody can guess",
    ("delivery", "position"): "counted by the service",
    ("look_batch", "last_transaction"): "counted by the database",
    ("authority", "key"): "public, as are the next four",
    ("official_code", "code_list"): "",
    ("legal_claim", "paragraph"): "",
    ("disclosure_rule", "kind"): "",
    ("key_date", "day"): "",
}


@pytest.fixture
def catalogue(database: Database) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        yield connection


def asked(catalogue: Any, query: str) -> list[Any]:
    return [row[0] if len(row) == 1 else row for row in catalogue.execute(query.encode()).fetchall()]


def test_everything_is_owned_by_whom_the_tables_are_owned_by(catalogue: Any) -> None:
    owners = f"""SELECT relowner::regrole::text FROM pg_class WHERE relnamespace IN {OURS}
                 UNION SELECT proowner::regrole::text FROM pg_proc p WHERE pronamespace IN {OURS}
                   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
                 UNION SELECT typowner::regrole::text FROM pg_type t WHERE typnamespace IN {OURS}
                   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e')"""
    assert asked(catalogue, owners) == [OWNER]
    powers = (
        f"SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication FROM pg_roles WHERE rolname = '{OWNER}'"
    )
    assert asked(catalogue, powers) == [False], "what runs as the owner of the tables is held by their policies, too"


def test_nothing_is_granted_to_everybody_or_may_be_passed_on(catalogue: Any) -> None:
    tables = f"""SELECT relname, privilege_type FROM pg_class, aclexplode(relacl)
                 WHERE relnamespace IN {OURS} AND (grantee = 0 OR is_grantable AND grantee <> relowner)"""
    assert asked(catalogue, tables) == [("alembic_version", "SELECT")], "which tells how new the database is"
    schemas = f"""SELECT nspname, privilege_type FROM pg_namespace, aclexplode(nspacl)
                  WHERE oid IN {OURS} AND grantee = 0 AND privilege_type <> 'USAGE'"""
    assert asked(catalogue, schemas) == []
    assert asked(catalogue, "SELECT count(*) FROM pg_default_acl") == [0]
    assert asked(catalogue, "SELECT count(*) FROM pg_largeobject_metadata") == [0]


def test_the_application_counts_nothing_by_a_sequence(catalogue: Any) -> None:
    """`last_value` tells how many there are, whoever they belong to."""
    readable = f"""SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND CASE WHEN relkind = 'S'
                   THEN has_sequence_privilege('{APPLICATION_ROLE}', oid, 'SELECT, UPDATE') ELSE false END"""
    assert asked(catalogue, readable) == []


def test_every_function_of_ours_finds_its_tables_itself(catalogue: Any) -> None:
    """By a search path of its own, where whoever calls it could put other tables in front."""
    ours = """SELECT oid::regprocedure::text FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
              AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"""
    fixed = f"{ours} AND EXISTS (SELECT FROM unnest(proconfig) each WHERE each LIKE 'search_path=%')"
    called = f"{ours} AND NOT has_function_privilege('{APPLICATION_ROLE}', oid, 'EXECUTE')"
    inner = set(asked(catalogue, called))  # from functions that have one
    assert set(asked(catalogue, ours)) - IN_FULL == (set(asked(catalogue, fixed)) | inner) - IN_FULL
    bodies = {name: f"SELECT prosrc FROM pg_proc WHERE oid = '{name}'::regprocedure" for name in IN_FULL}
    for name, body in bodies.items():
        assert re.findall(r"\b(?:FROM|JOIN)\s+(?!public\.)", *asked(catalogue, body)) == [], name


def test_no_function_is_believed_to_leak_nothing(catalogue: Any) -> None:
    """What is marked so runs before the policies of a table, on rows that they hide."""
    trusted = (
        "SELECT oid::regprocedure::text FROM pg_proc WHERE proleakproof AND pronamespace <> 'pg_catalog'::regnamespace"
    )
    assert asked(catalogue, trusted) == []


def test_no_other_extensions_and_languages_are_there_than_are_needed(catalogue: Any) -> None:
    assert set(asked(catalogue, "SELECT extname FROM pg_extension")) == EXTENSIONS.keys()
    assert set(asked(catalogue, "SELECT lanname FROM pg_language")) == {"internal", "c", "sql", "plpgsql"}
    strange = f"""SELECT p.oid::regprocedure::text FROM pg_proc p
                  JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e' JOIN pg_extension e ON e.oid = d.refobjid
                  WHERE e.extname = 'btree_gist' AND p.provolatile <> 'i'
                  AND has_function_privilege('{APPLICATION_ROLE}', p.oid, 'EXECUTE')"""
    assert asked(catalogue, strange) == [], "what it brings computes, and reads nothing"


@pytest.mark.parametrize("function", FORBIDDEN)
def test_the_application_calls_nothing_that_reaches_out_of_the_database(catalogue: Any, function: str) -> None:
    assert asked(catalogue, f"SELECT has_function_privilege('{APPLICATION_ROLE}', '{function}', 'EXECUTE')") == [False]


def test_no_trigger_or_rule_calls_anything_but_ours(catalogue: Any) -> None:
    strange = f"""SELECT tgrelid::regclass::text, tgfoid::regproc::text
                  FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid JOIN pg_class c ON c.oid = tgrelid
                  WHERE NOT tgisinternal AND c.relnamespace IN {OURS}
                  AND (pronamespace <> c.relnamespace OR prosecdef)"""
    assert asked(catalogue, strange) == []
    rules = f"""SELECT r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
                WHERE c.relnamespace IN {OURS} AND c.relkind <> 'v'"""
    assert asked(catalogue, rules) == []


def test_nothing_unique_can_be_guessed_from_outside(catalogue: Any) -> None:
    """A unique key refuses also for the sake of a row that is hidden: so each begins with an id, which nobody
    guesses, or is one of the few that are explained."""
    keys = """SELECT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
              WHERE (i.indisunique OR i.indisexclusion) AND c.relnamespace = 'public'::regnamespace
              AND a.atttypid <> 'uuid'::regtype"""
    counted = {"sequence", "number"}  # by the database: nobody says them
    own = {table.name for table in SECURED}
    found = {(table, column) for table, column in asked(catalogue, keys) if table in own and column not in counted}
    assert found <= NOT_GUESSED.keys(), found - NOT_GUESSED.keys()
