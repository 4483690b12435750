"""With whom it was granted stands with what is bound

Revision: 0122
"""

from pathlib import Path

from alembic import op

from service.domain.decisions.decided_with import READ, name_second_professionals
from service.storage.backfilling import filling

revision = "0122"
down_revision = "0119"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """In batches, and so the columns may be there already. What servers of the version before decide meanwhile is found
    by `sozialraum migrate`, called again."""
    there = "SELECT FROM pg_attribute WHERE attrelid = 'commitment'::regclass AND attname = 'granted_with'"
    bind = op.get_bind()
    if bind.exec_driver_sql(there).first() is None:
        bind.exec_driver_sql(Path(__file__).with_suffix(".sql").read_text().replace("%", "%%"))
    with filling(op, *READ) as connection:
        name_second_professionals(connection)


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
