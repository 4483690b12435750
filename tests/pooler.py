"""A pgbouncer between us and the PostgreSQL of this run, which gives out connections for one transaction each."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import psycopg

CONNECTIONS = 2  # to PostgreSQL: fewer than ask, so that they change hands all the time
UNPRIVILEGED = "nobody"  # pgbouncer will not be root


def installed() -> str | None:
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def pooler(user: str, address: Callable[[str, str], str]) -> Iterator[str]:
    """Its address for a `{database}`. `address`: PostgreSQL's own, for a user and a database."""
    program, root = installed(), os.geteuid() == 0
    assert program is not None
    sockets = parse_qs(urlsplit(address(user, "postgres")).query)["host"][0]
    folder = Path(tempfile.mkdtemp(prefix="sozialraum-pooler-"))
    (folder / "users").write_text(f'"{user}" ""\n')
    (folder / "pgbouncer.ini").write_text(
        f"""[databases]
* = host={sockets} port=5432
[pgbouncer]
listen_port = 6432
unix_socket_dir = {folder}
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {CONNECTIONS}
max_client_conn = 100
"""
    )
    account = {"user": UNPRIVILEGED, "group": pwd.getpwnam(UNPRIVILEGED).pw_gid, "extra_groups": []} if root else {}
    if root:
        for each in (folder, *folder.iterdir()):
            shutil.chown(each, UNPRIVILEGED)
        _known_as_anybody(address("postgres", "postgres"))
    command = [program, str(folder / "pgbouncer.ini")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **account) as running:  # type: ignore[call-overload]
        try:
            until = time.monotonic() + 10
            while not (folder / ".s.PGSQL.6432").exists() and time.monotonic() < until:
                time.sleep(0.02)
            yield f"postgresql://{quote(user)}@/{{database}}?host={folder}&port=6432"
        finally:
            running.terminate()
            running.wait(10)
            shutil.rmtree(folder)


def _known_as_anybody(superuser: str) -> None:
    """PostgreSQL lets only us be whoever we like; now the pooler's account too, on this run's server."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        ((place,),) = connection.execute("SHOW ident_file").fetchall()
        known = Path(place).read_text()
        if (line := f"sozialraum {UNPRIVILEGED} all\n") not in known:
            Path(place).write_text(known + line)
            connection.execute("SELECT pg_reload_conf()")
