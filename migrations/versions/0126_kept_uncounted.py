"""Where something is kept is not counted, nor what is entered in this month

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
THERE = "SELECT FROM information_schema.columns WHERE table_name = 'case_sketch' AND column_name = 'family_id'"
FILLED = (  # what is due, and what is done about a batch of it
    ("household_id <> case_id", "unite_family(case_id, household_id)"),
    ("to_char(not_told_until, 'MM-DD') = '02-28'", "mark_kept(case_id)"),
)


def upgrade() -> None:
    """In batches, and so the columns may be there already. What is united and kept meanwhile, the triggers see."""
    bind = op.get_bind()
    if bind.exec_driver_sql(THERE).first() is None:
        bind.exec_driver_sql(Path(__file__).with_suffix(".sql").read_text().replace("%", "%%"))
    with filling(op, *READ) as connection:
        for due, done in FILLED:
            due = f"CREATE TEMPORARY TABLE due AS SELECT case_id, household_id FROM case_sketch WHERE {due}"
            connection.execute(due.encode())
            batch = "DELETE FROM due WHERE case_id IN (SELECT case_id FROM due LIMIT %s) RETURNING *"
            done = f"WITH batch AS ({batch}) SELECT {done} FROM batch ORDER BY case_id"
            while connection.execute(done.encode(), [BATCH]).rowcount:
                pass
            connection.execute("DROP TABLE due")


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
