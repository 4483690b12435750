-- A budget's year in full: tranches, transfers, and how a year is settled.
SET LOCAL lock_timeout = '5s';

ALTER TABLE budget_agreement ADD COLUMN retention NUMERIC(5, 2) DEFAULT 0.00 NOT NULL;
ALTER TABLE budget_agreement ALTER COLUMN retention DROP DEFAULT;
ALTER TABLE budget_agreement ADD COLUMN floor NUMERIC(14, 2) DEFAULT 0.00 NOT NULL;
ALTER TABLE budget_agreement ALTER COLUMN floor DROP DEFAULT;
ALTER TABLE budget_agreement ADD COLUMN product_account TEXT;
ALTER TABLE budget_agreement ADD CONSTRAINT budget_agreement_terms_check CHECK (retention >= 0 AND retention < 100 AND floor >= 0) NOT VALID;
ALTER TABLE budget_agreement VALIDATE CONSTRAINT budget_agreement_terms_check;
ALTER TABLE budget_party ADD COLUMN payee_number TEXT;
ALTER TABLE posting DROP CONSTRAINT posting_kind_check;
ALTER TABLE posting ADD CONSTRAINT posting_kind_check CHECK (kind IN ('approve', 'reserve', 'grant', 'book', 'release', 'reverse', 'transfer', 'cover', 'settle')) NOT VALID;
ALTER TABLE posting VALIDATE CONSTRAINT posting_kind_check;
ALTER TABLE budget_agreement DROP CONSTRAINT budget_agreement_state_check;
ALTER TABLE budget_agreement ADD CONSTRAINT budget_agreement_state_check CHECK (state IN ('draft', 'active', 'year_closed', 'settled')) NOT VALID;
ALTER TABLE budget_agreement VALIDATE CONSTRAINT budget_agreement_state_check;
ALTER TABLE allocation DROP CONSTRAINT allocation_amount_check;
ALTER TABLE allocation ADD CONSTRAINT allocation_amount_check CHECK (amount > 0 OR kind = 'carry_in' AND amount < 0) NOT VALID;
ALTER TABLE allocation VALIDATE CONSTRAINT allocation_amount_check;
ALTER TABLE allocation ADD COLUMN settlement_id UUID;

CREATE TABLE budget_transfer (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    line_id UUID NOT NULL,
    id UUID NOT NULL,
    target_id UUID NOT NULL,
    state TEXT NOT NULL,
    amount NUMERIC(14, 2) NOT NULL,
    reason TEXT NOT NULL,
    proposed_by UUID NOT NULL,
    released_by UUID,
    released_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT budget_transfer_pkey PRIMARY KEY (id),
    CONSTRAINT budget_transfer_state_check CHECK (state IN ('proposed', 'withdrawn', 'released')),
    CONSTRAINT budget_transfer_amount_check CHECK (amount > 0 AND line_id <> target_id),
    CONSTRAINT budget_transfer_four_eyes_check CHECK (released_by <> proposed_by),
    CONSTRAINT budget_transfer_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT budget_transfer_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT budget_transfer_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT budget_transfer_line_id_fkey FOREIGN KEY(line_id) REFERENCES budget_line (id),
    CONSTRAINT budget_transfer_target_id_fkey FOREIGN KEY(target_id) REFERENCES budget_line (id),
    CONSTRAINT budget_transfer_proposed_by_fkey FOREIGN KEY(proposed_by) REFERENCES actor (id),
    CONSTRAINT budget_transfer_released_by_fkey FOREIGN KEY(released_by) REFERENCES actor (id)
);
CREATE INDEX budget_transfer_agreement_id ON budget_transfer (agreement_id);
CREATE INDEX budget_transfer_line_id ON budget_transfer (line_id);
CREATE INDEX budget_transfer_social_space_id ON budget_transfer (social_space_id);
CREATE INDEX budget_transfer_target_id ON budget_transfer (target_id);
ALTER TABLE budget_transfer ENABLE ROW LEVEL SECURITY;
ALTER TABLE budget_transfer FORCE ROW LEVEL SECURITY;
CREATE POLICY budget_transfer_select ON budget_transfer FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY budget_transfer_insert ON budget_transfer FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY budget_transfer_update ON budget_transfer FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON budget_transfer TO sozialraum_app;

