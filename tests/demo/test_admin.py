import json
from collections.abc import Iterator
from uuid import UUID

import pytest
from typer.testing import CliRunner

from service.cli.admin import admin
from service.settings import settings
from tests.conftest import Database

NEW = ("--authority-name", "Stadt Neustadt", "--authority-kind", "city")


@pytest.fixture(autouse=True)
def _on_this_database(county: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DATABASE_OWNER_URL", county.owner)
    settings.cache_clear()
    yield
    settings.cache_clear()


def create(key: str, subject: str, *more: str) -> tuple[int, str]:
    options = ("--authority-key", key, "--name", "Ada Erstling", "--issuer", "office", "--subject", subject)
    outcome = CliRunner().invoke(admin, ["create", *options, *more])
    return outcome.exit_code, outcome.stdout if outcome.exit_code == 0 else outcome.output


def test_makes_a_new_authority_with_its_first_administrators(county: Database) -> None:
    made = [create("neustadt", subject, *NEW, "--json") for subject in ("ada", "bea")]
    assert [code for code, _ in made] == [0, 0]
    ids = [json.loads(text) for _, text in made]
    assert ids[0]["authority_id"] == ids[1]["authority_id"]
    grants = """SELECT access_grant.role, access_grant.proposed_by, approver.kind, approver.name, login.key
                FROM access_grant JOIN actor approver ON approver.id = approved_by
                JOIN login ON login.actor_id = access_grant.actor_id
                WHERE access_grant.id = ANY (%s) ORDER BY login.key"""
    assert county.rows(grants, [UUID(each["grant_id"]) for each in ids]) == [
        ("administrator", None, "client", "command line", "office:ada"),
        ("administrator", None, "client", "command line", "office:bea"),
    ]
    entries = "SELECT count(*) FROM audit_entry WHERE action = 'administrator.create' AND authority_id = %s"
    assert county.rows(entries, UUID(ids[0]["authority_id"])) == [(2,)]


def test_refuses_a_login_that_is_taken(county: Database) -> None:
    assert create("altstadt", "carl", *NEW)[0] == 0
    actors = county.rows("SELECT count(*) FROM actor")
    code, text = create("altstadt", "carl")
    assert (code, "belongs to somebody already" in text) == (1, True)
    assert county.rows("SELECT count(*) FROM actor") == actors


def test_a_new_authority_needs_name_and_kind(county: Database) -> None:
    code, text = create("nirgendwo", "dora")
    assert (code, "--authority-name" in text) == (1, True)
    assert county.rows("SELECT count(*) FROM authority WHERE key = 'nirgendwo'") == [(0,)]
