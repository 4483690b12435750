"""What arrangements of a place are made of, year by year

Revision: 0125
"""

from pathlib import Path

from alembic import op

from service.storage.backfilling import filling

revision = "0125"
down_revision = "0123"
branch_labels = None
depends_on = None

BATCH = 500
MARKED = """
WITH batch AS (DELETE FROM due WHERE id IN (SELECT id FROM due LIMIT %s) RETURNING id)
SELECT mark_contribution(id) FROM batch"""


def upgrade() -> None:
    """In batches, and so the table may be there already. What begins meanwhile, the triggers see."""
    bind = op.get_bind()
    if bind.exec_driver_sql("SELECT to_regclass('contribution_mark')").scalar() is None:
        bind.exec_driver_sql(Path(__file__).with_suffix(".sql").read_text().replace("%", "%%"))
    with filling(op, "arrangement_element", "decision", "case_sketch", "contribution_mark") as connection:
        connection.execute(
            "CREATE TEMPORARY TABLE due AS SELECT id FROM arrangement_element WHERE began_on IS NOT NULL"
        )
        while connection.execute(MARKED.encode(), [BATCH]).rowcount:
            pass
        connection.execute("DROP TABLE due")


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
