"""The postings of a figure come day by day, and indices are made while everybody goes on

Revision: 0097
"""

from pathlib import Path

from alembic import op

from service.storage.indexing import made_meanwhile

revision = "0097"
down_revision = "0096"
branch_labels = None
depends_on = None

ACROSS = "WHERE kind IN ('approve', 'transfer', 'cover', 'settle')"


def upgrade() -> None:
    made_meanwhile(op, "commitment_measure_id", "ON commitment (measure_id)")
    made_meanwhile(op, "commitment_allocation_id", "ON commitment (allocation_id)")
    made_meanwhile(op, "posting_from_across", f"ON posting (from_account_id, value_on) {ACROSS}")
    made_meanwhile(op, "posting_to_across", f"ON posting (to_account_id, value_on) {ACROSS}")
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text().replace("%", "%%"))


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
