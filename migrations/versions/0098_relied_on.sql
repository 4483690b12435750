-- What of a space's budget is a case's share of what is open to others, told apart from others' without saying whose; what
-- granted help costs by the day; what providers can rely on in coming years; a threshold as an amount; and indicators for
-- everybody.
SET LOCAL lock_timeout = '5s';

ALTER TABLE commitment ADD COLUMN case_digest UUID;
ALTER TABLE commitment ADD CONSTRAINT commitment_case_digest_check CHECK (case_digest IS NULL OR purpose_kind = 'open_to_others' AND case_id IS NULL) NOT VALID;
ALTER TABLE foreseen_commitment ADD COLUMN case_digest UUID;
ALTER TABLE foreseen_commitment ADD CONSTRAINT foreseen_commitment_case_digest_check CHECK (case_digest IS NULL OR purpose_kind = 'open_to_others' AND case_id IS NULL) NOT VALID;

ALTER TABLE forecast_line ADD COLUMN going_on NUMERIC(20, 2) DEFAULT 0.00 NOT NULL;
ALTER TABLE forecast_line ADD COLUMN going_on_grants INTEGER DEFAULT 0 NOT NULL;

ALTER TABLE deviation_rule ADD COLUMN threshold_amount NUMERIC(14, 2);
ALTER TABLE deviation_rule ADD CONSTRAINT deviation_rule_threshold_amount_check CHECK (threshold_amount IS NULL OR threshold_amount > 0 AND threshold = 0);

ALTER TABLE indicator_party ADD COLUMN public_by UUID;
ALTER TABLE indicator_party ADD COLUMN public_on DATE;
ALTER TABLE indicator_party ADD CONSTRAINT indicator_party_public_by_fkey FOREIGN KEY (public_by) REFERENCES actor (id);
ALTER TABLE indicator_party ADD CONSTRAINT indicator_party_public_check CHECK (num_nulls(public_by, public_on) <> 1 AND (public_on IS NULL OR agreed_on IS NOT NULL AND public_on >= agreed_on));

CREATE TABLE granted_help (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    id UUID NOT NULL,
    subject_id UUID NOT NULL,
    line TEXT NOT NULL,
    amount NUMERIC(14, 2) NOT NULL,
    granted_on DATE NOT NULL,
    starts_on DATE NOT NULL,
    covered_until DATE NOT NULL,
    open_ended BOOLEAN NOT NULL,
    ended_on DATE,
    CONSTRAINT granted_help_pkey PRIMARY KEY (id),
    CONSTRAINT granted_help_line_check CHECK (line IN ('case_specific', 'cross_case', 'case_unspecific', 'reserve')),
    CONSTRAINT granted_help_amount_check CHECK (amount > 0),
    CONSTRAINT granted_help_days_check CHECK (starts_on <= covered_until),
    CONSTRAINT granted_help_subject_id_key UNIQUE (subject_id),
    CONSTRAINT granted_help_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT granted_help_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id)
);
CREATE INDEX granted_help_social_space_id ON granted_help (social_space_id);
CREATE INDEX granted_help_space ON granted_help (authority_id, social_space_id, covered_until);
ALTER TABLE granted_help ENABLE ROW LEVEL SECURITY;
ALTER TABLE granted_help FORCE ROW LEVEL SECURITY;
CREATE POLICY granted_help_select ON granted_help FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY granted_help_insert ON granted_help FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY granted_help_update ON granted_help FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON granted_help TO sozialraum_app;

CREATE TABLE frame_share (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    id UUID NOT NULL,
    frame_id UUID NOT NULL,
    fiscal_year INTEGER NOT NULL,
    organisation_id UUID NOT NULL,
    amount NUMERIC(14, 2) NOT NULL,
    CONSTRAINT frame_share_pkey PRIMARY KEY (id),
    CONSTRAINT frame_share_frame_id_fiscal_year_organisation_id_key UNIQUE (frame_id, fiscal_year, organisation_id),
    CONSTRAINT frame_share_amount_check CHECK (amount > 0),
    CONSTRAINT frame_share_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT frame_share_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT frame_share_frame_id_fkey FOREIGN KEY(frame_id) REFERENCES budget_frame (id),
    CONSTRAINT frame_share_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);
