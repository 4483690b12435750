"""What can be relied on, goes on, and is told

Revision: 0098
"""

from pathlib import Path

from alembic import op

from service.storage.backfilling import filling

revision = "0098"
down_revision = "0097"
branch_labels = None
depends_on = None

BATCH = 500
READ = ("decision", "arrangement_element", "cost_share", "case_file", "commitment", "budget_line")
# What was granted before: by whichever source, on the line that bears it, until the day on which the help ended.
FILL = """
WITH batch AS (
    DELETE FROM due WHERE id IN (SELECT id FROM due LIMIT %s) RETURNING id
), decided AS (
    SELECT decision.id, decision.amount, element.id AS element_id, element.commitment_id,
           coalesce(element.line, 'case_specific') AS line,
           (SELECT max(number) FROM cost_share WHERE cost_share.element_id = element.id) AS newest
    FROM batch JOIN decision ON decision.id = batch.id
    JOIN arrangement_element AS element ON element.id = decision.element_id
), borne AS (
    SELECT id AS subject_id, id AS decision_id, line, amount, commitment_id FROM decided WHERE newest IS NULL
    UNION ALL
    SELECT share.id, decided.id, share.source, share.granted, share.commitment_id
    FROM decided JOIN cost_share AS share ON share.element_id = decided.element_id AND share.number = decided.newest
    WHERE share.source IN ('case_specific', 'case_unspecific')
)
INSERT INTO granted_help (authority_id, social_space_id, id, subject_id, line, amount, granted_on, starts_on,
                          covered_until, open_ended, ended_on)
SELECT decision.authority_id,
       CASE WHEN commitment.id IS NULL THEN case_file.social_space_id ELSE commitment.social_space_id END,
       gen_random_uuid(), borne.subject_id, coalesce(budget_line.kind, borne.line), borne.amount, decision.decided_on,
       coalesce(decision.starts_on, decision.decided_on),
       coalesce(decision.ends_on,
                make_date(extract(year FROM greatest(decision.starts_on, decision.decided_on))::integer, 12, 31)),
       decision.ends_on IS NULL,
       CASE WHEN element.state = 'ended' THEN coalesce(element.ended_on, decision.decided_on) END
FROM borne JOIN decision ON decision.id = borne.decision_id
JOIN arrangement_element AS element ON element.id = decision.element_id
JOIN case_file ON case_file.id = decision.case_id
LEFT JOIN commitment ON commitment.id = borne.commitment_id
LEFT JOIN budget_line ON budget_line.id = commitment.line_id
WHERE borne.amount > 0
  AND (decision.ends_on IS NULL OR coalesce(decision.starts_on, decision.decided_on) <= decision.ends_on)
ON CONFLICT (subject_id) DO UPDATE SET ended_on = coalesce(granted_help.ended_on, excluded.ended_on)
"""
DUE = "CREATE TEMPORARY TABLE due AS SELECT id FROM decision WHERE outcome <> 'refused' AND annulled_on IS NULL"


def upgrade() -> None:
    """In batches, and so the table may be there already. What servers of the version before decide or end meanwhile is
    found by filling once more."""
    bind = op.get_bind()
    if bind.exec_driver_sql("SELECT to_regclass('granted_help')").scalar() is None:
        bind.exec_driver_sql(Path(__file__).with_suffix(".sql").read_text().replace("%", "%%"))
    with filling(op, *READ, "granted_help") as connection:
        connection.execute(DUE)
        while connection.execute("SELECT FROM due LIMIT 1").fetchone() is not None:
            connection.execute(FILL, [BATCH])
        connection.execute("DROP TABLE due")


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
