"""With whom the agency has decided, as what is bound by it says (`Commitment.granted_with`), where servers of a version
before wrote it that knew of nobody but who decided."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from psycopg import Connection

BATCH = 500
READ = ("decision", "arrangement_element", "cost_share", "foreseen_commitment", "commitment")
"""The tables it reads and writes."""

# What a decision has bound is kept in its element, in a source's share, or in what was foreseen for a later year.
_NAME = """
WITH batch AS (
    SELECT id, element_id, decided_by_id, second_professional_id FROM decision
    WHERE id > %(last)s AND second_professional_id IS NOT NULL AND outcome <> 'refused' ORDER BY id LIMIT %(most)s
), later AS (
    SELECT foreseen.id, foreseen.commitment_id, foreseen.granted_with, decided_by_id, second_professional_id
    FROM (SELECT id AS subject_id, * FROM batch
          UNION ALL SELECT share.id, batch.* FROM batch JOIN cost_share AS share USING (element_id)) AS granted
    JOIN foreseen_commitment AS foreseen USING (subject_id)
), kept AS (
    SELECT commitment_id, decided_by_id, second_professional_id FROM batch
    JOIN arrangement_element AS element ON element.id = batch.element_id
    UNION SELECT commitment_id, decided_by_id, second_professional_id FROM batch JOIN cost_share USING (element_id)
    UNION SELECT commitment_id, decided_by_id, second_professional_id FROM later
), held AS (
    SELECT commitment.id, kept.second_professional_id FROM commitment JOIN kept ON kept.commitment_id = commitment.id
    WHERE granted_with IS NULL AND granted_by = kept.decided_by_id
    ORDER BY commitment.id FOR NO KEY UPDATE OF commitment
), bound AS (
    UPDATE commitment SET granted_with = held.second_professional_id FROM held WHERE commitment.id = held.id
    RETURNING 1
), foreseen AS (
    UPDATE foreseen_commitment SET granted_with = later.second_professional_id FROM later
    WHERE foreseen_commitment.id = later.id AND later.granted_with IS NULL RETURNING 1
)
SELECT (SELECT id FROM batch ORDER BY id DESC LIMIT 1),
       (SELECT count(*) FROM bound) + (SELECT count(*) FROM foreseen)"""


def name_second_professionals(connection: "Connection[Any]") -> int:
    """Say of what was bound and foreseen with whom it was decided; of how many that was. A few decisions at a time,
    while everybody works (autocommit), as a login that row-level security lets read and write `READ`."""
    named = 0
    last: UUID | None = UUID(int=0)
    while last is not None:
        row = connection.execute(_NAME.encode(), {"last": last, "most": BATCH}).fetchone()
        assert row is not None
        last, many = row
        named += many
    return named