CREATE TABLE tranche (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    due_on DATE NOT NULL,
    amount NUMERIC(14, 2) NOT NULL,
    state TEXT NOT NULL,
    planned_by UUID NOT NULL,
    released_by UUID,
    released_at TIMESTAMP WITH TIME ZONE,
    paid_on DATE,
    reason TEXT,
    CONSTRAINT tranche_pkey PRIMARY KEY (id),
    CONSTRAINT tranche_state_check CHECK (state IN ('planned', 'released', 'paid', 'withheld')),
    CONSTRAINT tranche_agreement_id_due_on_key UNIQUE (agreement_id, due_on),
    CONSTRAINT tranche_amount_check CHECK (amount >= 0),
    CONSTRAINT tranche_four_eyes_check CHECK (released_by <> planned_by),
    CONSTRAINT tranche_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT tranche_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT tranche_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT tranche_planned_by_fkey FOREIGN KEY(planned_by) REFERENCES actor (id),
    CONSTRAINT tranche_released_by_fkey FOREIGN KEY(released_by) REFERENCES actor (id)
);
CREATE INDEX tranche_agreement_id ON tranche (agreement_id);
CREATE INDEX tranche_social_space_id ON tranche (social_space_id);
ALTER TABLE tranche ENABLE ROW LEVEL SECURITY;
ALTER TABLE tranche FORCE ROW LEVEL SECURITY;
CREATE POLICY tranche_select ON tranche FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY tranche_insert ON tranche FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY tranche_update ON tranche FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON tranche TO sozialraum_app;

CREATE TABLE tranche_share (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    tranche_id UUID NOT NULL,
    organisation_id UUID NOT NULL,
    amount NUMERIC(14, 2) NOT NULL,
    CONSTRAINT tranche_share_pkey PRIMARY KEY (id),
    CONSTRAINT tranche_share_tranche_id_organisation_id_key UNIQUE (tranche_id, organisation_id),
    CONSTRAINT tranche_share_amount_check CHECK (amount >= 0),
    CONSTRAINT tranche_share_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT tranche_share_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT tranche_share_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT tranche_share_tranche_id_fkey FOREIGN KEY(tranche_id) REFERENCES tranche (id),
    CONSTRAINT tranche_share_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);
CREATE INDEX tranche_share_agreement_id ON tranche_share (agreement_id);
CREATE INDEX tranche_share_organisation_id ON tranche_share (organisation_id);
CREATE INDEX tranche_share_social_space_id ON tranche_share (social_space_id);
ALTER TABLE tranche_share ENABLE ROW LEVEL SECURITY;
ALTER TABLE tranche_share FORCE ROW LEVEL SECURITY;
CREATE POLICY tranche_share_select ON tranche_share FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY tranche_share_insert ON tranche_share FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY tranche_share_update ON tranche_share FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON tranche_share TO sozialraum_app;

CREATE TABLE deviation_rule (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    direction TEXT NOT NULL,
    number INTEGER NOT NULL,
    agreed_on DATE NOT NULL,
    CONSTRAINT deviation_rule_pkey PRIMARY KEY (id),
    CONSTRAINT deviation_rule_direction_check CHECK (direction IN ('overspend', 'underspend')),
    CONSTRAINT deviation_rule_agreement_id_direction_number_key UNIQUE (agreement_id, direction, number),
    CONSTRAINT deviation_rule_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT deviation_rule_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT deviation_rule_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id)
);
CREATE INDEX deviation_rule_agreement_id ON deviation_rule (agreement_id);
CREATE INDEX deviation_rule_social_space_id ON deviation_rule (social_space_id);
ALTER TABLE deviation_rule ENABLE ROW LEVEL SECURITY;
ALTER TABLE deviation_rule FORCE ROW LEVEL SECURITY;
CREATE POLICY deviation_rule_select ON deviation_rule FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY deviation_rule_insert ON deviation_rule FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON deviation_rule TO sozialraum_app;

