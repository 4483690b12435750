"""Whether a database is fit for the application's login. The isolation of cases rests on row security, and row security
does not hold for a superuser, for BYPASSRLS, or for the owner of a table."""

from collections.abc import Collection

import psycopg
from psycopg import Connection
from psycopg.conninfo import make_conninfo

from service.storage import migration
from service.storage.address import AddressError, asyncpg_arguments, conninfo

OLDEST_SERVER = 16
REQUIRED_EXTENSIONS = ("btree_gist",)

NEWER = "The database is at revision {}, which this code does not know: it is newer than the code."

# The login itself, and every role that it may become or whose rights it has.
_ROLES = """
    SELECT rolname, rolsuper, rolbypassrls, rolname = current_user
    FROM pg_roles
    WHERE pg_has_role(current_user, oid, 'MEMBER') AND (rolsuper OR rolbypassrls)
    ORDER BY rolname <> current_user, rolname
"""
_OWNED_TABLES = """
    SELECT pg_get_userbyid(relowner), array_agg(relnamespace::regnamespace || '.' || relname ORDER BY relname)
    FROM pg_class
    WHERE relkind IN ('r', 'p') AND relnamespace::regnamespace::text NOT LIKE 'pg_%'
      AND relnamespace <> 'information_schema'::regnamespace AND pg_has_role(current_user, relowner, 'MEMBER')
    GROUP BY relowner
    ORDER BY 1
"""


def inspect(address: str) -> list[str]:
    """What is wrong, in plain words; nothing where the service may run."""
    try:
        asyncpg_arguments(address)
        with psycopg.connect(conninfo(address), connect_timeout=10) as connection:
            found = [*_server(connection), *_extensions(connection), *_login(connection)]
            return [*found, *(_revision(address) or ([] if found else _membership(connection)))]
    except AddressError as error:
        return [str(error)]
    except psycopg.OperationalError as error:
        return [f"The database cannot be reached: {' '.join(str(error).split())}"]


def inspect_serving(address: str, *, pooled: bool) -> list[str]:
    """What keeps the server from `address`, at which it has settings of its own on each connection, unless it is that
    of a pooler."""
    given = conninfo(address)
    if not pooled:
        given = make_conninfo(given, options="-c jit=off")  # which stands for all that it sets
    try:
        psycopg.connect(given, connect_timeout=10).close()
    except psycopg.OperationalError as error:
        if "startup parameter" in str(error):
            return [
                "At DATABASE_URL is a pooler, which lets nobody bring settings: set SOZIALRAUM_POOLED=true, and "
                "DATABASE_LISTEN_URL to the address of PostgreSQL itself."
            ]
        return [f"DATABASE_URL cannot be reached: {' '.join(str(error).split())}"]
    return []


def inspect_server(address: str) -> list[str]:
    """What the server lacks for the schema to be put there, whoever asks."""
    with psycopg.connect(conninfo(address), connect_timeout=10) as connection:
        return [*_server(connection), *_extensions(connection)]


def holds_rows(address: str, tables: Collection[str]) -> bool:
    """Whether anything was ever written into one of them; row-level security hides no size."""
    written = """SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace
                 AND relname = ANY (%s) AND pg_relation_size(oid) > 0)"""
    with psycopg.connect(conninfo(address), connect_timeout=10) as connection:
        return connection.execute(written, [list(tables)]).fetchone() == (True,)


def _membership(connection: Connection) -> list[str]:
    query = "SELECT pg_has_role(current_user, %s, 'USAGE')"
    if connection.execute(query, [migration.APPLICATION_ROLE]).fetchone() == (True,):
        return []
    login = connection.info.user
    return [
        f"The login {login} has no rights here: `sozialraum migrate` gives them with DATABASE_URL set, "
        f"or say as a superuser: GRANT {migration.APPLICATION_ROLE} TO {login}."
    ]


def _server(connection: Connection) -> list[str]:
    major, minor = divmod(connection.info.server_version, 10_000)
    if major >= OLDEST_SERVER:
        return []
    return [f"The server is PostgreSQL {major}.{minor}; it has to be {OLDEST_SERVER} or newer."]


def _extensions(connection: Connection) -> list[str]:
    available = {name for (name,) in connection.execute("SELECT name FROM pg_available_extensions")}
    return [
        f"The server lacks the extension {name}; install PostgreSQL's contrib modules there."
        for name in REQUIRED_EXTENSIONS
        if name not in available
    ]


def _login(connection: Connection) -> list[str]:
    login = connection.info.user
    findings = []
    privileged = connection.execute(_ROLES).fetchall()
    for role, is_superuser, _, is_login in privileged:
        power = "is a superuser" if is_superuser else "has BYPASSRLS"
        who = f"The login {login}" if is_login else f"The login {login} can become {role}, which"
        findings.append(f"{who} {power}: row security would not hold. Use a login without such rights.")
        if is_login and is_superuser:
            return findings  # a superuser is everybody and owns everything; no need to say each
    for owner, tables in connection.execute(_OWNED_TABLES):
        who = f"The login {login}" if owner == login else f"The login {login} can become {owner}, which"
        named = ", ".join(tables[:5]) + (f" and {len(tables) - 5} more" if len(tables) > 5 else "")
        findings.append(f"{who} owns tables ({named}): an owner can switch row security off.")
    return findings


def _revision(address: str) -> list[str]:
    try:
        found = migration.current(address)
    except psycopg.errors.InsufficientPrivilege:
        return ["The login may not read alembic_version, so nobody can tell whether the database fits: migrate it."]
    if found == migration.head():
        return []
    if found is None:
        return ["The database is empty: run `sozialraum migrate` with DATABASE_OWNER_URL."]
    if migration.is_known(found):
        return [
            f"The database is at revision {found}, this code needs {migration.head()}: "
            "run `sozialraum migrate` with DATABASE_OWNER_URL."
        ]
    return [NEWER.format(found)]
