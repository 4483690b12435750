"""What the budget bears of help (`budgets.going_on`), of what servers have decided, begun or ended that did not write
it down: those of a version before that were still at work while the database was brought to this one."""

from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from psycopg import Connection

BATCH = 500

_DECIDED = """
    SELECT decision.id AS subject_id, decision.authority_id, decision.case_id, element.id AS element_id, element.line,
           element.commitment_id, decision.amount, decision.decided_on AS said_on, decision.ends_on, false AS begun,
           coalesce(decision.starts_on, decision.decided_on) AS starts_on,
           CASE WHEN element.state = 'ended' THEN coalesce(element.ended_on, decision.decided_on) END AS ended_on
    FROM decision JOIN arrangement_element AS element ON element.id = decision.element_id
    WHERE decision.id > %(last)s AND outcome <> 'refused' AND annulled_on IS NULL
    ORDER BY decision.id LIMIT %(most)s"""
_BEGUN = """
    SELECT id AS subject_id, authority_id, case_id, id AS element_id, line, commitment_id, cost AS amount,
           began_on AS said_on, ends_on, true AS begun, starts_on, ended_on
    FROM arrangement_element AS element
    WHERE id > %(last)s AND other_way IS NOT NULL AND began_on IS NOT NULL
    ORDER BY id LIMIT %(most)s"""
_WRITE = """
WITH help AS ({help}
), newest AS (
    SELECT help.subject_id, share.id, share.source, share.commitment_id,
           CASE WHEN help.begun THEN share.amount ELSE share.granted END AS amount
    FROM help JOIN cost_share AS share ON share.element_id = help.element_id AND share.number = (
        SELECT max(number) FROM cost_share AS every WHERE every.element_id = help.element_id
    )
), borne AS (
    SELECT subject_id AS of, subject_id, coalesce(line, 'case_specific') AS line, amount, commitment_id FROM help
    WHERE subject_id NOT IN (SELECT subject_id FROM newest)
    UNION ALL
    SELECT subject_id, id, source, amount, commitment_id FROM newest
    WHERE source IN ('case_specific', 'case_unspecific')
), written AS (
    INSERT INTO granted_help (authority_id, social_space_id, id, subject_id, line, amount, granted_on, starts_on,
                              covered_until, open_ended, ended_on, unbound_from)
    SELECT help.authority_id,
           CASE WHEN commitment.id IS NULL THEN case_file.social_space_id ELSE commitment.social_space_id END,
           gen_random_uuid(), borne.subject_id, coalesce(budget_line.kind, borne.line), borne.amount, help.said_on,
           help.starts_on,
           coalesce(help.ends_on,
                    make_date(extract(year FROM greatest(help.starts_on, help.said_on))::integer, 12, 31)),
           help.ends_on IS NULL, help.ended_on,
           CASE WHEN help.begun THEN
               greatest(help.starts_on, make_date(extract(year FROM commitment.value_on)::integer + 1, 1, 1)) END
    FROM borne JOIN help ON help.subject_id = borne.of
    JOIN case_file ON case_file.id = help.case_id
    LEFT JOIN commitment ON commitment.id = borne.commitment_id
    LEFT JOIN budget_line ON budget_line.id = commitment.line_id
    LEFT JOIN granted_help AS there ON there.subject_id = borne.subject_id
    WHERE (there.id IS NULL OR (there.ended_on IS NULL AND help.ended_on IS NOT NULL)) -- locks nothing that stands
      AND borne.amount > 0 AND (help.ends_on IS NULL OR help.starts_on <= help.ends_on)
    ON CONFLICT (subject_id) DO UPDATE SET ended_on = excluded.ended_on
        WHERE granted_help.ended_on IS NULL AND excluded.ended_on IS NOT NULL
    RETURNING id
)
SELECT (SELECT subject_id FROM help ORDER BY subject_id DESC LIMIT 1), (SELECT count(*) FROM written)
"""


def write_down(connection: "Connection[tuple[UUID | None, int]]") -> int:
    """Write down what is missing; how many rows that were. As a login that row-level security does not hold for, a few
    at a time while everybody works (autocommit)."""
    written = 0
    for help_ in (_DECIDED, _BEGUN):
        last: UUID | None = UUID(int=0)
        while last is not None:
            asked = {"last": last, "most": BATCH}
            last, many = connection.execute(_WRITE.format(help=help_).encode(), asked).fetchone() or (None, 0)
            written += many
    return written
