"""Row-level security: the second line, should a statement forget its rule. Written from the shapes that the tables
declare; the migrations hold its text, and a test compares the database with it.

Cheap on purpose (docs/decisions/): one equality, or one test against «my cases now», worked out once per statement;
where the statement says that it is about one case, or about those of a page, against these if they are mine."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Table
from sqlalchemy.dialects import postgresql

from service.domain.access.holding import accesses, current_organisations, open_cases
from service.domain.access.reader import Setting
from service.domain.policy import Basis
from service.domain.rows import SECURED, Shape

APPLICATION_ROLE = "sozialraum_app"
# What the owner of the tables may, for functions that run as the owner: sealing reads every audit entry.
OWNER = {Shape.RECORD: ("SELECT",), Shape.SEALED: ("SELECT", "INSERT"), Shape.NOTED: ("INSERT",)}


def _setting(name: str, type_: str) -> str:
    return f"(SELECT nullif(current_setting('service.{name}', true), '')::{type_})"


AUTHORITY = f"authority_id = {_setting('authority', 'uuid')}"
ACTOR = f"actor_id = {_setting('actor', 'uuid')}"


def _my_cases() -> str:
    return _written(open_cases(Setting.id))


def _team() -> str:
    """Who was let in, and whoever leads the case now or stands in there."""
    led = _written(open_cases(Setting.id, None, Basis.ASSIGNMENT))
    return f"{_setting('actor', 'uuid')} = ANY (team) OR case_id IN ({led})"


def _read(setting: str) -> ColumnElement[Any]:
    """Bare: where an index is searched for it, it is read once anyway."""
    return sa.cast(_text(setting), sa.Uuid())


def _text(setting: str) -> ColumnElement[Any]:
    name: ColumnElement[str] = sa.literal_column(f"'service.{setting}'")
    return sa.func.nullif(sa.func.current_setting(name, sa.true()), sa.literal_column("''"), type_=sa.Text())


def _own() -> str:
    return f"authority_id = {_written(_read('authority'))}"


def _seen(column: str) -> str:
    """One look: for all my cases, hashed; or for those from the first that is set to the last, by the same index.

    A case that is set and not mine, or no longer, shows nothing. Bounds, not a second branch: each table would make
    both ready. An array instead of the set would be sorted anew wherever it meets an index, or searched row by row."""
    within = (
        accesses.case_id >= sa.func.greatest(_read("first_case"), _case("00000000-0000-0000-0000-000000000000")),
        accesses.case_id <= sa.func.least(_read("last_case"), _case("ffffffff-ffff-ffff-ffff-ffffffffffff")),
    )
    return f"{column} IN ({_written(open_cases(_read('actor')).where(*within))})"


def _case(id: str) -> ColumnElement[Any]:
    return sa.cast(sa.literal_column(f"'{id}'"), sa.Uuid())


def _named(table: Table, column: str) -> str:
    """The row names the actor, alone or among others."""
    actor = _setting("actor", "uuid")
    return f"{actor} = ANY ({column})" if isinstance(table.c[column].type, sa.ARRAY) else f"{column} = {actor}"


def _written(query: Any) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return " ".join(str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True})).split())


def conditions(table: Table) -> dict[str, tuple[str, str]]:
    """For each command what may be seen (USING) and what may be written (WITH CHECK); a missing one is refused."""
    shape, column = SECURED[table]
    mine = f"{column or 'case_id'} IN ({_my_cases()})"
    match shape:
        case Shape.PUBLIC | Shape.SEALED:
            return {"SELECT": ("true", "")}
        case Shape.NOTED:
            return {"SELECT": (AUTHORITY, "")}
        case Shape.OPEN:
            return {"SELECT": ("true", ""), "INSERT": ("", AUTHORITY), "UPDATE": (AUTHORITY, AUTHORITY)}
        case Shape.LISTED:
            seen = f"({column}) OR {AUTHORITY}"
            return {"SELECT": (seen, ""), "INSERT": ("", AUTHORITY), "UPDATE": (AUTHORITY, AUTHORITY)}
        case Shape.AUTHORITY:
            return {"SELECT": (AUTHORITY, ""), "INSERT": ("", AUTHORITY), "UPDATE": (AUTHORITY, AUTHORITY)}
        case Shape.ACCESS:
            # Bare: an index is searched for it. Each look at my cases would have to make ready what is worked out once.
            return {"SELECT": (_own(), ""), "INSERT": ("", AUTHORITY), "UPDATE": (AUTHORITY, AUTHORITY)}
        case Shape.REMOVABLE:
            written = {"INSERT": ("", AUTHORITY), "UPDATE": (AUTHORITY, AUTHORITY), "DELETE": (AUTHORITY, "")}
            return {"SELECT": (AUTHORITY, ""), **written}
        case Shape.RELEASED:
            return {"SELECT": ("true", ""), "INSERT": ("", AUTHORITY)}
        case Shape.APPENDED:
            return {"SELECT": (AUTHORITY, ""), "INSERT": ("", AUTHORITY)}
        case Shape.PASSING:
            return {"SELECT": (AUTHORITY, ""), "INSERT": ("", AUTHORITY), "DELETE": (AUTHORITY, "")}
        case Shape.TENTATIVE:
            changed = {"SELECT": (AUTHORITY, ""), "INSERT": ("", AUTHORITY), "UPDATE": (AUTHORITY, AUTHORITY)}
            return changed | {"DELETE": (f"{AUTHORITY} AND {column} IS NOT NULL", "")}
        case Shape.CASE:
            return {"SELECT": (_seen(column), ""), "INSERT": ("", mine), "UPDATE": (mine, mine)}
        case Shape.LOGIN:
            # Bare, too: what looks for a login finds one, and what is worked out once has to be made ready.
            presented = f"key = {_written(_text('login'))}"
            known = f"{presented} OR {_own()}"
            return {"SELECT": (known, ""), "INSERT": ("", AUTHORITY), "UPDATE": (AUTHORITY, AUTHORITY)}
        case Shape.CODE:
            presented = f"digest = {_setting('code', 'text')} OR {mine}"
            return {"SELECT": (presented, ""), "INSERT": ("", mine), "UPDATE": (presented, presented)}
        case Shape.OWN:
            return {"SELECT": (ACTOR, ""), "INSERT": ("", ACTOR)}
        case Shape.MAILBOX:
            return {
                "SELECT": (f"organisation_id IN ({_written(current_organisations(Setting.id))})", ""),
                "INSERT": ("", AUTHORITY),
            }
        case Shape.CIRCLE:
            mine = f"SELECT id FROM consultation_participant WHERE {ACTOR}"
            inside = f"{column} && ARRAY ({mine})"
            return {"SELECT": (inside, ""), "INSERT": ("", inside), "UPDATE": (inside, inside)}
        case Shape.SHARED:
            inside = f"case_id IN ({_my_cases()}) OR {_named(table, column)}"
            return {"SELECT": (inside, ""), "INSERT": ("", inside), "UPDATE": (inside, inside)}
        case Shape.INVITED:
            inside = f"case_id IN ({_my_cases()}) OR {_named(table, column)}"
            moderated = (
                f"consultation_id IN (SELECT id FROM consultation WHERE moderator_id = {_setting('actor', 'uuid')})"
            )
            coming = f"{inside} OR (role = 'interpreter' OR participant_id IS NULL) AND {moderated}"
            told = f"{inside} OR participant_id IS NULL AND {moderated}"
            return {"SELECT": (coming, ""), "INSERT": ("", inside), "UPDATE": (told, told)}
        case Shape.COMPARTMENT:
            return {"SELECT": (_team(), ""), "INSERT": ("", AUTHORITY), "UPDATE": (_team(), _team())}
        case Shape.WITHIN | Shape.REPORTED:
            # The other table's own policy says which of them the actor is in.
            inside = f"{column} IN (SELECT id FROM endangerment_assessment)"
            reported = f"reporter_id = {_setting('actor', 'uuid')} OR {inside}" if shape is Shape.REPORTED else inside
            return {"SELECT": (reported, ""), "INSERT": ("", reported), "UPDATE": (inside, inside)}
        case Shape.RECORD:
            mine = f"actor_id = {_written(_read('actor'))}"
            return {"SELECT": (f"cases && ARRAY ({_my_cases()})", ""), "INSERT": ("", f"{mine} OR actor_id IS NULL")}


def statements(table: Table) -> Iterator[str]:
    """SQL that puts a table under row-level security, also for its owner, and gives the application what it needs."""
    allowed = conditions(table)
    yield f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"
    for command, (using, check) in allowed.items():
        clauses = (f" USING ({using})" if using else "") + (f" WITH CHECK ({check})" if check else "")
        name = f"{table.name}_{command.lower()}"
        yield f"CREATE POLICY {name} ON {table.name} FOR {command} TO {APPLICATION_ROLE}{clauses}"
    for command in OWNER.get(SECURED[table][0], ()):
        name, clause = f"{table.name}_owner_{command.lower()}", "WITH CHECK" if command == "INSERT" else "USING"
        yield f"CREATE POLICY {name} ON {table.name} FOR {command} TO CURRENT_USER {clause} (true)"
    yield f"GRANT {', '.join(allowed)} ON {table.name} TO {APPLICATION_ROLE}"
