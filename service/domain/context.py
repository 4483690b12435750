"""Who is asking: made known to row-level security inside the very statement, and put on record by it."""

from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.dialects.postgresql import asyncpg

from service.domain.access.model import Login
from service.domain.audit import AuditEntry

DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]


def text(text: str) -> ColumnElement[Any]:
    """A text of the service's own, as a constant of the statement."""
    return sa.literal(text, sa.Text())


def fence(query: Any) -> Any:
    """OFFSET 0: worked out once, not copied into every place that uses it."""
    return query.offset(sa.literal_column("0"))


def _set(name: str, value: str | ColumnElement[Any]) -> ColumnElement[Any]:
    said = sa.literal_column(value) if isinstance(value, str) else value
    return sa.func.set_config(sa.literal_column(f"'service.{name}'"), said, sa.true(), type_=sa.Text())


def bounded(first: ColumnElement[Any], last: ColumnElement[Any]) -> ColumnElement[bool]:
    """Has row-level security look at cases from the first to the last only; where there is none, at all of mine."""
    ends = (_set(name, sa.cast(end, sa.Text())) for name, end in (("first_case", first), ("last_case", last)))
    return sa.and_(*(end.is_not(sa.null()) for end in ends))


def who_asks(case: ColumnElement[Any] | None = None) -> Any:
    """From the token to the actor. Nobody known by the login, or no login at all: an actor without id.

    `case`: the only one this is about, for row-level security to look at that one only."""
    narrowed = [] if case is None else [bounded(case, case).label("bounded")]
    token = fence(
        sa.select(
            _set("login", "coalesce($1::text, '')").label("login"),
            sa.cast(_set("today", "$2::text"), sa.Date()).label("today"),
            sa.literal_column("$3::text").label("trace"),
            *narrowed,
        )
    ).subquery("token")
    login: Any = Login.__table__  # type: ignore[attr-defined]
    who = fence(
        sa.select(login.c.actor_id, login.c.authority_id)
        .where(login.c.key == sa.literal_column("token.login"), login.c.valid_to.is_(None))
        .correlate_except(login)
    ).lateral("who")
    actor = fence(
        sa.select(
            sa.cast(sa.func.nullif(_set("actor", "coalesce(who.actor_id::text, '')"), ""), sa.Uuid()).label("id"),
            sa.cast(sa.func.nullif(_set("authority", "coalesce(who.authority_id::text, '')"), ""), sa.Uuid()).label(
                "authority"
            ),
            sa.literal_column("token.today").label("today"),
        )
    ).lateral("actor")
    return token.outerjoin(who, sa.true()).outerjoin(actor, sa.true())


@cache
def asking() -> str:
    """For a writing transaction: makes the login known and says who it is. Parameters: login, today, trace."""
    query: Any = sa.select(
        sa.literal_column("actor.id").label("id"), sa.literal_column("actor.authority").label("authority")
    )
    return str(query.select_from(who_asks()).compile(dialect=DIALECT, compile_kwargs={"literal_binds": True}))


@cache
def asking_once() -> str:
    """The same, with a receipt for what is asked, if there is none yet: `first`. Further parameters: its key,
    operation, digests and subject."""
    return f"""WITH asked AS MATERIALIZED ({asking()}), receipt AS (
        INSERT INTO receipt (actor_id, key, operation, digests, subject_id)
        SELECT asked.id, $4, $5, $6, $7 FROM asked WHERE asked.id IS NOT NULL ON CONFLICT DO NOTHING RETURNING key
    ) SELECT asked.id, asked.authority, EXISTS (SELECT FROM receipt) AS first FROM asked"""


def recorded(answered: Any, views: list[str]) -> Any:
    """One audit row per request, in the statement that answers it."""
    entry: Any = AuditEntry.__table__  # type: ignore[attr-defined]
    outcome = sa.case((sa.func.cardinality(answered.c.cases) > 0, text("read")), else_=text("nothing"))
    return (
        entry.insert()
        .from_select(
            ["authority_id", "actor_id", "action", "outcome", "cases", "trace_id"],
            sa.select(
                answered.c.authority_id,
                answered.c.actor_id,
                text("read " + " ".join(views)),
                outcome,
                answered.c.cases,
                answered.c.trace_id,
            ),
        )
        .cte("recorded")
    )
