"""Reading is writing one SQL statement: a tree of what to show goes in, a plan that answers it as JSON comes out.

    FROM (SELECT set_config('service.login', $1, true) …) token,   who is asking, for this statement only; and about
                                                                   which case, where all of it is about one
         LATERAL (SELECT … FROM login …) who,                       whom we know by that login, if anybody
         LATERAL (SELECT set_config('service.actor', …) …) actor,   whom row-level security sees
         LATERAL (SELECT ARRAY(SELECT …) AS …) me,                  what the reader holds, from the tables, once
         LATERAL (SELECT bool_or(…) AS …) held,                     what they hold in the case, where it is of one
         LATERAL (SELECT …) root_0, …                               each root of the tree; every scan needs `me`

Each step needs the one before, so the reader is known before any row is looked at. Where the answer tells about cases,
the same statement writes its audit row."""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, FromClause, Select
from sqlalchemy.dialects.postgresql import ARRAY, array

from service.domain import expressions, paging, written
from service.domain.access.reader import HELD_CASE, NAMED, OWN, Held, Me, Within
from service.domain.context import DIALECT, fence, recorded, text, who_asks
from service.domain.encrypting import places_in, shown_in
from service.domain.epochs import CURRENT
from service.domain.narrowing import is_case, leads_within, only_case, only_page, refuse_many_cases
from service.domain.plan import Plan
from service.domain.policy import Row, Rule
from service.domain.rows import SECURED
from service.domain.selection import (
    Constant,
    Cursor,
    Entries,
    Entry,
    Face,
    Listing,
    Nested,
    Rows,
    Selection,
    Shape,
    Single,
    Site,
    Value,
    shown,
)
from service.domain.values import DEFAULT_LANGUAGE, Language
from service.domain.views import LARGEST_PAGE, Column, Condition, Joined, View, camel, invalid_argument
from service.domain.written import Written

Settled = Mapping[Rule, ColumnElement[bool]]  # rules whose answer is there where a row's JSON is written
UNSETTLED: Settled = {}


