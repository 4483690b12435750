"""A receipt tells «the same again» from «something else», and nobody can try names against it."""

import os
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from psycopg.types.json import Jsonb

from service.demo import UNTERHACHING
from service.domain.receipts import differing_fields, digests
from service.domain.values import new_id
from service.storage.data_keys import DataKeys, made_once, new_key
from tests.conftest import KEYS, Database, data_keys

pytestmark = pytest.mark.anyio
Client = Callable[..., httpx.AsyncClient]
SAID = {"kind": "addressee", "name": "Hanne Loopgarten"}


async def participant(client_of: Client, case: str, id: str, **said: str) -> httpx.Response:
    return await client_of("case_worker").post(f"/v1/cases/{case}/participants", json={"id": id, **SAID, **said})


async def case_of(client_of: Client) -> str:
    id = str(new_id())
    said = {"id": id, "social_space_id": str(UNTERHACHING), "title": "Ruhe"}
    assert (await client_of("case_worker").post("/v1/cases", json=said)).status_code == 201
    return id


async def test_nobody_can_try_names_against_a_receipt_without_the_keys(
    client_of: Client, database: Database, tmp_path: Path
) -> None:
    id, case = str(new_id()), await case_of(client_of)
    assert (await participant(client_of, case, id)).status_code == 201
    ((kept,),) = database.rows("SELECT digests FROM receipt WHERE key = %s", id)
    assert digests(SAID, id, data_keys())[0]["name"] == kept["name"]
    guess = digests(SAID, id, DataKeys(made_once(tmp_path / "another-key.txt")))[0]
    assert guess["name"] != kept["name"]


def test_what_is_sent_again_is_the_same_also_after_a_new_key(tmp_path: Path) -> None:
    id, file = str(new_id()), tmp_path / "keys.txt"
    (kept,) = digests(SAID, id, data_keys())
    file.write_bytes(new_key() + Path(os.environ[KEYS]).read_bytes())
    assert differing_fields(kept, digests(SAID, id, DataKeys(file))) == []
    assert differing_fields(kept, digests({**SAID, "name": "Hera"}, id, DataKeys(file))) == ["name"]
    assert kept != digests(SAID, str(new_id()), data_keys())[0], "equal words in two receipts do not look equal"


async def test_a_server_that_lacks_the_key_of_a_receipt_does_not_take_the_same_for_something_else(
    client_of: Client, database: Database, tmp_path: Path
) -> None:
    id, case = str(new_id()), await case_of(client_of)
    first = await participant(client_of, case, id)
    said = {"operation": "add_participant", "on": case} | SAID
    (foreign,) = digests(said, id, DataKeys(made_once(tmp_path / "another-key.txt")))
    changed = "UPDATE receipt SET digests = %s WHERE key = %s RETURNING 1"
    assert database.rows(changed, Jsonb(foreign), id) == [(1,)]
    again = await participant(client_of, case, id)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())


async def test_without_digests_id_and_operation_tell_it_apart(client_of: Client, database: Database) -> None:
    """As the migration leaves receipts of before."""
    id, case = str(new_id()), await case_of(client_of)
    first = await participant(client_of, case, id)
    assert database.rows("UPDATE receipt SET digests = '{}' WHERE key = %s RETURNING 1", id) == [(1,)]
    again = await participant(client_of, case, id)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    other = {"id": id, "social_space_id": str(UNTERHACHING), "title": "Ruhe"}
    refused = await client_of("case_worker").post("/v1/cases", json=other)
    assert (refused.json()["code"], refused.json()["differs"]) == ("id-reused", ["operation"])
