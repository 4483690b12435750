-- What work is worth, version by version, and what was recorded of it. A booking keeps the record and its hours.
SET LOCAL lock_timeout = '5s';

CREATE TABLE valuation_rule (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    number INTEGER NOT NULL,
    organisation_id UUID,
    amount NUMERIC(14, 2) NOT NULL,
    valid_from DATE NOT NULL,
    valid_through DATE,
    state TEXT NOT NULL,
    proposed_by UUID NOT NULL,
    agreed_by UUID,
    agreed_on DATE,
    CONSTRAINT valuation_rule_pkey PRIMARY KEY (id),
    CONSTRAINT valuation_rule_kind_check CHECK (kind IN ('hour', 'flat_rate', 'project')),
    CONSTRAINT valuation_rule_state_check CHECK (state IN ('proposed', 'agreed', 'withdrawn')),
    CONSTRAINT valuation_rule_amount_check CHECK (amount > 0),
    CONSTRAINT valuation_rule_months_check CHECK (extract(day FROM valid_from) = 1 AND valid_through > valid_from AND extract(day FROM valid_through + 1) = 1),
    CONSTRAINT valuation_rule_agreed_check CHECK ((state = 'agreed') = (agreed_by IS NOT NULL)),
    CONSTRAINT valuation_rule_four_eyes_check CHECK (agreed_by <> proposed_by),
    CONSTRAINT valuation_rule_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT valuation_rule_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT valuation_rule_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT valuation_rule_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id),
    CONSTRAINT valuation_rule_proposed_by_fkey FOREIGN KEY(proposed_by) REFERENCES actor (id),
    CONSTRAINT valuation_rule_agreed_by_fkey FOREIGN KEY(agreed_by) REFERENCES actor (id)
);
CREATE INDEX valuation_rule_agreement_id ON valuation_rule (agreement_id);
CREATE UNIQUE INDEX valuation_rule_number ON valuation_rule (agreement_id, kind, organisation_id, number) NULLS NOT DISTINCT;
CREATE INDEX valuation_rule_organisation_id ON valuation_rule (organisation_id);
CREATE INDEX valuation_rule_social_space_id ON valuation_rule (social_space_id);
ALTER TABLE valuation_rule ENABLE ROW LEVEL SECURITY;
ALTER TABLE valuation_rule FORCE ROW LEVEL SECURITY;
CREATE POLICY valuation_rule_select ON valuation_rule FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY valuation_rule_insert ON valuation_rule FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY valuation_rule_update ON valuation_rule FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON valuation_rule TO sozialraum_app;

CREATE TABLE service_record (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    line_id UUID NOT NULL,
    id UUID NOT NULL,
    commitment_id UUID NOT NULL,
    organisation_id UUID NOT NULL,
    case_id UUID,
    month DATE NOT NULL,
    kind TEXT NOT NULL,
    hours NUMERIC(6, 2),
    rule_id UUID NOT NULL,
    rate NUMERIC(14, 2) NOT NULL,
    amount NUMERIC(14, 2) NOT NULL,
    state TEXT NOT NULL,
    recorded_by UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT service_record_pkey PRIMARY KEY (id),
    CONSTRAINT service_record_kind_check CHECK (kind IN ('hour', 'flat_rate', 'project')),
    CONSTRAINT service_record_state_check CHECK (state IN ('recorded', 'billed', 'withdrawn')),
    CONSTRAINT service_record_amount_check CHECK (amount > 0 AND rate > 0 AND hours > 0),
    CONSTRAINT service_record_valued_check CHECK (amount = round(CASE kind WHEN 'hour' THEN hours ELSE 1 END * rate, 2)),
    CONSTRAINT service_record_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT service_record_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT service_record_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT service_record_line_id_fkey FOREIGN KEY(line_id) REFERENCES budget_line (id),
    CONSTRAINT service_record_commitment_id_fkey FOREIGN KEY(commitment_id) REFERENCES commitment (id),
    CONSTRAINT service_record_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id),
    CONSTRAINT service_record_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT service_record_rule_id_fkey FOREIGN KEY(rule_id) REFERENCES valuation_rule (id),
    CONSTRAINT service_record_recorded_by_fkey FOREIGN KEY(recorded_by) REFERENCES actor (id)
);
CREATE INDEX service_record_agreement_id ON service_record (agreement_id);
CREATE INDEX service_record_case_id ON service_record (case_id);
CREATE INDEX service_record_line_id ON service_record (line_id);
CREATE UNIQUE INDEX service_record_once ON service_record (commitment_id, month, kind) WHERE state <> 'withdrawn';
CREATE INDEX service_record_organisation_id ON service_record (organisation_id);
CREATE UNIQUE INDEX service_record_project ON service_record (commitment_id) WHERE state <> 'withdrawn' AND kind = 'project';
CREATE INDEX service_record_rule_id ON service_record (rule_id);
CREATE INDEX service_record_social_space_id ON service_record (social_space_id);
ALTER TABLE service_record ENABLE ROW LEVEL SECURITY;
ALTER TABLE service_record FORCE ROW LEVEL SECURITY;
CREATE POLICY service_record_select ON service_record FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY service_record_insert ON service_record FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY service_record_update ON service_record FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON service_record TO sozialraum_app;

-- In one clause: a new column that is null has nothing to look through, so bookings wait for nothing.
ALTER TABLE booking ADD COLUMN service_record_id UUID CONSTRAINT booking_service_record_id_fkey REFERENCES service_record (id);
ALTER TABLE booking ADD COLUMN hours NUMERIC(6, 2);
