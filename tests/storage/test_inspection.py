from collections.abc import Iterator

import psycopg
import pytest

from service.storage import inspection, migration
from service.storage.embedded import APPLICATION, OWNER, EmbeddedPostgres


@pytest.fixture
def superuser(postgres: EmbeddedPostgres) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    with psycopg.connect(postgres.address("postgres"), autocommit=True) as connection:
        yield connection


@pytest.fixture(autouse=True)
def _without_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    """The schema is not what is looked at here."""
    monkeypatch.setattr(migration, "head", lambda: None)


def test_the_embedded_login_is_fit(postgres: EmbeddedPostgres) -> None:
    assert inspection.inspect(postgres.address(APPLICATION)) == []


def test_a_superuser_is_found(postgres: EmbeddedPostgres) -> None:
    findings = inspection.inspect(postgres.address("postgres"))
    assert len(findings) == 1
    assert "is a superuser" in findings[0]


def test_bypassrls_and_who_can_become_it_are_found(
    postgres: EmbeddedPostgres, superuser: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    superuser.execute("CREATE ROLE backdoor LOGIN BYPASSRLS")
    superuser.execute("CREATE ROLE climber LOGIN NOINHERIT IN ROLE backdoor")
    (direct,) = inspection.inspect(postgres.address("backdoor"))
    (indirect,) = inspection.inspect(postgres.address("climber"))
    assert "login backdoor has BYPASSRLS" in direct
    assert "login climber can become backdoor, which has BYPASSRLS" in indirect


def test_owners_and_who_can_become_one_are_found(
    postgres: EmbeddedPostgres, superuser: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    with psycopg.connect(postgres.address(OWNER)) as connection:
        connection.execute("CREATE TABLE diary (entry text)")
    superuser.execute(f"CREATE ROLE deputy LOGIN IN ROLE {OWNER}")
    (owner,) = inspection.inspect(postgres.address(OWNER))
    (deputy,) = inspection.inspect(postgres.address("deputy"))
    assert f"login {OWNER} owns tables (public.diary)" in owner
    assert f"can become {OWNER}, which owns tables (public.diary)" in deputy


def test_a_missing_module_is_found(postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "REQUIRED_EXTENSIONS", ("btree_gist", "no_such_module"))
    (finding,) = inspection.inspect(postgres.address(APPLICATION))
    assert "no_such_module" in finding


def test_an_old_server_is_named(postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "OLDEST_SERVER", 99)
    (finding,) = inspection.inspect(postgres.address(APPLICATION))
    assert "PostgreSQL 18." in finding
    assert "99 or newer" in finding


def test_an_unmigrated_database_is_found(postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration, "head", lambda: "0007")
    (finding,) = inspection.inspect(postgres.address(APPLICATION))
    assert "sozialraum migrate" in finding


def test_a_newer_database_is_told_apart(
    postgres: EmbeddedPostgres, superuser: "psycopg.Connection[tuple[object, ...]]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migration, "head", lambda: "0007")
    superuser.execute("CREATE TABLE alembic_version AS SELECT '9999' AS version_num")
    superuser.execute("GRANT SELECT ON alembic_version TO PUBLIC")
    (finding,) = inspection.inspect(postgres.address(APPLICATION))
    assert "newer than the code" in finding
    superuser.execute("DROP TABLE alembic_version")


def test_an_unreachable_database_is_a_finding() -> None:
    (finding,) = inspection.inspect("host=/nonexistent dbname=d user=u")
    assert "cannot be reached" in finding
