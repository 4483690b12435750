"""Of a case in which something is kept from custodians its sketch says so

Revision: 0119
"""

from pathlib import Path

from alembic import op

from service.storage.backfilling import filling

revision = "0119"
down_revision = "0116"
branch_labels = None
depends_on = None

BATCH = 500
READ = ("confidential_counselling", "arrangement_element", "person", "case_sketch")
THERE = "SELECT FROM information_schema.columns WHERE table_name = 'case_sketch' AND column_name = 'counselled'"
DUE = """
    CREATE TEMPORARY TABLE due AS
    SELECT case_id FROM confidential_counselling WHERE ended_on IS NULL UNION
    SELECT case_id FROM arrangement_element
    WHERE custodians_not_told_because IS NOT NULL AND custodians_told_on IS NULL"""
MARKED = """
    WITH batch AS (DELETE FROM due WHERE case_id IN (SELECT case_id FROM due LIMIT %s) RETURNING case_id)
    SELECT mark_kept(case_id) FROM batch ORDER BY case_id"""


def upgrade() -> None:
    """In batches, and so the columns may be there already. What is kept from now on, the triggers see."""
    bind = op.get_bind()
    if bind.exec_driver_sql(THERE).first() is None:
        bind.exec_driver_sql(Path(__file__).with_suffix(".sql").read_text().replace("%", "%%"))
    with filling(op, *READ) as connection:
        connection.execute(DUE.encode())
        while connection.execute(MARKED.encode(), [BATCH]).rowcount:
            pass
        connection.execute("DROP TABLE due")


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
