-- Figures: key dates, figures of any day, releases and what keeps them from telling about single cases.
SET LOCAL lock_timeout = '5s';

CREATE TABLE key_date (
    day DATE NOT NULL,
    CONSTRAINT key_date_pkey PRIMARY KEY (day)
);
INSERT INTO key_date SELECT generate_series(DATE '2000-01-01', DATE '2100-12-31', INTERVAL '1 day')::date;
ALTER TABLE key_date ENABLE ROW LEVEL SECURITY;
ALTER TABLE key_date FORCE ROW LEVEL SECURITY;
CREATE POLICY key_date_select ON key_date FOR SELECT TO sozialraum_app USING (true);
GRANT SELECT ON key_date TO sozialraum_app;

CREATE TABLE disclosure_rule (
    kind TEXT NOT NULL,
    level TEXT NOT NULL,
    k INTEGER NOT NULL,
    dominance NUMERIC(3, 2) NOT NULL,
    rounding NUMERIC(14, 2) NOT NULL,
    CONSTRAINT disclosure_rule_pkey PRIMARY KEY (kind, level),
    CONSTRAINT disclosure_rule_level_check CHECK (level IN ('social_space', 'region', 'county')),
    CONSTRAINT disclosure_rule_sense_check CHECK (k > 1 AND dominance > 0 AND dominance <= 1 AND rounding > 0)
);
INSERT INTO disclosure_rule (kind, level, k, dominance, rounding) VALUES
    ('budget_figures', 'social_space', 5, 0.85, 100.00),
    ('budget_figures', 'region', 3, 0.85, 100.00),
    ('budget_figures', 'county', 3, 0.85, 100.00);
ALTER TABLE disclosure_rule ENABLE ROW LEVEL SECURITY;
ALTER TABLE disclosure_rule FORCE ROW LEVEL SECURITY;
CREATE POLICY disclosure_rule_select ON disclosure_rule FOR SELECT TO sozialraum_app USING (true);
GRANT SELECT ON disclosure_rule TO sozialraum_app;

CREATE TABLE figure_release (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    as_of DATE NOT NULL,
    number INTEGER NOT NULL,
    corrects_id UUID,
    reason TEXT,
    through BIGINT NOT NULL,
    released_by UUID NOT NULL,
    released_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT figure_release_pkey PRIMARY KEY (id),
    CONSTRAINT figure_release_authority_id_as_of_number_key UNIQUE (authority_id, as_of, number),
    CONSTRAINT figure_release_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT figure_release_corrects_id_fkey FOREIGN KEY(corrects_id) REFERENCES figure_release (id),
    CONSTRAINT figure_release_released_by_fkey FOREIGN KEY(released_by) REFERENCES actor (id)
);
CREATE INDEX figure_release_corrects_id ON figure_release (corrects_id);
ALTER TABLE figure_release ENABLE ROW LEVEL SECURITY;
ALTER TABLE figure_release FORCE ROW LEVEL SECURITY;
CREATE POLICY figure_release_select ON figure_release FOR SELECT TO sozialraum_app USING (true);
CREATE POLICY figure_release_insert ON figure_release FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON figure_release TO sozialraum_app;

CREATE TABLE released_figure (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    release_id UUID NOT NULL,
    key TEXT NOT NULL,
    level TEXT NOT NULL,
    social_space_id UUID,
    region_id UUID,
    fiscal_year INTEGER NOT NULL,
    line TEXT NOT NULL,
    approved NUMERIC(14, 2) NOT NULL,
    reserved NUMERIC(14, 2),
    committed NUMERIC(14, 2),
    booked NUMERIC(14, 2),
    free NUMERIC(14, 2),
    suppressed TEXT,
    CONSTRAINT released_figure_pkey PRIMARY KEY (id),
    CONSTRAINT released_figure_level_check CHECK (level IN ('social_space', 'region', 'county')),
    CONSTRAINT released_figure_line_check CHECK (line IN ('case_specific', 'cross_case', 'case_unspecific', 'reserve', 'total')),
    CONSTRAINT released_figure_suppressed_check CHECK (suppressed IN ('primary', 'secondary')),
    CONSTRAINT released_figure_release_id_key_key UNIQUE (release_id, key),
    CONSTRAINT released_figure_whole_check CHECK (num_nulls(reserved, committed, booked, free) = CASE WHEN suppressed IS NULL THEN 0 ELSE 4 END),
    CONSTRAINT released_figure_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT released_figure_release_id_fkey FOREIGN KEY(release_id) REFERENCES figure_release (id),
    CONSTRAINT released_figure_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT released_figure_region_id_fkey FOREIGN KEY(region_id) REFERENCES region (id)
);
ALTER TABLE released_figure ENABLE ROW LEVEL SECURITY;
ALTER TABLE released_figure FORCE ROW LEVEL SECURITY;
CREATE POLICY released_figure_select ON released_figure FOR SELECT TO sozialraum_app USING (true);
CREATE POLICY released_figure_insert ON released_figure FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON released_figure TO sozialraum_app;

-- Views see with the reader's eyes (security_invoker). Each gives a row for each day; naming one day makes it cheap.

