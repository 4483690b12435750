"""From homes to where people live themselves, by place

Revision: 0094
"""

from pathlib import Path

from alembic import op

from service.storage.backfilling import filling

revision = "0094"
down_revision = "0093"
branch_labels = None
depends_on = None

BATCH = 500
MARKED = """
WITH batch AS (DELETE FROM due WHERE id IN (SELECT id FROM due LIMIT %s) RETURNING id)
SELECT mark_change(id) FROM batch"""


def upgrade() -> None:
    """In batches, and so the table may be there already. What is entered meanwhile, the triggers see."""
    bind = op.get_bind()
    if bind.exec_driver_sql("SELECT to_regclass('setting_mark')").scalar() is None:
        bind.exec_driver_sql(Path(__file__).with_suffix(".sql").read_text().replace("%", "%%"))
    with filling(op, "setting_change", "case_sketch", "setting_mark") as connection:
        connection.execute("CREATE TEMPORARY TABLE due AS SELECT id FROM setting_change WHERE audience = 'all'")
        while connection.execute(MARKED.encode(), [BATCH]).rowcount:
            pass
        connection.execute("DROP TABLE due")


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
