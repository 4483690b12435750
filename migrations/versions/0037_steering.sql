-- What a place steers by: indicators that people have agreed on, rules of reward, and how far money is in few hands.
SET LOCAL lock_timeout = '5s';

ALTER TABLE disclosure_rule NO FORCE ROW LEVEL SECURITY;
INSERT INTO disclosure_rule (kind, level, k, dominance, rounding) VALUES
    ('indicator_values', 'social_space', 5, 1.00, 0.01),
    ('indicator_values', 'region', 3, 1.00, 0.01);
ALTER TABLE disclosure_rule FORCE ROW LEVEL SECURITY;

CREATE TABLE indicator (
    social_space_id UUID,
    region_id UUID,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    dialogue_id UUID NOT NULL,
    state TEXT NOT NULL,
    quality TEXT NOT NULL,
    name TEXT NOT NULL,
    meaning TEXT NOT NULL,
    source TEXT NOT NULL,
    unit TEXT NOT NULL,
    counts_people BOOLEAN NOT NULL,
    direction TEXT NOT NULL,
    narrative TEXT NOT NULL,
    expires_on DATE NOT NULL,
    agreed_on DATE,
    CONSTRAINT indicator_pkey PRIMARY KEY (id),
    CONSTRAINT indicator_quality_check CHECK (quality IN ('flexibility', 'timeliness', 'fit', 'innovation', 'effectiveness')),
    CONSTRAINT indicator_direction_check CHECK (direction IN ('up', 'down', 'neither')),
    CONSTRAINT indicator_state_check CHECK (state IN ('proposed', 'agreed')),
    CONSTRAINT indicator_agreed_check CHECK ((state = 'agreed') = (agreed_on IS NOT NULL)),
    CONSTRAINT indicator_one_place_check CHECK (num_nonnulls(social_space_id, region_id) = 1),
    CONSTRAINT indicator_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT indicator_region_id_fkey FOREIGN KEY(region_id) REFERENCES region (id),
    CONSTRAINT indicator_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT indicator_dialogue_id_fkey FOREIGN KEY(dialogue_id) REFERENCES dialogue (id)
);
CREATE INDEX indicator_dialogue_id ON indicator (dialogue_id);
CREATE INDEX indicator_region_id ON indicator (region_id);
CREATE INDEX indicator_social_space_id ON indicator (social_space_id);
ALTER TABLE indicator ENABLE ROW LEVEL SECURITY;
ALTER TABLE indicator FORCE ROW LEVEL SECURITY;
CREATE POLICY indicator_select ON indicator FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY indicator_insert ON indicator FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY indicator_update ON indicator FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON indicator TO sozialraum_app;

CREATE TABLE indicator_party (
    social_space_id UUID,
    region_id UUID,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    indicator_id UUID NOT NULL,
    organisation_id UUID NOT NULL,
    agreed_by UUID,
    agreed_on DATE,
    CONSTRAINT indicator_party_pkey PRIMARY KEY (id),
    CONSTRAINT indicator_party_one_place_check CHECK (num_nonnulls(social_space_id, region_id) = 1),
    CONSTRAINT indicator_party_indicator_id_organisation_id_key UNIQUE (indicator_id, organisation_id),
    CONSTRAINT indicator_party_agreed_check CHECK (num_nulls(agreed_by, agreed_on) <> 1),
    CONSTRAINT indicator_party_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT indicator_party_region_id_fkey FOREIGN KEY(region_id) REFERENCES region (id),
    CONSTRAINT indicator_party_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT indicator_party_indicator_id_fkey FOREIGN KEY(indicator_id) REFERENCES indicator (id),
    CONSTRAINT indicator_party_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id),
    CONSTRAINT indicator_party_agreed_by_fkey FOREIGN KEY(agreed_by) REFERENCES actor (id)
);
CREATE INDEX indicator_party_organisation_id ON indicator_party (organisation_id);
CREATE INDEX indicator_party_region_id ON indicator_party (region_id);
CREATE INDEX indicator_party_social_space_id ON indicator_party (social_space_id);
ALTER TABLE indicator_party ENABLE ROW LEVEL SECURITY;
ALTER TABLE indicator_party FORCE ROW LEVEL SECURITY;
CREATE POLICY indicator_party_select ON indicator_party FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY indicator_party_insert ON indicator_party FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY indicator_party_update ON indicator_party FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON indicator_party TO sozialraum_app;

