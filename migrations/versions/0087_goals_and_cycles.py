"""Elements serve several goals; looking back is asked in each cycle

Revision: 0087
"""

from pathlib import Path

from alembic import op

from service.storage.backfilling import filling

revision = "0087"
down_revision = "0086"
branch_labels = None
depends_on = None

BATCH = 500
SERVING = "goal_ids = CASE WHEN goal_id IS NULL THEN goal_ids ELSE ARRAY[goal_id] END"
UNFILLED = "goal_id IS NOT NULL AND goal_ids = '{}'"
FILLED = {
    "arrangement_element": (UNFILLED, SERVING),
    "element_change": (
        f"{UNFILLED} OR 'goal_id' = ANY (changed)",
        f"{SERVING}, changed = array_replace(changed, 'goal_id', 'goal_ids')",
    ),
}
DUE = "WITH batch AS (DELETE FROM due WHERE id IN (SELECT id FROM due LIMIT %s) RETURNING id)"
# What was looked back on before the last review of a case that goes on was another cycle.
LOOKED_BACK = """
SELECT question.id FROM question
JOIN case_file ON case_file.id = question.case_id AND case_file.period = question.period
WHERE question.numeral = 'VII' AND question.state <> 'not_started' AND case_file.closed_on IS NULL
  AND case_file.state <> 'merged' AND NOT EXISTS (
    SELECT FROM question AS later WHERE later.case_id = question.case_id AND later.position = question.position
      AND later.cycle > question.cycle
) AND EXISTS (
    SELECT FROM review WHERE review.case_id = question.case_id AND review.state = 'held'
      AND review.kind IN ('reflection', 'support_review')
      AND review.held_on > (question.updated_at AT TIME ZONE 'Europe/Berlin')::date
)"""
ASKED_ANEW = """
INSERT INTO question (authority_id, id, version, case_id, numeral, position, period, cycle, state)
SELECT question.authority_id,
       (substr(moment.hex, 1, 8) || '-' || substr(moment.hex, 9) || '-7' || substr(gen_random_uuid()::text, 16))::uuid,
       1, question.case_id, question.numeral, question.position, question.period, question.cycle + 1, 'not_started'
FROM question JOIN batch ON batch.id = question.id
CROSS JOIN (SELECT lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0') AS hex) AS moment"""


def upgrade() -> None:
    """In batches, and so the columns may be there already. What servers of the version before write into `goal_id`
    meanwhile, a trigger takes over; a later release drops that column."""
    bind = op.get_bind()
    there = "SELECT FROM pg_attribute WHERE attrelid = 'arrangement_element'::regclass AND attname = 'goal_ids'"
    if bind.exec_driver_sql(there).first() is None:
        bind.exec_driver_sql(Path(__file__).with_suffix(".sql").read_text().replace("%", "%%"))
    with filling(op, *FILLED, "question", "review", "case_file") as connection:
        for table, (unfilled, filled) in FILLED.items():
            connection.execute(f"CREATE TEMPORARY TABLE due AS SELECT id FROM {table} WHERE {unfilled}".encode())
            fill = f"{DUE} UPDATE {table} AS row SET {filled} FROM batch WHERE row.id = batch.id".encode()
            while connection.execute(fill, [BATCH]).rowcount:
                pass
            connection.execute("DROP TABLE due")
        connection.execute(f"CREATE TEMPORARY TABLE due AS {LOOKED_BACK}".encode())
        while connection.execute(f"{DUE} {ASKED_ANEW}".encode(), [BATCH]).rowcount:
            pass
        connection.execute("DROP TABLE due")


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
