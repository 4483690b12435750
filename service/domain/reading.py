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
from decimal import Decimal
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, FromClause, Select
from sqlalchemy.dialects.postgresql import ARRAY, array

from service.domain import expressions, paging
from service.domain.access.reader import HELD_CASE, NAMED, OWN, Held, Me, Within
from service.domain.context import DIALECT, fence, recorded, text, who_asks
from service.domain.encrypting import places_in, shown_in
from service.domain.epochs import CURRENT
from service.domain.narrowing import is_case, leads_within, only_case, only_page, refuse_many_cases
from service.domain.plan import Plan
from service.domain.policy import Row, Rule
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

Settled = Mapping[Rule, bool | ColumnElement[bool]]  # rules whose answer is there where a row's JSON is written
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
        members: list[ColumnElement[Any]] = []
        cases, versions = list[ColumnElement[Any]](), list[ColumnElement[Any]]()
        for key, shape in show.items():
            if isinstance(shape, Constant):
                members.append(text(shape.text).label(key))
                continue
            assert isinstance(shape, Single | Listing), shape
            name = f"root_{len(roots)}"  # by name: SQLAlchemy would put the root into each FROM that mentions it
            with self._as(self.me.within(held, shape.view.subject, NAMED) if shape is named else self.me):
                roots.append(self._root(shape, name))
            members.append(sa.literal_column(f"{name}.o").label(key))
            if shape.view.subject is not None:
                cases.append(sa.literal_column(f"{name}.cases", ARRAY(sa.Uuid())))
            if isinstance(shape, Single) and shape.view.versioned:
                versions.append(sa.literal_column(f"{name}.version", sa.Integer()))
        answer = sa.select(*members).lateral("answer$")  # a name that no alias of a caller's can have
        source = who_asks(self._case_of(named) if named else None)
        holding = [held.query(self._case_of(named)).lateral(NAMED)] if named and held.columns else []
        for item in (fence(self.me.query()).lateral("me"), *holding, *roots, answer):
            source = source.outerjoin(item, sa.true())
        version = versions[0] if len(versions) == 1 == len(show) else sa.literal_column("NULL::integer")
        body: ColumnElement[Any] = sa.func.row_to_json(sa.literal_column("answer$"))
        known: ColumnElement[bool] = sa.literal_column("actor.id IS NOT NULL", sa.Boolean())
        if not self.audited:  # within a change, whose driver would make objects of JSON
            body = sa.cast(body, sa.Text())
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

    def _of_row(self, view: View, row: FromClause, shape: Shape, settled: Settled) -> ColumnElement[Any]:
        """What a shape shows of one row of a view."""
        match shape:
            case Constant(name):
                return text(name)
            case Value(column):
                return self._value(column, view, row.c, settled)
            case Single():
                with self._as(self._reader_of(view, shape)):
                    return self._row(shape, row)
            case Listing():
                with self._as(self._reader_of(view, shape)):
                    return self._page_query(shape, row).scalar_subquery()
            case Cursor():
                return row.c[paging.CURSOR]
            case Nested(show):
                return self._object(view, row, show)
            case Entries():
                return self._entries(view, row, shape)
        raise TypeError(shape)

    def _object(self, view: View, row: FromClause, show: Selection) -> ColumnElement[Any]:
        """The row as JSON, beside the row."""
        (first, *others), o = self._written_row(view, row, show)
        source = first
        for each in others:
            source = source.join(each, sa.true())
        return sa.select(o).select_from(source).correlate(row).scalar_subquery()

    def _written_row(self, view: View, row: FromClause, show: Selection) -> tuple[list[Any], ColumnElement[Any]]:
        """What has to stand beside a row, and the row as JSON. REST leaves out what is withheld: one variant per
        combination of rules, the whole first. They stand side by side, where PostgreSQL copies each into its use."""

        def variant(hidden: tuple[Rule, ...]) -> Any:
            left = {k: s for k, s in show.items() if not (isinstance(s, Value) and s.column.shown in hidden)}
            settled = {rule: rule not in hidden for rule in rules}
            beside.append(self._fields(view, row, left, settled).lateral(self._name("o")))
            return sa.func.row_to_json(beside[-1].table_valued())

        beside: list[Any] = []
        rules = self._rules(show)
        if not rules:
            return beside, variant(())
        answers = self._answers((rule.condition for rule in rules), row)
        beside.append(answers)
        cases = []
        for hidden in sorted(itertools.product((False, True), repeat=len(rules)), key=sum):
            met = (holds for holds, h in zip(answers.c, hidden, strict=True) if not h)
            without = tuple(r for r, h in zip(rules, hidden, strict=True) if h)
            cases.append((sa.and_(sa.true(), *met), variant(without)))
        return beside, sa.case(*cases[:-1], else_=cases[-1][1])

    def _rules(self, show: Selection) -> list[Rule]:
        """The rules by which members of the row's JSON come and go."""
        if self.face is Face.GRAPHQL:
            return []
        return list(dict.fromkeys(s.column.shown for s in show.values() if isinstance(s, Value) and s.column.shown))

    def _fields(self, view: View, row: FromClause, show: Selection, settled: Settled = UNSETTLED) -> Select[Any]:
        """SELECT without FROM: the row comes from outside. What several members ask of it is worked out once."""
        asked = Counter(self._asked(view, show))
        shared = [rule for rule, times in asked.items() if times > 1 and rule not in settled]
        if not shared:
            values = (self._of_row(view, row, shape, settled).label(key) for key, shape in show.items())
            return sa.select(*values).correlate(row)
        answers = self._answers((rule.condition for rule in shared), row)
        known = {**settled, **dict(zip(shared, answers.c, strict=True))}
        values = (self._of_row(view, row, shape, known).label(key) for key, shape in show.items())
        return sa.select(*values).select_from(answers).correlate(row)

    def _answers(self, asked: Iterable[Condition], row: FromClause) -> Any:
        """One row with a column for each: whether it holds. Fenced, or PostgreSQL would work it out at each use."""
        met = (each(self.me, row.c).label(f"met_{number}") for number, each in enumerate(asked))
        return fence(sa.select(*met).correlate(row)).lateral(self._name("rules"))

    def _asked(self, view: View, show: Selection) -> Iterator[Rule]:
        for shape in show.values():
            if isinstance(shape, Value):
                columns = view.columns.values() if shape.column.name == "withheld" else [shape.column]
                yield from (column.shown for column in columns if column.shown is not None)

    def _value(self, column: Column, view: View, row: Row, settled: Settled) -> ColumnElement[Any]:
        if column.name == "withheld":
            return self._withheld(view, row, settled)
        value = column.expression(row, self.me)
        if column.encrypted is not None:
            value = shown_in(row, value)
        if column.type is Decimal:
            value = sa.cast(value, sa.Text())
        elif self.face is Face.GRAPHQL and issubclass(column.type, Enum):
            value = expressions.enum_names(value, column.listed)
        if column.shown is None or self.face is Face.REST:
            return value  # in REST the whole member is there or not
        met: Any = settled.get(column.shown)
        return sa.case((column.shown.condition(self.me, row) if met is None else met, value))

    def _withheld(self, view: View, row: Row, settled: Settled) -> ColumnElement[Any]:
        ruled = [(column.shown, self._said(column.name)) for column in view.columns.values() if column.shown]
        if all(isinstance(settled.get(rule), bool) for rule, _ in ruled):
            return expressions.constant([name for rule, name in ruled if not settled[rule]])
        names: list[Any] = []
        for rule, name in ruled:
            met: Any = settled.get(rule)
            if not isinstance(met, bool):
                hidden = (rule.condition(self.me, row) if met is None else met).is_not(sa.true())  # null withholds, too
                names.append(sa.case((hidden, text(name))))
            elif not met:
                names.append(text(name))
        return sa.func.array_remove(array(names, type_=sa.Text()), sa.null())

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
        return sa.select(sa.func.json_build_array(*objects)).select_from(answers).correlate(row).scalar_subquery()

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
        ordered = [key.desc() if descending else key.asc() for key in keys]
        found: FromClause = table
        count: ColumnElement[Any] = sa.literal_column(str(arguments.first + facts))
        before: list[Any] = []
        if each is not None and isinstance(inside, Within):
            mine: Any = each
            if site is self.paged and inside.tells(conditions[0]):
                cases, mine = paging.bounded_page(each, conditions, descending, count)
                before, conditions = [cases], []
            found = mine.join(table, keys[0] == places[0])
        page = (
            sa.select(*table.c, paging.cursor_of(paging.marks_of(view, keys)).label(paging.CURSOR), *more)
            .select_from(found)
            .where(*conditions)
            .order_by(*ordered)
            .limit(count)
            .add_cte(*before, nest_here=True)
            .correlate_except(table)
            .subquery(name)
        )
        shown = arguments.first if facts else None
        source: FromClause = page
        members: list[tuple[str, ColumnElement[Any]]] = []
        for key, shape in site.show.items():
            if isinstance(shape, Rows):
                with self._as(outside):
                    beside, o = self._each_row(view, page, shape)
                for item in beside:
                    source = source.join(item, sa.true())
                members.append((key, expressions.listed(o, shown)))
            else:
                marks = paging.marks_of(view, [page.c[each.name] for each in keys])
                members.append((key, paging.of_page(page.c, arguments, shape, marks)))
        columns = [paging.pairs(members).label("o")]
        if parent is None and view.subject is not None:
            told = expressions.up_to(shown, sa.func.array_agg(page.c[view.subject], type_=ARRAY(sa.Uuid())))
            columns.append(expressions.told_of(told, table.c[view.subject]).label("cases"))
        # Also a page without a single aggregate ({ __typename }) is one object, not one per row.
        return sa.select(*columns).select_from(source).having(sa.true())

    def _each_row(self, view: View, page: FromClause, shape: Rows) -> tuple[list[Any], Any]:
        """What has to stand beside each row of a page, and what is shown of the row."""
        if self._rules(shape.show):
            return self._written_row(view, page, shape.show)
        each = self._fields(view, page, shape.show).lateral(self._name("n"))
        return [each], each.table_valued()

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