CREATE INDEX frame_share_organisation_id ON frame_share (organisation_id);
CREATE INDEX frame_share_social_space_id ON frame_share (social_space_id);
ALTER TABLE frame_share ENABLE ROW LEVEL SECURITY;
ALTER TABLE frame_share FORCE ROW LEVEL SECURITY;
CREATE POLICY frame_share_select ON frame_share FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY frame_share_insert ON frame_share FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON frame_share TO sozialraum_app;

CREATE TABLE indicator_release (
    social_space_id UUID,
    region_id UUID,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    indicator_id UUID NOT NULL,
    number INTEGER NOT NULL,
    quality TEXT NOT NULL,
    name TEXT NOT NULL,
    meaning TEXT NOT NULL,
    source TEXT NOT NULL,
    unit TEXT NOT NULL,
    direction TEXT NOT NULL,
    narrative TEXT NOT NULL,
    expires_on DATE NOT NULL,
    released_on DATE NOT NULL,
    CONSTRAINT indicator_release_pkey PRIMARY KEY (id),
    CONSTRAINT indicator_release_quality_check CHECK (quality IN ('flexibility', 'timeliness', 'fit', 'innovation', 'effectiveness')),
    CONSTRAINT indicator_release_direction_check CHECK (direction IN ('up', 'down', 'neither')),
    CONSTRAINT indicator_release_indicator_id_number_key UNIQUE (indicator_id, number),
    CONSTRAINT indicator_release_one_place_check CHECK (num_nonnulls(social_space_id, region_id) = 1),
    CONSTRAINT indicator_release_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT indicator_release_region_id_fkey FOREIGN KEY(region_id) REFERENCES region (id),
    CONSTRAINT indicator_release_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT indicator_release_indicator_id_fkey FOREIGN KEY(indicator_id) REFERENCES indicator (id)
);
CREATE INDEX indicator_release_region_id ON indicator_release (region_id);
CREATE INDEX indicator_release_social_space_id ON indicator_release (social_space_id);
ALTER TABLE indicator_release ENABLE ROW LEVEL SECURITY;
ALTER TABLE indicator_release FORCE ROW LEVEL SECURITY;
CREATE POLICY indicator_release_select ON indicator_release FOR SELECT TO sozialraum_app USING (true);
CREATE POLICY indicator_release_insert ON indicator_release FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON indicator_release TO sozialraum_app;

CREATE TABLE released_indicator_value (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    release_id UUID NOT NULL,
    from_on DATE NOT NULL,
    to_on DATE NOT NULL,
    value NUMERIC(14, 2) NOT NULL,
    narrative TEXT NOT NULL,
    CONSTRAINT released_indicator_value_pkey PRIMARY KEY (id),
    CONSTRAINT released_indicator_value_period_check CHECK (from_on <= to_on),
    CONSTRAINT released_indicator_value_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT released_indicator_value_release_id_fkey FOREIGN KEY(release_id) REFERENCES indicator_release (id)
);
CREATE INDEX released_indicator_value_release_id ON released_indicator_value (release_id);
ALTER TABLE released_indicator_value ENABLE ROW LEVEL SECURITY;
ALTER TABLE released_indicator_value FORCE ROW LEVEL SECURITY;
CREATE POLICY released_indicator_value_select ON released_indicator_value FOR SELECT TO sozialraum_app USING (true);
CREATE POLICY released_indicator_value_insert ON released_indicator_value FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON released_indicator_value TO sozialraum_app;

-- What a settlement, a forecast and an advance are made of: over all parts it is the figure.
DROP VIEW worked_part;
CREATE VIEW worked_part WITH (security_invoker = true) AS
SELECT concat_ws(':', whole.worked_id, part.figure, part.made_of, part.part_id) AS key, whole.worked, whole.worked_id,
       part.figure, part.made_of, part.part_id, part.amount::numeric(20, 2) AS amount,
       whole.authority_id, whole.agreement_id, whole.social_space_id
