"""What somebody is told, as one of the faces writes it."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from service.domain.views import VIEWS, camel, name_of
from tests.access.model.county import Row
from tests.access.model.reader import DEEDS, SEEN, WITHOUT_ROW, Reader
from tests.access.model.seeing import OF_NAME


def texts_of(view: str) -> set[str]:
    """What is encrypted: read one case at a time."""
    return {name for name, column in OF_NAME[view].columns.items() if column.encrypted is not None}


@dataclass
class Book:
    """What somebody is told, as one of the faces writes it."""

    reader: Reader
    graphql: bool
    first: int = 3  # of a list within a row
    texts: bool = True  # also those that are read one case at a time
    _written: dict[tuple[str, int, int], dict[str, Any]] = field(default_factory=dict, repr=False)

    def name(self, name: str) -> str:
        return camel(name) if self.graphql else name

    def row(self, view: str, row: Row, depth: int = 0) -> dict[str, Any]:
        place = view, id(row), depth
        if place not in self._written:
            self._written[place] = self._row(view, row, depth)
        return self._written[place]

    def _row(self, view: str, row: Row, depth: int) -> dict[str, Any]:
        seen = SEEN[view]
        told: dict[str, Any] = {}
        for name in seen.fields:
            if not self.texts and name in texts_of(view):
                continue
            if self.reader.shows(view, name, row):
                told[self.name(name)] = self.value(view, name, row)
            elif self.graphql:
                told[self.name(name)] = None
        if not self.graphql:
            return told
        told |= self.derived(view, row)
        if depth:
            told |= {camel(name): self.related(view, name, row, depth - 1) for name in seen.one}
            told |= {camel(name): self.page(view, name, row, depth - 1) for name in seen.many}
        return told

    def value(self, view: str, name: str, row: Row) -> Any:
        if name == "withheld":
            return [self.name(each) for each in SEEN[view].only if not self.reader.shows(view, each, row)]
        said = SEEN[view].said.get(name)
        value = said(self.reader, row) if said else row[name]
        enum = issubclass(OF_NAME[view].columns[name].type, Enum)
        if self.graphql and enum and value is not None:
            return [name_of(each) for each in value] if isinstance(value, list) else name_of(value)
        return value

    def derived(self, view: str, row: Row) -> dict[str, Any]:
        told: dict[str, Any] = {}
        if transitions := self.transitions(view, row):
            told["transitions"] = transitions
        if SEEN[view].only:
            told["fields"] = self.fields(view, row)
        return told

    def transitions(self, view: str, row: Row) -> dict[str, tuple[bool, bool]]:
        """Of each operation on the row: whether it is possible now, and whether the reader is the one to do it."""
        first = next(each.name for each in VIEWS.values() if each.table is OF_NAME[view].table)
        told = {}
        for name, deed in DEEDS.items():
            if deed.view == view == first and name not in WITHOUT_ROW:
                may = self.reader.may(name, row)
                met = all(each(self.reader.county, row) for each in deed.met)
                told[name] = (may and met and (not deed.states or row["state"] in deed.states), may)
        return told

    def fields(self, view: str, row: Row) -> dict[str, bool]:
        return {name: self.reader.shows(view, name, row) for name in SEEN[view].only}

    def related(self, view: str, name: str, row: Row, depth: int) -> Any:
        target, link = SEEN[view].one[name]
        for there in self.reader.county.tables[SEEN[target].table]:
            if link(self.reader.county, row, there) and self.reader.sees(target, there):
                return self.row(target, there, depth)
        return None

    def page(self, view: str, name: str, row: Row, depth: int) -> Any:
        target, link = SEEN[view].many[name]
        rows = self.reader.listed(target, within=lambda there: link(self.reader.county, row, there))
        nodes = [self.row(target, there, depth) for there in rows[: self.first]]
        return {"nodes": nodes, "pageInfo": {"hasNextPage": len(rows) > self.first, "hasPreviousPage": False}}