@dataclass
class Statement:
    face: Face
    language: Language = DEFAULT_LANGUAGE
    audited: bool = True
    told_as: str = ""  # on record, instead of the names of the views
    everybody: Me = field(init=False)
    me: Me = field(init=False)  # the same, or within one case, while what is of that case is written
    paged: Site | None = field(default=None, init=False)  # a list of cases; all of the answer is of its page
    each: dict[str, Held] = field(default_factory=dict)  # what they hold in each case of a list, by place
    binds: list[tuple[Site, str]] = field(default_factory=list)
    _names: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.everybody = self.me = Me(self.language)

    def plan(self, show: Selection) -> Plan:
        refuse_many_cases(show, self._said)
        named = only_case(show) if self.audited else None  # a change goes on after it was read
        self.paged = only_page(show) if self.audited else None
        held = Held()
        roots: list[FromClause] = []
        members: list[tuple[str, Written]] = []
        cases, versions = list[ColumnElement[Any]](), list[ColumnElement[Any]]()
        for key, shape in show.items():
            if isinstance(shape, Constant):
                members.append((key, [written.constant(shape.text)]))
                continue
            assert isinstance(shape, Single | Listing), shape
            name = f"root_{len(roots)}"  # by name: SQLAlchemy would put the root into each FROM that mentions it
            with self._as(self.me.within(held, shape.view.subject, NAMED) if shape is named else self.me):
                roots.append(self._root(shape, name))
            members.append((key, written.nullable(sa.literal_column(f"{name}.o", sa.Text()))))
            if shape.view.subject is not None:
                cases.append(sa.literal_column(f"{name}.cases", ARRAY(sa.Uuid())))
            if isinstance(shape, Single) and shape.view.versioned:
                versions.append(sa.literal_column(f"{name}.version", sa.Integer()))
        source = who_asks(self._case_of(named) if named else None)
        holding = [held.query(self._case_of(named)).lateral(NAMED)] if named and held.columns else []
        for item in (fence(self.me.query()).lateral("me"), *holding, *roots):
            source = source.outerjoin(item, sa.true())
        version = versions[0] if len(versions) == 1 == len(show) else sa.literal_column("NULL::integer")
        body = written.text_of(written.object_of(members))
        known: ColumnElement[bool] = sa.literal_column("actor.id IS NOT NULL", sa.Boolean())
        if self.audited:  # as bytes, which are passed on as they are
            body = sa.func.convert_to(body, sa.literal_column("'UTF8'"))
        if not (cases and self.audited):
            return self._rendered(sa.select(body, version, known).select_from(source), show)
        views = [self.told_as] if self.told_as else sorted(shown(show))
        told = expressions.concatenated(cases)
        asked = {"actor_id": "actor.id", "authority_id": "actor.authority", "trace_id": "token.trace"}
        who: Any = [sa.literal_column(place).label(name) for name, place in asked.items()]
        answered = (
            sa.select(body.label("body"), version.label("version"), known.label("known"), told.label("cases"), *who)
            .select_from(source)
            .cte("answered")
            .prefix_with("MATERIALIZED")
        )
        answer_ = sa.select(answered.c.body, answered.c.version, answered.c.known)
        return self._rendered(answer_.add_cte(recorded(answered, views)), show)

    def _rendered(self, query: Any, show: Selection) -> Plan:
        sql = expressions.with_columns(expressions.written(query), self.each)
        return Plan(sql, tuple(self.binds), self.language, places_in(show, self._said))

    @contextmanager
    def _as(self, reader: Me) -> Iterator[None]:
        before, self.me = self.me, reader
        try:
            yield
        finally:
            self.me = before

    def _reader_of(self, here: View, site: Site) -> Me:
        """Whoever reads rows below one of this view: within its case, where they are of it, too. By a key that is not
        certain (it leads to whoever was moved), unless a case is named: then nothing of others is shown."""
        if not isinstance(self.me, Within) or site.link is None or not leads_within(here, site.link, site.view):
            return self.everybody
        return self.me.at(site.view.subject, self.me.place == NAMED or is_case(here) or is_case(site.view))

    def _root(self, site: Site, name: str) -> FromClause:
        """A root of the tree: its JSON, the cases it tells about, and the version of a single row."""
        if isinstance(site, Listing):
            return self._page_query(site, None).lateral(name)
        table = site.view.table.alias(self._name("row"))
        columns: list[ColumnElement[Any]] = [self._object(site.view, table, site.show).label("o")]
        if site.view.subject is not None:
            columns.append(
                expressions.told_of(array([table.c[site.view.subject]]), table.c[site.view.subject]).label("cases")
            )
        if site.view.versioned:
            columns.append(table.c.version.label("version"))
        conditions = [site.view.rule.condition(self.me, table.c), *self._filters(site, table.c)]
        return sa.select(*columns).select_from(table).where(*conditions).lateral(name)

    def _of_row(self, view: View, row: FromClause, shape: Shape, settled: Settled) -> Written:
        """What a shape shows of one row of a view."""
        match shape:
            case Constant(name):
                return [written.constant(name)]
            case Value(column):
                return self._value(column, view, row.c, settled)
            case Single():
                with self._as(self._reader_of(view, shape)):
                    return written.nullable(self._row(shape, row))
            case Listing():
                with self._as(self._reader_of(view, shape)):
                    return [self._page_query(shape, row).scalar_subquery()]
            case Cursor():
                return [written.quoted(row.c[paging.CURSOR])]
            case Nested(show):
                return self._members(view, row, show, settled)
            case Entries():
                return [self._entries(view, row, shape)]
        raise TypeError(shape)

    def _object(self, view: View, row: FromClause, show: Selection) -> ColumnElement[Any]:
        """The row as JSON, beside the row. What several members ask of it is worked out once."""
        shared = self._shared(view, show)
        if not shared:
            return written.text_of(self._members(view, row, show))
        answers = self._answers((rule.condition for rule in shared), row)
        o = written.text_of(self._members(view, row, show, dict(zip(shared, answers.c, strict=True))))
        return sa.select(o).select_from(answers).correlate(row).scalar_subquery()

    def _members(self, view: View, row: FromClause, show: Selection, settled: Settled = UNSETTLED) -> Written:
        """The row as JSON. REST leaves out what is withheld."""

        def holds(shape: Shape) -> ColumnElement[bool] | None:
            ruled = self.face is Face.REST and isinstance(shape, Value) and shape.column.shown is not None
            return settled[shape.column.shown] if ruled else None  # type: ignore[union-attr, index]

        return written.object_with(
            (holds(shape), key, self._of_row(view, row, shape, settled)) for key, shape in show.items()
        )

    def _shared(self, view: View, *shows: Selection) -> list[Rule]:
        """The rules that are asked more than once; in REST all by which members come and go."""
        asked = Counter(rule for show in shows for rule in self._asked(view, show))
        return [rule for rule, times in asked.items() if times > 1 or self.face is Face.REST]

    def _answers(self, asked: Iterable[Condition], row: FromClause) -> Any:
        """One row with a column for each: whether it holds. Fenced, or PostgreSQL would work it out at each use."""
        met = (each(self.me, row.c).label(f"met_{number}") for number, each in enumerate(asked))
        return fence(sa.select(*met).correlate(row)).lateral(self._name("rules"))

    def _asked(self, view: View, show: Selection) -> Iterator[Rule]:
        for shape in show.values():
            if isinstance(shape, Nested):
                yield from self._asked(view, shape.show)
            elif isinstance(shape, Value):
                columns = view.columns.values() if shape.column.name == "withheld" else [shape.column]
                yield from (column.shown for column in columns if column.shown is not None)

    def _value(self, column: Column, view: View, row: Row, settled: Settled) -> Written:
        if column.name == "withheld":
            return self._withheld(view, settled, row)
        value, type_ = column.expression(row, self.me), column.type
        if column.encrypted is not None:
            value, type_ = shown_in(row, value), dict
        elif self.face is Face.GRAPHQL and issubclass(column.type, Enum):
            value = expressions.enum_names(value, column.listed)
        # A table sees to it that there is a value; whatever a view of the database works out could be null.
        certain = not column.derived and view.table in SECURED and view.table.c[column.name].nullable is False
        told = written.value(value, type_, listed=column.listed, certain=certain)
        if column.shown is None or self.face is Face.REST:
            return told  # in REST the whole member is there or not
        return [written.when(self._met(column.shown, row, settled), written.text_of(told), written.NULL)]

    def _withheld(self, view: View, settled: Settled, row: Row) -> Written:
        """The names, by their rules; mostly none."""
        ruled = [(column.shown, self._said(column.name)) for column in view.columns.values() if column.shown]
        names = [
            (self._met(rule, row, settled), "".join(f",{written.constant(name)}" for _, name in each))
            for rule, each in itertools.groupby(ruled, key=lambda one: one[0])
        ]
        return written.unless(names)

    def _met(self, rule: Rule, row: Row, settled: Settled) -> ColumnElement[bool]:
        met = settled.get(rule)
        return rule.condition(self.me, row) if met is None else met

    def _said(self, name: str) -> str:
        return camel(name) if self.face is Face.GRAPHQL else name

    def _entries(self, view: View, row: FromClause, shape: Entries) -> ColumnElement[Any]:
        def said(entry: dict[str, ColumnElement[Any]], show: Shape) -> ColumnElement[Any]:
            if isinstance(show, Constant):
                return text(show.text)
            assert isinstance(show, Entry)
            return entry[show.name]

        asked = list(dict.fromkeys(shape.derived.asked(view)))
        answers = self._answers(asked, row)
        entries = shape.derived.entries(view, row.c, dict(zip(asked, answers.c, strict=True)))
        objects = (paging.pairs((key, said(entry, show)) for key, show in shape.show.items()) for entry in entries)
        listed = sa.cast(sa.func.json_build_array(*objects), sa.Text())
        return sa.select(listed).select_from(answers).correlate(row).scalar_subquery()

    def _row(self, site: Single, parent: FromClause) -> ColumnElement[Any]:
        table = site.view.table.alias(self._name("row"))
        conditions = [site.view.rule.condition(self.me, table.c)]
        if site.link is not None:
            conditions.append(self._joined(site.link.via, table, parent, lambda via: table.c.id == parent.c[via]))
        shown = self._object(site.view, table, site.show)
        return sa.select(shown).select_from(table).where(*conditions).correlate_except(table).scalar_subquery()

    def _joined(self, via: str | Joined, there: FromClause, here: FromClause, named: Any) -> ColumnElement[bool]:
        return named(via) if isinstance(via, str) else via(there.c, here.c, self.me)

    def _page_query(self, site: Listing, parent: FromClause | None) -> Select[Any]:
        """One row: the page's JSON, and at the root the cases it tells about."""
        view, arguments = site.view, site.arguments
        if not 1 <= arguments.first <= LARGEST_PAGE:
            raise invalid_argument("first", f"must be from 1 to {LARGEST_PAGE}")
        table = view.table.alias(self._name("row"))
        name, each, more = self._name("page"), None, list[Any]()
        keys, descending = paging.order_of(view, arguments.order, table.c)
        places, inside, outside = keys, self.me, self.me
        if parent is None and self._by_case(view, keys):
            each, held = self._each_case(descending)
            more, places = [sa.text(f"{each.name}.*")], [each.c[HELD_CASE]]
            inside, outside = (self.me.within(held, view.subject, place) for place in (each.name, name))
        with self._as(inside):
            conditions = [view.rule.condition(self.me, table.c), *self._filters(site, table.c)]
        if site.link is not None and parent is not None:
            # IS TRUE: the link finds the rows; sorting all my cases for an index at each parent would cost more
            conditions[0] = conditions[0].is_(sa.true())
            conditions.append(self._joined(site.link.via, table, parent, lambda via: table.c[via] == parent.c.id))
        if arguments.after is not None:
            conditions += paging.later(
                keys, places, descending, lambda key: self._bind(site, f"after.{key.name}", key.type)
            )
            if view.feed:
                conditions.append(sa.func.same_epoch(self._bind(site, f"after.{CURRENT.name}", CURRENT.type)))
        facts = paging.asks_facts(site.show)  # then one row more than the page, to know whether it goes on
        goes_on, shown = sa.func.count() > arguments.first, arguments.first if facts else None
        found: FromClause = table
        count: ColumnElement[Any] | None = sa.literal_column(str(arguments.first + facts))
        before: list[Any] = []
        if each is not None and isinstance(inside, Within):
            mine: Any = each
            if site is self.paged and inside.tells(conditions[0]):
                cases, mine, goes_on = paging.bounded_page(each, conditions, descending, arguments.first, facts)
                before, conditions, count, shown = [cases], [], None, None
            found = mine.join(table, keys[0] == places[0])
        shared = self._shared(view, *(shape.show for shape in site.show.values() if isinstance(shape, Rows)))
        with self._as(inside):
            met = [rule.condition(self.me, table.c).label(self._name("met")) for rule in shared]
        page = (
            sa.select(*table.c, paging.cursor_of(paging.marks_of(view, keys)).label(paging.CURSOR), *met, *more)
            .select_from(found)
            .where(*conditions)
            .order_by(*(key.desc() if descending else key.asc() for key in (keys if before == [] else places)))
            .limit(count)
            .correlate_except(table)
            .subquery(name)
        )
        settled = {rule: page.c[each.name] for rule, each in zip(shared, met, strict=True)}
        members: list[tuple[str, Written]] = []
        for key, shape in site.show.items():
            if isinstance(shape, Rows):
                with self._as(outside):
                    o = written.text_of(self._members(view, page, shape.show, settled))
                members.append((key, written.list_of(o, shown)))
            else:
                marks = paging.marks_of(view, [page.c[each.name] for each in keys])
                members.append((key, paging.of_page(page.c, arguments, shape, marks, goes_on)))
        columns = [written.text_of(written.object_of(members)).label("o")]
        if parent is None and view.subject is not None:
            told = expressions.up_to(shown, sa.func.array_agg(page.c[view.subject], type_=ARRAY(sa.Uuid())))
            columns.append(expressions.told_of(told, table.c[view.subject]).label("cases"))
        # Also a page without a single aggregate ({ __typename }) is one object, not one per row.
        return sa.select(*columns).select_from(page).having(sa.true()).add_cte(*before, nest_here=True)

    def _by_case(self, view: View, keys: list[ColumnElement[Any]]) -> bool:
        """A list of cases, in an order in which the reader's accesses are found, too: it is read as far as it goes."""
        return is_case(view) and [key.name for key in keys] == [view.subject] and not isinstance(self.me, Within)

    def _each_case(self, descending: bool) -> tuple[Any, Held]:
        """The reader's cases with what they hold in each. Row-level security would show no others of them."""
        place, held = self._name("held"), Held()
        self.each[place] = held
        return held.each(sa.text(expressions.columns_at(place)), descending).subquery(place), held

    def _case_of(self, site: Site) -> ColumnElement[Any]:
        return self._bind(site, f"where.{site.view.subject}", site.view.table.c[site.view.subject or ""].type)

    def _filters(self, site: Site, row: Row) -> Iterator[ColumnElement[bool]]:
        for name in site.view.narrowing(site.arguments):
            column = site.view.columns.get(name)
            if column is not None and column.shown is not None:
                yield column.shown.condition(self.me, row)  # a hidden value is not found by guessing it
            if holds := site.view.holds(name):
                yield holds.condition(row, self._bind(site, f"where.{name}", holds.type))
            else:  # what is told is what is found
                told = row[name] if column is None else column.expression(row, self.me)
                yield told == self._bind(site, f"where.{name}", row[name].type)
        if (sought := site.view.sought) is not None:
            numbers = {name: self._bind(site, f"where.{name}", sa.Double()) for name in sought.numbers}
            yield sought.holds(row, numbers)

    def _bind(self, site: Site, name: str, type_: Any) -> ColumnElement[Any]:
        if (site, name) not in self.binds:
            self.binds.append((site, name))
        return sa.literal_column(f"${self.binds.index((site, name)) + 4}::{type_.compile(DIALECT)}", type_)

    def _name(self, kind: str) -> str:
        """With a sign that no caller's alias can have: `row_to_json(x)` would take a column called x for the row."""
        return f"{kind}{OWN}{next(self._names)}"