FROM (
    SELECT 'settlement' AS worked, id AS worked_id, authority_id, agreement_id, social_space_id FROM settlement
    WHERE state <> 'reworked'
    UNION ALL
    SELECT 'forecast_line', id, authority_id, agreement_id, social_space_id FROM forecast_line
    UNION ALL
    SELECT 'tranche', id, authority_id, agreement_id, social_space_id FROM tranche
) AS whole
CROSS JOIN LATERAL (
    SELECT figure.name AS figure, 'settlement_line' AS made_of, line.id AS part_id, figure.amount
    FROM settlement_line AS line
    CROSS JOIN LATERAL (VALUES
        ('approved', line.approved), ('booked', line.booked),
        ('overspent', greatest(line.booked - line.approved - line.covered, 0)),
        ('underspent', greatest(line.approved + line.covered - line.booked, 0))
    ) AS figure (name, amount)
    WHERE whole.worked = 'settlement' AND line.settlement_id = whole.worked_id
    UNION ALL
    SELECT 'advanced', 'tranche', tranche.id, tranche.amount FROM tranche
    WHERE whole.worked = 'settlement' AND tranche.agreement_id = whole.agreement_id
        AND tranche.state IN ('released', 'paid')
    UNION ALL
    SELECT 'carried_in', 'allocation', allocation.id, allocation.amount FROM allocation
    WHERE whole.worked = 'settlement' AND allocation.agreement_id = whole.agreement_id
        AND allocation.kind = 'carry_in' AND allocation.state = 'released'
    UNION ALL
    SELECT figure.name, 'compensation', band.id, figure.amount
    FROM compensation AS band
    CROSS JOIN LATERAL (SELECT CASE band.direction WHEN 'overspend' THEN 1 ELSE -1 END AS of_it) AS sign
    CROSS JOIN LATERAL (VALUES
        ('agency', sign.of_it * band.agency), ('network', sign.of_it * band.network),
        ('carried', -sign.of_it * band.carry)
    ) AS figure (name, amount)
    WHERE whole.worked = 'settlement' AND band.settlement_id = whole.worked_id
    UNION ALL
    -- What providers outside of the network cost is no part that is shared: the agency bears it.
    SELECT 'agency', 'outside', one.id, one.overspent - coalesce((
        SELECT sum(band.amount) FROM compensation AS band
        WHERE band.settlement_id = one.id AND band.direction = 'overspend'
    ), 0)
    FROM settlement AS one WHERE whole.worked = 'settlement' AND one.id = whole.worked_id
    UNION ALL
    SELECT 'payment', figure.name, one.id, figure.amount
    FROM settlement AS one
    CROSS JOIN LATERAL (VALUES
        ('booked', one.booked), ('outside', -one.outside), ('advanced', -one.advanced),
        ('carried_in', -one.carried_in), ('network', -one.network), ('carried', one.carried)
    ) AS figure (name, amount)
    WHERE whole.worked = 'settlement' AND one.id = whole.worked_id
    UNION ALL
    SELECT 'forecast', figure.name, line.id, figure.amount
    FROM forecast_line AS line
    CROSS JOIN LATERAL (VALUES
        ('reserved', line.reserved), ('committed', line.committed), ('booked', line.booked),
        ('foreseen', line.foreseen), ('going_on', line.going_on), ('expected_new', line.expected_new), ('running', line.running)
    ) AS figure (name, amount)
    WHERE whole.worked = 'forecast_line' AND line.id = whole.worked_id
    UNION ALL
    SELECT 'amount', 'tranche_share', share.id, share.amount FROM tranche_share AS share
    WHERE whole.worked = 'tranche' AND share.tranche_id = whole.worked_id
) AS part
WHERE part.amount <> 0;

GRANT SELECT ON worked_part TO sozialraum_app;

-- The last of each indicator, as long as it holds: what it corrects is told no more.
CREATE VIEW released_indicator WITH (security_invoker = true) AS
SELECT id, authority_id, indicator_id, number, social_space_id, region_id, quality, name, meaning, source, unit, direction,
       narrative, expires_on, released_on
FROM indicator_release
WHERE expires_on >= nullif(current_setting('service.today', true), '')::date
  AND number = (SELECT max(later.number) FROM indicator_release AS later WHERE later.indicator_id = indicator_release.indicator_id);
CREATE VIEW told_indicator_value WITH (security_invoker = true) AS
SELECT value.id, value.authority_id, value.release_id, value.narrative, value.from_on, value.to_on, value.value
FROM released_indicator_value AS value JOIN released_indicator ON released_indicator.id = value.release_id;
GRANT SELECT ON released_indicator, told_indicator_value TO sozialraum_app;
