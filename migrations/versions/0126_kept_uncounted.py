"""Of a 29 February somebody is of age on a 1 March

Revision: 0126
"""

from pathlib import Path

from alembic import op

from service.storage.backfilling import filling

revision = "0126"
down_revision = "0125"
branch_labels = None
depends_on = None

BATCH = 500
READ = ("confidential_counselling", "arrangement_element", "person", "case_sketch")
DUE = """
    CREATE TEMPORARY TABLE due AS SELECT case_id FROM case_sketch WHERE to_char(not_told_until, 'MM-DD') = '02-28'"""
MARKED = """
    WITH batch AS (DELETE FROM due WHERE case_id IN (SELECT case_id FROM due LIMIT %s) RETURNING case_id)
    SELECT mark_kept(case_id) FROM batch ORDER BY case_id"""


def upgrade() -> None:
    """In batches. What is kept meanwhile, the triggers see."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text().replace("%", "%%"))
    with filling(op, *READ) as connection:
        connection.execute(DUE.encode())
        while connection.execute(MARKED.encode(), [BATCH]).rowcount:
            pass
        connection.execute("DROP TABLE due")


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
