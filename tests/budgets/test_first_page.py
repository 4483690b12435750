"""A page of the postings behind a figure costs the same however many there are."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from service.bench.filling import fill
from service.bench.growth import _Asked, _looked_at
from service.domain.budgets.origins import FigurePostingView
from service.domain.reading import Statement
from service.domain.selection import Face, Listing, Rows, Value
from service.domain.views import VIEWS, Arguments
from tests.budgets.books import Books
from tests.conftest import Database

FEW, MANY = 2_000, 40_000


def asked(books: Books, figure: str, today: date) -> _Asked:
    """The first fifty, as the list over REST asks for them."""
    view = VIEWS[FigurePostingView]
    shown = {each: Value(column) for each, column in view.columns.items() if column.name != "withheld"}
    key = f"social_space:{books.spaces['Auwald']}:{today.year}:case_specific"
    where: dict[str, Any] = {"figure_key": key, "figure": figure, "as_of": today}
    plan = Statement(Face.REST).plan({"it": Listing(view, {"items": Rows(shown)}, Arguments(50, where=where))})
    return _Asked(figure, plan.sql, plan.values(f"development:{books.controller}", today, "0" * 32, {}), True)


@pytest.mark.parametrize("figure", ["booked", "free", "approved"])
def test_the_first_page_looks_at_the_first_days_alone(own_database: Database, figure: str) -> None:
    today = datetime.now(UTC).date()
    first = date(today.year, 1, 1)
    books = Books(own_database, {"Auwald": [("Tal", first)]}, today.year)
    found = []
    for postings in (FEW, MANY):
        fill(own_database.superuser, books.lines["Auwald", "case_specific"], postings)
        looked = _looked_at(own_database.application, asked(books, figure, today))
        assert looked is not None
        found.append(looked)
    assert found[1].postings < 2 * MANY / today.timetuple().tm_yday + 100
    assert found[1].pages < 3 * found[0].pages
