"""Who may see and do what, once more: by brute force, in plain Python, over all rows of the database.

Written from the settled rules and not from service/domain/policy.py, so that a mistake there is a difference here. Only
names come from the service: which views, fields, filters and operations there are. Rows are as PostgreSQL writes them
in JSON (ids and days are text), fetched past row-level security."""

from tests.access.model.book import Book
from tests.access.model.county import County, Row
from tests.access.model.reader import DEEDS, SEEING_IS_DOING, SEEN, WITHOUT_ROW, Reader
from tests.access.model.seeing import OF_NAME

__all__ = ["DEEDS", "OF_NAME", "SEEING_IS_DOING", "SEEN", "WITHOUT_ROW", "Book", "County", "Reader", "Row"]