CREATE TABLE deviation_band (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    rule_id UUID NOT NULL,
    position INTEGER NOT NULL,
    above NUMERIC(5, 2) NOT NULL,
    up_to NUMERIC(5, 2),
    agency NUMERIC(5, 2) NOT NULL,
    network NUMERIC(5, 2) NOT NULL,
    carry NUMERIC(5, 2) NOT NULL,
    CONSTRAINT deviation_band_pkey PRIMARY KEY (id),
    CONSTRAINT deviation_band_rule_id_position_key UNIQUE (rule_id, position),
    CONSTRAINT deviation_band_whole_check CHECK (agency + network + carry = 100),
    CONSTRAINT deviation_band_reach_check CHECK (above >= 0 AND up_to > above),
    CONSTRAINT deviation_band_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT deviation_band_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT deviation_band_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT deviation_band_rule_id_fkey FOREIGN KEY(rule_id) REFERENCES deviation_rule (id)
);
CREATE INDEX deviation_band_agreement_id ON deviation_band (agreement_id);
CREATE INDEX deviation_band_social_space_id ON deviation_band (social_space_id);
ALTER TABLE deviation_band ENABLE ROW LEVEL SECURITY;
ALTER TABLE deviation_band FORCE ROW LEVEL SECURITY;
CREATE POLICY deviation_band_select ON deviation_band FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY deviation_band_insert ON deviation_band FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON deviation_band TO sozialraum_app;

CREATE TABLE monitored_service (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    legal_basis TEXT NOT NULL,
    planned NUMERIC(14, 2) NOT NULL,
    actual NUMERIC(14, 2) NOT NULL,
    CONSTRAINT monitored_service_pkey PRIMARY KEY (id),
    CONSTRAINT monitored_service_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT monitored_service_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT monitored_service_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id)
);
CREATE INDEX monitored_service_agreement_id ON monitored_service (agreement_id);
CREATE INDEX monitored_service_social_space_id ON monitored_service (social_space_id);
ALTER TABLE monitored_service ENABLE ROW LEVEL SECURITY;
ALTER TABLE monitored_service FORCE ROW LEVEL SECURITY;
CREATE POLICY monitored_service_select ON monitored_service FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY monitored_service_insert ON monitored_service FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY monitored_service_update ON monitored_service FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON monitored_service TO sozialraum_app;

CREATE TABLE settlement (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    state TEXT NOT NULL,
    revised NUMERIC(20, 2) NOT NULL,
    approved NUMERIC(20, 2) NOT NULL,
    booked NUMERIC(20, 2) NOT NULL,
    outside NUMERIC(20, 2) NOT NULL,
    advanced NUMERIC(20, 2) NOT NULL,
    carried_in NUMERIC(20, 2) NOT NULL,
    overspent NUMERIC(20, 2) NOT NULL,
    underspent NUMERIC(20, 2) NOT NULL,
    agency NUMERIC(20, 2) NOT NULL,
    network NUMERIC(20, 2) NOT NULL,
    carried NUMERIC(20, 2) NOT NULL,
    payment NUMERIC(20, 2) NOT NULL,
    carried_line_id UUID NOT NULL,
    proof TEXT,
    dispute TEXT,
    prepared_by UUID NOT NULL,
    prepared_on DATE NOT NULL,
    proof_on DATE,
    checked_by UUID,
    checked_on DATE,
    agreed_by UUID,
    agreed_on DATE,
    disputed_on DATE,
    paid_by UUID,
    paid_on DATE,
    CONSTRAINT settlement_pkey PRIMARY KEY (id),
    CONSTRAINT settlement_state_check CHECK (state IN ('prepared', 'proof_received', 'checked', 'agreed', 'disputed', 'paid')),
    CONSTRAINT settlement_agreement_id_key UNIQUE (agreement_id),
    CONSTRAINT settlement_four_eyes_check CHECK (checked_by <> prepared_by AND paid_by <> checked_by),
    CONSTRAINT settlement_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT settlement_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT settlement_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT settlement_carried_line_id_fkey FOREIGN KEY(carried_line_id) REFERENCES budget_line (id),
    CONSTRAINT settlement_prepared_by_fkey FOREIGN KEY(prepared_by) REFERENCES actor (id),
    CONSTRAINT settlement_checked_by_fkey FOREIGN KEY(checked_by) REFERENCES actor (id),
    CONSTRAINT settlement_agreed_by_fkey FOREIGN KEY(agreed_by) REFERENCES actor (id),
    CONSTRAINT settlement_paid_by_fkey FOREIGN KEY(paid_by) REFERENCES actor (id)
);
CREATE INDEX settlement_agreement_id ON settlement (agreement_id);
CREATE INDEX settlement_social_space_id ON settlement (social_space_id);
ALTER TABLE settlement ENABLE ROW LEVEL SECURITY;
ALTER TABLE settlement FORCE ROW LEVEL SECURITY;
CREATE POLICY settlement_select ON settlement FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY settlement_insert ON settlement FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY settlement_update ON settlement FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON settlement TO sozialraum_app;

