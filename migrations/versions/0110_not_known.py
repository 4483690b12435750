"""A case in which a child is counselled in confidence is not told to be known

Revision: 0110
"""

from pathlib import Path

from alembic import op

from service.storage.backfilling import filling

revision = "0110"
down_revision = "0109"
branch_labels = None
depends_on = None

KEPT = """
UPDATE case_sketch SET confidential = true
WHERE NOT confidential AND case_id IN (SELECT case_id FROM confidential_counselling WHERE ended_on IS NULL)"""


def upgrade() -> None:
    """Few cases are, so it is no batches; the column may be there already. What begins meanwhile, the trigger sees."""
    bind = op.get_bind()
    there = "SELECT FROM pg_attribute WHERE attrelid = 'case_sketch'::regclass AND attname = 'confidential'"
    if bind.exec_driver_sql(there).first() is None:
        bind.exec_driver_sql(Path(__file__).with_suffix(".sql").read_text().replace("%", "%%"))
    with filling(op, "case_sketch", "confidential_counselling") as connection:
        connection.execute(KEPT.encode())


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
