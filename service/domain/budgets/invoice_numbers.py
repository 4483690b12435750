"""When people would read two numbers of invoices as the same."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from unicodedata import category, normalize
from uuid import UUID

if TYPE_CHECKING:
    from psycopg import Connection

BATCH = 500
MINUS = "\N{MINUS SIGN}"
_NUMBERS = "SELECT id, number, compared_number FROM invoice WHERE id > %s ORDER BY id LIMIT %s"
_COMPARED = """
    UPDATE invoice SET compared_number = %(compared)s WHERE id = %(id)s AND NOT EXISTS (
        SELECT FROM invoice AS other WHERE other.authority_id = invoice.authority_id
        AND other.organisation_id = invoice.organisation_id AND other.compared_number = %(compared)s)"""


def compared(number: str) -> str:
    """The number of an invoice as it is compared: however wide, high or composed its characters are written, with
    whichever dash, without those that nobody sees."""
    seen = "".join(map(_seen, normalize("NFKC", number)))
    return normalize("NFKC", seen.casefold())


def _seen(character: str) -> str:
    if character.isspace():
        return ""
    match category(character):
        case "Cf":
            return ""
        case "Pd":
            return "-"
    return "-" if character == MINUS else character


def compare_anew(connection: "Connection[Any]") -> int:
    """Brings invoices that were entered while numbers were compared less broadly to how they are now; how many. Where
    two turn out to have the same number, the later one stays as it is: both are there. A few at a time while everybody
    works (autocommit), as a login that row-level security does not hold for."""
    from psycopg.errors import UniqueViolation

    changed, last = 0, UUID(int=0)
    while rows := connection.execute(_NUMBERS, (last, BATCH)).fetchall():
        last = rows[-1][0]
        for id, number, kept in rows:
            if (now := compared(number)) != kept:
                with suppress(UniqueViolation):  # entered this moment
                    changed += connection.execute(_COMPARED, {"compared": now, "id": id}).rowcount
    return changed
