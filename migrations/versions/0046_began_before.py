"""The mix of months before it was kept, also of what has ended

Revision: 0046
"""

from alembic import op

from service.storage.backfilling import filling

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

BATCH = 500
# 0030 says from when on an element goes on of what was going on then. What had ended by then began, too: by its plan if
# there is a day, else when somebody said so. Not what ended without ever having begun.
BEGUN = """
CREATE TEMPORARY TABLE begun AS
SELECT element_id AS id, min(starts_on) AS planned, min(said) AS said
FROM (
    SELECT element_id, starts_on, decided_on AS said FROM decision WHERE outcome <> 'refused'
    UNION ALL
    SELECT subject_id, NULL, (at AT TIME ZONE 'Europe/Berlin')::date FROM event
    WHERE subject = 'arrangement_element' AND kind = 'element.start'
) AS each
GROUP BY element_id
"""
FILL = """
WITH due AS (DELETE FROM begun WHERE id IN (SELECT id FROM begun LIMIT %s) RETURNING *)
UPDATE arrangement_element AS element SET began_on = coalesce(due.planned, element.starts_on, due.said) FROM due
WHERE due.id = element.id AND element.state = 'ended' AND element.began_on IS NULL
  AND coalesce(due.planned, element.starts_on, due.said) <= coalesce(element.ended_on, element.ends_on)
"""


def upgrade() -> None:
    with filling(op, "arrangement_element", "decision", "event") as connection:
        connection.execute(BEGUN)
        while connection.execute("SELECT FROM begun LIMIT 1").fetchone() is not None:
            connection.execute(FILL, [BATCH])
        connection.execute("DROP TABLE begun")


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
