"""What has changed for somebody since they last looked: which rows, and no word of what they say.

A change is told to whoever may see the changed row now, by the rule of the row's own view, and of mailboxes their own
rows. So it says nothing that reading the row would not; a right that has ended ends here with the next look.

One statement looks through a bounded number of transactions, in the order of commits: (transaction, sequence), cut off
at the oldest one still under way, so that nothing can turn up behind a place (docs/decisions/0023-changes.md). What
concerns content is found by the cases of the reader, all else by what sort of thing it is.

The place that a look tells is that of a change it tells, or the one it was asked, or the edge of a step of so many
transactions, whatever was in them: so it says nothing of what the reader may not see."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by, array

from service.domain.access.holding import current_organisations, holds_anything
from service.domain.access.reader import Me
from service.domain.context import DIALECT, fence, recorded, text, who_asks
from service.domain.epochs import CURRENT
from service.domain.errors import InvalidInput
from service.domain.events import Event
from service.domain.paging import pairs
from service.domain.policy import Row
from service.domain.rows import SECURED, Shape, Xid8, position_of
from service.domain.views import VIEWS, View, invalid_argument, view_of

MOST = 500  # changes that one look tells
STEP = 4096  # transactions, readings among them, by which a place moves on where nothing is told
REACH = 16 * STEP  # transactions that one look goes through
SOURCES = 8  # kinds of rows that changes come from: events, and mailboxes
MAILBOXES: dict[type[Any], str] = {}  # by the record of the view: the column that says what a row is about
_NUMBER = "(0|[1-9][0-9]{0,18})"
PLACE = re.compile(rf"([1-9][0-9]{{0,8}})\.{_NUMBER}\.{_NUMBER}")
_event: Any = Event.__table__  # type: ignore[attr-defined]
_actor = sa.literal_column("actor.id", sa.Uuid())
_horizon, _until, _edge_told = (sa.literal_column(f"since.{each}", Xid8()) for each in ("horizon", "until", "edge"))
_most = sa.literal_column("$6::integer", sa.Integer())


def mailbox(record: type[Any], about: str) -> None:
    """Rows of this view are changes themselves: they tell their readers of what those cannot look at any more, too."""
    assert 1 + len(MAILBOXES) < SOURCES
    MAILBOXES[record] = about


@dataclass(frozen=True, order=True)
class Place:
    """How far somebody has looked, in the order of commits, in which epoch of the database."""

    epoch: int
    transaction: int
    number: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.transaction}.{self.number}"


def place_in(told: str, parameter: str = "after") -> Place:
    """Raises InvalidInput for what never was a place of this feed."""
    found = PLACE.fullmatch(told)
    place = Place(*map(int, found.groups())) if found else None
    if place is None or max(place.transaction, place.number) >= 2**63:
        raise not_of_this_feed(parameter)
    return place


def not_of_this_feed(parameter: str = "after") -> InvalidInput:
    return invalid_argument(parameter, "is no place in this feed")


@dataclass(frozen=True)
class Batch:
    """What one look has found. `changes`: id, noun, subject, time, version and removal of each, the oldest first.

    `place`: where to go on. `looked`: how far it looked in truth, which nobody is told. `more`: there is more to look
    at already. `pending`: something waits for a transaction that is under way. `holds`: the reader has any right at
    all."""

    changes: list[dict[str, Any]]
    place: Place
    looked: Place
    more: bool
    pending: bool
    holds: bool
    authority: UUID | None


def values(since: Place | None, most: int) -> tuple[str | None, int, int]:
    """The parameters of `looking` that follow login, day and trace."""
    return (None, 0, most) if since is None else (str(since.transaction), since.number, most)


def begins_at(row: Any) -> Place:
    """From where a look was made: as it was asked, unless that is ahead of the feed or of another epoch."""
    return place_in(row["start"])


def found_in(row: Any, told: Place) -> Batch:
    """`told`: the place that the reader knew before this look."""
    changes, more = orjson.loads(row["changes"]), row["cut"] or row["further"]
    last, newest = (place_in(row[each]) if row[each] else told for each in ("last", "newest"))
    place = last if row["cut"] else max(told, last, place_in(row["edge"]))
    looked = place if more else max(place, newest)
    return Batch(changes, place, looked, more, row["pending"], row["holds"], row["authority_id"])


@cache
def looking(*, recording: bool) -> str:
    """One look after a place, or (none) to where the feed is now. `recording`: who looks is put on record."""
    me = Me()
    looked = _looked(me).cte("looked", nesting=True).prefix_with("MATERIALIZED")
    told = _seen(me, looked).subquery("told")
    batch = sa.select(*_facts(told.c, looked)).select_from(told).lateral("batch")
    source = who_asks()
    held = fence(me.query()).lateral("me")
    for item in (held, _since(), batch):
        source = source.outerjoin(item, sa.true())
    known: list[ColumnElement[Any]] = [
        holds_anything(_actor).label("holds"),
        _actor.label("actor_id"),
        sa.literal_column("actor.authority").label("authority_id"),
        sa.literal_column("token.trace").label("trace_id"),
    ]
    query: Any = sa.select(*batch.c, *known).select_from(source)
    if recording:
        answered = query.cte("answered").prefix_with("MATERIALIZED")
        query = sa.select(*answered.c).add_cte(recorded(answered, ["Change"]))
    return str(query.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True}))


def _since() -> Any:
    """From where to look, and up to where nothing can turn up any more.

    Who begins is told the horizon, which PostgreSQL could fall back behind: transactions that it has begun and not yet
    written to disk are counted anew after it was killed, and what happens then would stand before that place. So the
    look itself, which is put on record, waits for the disk; later ones only go on to rows, which are there already."""
    horizon = sa.func.counted(sa.func.pg_snapshot_xmin(sa.func.pg_current_snapshot()), type_=Xid8())
    given = sa.literal_column("$4::text::xid8", Xid8())
    kept = sa.func.set_config(text("synchronous_commit"), text("on"), sa.true())
    start = sa.func.coalesce(given, horizon, type_=Xid8())
    return fence(
        sa.select(
            start.label("transaction"),
            sa.literal_column("$5::bigint").label("number"),
            horizon.label("horizon"),
            _edge(start, REACH).label("until"),
            # Not the newest edge: that one might not be on disk, either.
            sa.func.least(_edge(start, REACH), _edge(horizon, -STEP), type_=Xid8()).label("edge"),
            sa.case((given.is_(None), kept)).label("kept"),
            sa.cast(CURRENT, sa.Text()).label("epoch"),
        )
    ).lateral("since")


def _edge(transaction: ColumnElement[Any], further: int) -> ColumnElement[Any]:
    """Where the step begins that a transaction is in, and so many transactions further on."""
    number = sa.cast(sa.cast(transaction, sa.Text()), sa.Numeric())
    step = sa.func.div(number, sa.literal_column(str(STEP))) * sa.literal_column(str(STEP))
    moved = sa.func.greatest(step + sa.literal_column(str(further)), sa.literal_column("0"))
    return sa.cast(sa.cast(moved, sa.Text()), Xid8())


def _looked(me: Me) -> Any:
    """What has changed since and might concern the reader."""
    content, others = (
        _texts(table.name for table in _subjects() if _is_content(table) is held) for held in (True, False)
    )
    parts = [
        _part(lambda row: sa.and_(row.case_id == sa.any_(me.cases(None)), row.subject == sa.any_(content))),
        _part(lambda row: sa.and_(row.authority_id == me.authority, row.subject == sa.any_(others))),
        *(_part_of_mailbox(number, VIEWS[record]) for number, record in enumerate(MAILBOXES, start=1)),
    ]
    return sa.union_all(*parts)


def _seen(me: Me, looked: Any) -> Any:
    """The next of them that the reader may see: one more than are told, which says that there is more. The rest is not
    asked for its rule."""
    settled = sa.select(looked).where(looked.c.transaction_id < _horizon).order_by(*_order(looked))
    each = fence(settled).subquery("each")
    seen = sa.select(each).where(_sees(me, each.c)).order_by(*_order(each)).limit(_most + sa.literal_column("1"))
    found = seen.subquery("found")
    rank = sa.func.row_number().over(order_by=_order(found))
    return sa.select(*found.c, (rank <= _most).label("told"))


def _part(where: Callable[[Row], ColumnElement[bool]]) -> Any:
    row = _event.alias()
    after = sa.tuple_(row.c.transaction_id, row.c.sequence) > sa.tuple_(_transaction(), _sequence(0))
    told = _told(row.c, 0, row.c.subject, row.c.subject_id, sa.false())
    return sa.select(*told).where(where(row.c), after, row.c.transaction_id < _until)


def _part_of_mailbox(number: int, view: View) -> Any:
    row = view.table.alias()
    mine = sa.func.array(current_organisations(_actor).scalar_subquery(), type_=ARRAY(sa.Uuid()))
    after = row.c.position > position_of(_transaction(), _sequence(number))
    before = row.c.position < position_of(_until, sa.literal_column("0"))
    told = _told(row.c, number, text(view.table.name), row.c[MAILBOXES[view.record]], row.c.removal)
    return sa.select(*told).where(row.c.organisation_id == sa.any_(mine), after, before)


def _told(row: Row, number: int, subject: Any, subject_id: Any, removal: Any) -> list[ColumnElement[Any]]:
    return [
        row.transaction_id,
        (row.sequence * sa.literal_column(str(SOURCES)) + sa.literal_column(str(number))).label("number"),
        row.sequence,
        subject.label("subject"),
        subject_id.label("subject_id"),
        row.case_id,
        row.version,
        row.at,
        removal.label("removal"),
    ]


def _sees(me: Me, change: Row) -> ColumnElement[bool]:
    """The rule of the view, asked of that one row: only the branch of its own sort is worked out."""

    def shown(view: View, key: str, value: Any) -> Any:
        row = view.table.alias()
        one: Any = sa.select(sa.literal_column("1")).select_from(row)
        return fence(one.where(row.c[key] == value, view.rule.condition(me, row.c)).correlate_except(row)).exists()

    whens = [(table.name, shown(view_of(table), "id", change.subject_id)) for table in _subjects()]
    whens += [(VIEWS[each].table.name, shown(VIEWS[each], "sequence", change.sequence)) for each in MAILBOXES]
    return sa.case(*((change.subject == text(name), condition) for name, condition in whens), else_=sa.false())


def _facts(row: Row, looked: Any) -> Iterator[ColumnElement[Any]]:
    place = _place(row.transaction_id, row.number)
    order = (row.transaction_id, row.number)
    change = pairs(
        {
            "id": place,
            "noun": _noun(row.subject),
            "subject": row.subject_id,
            "time": row.at,
            "version": row.version,
            "removal": row.removal,
        }.items()
    )
    listed = sa.func.json_agg(aggregate_order_by(change, *order)).filter(row.told)
    yield sa.func.coalesce(listed, sa.literal_column("'[]'::json")).label("changes")
    yield (sa.func.count() > _most).label("cut")
    yield (_until < _horizon).label("further")
    places = sa.type_coerce(sa.func.array_agg(aggregate_order_by(place, *order)).filter(row.told), ARRAY(sa.Text()))
    yield places[sa.func.count().filter(row.told)].label("last")
    yield _place(sa.func.least(_transaction(), _horizon), sa.literal_column("since.number")).label("start")
    yield _place(_edge_told, sa.literal_column("0")).label("edge")
    settled = sa.select(_place(looked.c.transaction_id, looked.c.number)).where(looked.c.transaction_id < _horizon)
    newest = settled.order_by(*(each.desc() for each in _order(looked))).limit(sa.literal_column("1"))
    yield newest.scalar_subquery().label("newest")
    yield sa.select(looked.c.number).where(looked.c.transaction_id >= _horizon).exists().label("pending")
    cases = sa.func.array_agg(sa.distinct(row.case_id)).filter(sa.and_(row.told, row.case_id.is_not(None)))
    yield sa.func.coalesce(cases, sa.literal_column("ARRAY[]::uuid[]"), type_=ARRAY(sa.Uuid())).label("cases")


def _place(*numbers: ColumnElement[Any]) -> ColumnElement[Any]:
    return sa.func.concat_ws(text("."), sa.literal_column("since.epoch"), *numbers, type_=sa.Text())


def _noun(subject: ColumnElement[Any]) -> ColumnElement[Any]:
    """The name of the view, as everywhere: a row of `case_file` is a case."""
    nouns = {table.name: view_of(table).noun for table in _subjects()}
    nouns |= {VIEWS[each].table.name: VIEWS[each].noun for each in MAILBOXES}
    return sa.case(
        *((subject == text(table), text(noun)) for table, noun in nouns.items() if table != noun), else_=subject
    )


def _subjects() -> list[sa.Table]:
    """The tables whose rows somebody can see, one by one, by their id."""
    views = (view for view in VIEWS.values() if view.key == "id" and view.table in SECURED)
    return list(dict.fromkeys(view.table for view in views if view_of(view.table) is view))


def _is_content(table: sa.Table) -> bool:
    """Nobody without access to its case sees a row of it: row-level security holds it to that."""
    return SECURED[table][0] is Shape.CASE


def _transaction() -> ColumnElement[Any]:
    return sa.literal_column("since.transaction", Xid8())


def _sequence(number: int) -> ColumnElement[Any]:
    """The last row of a source that was looked at, where `number` says which source it is."""
    return sa.literal_column(f"((since.number - {number}) / {SOURCES})", sa.BigInteger())


def _order(row: Any) -> tuple[ColumnElement[Any], ...]:
    return row.c.transaction_id, row.c.number


def _texts(values: Iterable[str]) -> ColumnElement[Any]:
    return array([text(value) for value in values], type_=sa.Text())
