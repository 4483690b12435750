"""Case work in full: claims, perspectives, confidential counselling, moderators, stand-ins

Revision: 0093
"""

from pathlib import Path

from alembic import op

from service.storage.backfilling import filling

revision = "0093"
down_revision = "0092"
branch_labels = None
depends_on = None


BATCH = 500
# Went out under the rule before: without the consent of addressees who had not been invited.
NOT_CONSENTED_TO = """
SELECT sketch.id FROM consultation_sketch AS sketch JOIN consultation ON consultation.id = sketch.consultation_id
WHERE sketch.released_at IS NOT NULL AND consultation.state IN ('requested', 'consented', 'scheduled', 'held')
  AND EXISTS (
    SELECT FROM participant
    WHERE participant.case_id = sketch.case_id AND participant.kind = 'addressee'
      AND participant.merged_into_id IS NULL AND participant.left_on IS NULL
      AND NOT EXISTS (
        SELECT FROM consultation_participant AS invited
        WHERE invited.consultation_id = sketch.consultation_id AND invited.participant_id = participant.id
          AND invited.consent = 'given'))
LIMIT %s"""
TAKEN_BACK = f"""
WITH batch AS ({NOT_CONSENTED_TO})
UPDATE consultation_sketch AS sketch
SET invited = '{{}}', released_at = NULL, ideas_wanted = false, version = version + 1, updated_at = now()
FROM batch WHERE sketch.id = batch.id"""
APPLIED = """
WITH batch AS (
    SELECT element.id, participant.id AS applicant_id FROM arrangement_element AS element
    JOIN participant ON participant.case_id = element.case_id AND participant.actor_id = element.applied_by_id
    WHERE element.applicant_id IS NULL LIMIT %s)
UPDATE arrangement_element AS element SET applicant_id = batch.applicant_id FROM batch WHERE element.id = batch.id"""


def upgrade() -> None:
    """In batches, and so the tables may be there already."""
    bind = op.get_bind()
    if bind.exec_driver_sql("SELECT to_regclass('legal_claim')").scalar() is None:
        bind.exec_driver_sql(Path(__file__).with_suffix(".sql").read_text().replace("%", "%%"))
    tables = "consultation_sketch", "consultation", "consultation_participant", "participant", "arrangement_element"
    with filling(op, *tables) as connection:
        for batch in (TAKEN_BACK, APPLIED):
            while connection.execute(batch.encode(), [BATCH]).rowcount:
                pass


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