CREATE TABLE indicator_value (
    social_space_id UUID,
    region_id UUID,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    indicator_id UUID NOT NULL,
    from_on DATE NOT NULL,
    to_on DATE NOT NULL,
    value NUMERIC(14, 2) NOT NULL,
    stands_for INTEGER,
    narrative TEXT NOT NULL,
    recorded_by UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT indicator_value_pkey PRIMARY KEY (id),
    CONSTRAINT indicator_value_one_place_check CHECK (num_nonnulls(social_space_id, region_id) = 1),
    CONSTRAINT indicator_value_period_check CHECK (from_on <= to_on),
    CONSTRAINT indicator_value_stands_for_check CHECK (stands_for > 0),
    CONSTRAINT indicator_value_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT indicator_value_region_id_fkey FOREIGN KEY(region_id) REFERENCES region (id),
    CONSTRAINT indicator_value_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT indicator_value_indicator_id_fkey FOREIGN KEY(indicator_id) REFERENCES indicator (id),
    CONSTRAINT indicator_value_recorded_by_fkey FOREIGN KEY(recorded_by) REFERENCES actor (id)
);
CREATE INDEX indicator_value_indicator_id ON indicator_value (indicator_id);
CREATE INDEX indicator_value_region_id ON indicator_value (region_id);
CREATE INDEX indicator_value_social_space_id ON indicator_value (social_space_id);
ALTER TABLE indicator_value ENABLE ROW LEVEL SECURITY;
ALTER TABLE indicator_value FORCE ROW LEVEL SECURITY;
CREATE POLICY indicator_value_select ON indicator_value FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY indicator_value_insert ON indicator_value FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON indicator_value TO sozialraum_app;

CREATE TABLE incentive_rule (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    indicator_id UUID NOT NULL,
    state TEXT NOT NULL,
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    threshold NUMERIC(14, 2) NOT NULL,
    amount NUMERIC(14, 2) NOT NULL,
    drafted_by UUID NOT NULL,
    simulation_id UUID,
    agency_approved_by UUID,
    agency_said TEXT,
    network_approved_by UUID,
    network_said TEXT,
    active_on DATE,
    ended_on DATE,
    CONSTRAINT incentive_rule_pkey PRIMARY KEY (id),
    CONSTRAINT incentive_rule_state_check CHECK (state IN ('drafted', 'simulated', 'active', 'ended')),
    CONSTRAINT incentive_rule_amount_check CHECK (amount > 0),
    CONSTRAINT incentive_rule_four_eyes_check CHECK (agency_approved_by <> drafted_by),
    CONSTRAINT incentive_rule_active_check CHECK (state <> 'active' OR num_nulls(simulation_id, agency_approved_by, network_approved_by) = 0),
    CONSTRAINT incentive_rule_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT incentive_rule_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT incentive_rule_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT incentive_rule_indicator_id_fkey FOREIGN KEY(indicator_id) REFERENCES indicator (id),
    CONSTRAINT incentive_rule_drafted_by_fkey FOREIGN KEY(drafted_by) REFERENCES actor (id),
    CONSTRAINT incentive_rule_agency_approved_by_fkey FOREIGN KEY(agency_approved_by) REFERENCES actor (id),
    CONSTRAINT incentive_rule_network_approved_by_fkey FOREIGN KEY(network_approved_by) REFERENCES actor (id)
);
CREATE INDEX incentive_rule_agreement_id ON incentive_rule (agreement_id);
CREATE INDEX incentive_rule_indicator_id ON incentive_rule (indicator_id);
CREATE INDEX incentive_rule_social_space_id ON incentive_rule (social_space_id);
ALTER TABLE incentive_rule ENABLE ROW LEVEL SECURITY;
ALTER TABLE incentive_rule FORCE ROW LEVEL SECURITY;
CREATE POLICY incentive_rule_select ON incentive_rule FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY incentive_rule_insert ON incentive_rule FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY incentive_rule_update ON incentive_rule FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON incentive_rule TO sozialraum_app;

CREATE TABLE incentive_simulation (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    rule_id UUID NOT NULL,
    periods INTEGER NOT NULL,
    paid INTEGER NOT NULL,
    amount NUMERIC(14, 2) NOT NULL,
    simulated_by UUID NOT NULL,
    simulated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT incentive_simulation_pkey PRIMARY KEY (id),
    CONSTRAINT incentive_simulation_periods_check CHECK (periods > 0 AND paid BETWEEN 0 AND periods),
    CONSTRAINT incentive_simulation_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT incentive_simulation_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT incentive_simulation_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT incentive_simulation_rule_id_fkey FOREIGN KEY(rule_id) REFERENCES incentive_rule (id),
    CONSTRAINT incentive_simulation_simulated_by_fkey FOREIGN KEY(simulated_by) REFERENCES actor (id)
);
CREATE INDEX incentive_simulation_agreement_id ON incentive_simulation (agreement_id);
CREATE INDEX incentive_simulation_rule_id ON incentive_simulation (rule_id);
CREATE INDEX incentive_simulation_social_space_id ON incentive_simulation (social_space_id);
ALTER TABLE incentive_simulation ENABLE ROW LEVEL SECURITY;
ALTER TABLE incentive_simulation FORCE ROW LEVEL SECURITY;
CREATE POLICY incentive_simulation_select ON incentive_simulation FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY incentive_simulation_insert ON incentive_simulation FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON incentive_simulation TO sozialraum_app;

