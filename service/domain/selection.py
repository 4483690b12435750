"""What an answer is to show: a small tree that both faces build and the statement is written from."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal, TypeAlias

from service.domain.views import ONE, Arguments, Column, Derived, Many, One, View


class Face(Enum):
    """How values are written: REST leaves out what is withheld, GraphQL writes null and names enum members."""

    REST = auto()
    GRAPHQL = auto()


@dataclass(frozen=True)
class Value:
    column: Column


@dataclass(frozen=True)
class Constant:
    text: str


@dataclass(frozen=True)
class Cursor:
    """Where a page may go on after this row."""


@dataclass(frozen=True)
class Nested:
    """An object about the same row or page: a connection's `node`, its `pageInfo`."""

    show: "Selection"


@dataclass(frozen=True)
class Rows:
    show: "Selection"


@dataclass(frozen=True)
class Entries:
    """A derived list: which of its fields, under which name."""

    derived: Derived
    show: "Selection"


@dataclass(frozen=True)
class Entry:
    """A field of a derived list's entry."""

    name: str


@dataclass(frozen=True)
class Fact:
    name: Literal["has_next_page", "has_previous_page", "start_cursor", "end_cursor", "next"]


@dataclass(frozen=True, eq=False)
class Single:
    view: View
    show: "Selection"
    link: One | None = None
    arguments: Arguments = ONE  # at the root, what they narrow to


@dataclass(frozen=True, eq=False)
class Listing:
    view: View
    show: "Selection"
    arguments: Arguments
    link: Many | None = None


Shape: TypeAlias = Value | Constant | Cursor | Nested | Rows | Entries | Entry | Fact | Single | Listing
Selection: TypeAlias = Mapping[str, Shape]
Site: TypeAlias = Single | Listing


def cost(show: Selection, times: int = 1) -> int:
    """How many rows could be asked for, before any is."""
    total = 0
    for shape in show.values():
        rows = times * shape.arguments.first if isinstance(shape, Listing) else times
        total += rows if isinstance(shape, Single | Listing | Entries) else 0
        total += cost(shape.show, rows) if isinstance(shape, Single | Listing | Nested | Rows) else 0
    return total


def shown(show: Selection, *, root: bool = True) -> set[str]:
    """The names of the views that are asked for: at the roots all, below them those that tell about a case;
    and those whose words a column tells."""
    names: set[str] = set()
    for shape in show.values():
        if isinstance(shape, Single | Listing) and (root or shape.view.subject is not None):
            names.add(shape.view.name)
        if isinstance(shape, Single | Listing | Nested | Rows):
            names |= shown(shape.show, root=False)
        if isinstance(shape, Value) and shape.column.tells:
            names.add(shape.column.tells)
    return names
