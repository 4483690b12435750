import socket
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import asyncpg
import psycopg
import pytest
from psycopg import sql

from service.storage.address import asyncpg_arguments, conninfo
from service.storage.embedded import APPLICATION, OWNER, UNSAFE_BUT_FAST, EmbeddedPostgres

WHO = "SELECT current_user::text, current_setting('application_name'), current_setting('search_path')"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def through_asyncpg(address: str) -> tuple[Any, ...]:
    connection = await asyncpg.connect(**asyncpg_arguments(address))
    try:
        return tuple(await connection.fetchrow(WHO) or ())
    finally:
        await connection.close()


def through_psycopg(address: str) -> tuple[Any, ...]:
    with psycopg.connect(conninfo(address)) as connection:
        return connection.execute(WHO).fetchone() or ()


FORMS = {
    "URI": "postgresql://{user}@/{database}?host={socket}&application_name=check&options=-csearch_path%3Dpg_catalog",
    "percent-encoded socket": "postgresql://{user}@{encoded}/{database}?application_name=check"
    "&options=-c%20search_path%3Dpg_catalog",
    "key=value": "host={socket} user={user} dbname={database} application_name=check "
    "options='-c search_path=pg_catalog'",
    "several hosts": "host=/nonexistent,{socket} port=5432,5432 user={user} dbname={database} "
    "application_name=check options=-csearch_path=pg_catalog target_session_attrs=read-write",
    "what asyncpg does not know": "host={socket} user={user} dbname={database} connect_timeout=3 keepalives=1 "
    "keepalives_idle=5 tcp_user_timeout=1000 gssencmode=prefer channel_binding=prefer sslmode=prefer sslsni=1 "
    "load_balance_hosts=disable client_encoding=auto application_name=check options=-csearch_path=pg_catalog",
    "SQLAlchemy's driver": "postgresql+asyncpg://{user}@/{database}?host={socket}&application_name=check"
    "&options=-csearch_path%3Dpg_catalog",
}


@pytest.mark.anyio
@pytest.mark.parametrize("form", FORMS)
async def test_both_drivers_understand(form: str, postgres: EmbeddedPostgres) -> None:
    folder = str(postgres.ground.sockets)
    encoded = quote(folder, safe="")
    address = FORMS[form].format(user=APPLICATION, database="sozialraum", socket=folder, encoded=encoded)
    assert through_psycopg(address) == await through_asyncpg(address) == (APPLICATION, "check", "pg_catalog")


@pytest.mark.anyio
async def test_a_pool_takes_it_too(postgres: EmbeddedPostgres) -> None:
    arguments = asyncpg_arguments(postgres.address(APPLICATION) + "&connect_timeout=5")
    async with asyncpg.create_pool(**arguments, min_size=1, max_size=1) as pool:
        assert await pool.fetchval("SELECT current_setting('application_name')") == "sozialraum"


@pytest.mark.anyio
async def test_a_password_over_tcp(home: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    access = home / "access.conf"
    access.write_text("local all all peer map=sozialraum\nhost all all 127.0.0.1/32 scram-sha-256\n")
    access.chmod(0o644)
    over_tcp = {"listen_addresses": "127.0.0.1", "port": str(port), "hba_file": str(access)}
    password = "p @/?#[]%'ä"  # no colon, no backslash: asyncpg does not undo how a passfile escapes these
    passfile = home / "passfile"
    passfile.write_text(f"127.0.0.1:{port}:*:{OWNER}:{password}\n")
    passfile.chmod(0o600)
    expected = (OWNER, "sozialraum", "pg_catalog")
    rest = "application_name=sozialraum&options=-csearch_path%3Dpg_catalog"
    with EmbeddedPostgres(home, UNSAFE_BUT_FAST | over_tcp) as server:
        with psycopg.connect(server.address(OWNER)) as connection:
            connection.execute(sql.SQL("ALTER ROLE CURRENT_USER PASSWORD {}").format(password))
        for address in (
            f"postgresql://{OWNER}:{quote(password, safe='')}@127.0.0.1:{port}/sozialraum?{rest}",
            f"postgresql://{OWNER}@127.0.0.1:{port}/sozialraum?{rest}&passfile={quote(str(passfile))}",
            f"postgresql://{OWNER}@/sozialraum?hostaddr=127.0.0.1&port={port}&{rest}&password={quote(password)}",
        ):
            assert through_psycopg(address) == await through_asyncpg(address) == expected
        with pytest.raises(asyncpg.InvalidPasswordError):
            await through_asyncpg(f"host=127.0.0.1 port={port} user={OWNER} dbname=sozialraum password=wrong")


def test_several_addresses_keep_their_ports() -> None:
    arguments = asyncpg_arguments("postgresql://u@[2001:db8::1]:7,h2:8/d?target_session_attrs=read-write")
    assert arguments["host"] == ["2001:db8::1", "h2"]
    assert arguments["port"] == [7, 8]
    assert asyncpg_arguments("host=a,b port=7 dbname=d")["port"] == 7


def test_tls_is_passed_on() -> None:
    wanted = {"sslmode": "verify-full", "sslrootcert": "/ca.pem", "sslcert": "/c.pem", "sslkey": "/k.pem"}
    address = asyncpg_arguments("host=h " + " ".join(f"{name}={value}" for name, value in wanted.items()))["dsn"]
    assert dict(parse_qsl(urlsplit(address).query)) == wanted
    context = asyncpg_arguments("host=h sslrootcert=system")["ssl"]
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize("wish", ["channel_binding=require", "gssencmode=require", "require_auth=scram-sha-256"])
def test_a_wish_for_protection_is_never_dropped(wish: str) -> None:
    with pytest.raises(ValueError, match="asyncpg cannot"):
        asyncpg_arguments(f"host=h dbname=d {wish}")


@pytest.mark.parametrize("nonsense", ["topsecret", "postgresql://u:topsecret@h/d?foo=topsecret", "host='topsecret"])
def test_a_refusal_does_not_repeat_the_password(nonsense: str) -> None:
    with pytest.raises(ValueError, match="no form libpq knows") as refusal:
        conninfo(nonsense)
    assert "topsecret" not in str(refusal.value)
