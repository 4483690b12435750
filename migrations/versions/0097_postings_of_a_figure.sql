-- The postings of a figure come day by day, so that a page of them costs the same however many there are. What moves
-- within a line does not move what is approved of it: for that only postings between lines are looked at, which have
-- indices of their own.
SET LOCAL lock_timeout = '5s';

CREATE OR REPLACE VIEW figure_posting WITH (security_invoker = true) AS
SELECT part.figure_key, part.as_of, part.release_id, part.release_id IS NOT NULL AS released, part.figure,
       part.level, part.fiscal_year, part.line, part.authority_id, part.agreement_id, part.social_space_id,
       part.line_id, part.of_line, side.id AS posting_id, side.kind, part.day AS value_on,
       side.amount::numeric(20, 2) AS amount, side.subject_id, commitment.id AS commitment_id,
       booking.id AS booking_id, coalesce(booking.organisation_id, commitment.organisation_id) AS organisation_id,
       coalesce(booking.case_id, commitment.case_id) AS case_id
FROM (
    SELECT part.*, figure.name AS figure, account.id AS account_id, day.value_on AS day
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
    JOIN ledger_day AS day ON day.account_id = account.id AND day.value_on <= part.as_of
    ORDER BY day.value_on
) AS part
CROSS JOIN LATERAL (
    SELECT id, kind, amount, subject_id, sequence FROM posting
    WHERE to_account_id = part.account_id AND value_on = part.day AND part.figure <> 'approved'
    UNION ALL
    SELECT id, kind, -amount AS amount, subject_id, sequence FROM posting
    WHERE from_account_id = part.account_id AND value_on = part.day AND part.figure <> 'approved'
    UNION ALL
    SELECT id, kind, amount, subject_id, sequence FROM posting
    WHERE to_account_id = part.account_id AND value_on = part.day AND part.figure = 'approved'
      AND kind IN ('approve', 'transfer', 'cover', 'settle')
    UNION ALL
    SELECT id, kind, -amount AS amount, subject_id, sequence FROM posting
    WHERE from_account_id = part.account_id AND value_on = part.day AND part.figure = 'approved'
      AND kind IN ('approve', 'transfer', 'cover', 'settle')
) AS side
LEFT JOIN commitment ON commitment.id = side.subject_id
LEFT JOIN booking ON booking.id = side.subject_id
WHERE part.through IS NULL OR side.sequence <= part.through;