CREATE TABLE settlement_line (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    line_id UUID NOT NULL,
    id UUID NOT NULL,
    settlement_id UUID NOT NULL,
    kind TEXT NOT NULL,
    approved NUMERIC(20, 2) NOT NULL,
    booked NUMERIC(20, 2) NOT NULL,
    covered NUMERIC(20, 2) NOT NULL,
    CONSTRAINT settlement_line_pkey PRIMARY KEY (id),
    CONSTRAINT settlement_line_kind_check CHECK (kind IN ('case_specific', 'cross_case', 'case_unspecific', 'reserve')),
    CONSTRAINT settlement_line_settlement_id_line_id_key UNIQUE (settlement_id, line_id),
    CONSTRAINT settlement_line_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT settlement_line_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT settlement_line_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT settlement_line_line_id_fkey FOREIGN KEY(line_id) REFERENCES budget_line (id),
    CONSTRAINT settlement_line_settlement_id_fkey FOREIGN KEY(settlement_id) REFERENCES settlement (id)
);
CREATE INDEX settlement_line_agreement_id ON settlement_line (agreement_id);
CREATE INDEX settlement_line_line_id ON settlement_line (line_id);
CREATE INDEX settlement_line_social_space_id ON settlement_line (social_space_id);
ALTER TABLE settlement_line ENABLE ROW LEVEL SECURITY;
ALTER TABLE settlement_line FORCE ROW LEVEL SECURITY;
CREATE POLICY settlement_line_select ON settlement_line FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY settlement_line_insert ON settlement_line FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON settlement_line TO sozialraum_app;

CREATE TABLE compensation (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    settlement_id UUID NOT NULL,
    direction TEXT NOT NULL,
    above NUMERIC(5, 2) NOT NULL,
    up_to NUMERIC(5, 2),
    amount NUMERIC(20, 2) NOT NULL,
    agency NUMERIC(20, 2) NOT NULL,
    network NUMERIC(20, 2) NOT NULL,
    carry NUMERIC(20, 2) NOT NULL,
    CONSTRAINT compensation_pkey PRIMARY KEY (id),
    CONSTRAINT compensation_direction_check CHECK (direction IN ('overspend', 'underspend')),
    CONSTRAINT compensation_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT compensation_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT compensation_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT compensation_settlement_id_fkey FOREIGN KEY(settlement_id) REFERENCES settlement (id)
);
CREATE INDEX compensation_agreement_id ON compensation (agreement_id);
CREATE INDEX compensation_settlement_id ON compensation (settlement_id);
CREATE INDEX compensation_social_space_id ON compensation (social_space_id);
ALTER TABLE compensation ENABLE ROW LEVEL SECURITY;
ALTER TABLE compensation FORCE ROW LEVEL SECURITY;
CREATE POLICY compensation_select ON compensation FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY compensation_insert ON compensation FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON compensation TO sozialraum_app;

