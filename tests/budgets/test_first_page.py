"""A page of the postings behind a figure costs what its first days hold."""

from base64 import urlsafe_b64encode
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest

from service.bench.filling import fill
from service.bench.growth import _Asked, _looked_at
from service.domain.budgets.origins import FigurePostingView
from service.domain.reading import Statement
from service.domain.selection import Face, Listing, Rows, Value
from service.domain.values import new_id
from service.domain.views import VIEWS, Arguments
from tests.budgets.books import Books
from tests.conftest import Database

FEW, MANY = 2_000, 40_000
YEAR, LAST = 2025, date(2025, 12, 31)


def asked(books: Books, figure: str, after: date | None) -> _Asked:
    """The first fifty (of those after a day), as the list over REST asks for them."""
    view = VIEWS[FigurePostingView]
    shown = {each: Value(column) for each, column in view.columns.items() if column.name != "withheld"}
    key = f"social_space:{books.spaces['Auwald']}:{YEAR}:case_specific"
    where: dict[str, Any] = {"figure_key": key, "figure": figure, "as_of": LAST}
    mark = None
    if after is not None:
        places: dict[str, Any] = {str(each): where.get(each, str(new_id())) for each in view.unique} | {
            "value_on": after
        }
        mark = urlsafe_b64encode(orjson.dumps(places)).decode()
    arguments = Arguments(50, mark, where=where)
    plan = Statement(Face.REST).plan({"it": Listing(view, {"items": Rows(shown)}, arguments)})
    today = datetime.now(UTC).date()
    return _Asked(figure, plan.sql, plan.values(f"development:{books.controller}", today, "0" * 32, {}), True)


@pytest.mark.parametrize(
    ("figure", "after"), [("booked", None), ("free", None), ("approved", None), ("booked", date(YEAR, 7, 1))]
)
def test_a_page_looks_at_its_first_days_alone(own_database: Database, figure: str, after: date | None) -> None:
    books = Books(own_database, {"Auwald": [("Tal", date(YEAR, 1, 1))]}, YEAR)
    found = []
    for postings in (FEW, MANY):
        fill(own_database.superuser, books.lines["Auwald", "case_specific"], postings, LAST)
        looked = _looked_at(own_database.application, asked(books, figure, after))
        assert looked is not None
        found.append(looked)
    assert found[1].postings < 2 * MANY / 365 + 100
    assert found[1].pages < 3 * found[0].pages
