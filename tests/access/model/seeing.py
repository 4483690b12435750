"""How who sees what and who does what is written down, capability by capability."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from service.domain.values import Language
from service.domain.views import VIEWS, View
from tests.access.model.county import County, Row
from tests.access.model.holding import Holder

Test = Callable[[Holder, Row], bool]

Value = Callable[[Holder, Row], Any]

Link = Callable[[County, Row, Row], bool]

OF_NAME: Mapping[str, View] = {view.name: view for view in VIEWS.values()}


@dataclass(frozen=True)
class Seen:
    """`by`: who sees a row. `named`: the fields it shows, the column of that name unless something else is `said`.
    `only`: who sees a field, where not everybody who sees the row. `one` and `many`: where it leads. `at`: the column
    that «since» and «until» are about."""

    table: str
    by: Test
    named: str
    said: Mapping[str, Value] = field(default_factory=dict)
    only: Mapping[str, Test] = field(default_factory=dict)
    one: Mapping[str, tuple[str, Link]] = field(default_factory=dict)
    many: Mapping[str, tuple[str, Link]] = field(default_factory=dict)
    at: str = ""

    @property
    def fields(self) -> list[str]:
        return self.named.split()


@dataclass(frozen=True)
class Deed:
    """Something done to a row of a view, in some of its states; without a view, anything but an existing row."""

    view: str | None
    by: Test
    states: Sequence[str] = ()
    met: Sequence[Callable[[County, Row], bool]] = ()  # what has to be so first
    unseen: bool = False  # also to a row that they do not see

    @property
    def table(self) -> str:
        assert self.view is not None
        return OF_NAME[self.view].table.name


def everybody(reader: Holder, row: Row) -> bool:
    return True


def mine(column: str) -> Test:
    return lambda reader, row: reader.id is not None and row[column] == reader.id


def of_case(part: str | None, case: str = "case_id") -> Test:
    return lambda reader, row: reader.involved(row[case], part)


def heard_of_case(part: str) -> Test:
    return lambda reader, row: reader.involved(row["case_id"], part) and reader.hears(row)


def in_force(reader: Holder, row: Row) -> bool:
    return ("approved_by" not in row or row["approved_by"] is not None) and reader.county.holds_now(row)


def up(column: str) -> Link:
    """To the row that a column here names."""
    return lambda county, here, there: there["id"] == here[column]


def down(column: str) -> Link:
    """To the rows whose column names this one."""
    return lambda county, here, there: there[column] == here["id"]


def down_today(column: str) -> Link:
    return lambda county, here, there: there[column] == here["id"] and county.holds_today(there)


def eur(*names: str) -> dict[str, Value]:
    """Amounts as text, to the cent."""

    def said(name: str) -> Value:
        return lambda reader, row: None if row[name] is None else f"{Decimal(row[name]):.2f}"

    return {name: said(name) for name in names}


def said(column: str, sayings: Mapping[Any, Mapping[Language, str]]) -> Value:
    """Said in German, where there is something to say."""
    return lambda reader, row: sayings.get(row[column], {}).get(Language.DE)
