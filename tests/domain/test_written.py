"""JSON that a statement puts together as text is what PostgreSQL's own functions make of the same values."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql import ARRAY

from service.api.app import Application
from service.domain import expressions, written
from service.settings import Settings
from tests.conftest import Database, serve

pytestmark = pytest.mark.anyio


class Word(StrEnum):
    """Members of an enum need no escape."""

    ONE = "one"
    ANOTHER = "another-one"


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
KINDS: list[tuple[type[Any], Any, st.SearchStrategy[Any]]] = [
    (str, sa.Text(), TEXTS),
    (UUID, sa.Uuid(), st.uuids()),
    (Word, sa.Text(), st.sampled_from([each.value for each in Word])),
    (date, sa.Date(), st.dates()),
    (datetime, sa.DateTime(timezone=True), st.datetimes(timezones=st.just(UTC))),
    (int, sa.BigInteger(), st.integers(-(2**63), 2**63 - 1)),
    (bool, sa.Boolean(), st.booleans()),
    (float, sa.Double(), st.floats(allow_nan=False, allow_infinity=False)),
    (Decimal, sa.Numeric(14, 2), st.decimals(-(10**11), 10**11, places=2)),
]


@pytest.fixture(scope="module")
def connection(database: Database) -> Iterator["psycopg.Connection[Any]"]:
    with psycopg.connect(database.application, autocommit=True) as connected:
        connected.execute("SET timezone = 'UTC'")
        yield connected


def told(connection: "psycopg.Connection[Any]", text: Any, **values: Any) -> Any:
    """What the statement says, with values bound as the service binds them."""
    sql = expressions.written(sa.select(text)).encode()
    row = psycopg.RawCursor(connection).execute(sql, list(values.values())).fetchone()
    assert row is not None
    return row[0]


def bound(type_: Any) -> Any:
    return sa.cast(sa.literal_column("$1"), type_)


@pytest.mark.parametrize(("kind", "type_", "values"), KINDS, ids=lambda each: getattr(each, "__name__", None))
def test_a_value_is_written_as_postgresql_writes_it(
    connection: "psycopg.Connection[Any]", kind: type[Any], type_: Any, values: st.SearchStrategy[Any]
) -> None:
    @given(values | st.none())
    def always(value: Any) -> None:
        own = written.text_of(written.value(bound(type_), kind, listed=False, certain=value is not None))
        found = bound(type_) if kind is not Decimal else sa.cast(bound(type_), sa.Text())
        theirs = sa.func.coalesce(sa.cast(sa.func.to_json(found), sa.Text()), sa.literal_column("'null'"))
        assert told(connection, own, value=value) == told(connection, theirs, value=value)

    always()


@given(st.lists(TEXTS | st.none()) | st.none())
def test_a_list_is_written_as_postgresql_writes_it(
    connection: "psycopg.Connection[Any]", values: list[str | None] | None
) -> None:
    own = written.text_of(written.value(bound(ARRAY(sa.Text())), str, listed=True, certain=False))
    assert json.loads(told(connection, own, value=values)) == values


@given(st.dictionaries(TEXTS, TEXTS, min_size=1))
def test_what_the_service_says_of_itself_comes_as_it_is(
    connection: "psycopg.Connection[Any]", said: dict[str, str]
) -> None:
    """Keys and constants, with whatever quotes, backslashes, colons and signs of per cent; those of a choice, too."""
    members = [(key, [written.constant(value)]) for key, value in said.items()]
    assert json.loads(told(connection, written.text_of(written.object_of(members)))) == said
    for value in said.values():
        chosen = sa.case((sa.true(), sa.literal(value)), else_=sa.literal("otherwise"))
        own = written.text_of(written.value(chosen, str, listed=False, certain=False))
        assert json.loads(told(connection, own)) == value


@given(st.lists(st.tuples(st.booleans() | st.none(), st.integers(0, 9)), max_size=6))
def test_what_is_withheld_is_not_there_and_named(
    connection: "psycopg.Connection[Any]", members: list[tuple[bool | None, int]]
) -> None:
    """A rule of which nobody knows whether it holds withholds, too."""
    truths: Any = {True: sa.true(), False: sa.false(), None: sa.literal_column("NULL::boolean")}
    rules = [(truths[holds], f"key{place}", [written.constant(value)]) for place, (holds, value) in enumerate(members)]
    shown = json.loads(told(connection, written.text_of(written.object_with(rules))))
    assert shown == {f"key{place}": value for place, (holds, value) in enumerate(members) if holds}
    names = [(rule, f",{written.constant(name)}") for rule, name, _ in rules]
    withheld = json.loads(told(connection, written.text_of(written.unless(names))))
    assert withheld == [f"key{place}" for place, (holds, _) in enumerate(members) if not holds]


@pytest.mark.parametrize("first", [None, 2])
def test_rows_of_which_nothing_but_constants_is_shown_are_listed(
    connection: "psycopg.Connection[Any]", first: int | None
) -> None:
    each = written.text_of(written.object_of([("__typename", [written.constant("Case")])]))
    rows = sa.select(written.text_of(written.list_of(each, first))).select_from(sa.text("generate_series(1, 3)"))
    assert json.loads(told(connection, rows.scalar_subquery())) == [{"__typename": "Case"}] * (first or 3)


@pytest.fixture
async def elsewhere(own_database: Database, settings: Settings) -> Any:
    """A server that writes days as people in Germany do, and takes backslashes for more than what they are."""
    name = own_database.name
    with psycopg.connect(own_database.superuser, autocommit=True) as connected:
        for setting in ("datestyle = 'German'", "timezone = 'Europe/Berlin'", "standard_conforming_strings = off"):
            connected.execute(f"ALTER DATABASE {name} SET {setting}".encode())
    async for running in serve(own_database, settings):
        yield running


async def test_a_day_is_written_the_same_wherever_the_database_stands(
    elsewhere: Application, application: Application, token_of: Callable[..., str]
) -> None:
    found = []
    for each in (elsewhere, application):
        headers = {"authorization": f"Bearer {token_of('case_worker')}"}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(each), base_url="http://test", headers=headers
        ) as client:
            found.append((await client.get("/v1/me/due-items?limit=2")).json())
    assert found[0]["items"]
    assert found[0] == found[1]
