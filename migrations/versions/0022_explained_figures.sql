-- From a figure to its postings. Like the figures: a row for each day (and each release); naming one makes it cheap.
SET LOCAL lock_timeout = '5s';

-- The lines that a figure is the sum of.
CREATE VIEW figure_line WITH (security_invoker = true) AS
SELECT concat_ws(':', placed.level, placed.place, agreement.fiscal_year, shown.line) AS figure_key, placed.day AS as_of,
       placed.level, agreement.fiscal_year, shown.line, agreement.authority_id, agreement.id AS agreement_id,
       agreement.social_space_id, line.id AS line_id, line.kind AS of_line
FROM (
    SELECT day, 'social_space' AS level, id AS agreement_id, coalesce(social_space_id, authority_id)::text AS place
    FROM key_date CROSS JOIN budget_agreement
    UNION ALL
    SELECT day, 'county', id, authority_id::text FROM key_date CROSS JOIN budget_agreement
    UNION ALL
    SELECT home.day, 'region', agreement.id, home.region_id::text
    FROM space_region AS home JOIN budget_agreement AS agreement ON agreement.social_space_id = home.social_space_id
) AS placed
JOIN budget_agreement AS agreement ON agreement.id = placed.agreement_id
JOIN budget_line AS line ON line.agreement_id = agreement.id
CROSS JOIN LATERAL (VALUES (line.kind), ('total')) AS shown (line);

-- What moved on each of them, day by day: the sum over the days is the figure.
CREATE VIEW figure_part WITH (security_invoker = true) AS
SELECT part.figure_key, part.as_of, figure.name AS figure, part.level, part.fiscal_year, part.line, part.authority_id,
       part.agreement_id, part.social_space_id, part.line_id, part.of_line, day.value_on,
       sum(day.moved)::numeric(20, 2) AS amount
FROM figure_line AS part
JOIN ledger_account AS account ON account.line_id = part.line_id
CROSS JOIN LATERAL (VALUES (account.kind), ('approved')) AS figure (name)
JOIN ledger_day AS day ON day.account_id = account.id AND day.value_on <= part.as_of
GROUP BY part.figure_key, part.as_of, figure.name, part.level, part.fiscal_year, part.line, part.authority_id,
         part.agreement_id, part.social_space_id, part.line_id, part.of_line, day.value_on
HAVING sum(day.moved) <> 0;

-- And the postings that moved it: on a day as the ledger tells it now, or as a release counted them.
CREATE VIEW figure_posting WITH (security_invoker = true) AS
SELECT part.figure_key, part.as_of, part.release_id, part.release_id IS NOT NULL AS released, figure.name AS figure,
       part.level, part.fiscal_year, part.line, part.authority_id, part.agreement_id, part.social_space_id,
       part.line_id, part.of_line, side.id AS posting_id, side.kind, side.value_on,
       sum(side.amount)::numeric(20, 2) AS amount, side.subject_id, commitment.id AS commitment_id,
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
    SELECT id, kind, value_on, amount, subject_id, sequence FROM posting WHERE to_account_id = account.id
    UNION ALL
    SELECT id, kind, value_on, -amount, subject_id, sequence FROM posting WHERE from_account_id = account.id
) AS side
LEFT JOIN commitment ON commitment.id = side.subject_id
LEFT JOIN booking ON booking.id = side.subject_id
WHERE side.value_on <= part.as_of AND (part.through IS NULL OR side.sequence <= part.through)
GROUP BY part.figure_key, part.as_of, part.release_id, figure.name, part.level, part.fiscal_year, part.line,
         part.authority_id, part.agreement_id, part.social_space_id, part.line_id, part.of_line, side.id, side.kind,
         side.value_on, side.subject_id, commitment.id, booking.id
HAVING sum(side.amount) <> 0;

GRANT SELECT ON figure_line, figure_part, figure_posting TO sozialraum_app;