CREATE TABLE incentive_finding (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    simulation_id UUID NOT NULL,
    effect TEXT NOT NULL,
    periods INTEGER NOT NULL,
    other_id UUID,
    CONSTRAINT incentive_finding_pkey PRIMARY KEY (id),
    CONSTRAINT incentive_finding_effect_check CHECK (effect IN ('little_known', 'windfall', 'cliff', 'chance', 'fewer_people', 'at_others_expense')),
    CONSTRAINT incentive_finding_periods_check CHECK (periods > 0),
    CONSTRAINT incentive_finding_other_check CHECK ((effect = 'at_others_expense') = (other_id IS NOT NULL)),
    CONSTRAINT incentive_finding_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT incentive_finding_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT incentive_finding_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT incentive_finding_simulation_id_fkey FOREIGN KEY(simulation_id) REFERENCES incentive_simulation (id),
    CONSTRAINT incentive_finding_other_id_fkey FOREIGN KEY(other_id) REFERENCES indicator (id)
);
CREATE INDEX incentive_finding_agreement_id ON incentive_finding (agreement_id);
CREATE INDEX incentive_finding_simulation_id ON incentive_finding (simulation_id);
CREATE INDEX incentive_finding_social_space_id ON incentive_finding (social_space_id);
ALTER TABLE incentive_finding ENABLE ROW LEVEL SECURITY;
ALTER TABLE incentive_finding FORCE ROW LEVEL SECURITY;
CREATE POLICY incentive_finding_select ON incentive_finding FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY incentive_finding_insert ON incentive_finding FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON incentive_finding TO sozialraum_app;

-- Money that is bound or spent, by whom it is for.
CREATE VIEW provider_money WITH (security_invoker = true) AS
SELECT authority_id, agreement_id, organisation_id, sum(amount) AS amount FROM (
    SELECT authority_id, agreement_id, organisation_id, amount - released AS amount
    FROM commitment WHERE organisation_id IS NOT NULL AND state <> 'reserved'
    UNION ALL
    SELECT authority_id, agreement_id, organisation_id, amount
    FROM booking WHERE commitment_id IS NULL AND state = 'released'
) AS taken GROUP BY authority_id, agreement_id, organisation_id HAVING sum(amount) > 0;
GRANT SELECT ON provider_money TO sozialraum_app;

CREATE VIEW own_share WITH (security_invoker = true) AS
SELECT party.id, party.authority_id, party.agreement_id, party.organisation_id,
       coalesce((SELECT own.amount FROM provider_money AS own
                 WHERE own.agreement_id = party.agreement_id AND own.organisation_id = party.organisation_id),
                0)::numeric(20, 2) AS amount,
       coalesce((SELECT sum(each.amount) FROM provider_money AS each WHERE each.agreement_id = party.agreement_id),
                0)::numeric(20, 2) AS of_space
FROM budget_party AS party;
GRANT SELECT ON own_share TO sozialraum_app;

-- The Herfindahl-Hirschman index in hundreds; nothing where fewer than three providers, or too few cases, make it up.
CREATE VIEW space_concentration WITH (security_invoker = true) AS
SELECT agreement.id, agreement.authority_id, agreement.social_space_id, agreement.fiscal_year,
       (SELECT CASE WHEN count(*) >= 3 THEN
            (100 * round(100 * sum(each.amount * each.amount) / (sum(each.amount) * sum(each.amount))))::integer END
        FROM provider_money AS each WHERE each.agreement_id = agreement.id
          AND NOT EXISTS (
              SELECT FROM commitment AS one
              WHERE one.agreement_id = agreement.id AND one.case_id IS NOT NULL AND one.amount > one.released
              HAVING count(DISTINCT one.case_id) BETWEEN 1 AND
                  (SELECT k - 1 FROM disclosure_rule WHERE kind = 'budget_figures' AND level = 'social_space'))
       ) AS concentration
FROM budget_agreement AS agreement WHERE agreement.state <> 'draft';
GRANT SELECT ON space_concentration TO sozialraum_app;
