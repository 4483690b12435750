"""Row-level security: the second line, should a statement forget its rule. Written from the shapes that the tables
declare; the migrations hold its text, and a test compares the database with it.

Cheap on purpose (docs/decisions/): one equality, or one test against «my cases now», worked out once per statement."""

from collections.abc import Iterator

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from service.domain.access.reader import Setting, open_cases
from service.domain.rows import SECURED, Shape

APPLICATION_ROLE = "sozialraum_app"


def _setting(name: str, type_: str) -> str:
    return f"(SELECT nullif(current_setting('service.{name}', true), '')::{type_})"


AUTHORITY = f"authority_id = {_setting('authority', 'uuid')}"
ACTOR = f"actor_id = {_setting('actor', 'uuid')}"


def _my_cases() -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    query = open_cases(Setting.id).compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    return " ".join(str(query).split())


def conditions(table: Table) -> dict[str, tuple[str, str]]:
    """For each command what may be seen (USING) and what may be written (WITH CHECK); a missing one is refused."""
    shape, column = SECURED[table]
    # A set, hashed once per statement. An array is sorted anew wherever it meets an index, or searched row by row.
    mine = f"{column or 'case_id'} IN ({_my_cases()})"
    match shape:
        case Shape.PUBLIC:
            return {"SELECT": ("true", "")}
        case Shape.AUTHORITY:
            return {"SELECT": (AUTHORITY, ""), "INSERT": ("", AUTHORITY), "UPDATE": (AUTHORITY, AUTHORITY)}
        case Shape.APPENDED:
            return {"SELECT": (AUTHORITY, ""), "INSERT": ("", AUTHORITY)}
        case Shape.CASE:
            return {"SELECT": (mine, ""), "INSERT": ("", mine), "UPDATE": (mine, mine)}
        case Shape.LOGIN:
            known = f"key = {_setting('login', 'text')} OR {AUTHORITY}"
            return {"SELECT": (known, ""), "INSERT": ("", AUTHORITY), "UPDATE": (AUTHORITY, AUTHORITY)}
        case Shape.CODE:
            presented = f"digest = {_setting('code', 'text')} OR {mine}"
            return {"SELECT": (presented, ""), "INSERT": ("", mine), "UPDATE": (presented, presented)}
        case Shape.OWN:
            return {"SELECT": (ACTOR, ""), "INSERT": ("", ACTOR)}
        case Shape.RECORD:
            return {"SELECT": (f"cases && ARRAY ({_my_cases()})", ""), "INSERT": ("", f"{ACTOR} OR actor_id IS NULL")}


def statements(table: Table) -> Iterator[str]:
    """SQL that puts a table under row-level security, also for its owner, and gives the application what it needs."""
    allowed = conditions(table)
    yield f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"
    for command, (using, check) in allowed.items():
        clauses = (f" USING ({using})" if using else "") + (f" WITH CHECK ({check})" if check else "")
        name = f"{table.name}_{command.lower()}"
        yield f"CREATE POLICY {name} ON {table.name} FOR {command} TO {APPLICATION_ROLE}{clauses}"
    yield f"GRANT {', '.join(allowed)} ON {table.name} TO {APPLICATION_ROLE}"
