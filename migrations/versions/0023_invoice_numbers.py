"""An invoice number comes once, however it is written

Revision: 0023
"""

from unicodedata import category, normalize

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_EXPANDED = """
SET LOCAL lock_timeout = '5s';
ALTER TABLE invoice ADD COLUMN compared_number TEXT;
ALTER TABLE invoice NO FORCE ROW LEVEL SECURITY;
"""
_ENFORCED = """
ALTER TABLE invoice FORCE ROW LEVEL SECURITY;
ALTER TABLE invoice ALTER COLUMN compared_number SET NOT NULL;
ALTER TABLE invoice DROP CONSTRAINT invoice_authority_id_organisation_id_number_key;
ALTER TABLE invoice ADD CONSTRAINT invoice_authority_id_organisation_id_compared_number_key
    UNIQUE (authority_id, organisation_id, compared_number);
"""


def upgrade() -> None:
    """Where invoices stand twice already the earliest has the number; the others keep theirs apart by their id."""
    connection = op.get_bind()
    connection.exec_driver_sql(_EXPANDED)
    taken = set[tuple[object, ...]]()
    for id, authority_id, organisation_id, number in connection.execute(
        sa.text("SELECT id, authority_id, organisation_id, number FROM invoice ORDER BY created_at, id")
    ).all():
        compared = _compared(number)
        if (place := (authority_id, organisation_id, compared)) in taken:
            compared = f"{compared} {id}"
        taken.add(place)
        connection.execute(
            sa.text("UPDATE invoice SET compared_number = :compared WHERE id = :id"), {"compared": compared, "id": id}
        )
    connection.exec_driver_sql(_ENFORCED)


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")


def _compared(number: str) -> str:
    """As `service.domain.budgets.spending.compared` did when this was written."""
    seen = "".join(each for each in normalize("NFKC", number) if category(each) != "Cf")
    return normalize("NFKC", seen.casefold()).strip()