-- The region in which most of a social space lay.
CREATE VIEW space_region WITH (security_invoker = true) AS
SELECT DISTINCT ON (key_date.day, share.social_space_id) key_date.day, share.social_space_id, membership.region_id
FROM key_date
JOIN social_space_municipality AS share
    ON share.valid_from <= key_date.day AND (share.valid_to IS NULL OR share.valid_to > key_date.day)
JOIN region_membership AS membership ON membership.municipality_id = share.municipality_id
    AND membership.valid_from <= key_date.day AND (membership.valid_to IS NULL OR membership.valid_to > key_date.day)
GROUP BY key_date.day, share.social_space_id, membership.region_id
ORDER BY key_date.day, share.social_space_id, sum(share.share) DESC, membership.region_id;

-- What a line's accounts held: what they hold now, less what moved after the day. Its cost grows with the days since
-- then and not with the postings.
CREATE VIEW line_figure WITH (security_invoker = true) AS
SELECT key_date.day AS as_of, agreement.authority_id, agreement.id AS agreement_id, agreement.social_space_id,
       agreement.fiscal_year, line.kind AS line, held.free, held.reserved, held.committed, held.booked
FROM key_date
CROSS JOIN budget_agreement AS agreement
JOIN budget_line AS line ON line.agreement_id = agreement.id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(account.balance - later.moved) FILTER (WHERE account.kind = 'free'), 0) AS free,
           coalesce(sum(account.balance - later.moved) FILTER (WHERE account.kind = 'reserved'), 0) AS reserved,
           coalesce(sum(account.balance - later.moved) FILTER (WHERE account.kind = 'committed'), 0) AS committed,
           coalesce(sum(account.balance - later.moved) FILTER (WHERE account.kind = 'booked'), 0) AS booked
    FROM ledger_account AS account
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(day.moved), 0) AS moved FROM ledger_day AS day
        WHERE day.account_id = account.id AND day.value_on > key_date.day
    ) AS later
    WHERE account.line_id = line.id
) AS held;

CREATE VIEW budget_figure WITH (security_invoker = true) AS
SELECT concat_ws(':', level, place, fiscal_year, line) AS key, as_of, authority_id, level, fiscal_year, line,
       agreement_id, social_space_id, region_id, free + reserved + committed + booked AS approved,
       reserved, committed, booked, free
FROM (
    SELECT 'social_space' AS level, coalesce(figure.social_space_id, figure.authority_id)::text AS place, figure.as_of,
           figure.authority_id, figure.fiscal_year, shown.line, figure.agreement_id, figure.social_space_id,
           NULL::uuid AS region_id, sum(figure.free)::numeric(20, 2) AS free,
           sum(figure.reserved)::numeric(20, 2) AS reserved, sum(figure.committed)::numeric(20, 2) AS committed,
           sum(figure.booked)::numeric(20, 2) AS booked
    FROM line_figure AS figure CROSS JOIN LATERAL (VALUES (figure.line), ('total')) AS shown (line)
    GROUP BY figure.as_of, figure.authority_id, figure.fiscal_year, shown.line, figure.agreement_id,
             figure.social_space_id
    UNION ALL
    SELECT 'region', home.region_id::text, figure.as_of, figure.authority_id, figure.fiscal_year, shown.line,
           NULL::uuid, NULL::uuid, home.region_id, sum(figure.free)::numeric(20, 2),
           sum(figure.reserved)::numeric(20, 2), sum(figure.committed)::numeric(20, 2),
           sum(figure.booked)::numeric(20, 2)
    FROM line_figure AS figure
    JOIN space_region AS home ON home.day = figure.as_of AND home.social_space_id = figure.social_space_id
    CROSS JOIN LATERAL (VALUES (figure.line), ('total')) AS shown (line)
    GROUP BY figure.as_of, figure.authority_id, figure.fiscal_year, shown.line, home.region_id
    UNION ALL
    SELECT 'county', figure.authority_id::text, figure.as_of, figure.authority_id, figure.fiscal_year, shown.line,
           NULL::uuid, NULL::uuid, NULL::uuid, sum(figure.free)::numeric(20, 2),
           sum(figure.reserved)::numeric(20, 2), sum(figure.committed)::numeric(20, 2),
           sum(figure.booked)::numeric(20, 2)
    FROM line_figure AS figure CROSS JOIN LATERAL (VALUES (figure.line), ('total')) AS shown (line)
    GROUP BY figure.as_of, figure.authority_id, figure.fiscal_year, shown.line
) AS cell;

-- Which release is the newest of its month is seen, not kept: a release is never changed.
CREATE VIEW shown_figure WITH (security_invoker = true) AS
SELECT figure.key, release.as_of, figure.authority_id, figure.level, figure.fiscal_year, figure.line, figure.release_id,
       release.number, NOT EXISTS (
           SELECT FROM figure_release AS later WHERE later.authority_id = release.authority_id
           AND later.as_of = release.as_of AND later.number > release.number
       ) AS newest, figure.social_space_id, figure.region_id, figure.suppressed, figure.approved, figure.reserved,
       figure.committed, figure.booked, figure.free
FROM released_figure AS figure JOIN figure_release AS release ON release.id = figure.release_id;

GRANT SELECT ON space_region, line_figure, budget_figure, shown_figure TO sozialraum_app;