CREATE TABLE settlement_share (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    settlement_id UUID NOT NULL,
    organisation_id UUID NOT NULL,
    network NUMERIC(20, 2) NOT NULL,
    CONSTRAINT settlement_share_pkey PRIMARY KEY (id),
    CONSTRAINT settlement_share_settlement_id_organisation_id_key UNIQUE (settlement_id, organisation_id),
    CONSTRAINT settlement_share_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT settlement_share_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT settlement_share_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT settlement_share_settlement_id_fkey FOREIGN KEY(settlement_id) REFERENCES settlement (id),
    CONSTRAINT settlement_share_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);
CREATE INDEX settlement_share_agreement_id ON settlement_share (agreement_id);
CREATE INDEX settlement_share_organisation_id ON settlement_share (organisation_id);
CREATE INDEX settlement_share_social_space_id ON settlement_share (social_space_id);
ALTER TABLE settlement_share ENABLE ROW LEVEL SECURITY;
ALTER TABLE settlement_share FORCE ROW LEVEL SECURITY;
CREATE POLICY settlement_share_select ON settlement_share FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY settlement_share_insert ON settlement_share FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON settlement_share TO sozialraum_app;

CREATE TABLE forecast (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    as_of DATE NOT NULL,
    method TEXT NOT NULL,
    earlier_id UUID,
    made_by UUID NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT forecast_pkey PRIMARY KEY (id),
    CONSTRAINT forecast_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT forecast_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT forecast_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT forecast_earlier_id_fkey FOREIGN KEY(earlier_id) REFERENCES forecast (id),
    CONSTRAINT forecast_made_by_fkey FOREIGN KEY(made_by) REFERENCES actor (id)
);
CREATE INDEX forecast_agreement_id ON forecast (agreement_id);
CREATE INDEX forecast_social_space_id ON forecast (social_space_id);
ALTER TABLE forecast ENABLE ROW LEVEL SECURITY;
ALTER TABLE forecast FORCE ROW LEVEL SECURITY;
CREATE POLICY forecast_select ON forecast FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY forecast_insert ON forecast FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON forecast TO sozialraum_app;

CREATE TABLE forecast_line (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    line_id UUID NOT NULL,
    id UUID NOT NULL,
    forecast_id UUID NOT NULL,
    kind TEXT NOT NULL,
    approved NUMERIC(20, 2) NOT NULL,
    reserved NUMERIC(20, 2) NOT NULL,
    committed NUMERIC(20, 2) NOT NULL,
    booked NUMERIC(20, 2) NOT NULL,
    expected_new NUMERIC(20, 2) NOT NULL,
    running NUMERIC(20, 2) NOT NULL,
    forecast NUMERIC(20, 2) NOT NULL,
    earlier NUMERIC(20, 2),
    CONSTRAINT forecast_line_pkey PRIMARY KEY (id),
    CONSTRAINT forecast_line_kind_check CHECK (kind IN ('case_specific', 'cross_case', 'case_unspecific', 'reserve')),
    CONSTRAINT forecast_line_forecast_id_line_id_key UNIQUE (forecast_id, line_id),
    CONSTRAINT forecast_line_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT forecast_line_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT forecast_line_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT forecast_line_line_id_fkey FOREIGN KEY(line_id) REFERENCES budget_line (id),
    CONSTRAINT forecast_line_forecast_id_fkey FOREIGN KEY(forecast_id) REFERENCES forecast (id)
);
CREATE INDEX forecast_line_agreement_id ON forecast_line (agreement_id);
CREATE INDEX forecast_line_line_id ON forecast_line (line_id);
CREATE INDEX forecast_line_social_space_id ON forecast_line (social_space_id);
ALTER TABLE forecast_line ENABLE ROW LEVEL SECURITY;
ALTER TABLE forecast_line FORCE ROW LEVEL SECURITY;
CREATE POLICY forecast_line_select ON forecast_line FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY forecast_line_insert ON forecast_line FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON forecast_line TO sozialraum_app;

ALTER TABLE allocation ADD CONSTRAINT allocation_settlement_id_key UNIQUE (settlement_id);
ALTER TABLE allocation ADD CONSTRAINT allocation_settlement_id_fkey FOREIGN KEY(settlement_id) REFERENCES settlement (id) NOT VALID;
ALTER TABLE allocation VALIDATE CONSTRAINT allocation_settlement_id_fkey;
