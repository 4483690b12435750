"""What money is bound for and why it came, in the languages of the service: somebody's own words, or a code that is
said to whoever reads it. Which codes there are for purposes, those say who bind money by them."""

from typing import Any

import sqlalchemy as sa

from service.domain.context import text
from service.domain.policy import Reader, Row
from service.domain.words import Saying, saying, words_or

PURPOSES: dict[str, Saying] = {}
OPEN_TO_OTHERS = "open_to_others"
"""What money of the line for work without a case is bound for, where it bears a part of help in a case: it names none,
and all of it counts as one case where figures are released."""


def unsaid_case() -> sa.CheckConstraint:
    """Only such a part has a digest of its case (`open_shares`), and names none."""
    return sa.CheckConstraint(
        f"case_digest IS NULL OR purpose_kind = '{OPEN_TO_OTHERS}' AND case_id IS NULL", name="case_digest"
    )


_CARRIED = saying("Übertrag aus ", "Carried over from ", "Das ist Geld aus dem Jahr ")

purpose = words_or("purpose", "purpose_kind", PURPOSES)


def reason(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    """Of an allocation. Of what a settlement carries over, the year that it comes from."""
    return sa.func.coalesce(row.reason, text(_CARRIED[reader.language]).concat(sa.cast(row.carried_from, sa.Text())))
