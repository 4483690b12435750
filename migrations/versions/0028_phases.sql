-- What is released tells of a budget's phases, too: what was proposed and agreed before anything came on top.
SET LOCAL lock_timeout = '5s';

ALTER TABLE released_figure ADD COLUMN proposed NUMERIC(14, 2);
ALTER TABLE released_figure ADD COLUMN agreed NUMERIC(14, 2);

CREATE VIEW released_amount WITH (security_invoker = true) AS
SELECT concat_ws(':', figure.key, phase.name) AS key, release.as_of, figure.authority_id, figure.release_id,
       release.number, NOT EXISTS (
           SELECT FROM figure_release AS later WHERE later.authority_id = release.authority_id
           AND later.as_of = release.as_of AND later.number > release.number
       ) AS newest, figure.level, figure.social_space_id, figure.region_id, figure.fiscal_year, figure.line,
       phase.name AS phase, phase.amount, CASE WHEN phase.name = 'executed' THEN figure.suppressed END AS suppressed
FROM released_figure AS figure
JOIN figure_release AS release ON release.id = figure.release_id
CROSS JOIN LATERAL (VALUES ('proposed', figure.proposed), ('approved', figure.agreed), ('adjusted', figure.approved),
                           ('executed', figure.booked)) AS phase (name, amount)
WHERE phase.amount IS NOT NULL OR phase.name = 'executed';

GRANT SELECT ON released_amount TO sozialraum_app;
