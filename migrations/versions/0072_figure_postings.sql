-- The postings of a figure without adding up: a posting moves an account once, and what a line may spend only where
-- its other account is none of the line's. Grouping all of a year's to say so took seconds from 200,000 postings on.
SET LOCAL lock_timeout = '5s';

CREATE OR REPLACE VIEW figure_posting WITH (security_invoker = true) AS
SELECT part.figure_key, part.as_of, part.release_id, part.release_id IS NOT NULL AS released, figure.name AS figure,
       part.level, part.fiscal_year, part.line, part.authority_id, part.agreement_id, part.social_space_id,
       part.line_id, part.of_line, side.id AS posting_id, side.kind, side.value_on,
       side.amount::numeric(20, 2) AS amount, side.subject_id, commitment.id AS commitment_id,
       booking.id AS booking_id, coalesce(booking.organisation_id, commitment.organisation_id) AS organisation_id,
       coalesce(booking.case_id, commitment.case_id) AS case_id
FROM (
    SELECT figure_line.*, NULL::uuid AS release_id, NULL::bigint AS through FROM figure_line
    UNION ALL
    SELECT figure_line.*, release.id, release.through FROM figure_release AS release
    CROSS JOIN LATERAL (  -- by itself for each release: its day is known there, as a named one is above
        SELECT * FROM figure_line WHERE as_of = release.as_of AND authority_id = release.authority_id
        AND fiscal_year = extract(year FROM release.as_of) OFFSET 0
    ) AS figure_line
) AS part
JOIN ledger_account AS account ON account.line_id = part.line_id
CROSS JOIN LATERAL (VALUES (account.kind), ('approved')) AS figure (name)
CROSS JOIN LATERAL (
    SELECT id, kind, value_on, amount, subject_id, sequence, from_account_id AS other_id FROM posting
    WHERE to_account_id = account.id
    UNION ALL
    SELECT id, kind, value_on, -amount, subject_id, sequence, to_account_id FROM posting
    WHERE from_account_id = account.id
) AS side
LEFT JOIN commitment ON commitment.id = side.subject_id
LEFT JOIN booking ON booking.id = side.subject_id
WHERE side.value_on <= part.as_of AND (part.through IS NULL OR side.sequence <= part.through)
AND (figure.name <> 'approved' OR NOT EXISTS (
    SELECT FROM ledger_account AS other WHERE other.id = side.other_id AND other.line_id = account.line_id
));
