"""Steps fall away with their goal or case, and are done with somebody

Revision: 0086
"""

from pathlib import Path

from alembic import op

from service.storage.backfilling import filling

revision = "0086"
down_revision = "0085"
branch_labels = None
depends_on = None

BATCH = 500
# What outlived its goal or its case until now; what is finished meanwhile stays as it was finished.
OUTLIVED = """
SELECT step.id, CASE WHEN goal.state IN ('reached', 'partly_reached', 'changed', 'dropped') THEN 'goal_ended'
                     WHEN case_file.state = 'closed' THEN 'case_closed' ELSE 'case_passed_on' END AS ending
FROM step JOIN goal ON goal.id = step.goal_id JOIN case_file ON case_file.id = step.case_id
WHERE step.state IN ('open', 'doing')
  AND (goal.state IN ('reached', 'partly_reached', 'changed', 'dropped') OR case_file.closed_on IS NOT NULL)"""
FALLEN = """
WITH batch AS (DELETE FROM due WHERE id IN (SELECT id FROM due LIMIT %s) RETURNING id, ending)
UPDATE step SET state = 'dropped', version = version + 1, updated_at = now(), finished_at = now(),
    dropped_with = batch.ending
FROM batch WHERE step.id = batch.id AND step.state IN ('open', 'doing')"""


def upgrade() -> None:
    """In batches, and so the columns may be there already."""
    bind, here = op.get_bind(), Path(__file__)
    there = "SELECT FROM pg_attribute WHERE attrelid = 'step'::regclass AND attname = 'dropped_with'"
    if bind.exec_driver_sql(there).first() is None:
        bind.exec_driver_sql(here.with_suffix(".sql").read_text().replace("%", "%%"))
    with filling(op, "step", "goal", "case_file") as connection:
        connection.execute(f"CREATE TEMPORARY TABLE due AS {OUTLIVED}".encode())
        while connection.execute("SELECT FROM due LIMIT 1").fetchone() is not None:
            connection.execute(FALLEN.encode(), [BATCH])
        connection.execute("DROP TABLE due")
    op.get_bind().exec_driver_sql(here.with_name("0086_steps_enforced.sql").read_text())


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
