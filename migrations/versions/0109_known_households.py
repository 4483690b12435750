"""Cases with a person in common are one household for counting

Revision: 0109
"""

from pathlib import Path

from alembic import op

from service.storage.backfilling import filling

revision = "0109"
down_revision = "0108"
branch_labels = None
depends_on = None

BATCH = 500
DUE = """
CREATE TEMPORARY TABLE due AS SELECT participant_id AS id FROM known_person AS known WHERE digest <> '' AND EXISTS (
    SELECT FROM known_person AS other WHERE other.authority_id = known.authority_id AND other.digest = known.digest
      AND other.case_id <> known.case_id)"""
UNITED = """
WITH batch AS (DELETE FROM due WHERE id IN (SELECT id FROM due LIMIT %s) RETURNING id)
SELECT unite_known(id) FROM batch"""


def upgrade() -> None:
    """In batches, and so the function may be there already. Who is added meanwhile, the trigger sees."""
    bind = op.get_bind()
    if bind.exec_driver_sql("SELECT to_regproc('unite_known')").scalar() is None:
        bind.exec_driver_sql(Path(__file__).with_suffix(".sql").read_text().replace("%", "%%"))
    tables = ("known_person", "participant", "case_sketch", "situation_mark", "setting_mark")
    with filling(op, *tables) as connection:
        connection.execute(DUE.encode())
        while connection.execute(UNITED.encode(), [BATCH]).rowcount:
            pass
        connection.execute("DROP TABLE due")


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
