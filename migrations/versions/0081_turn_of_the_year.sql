-- Help across the turn of the year: what a grant will take of a later year's budget.
SET LOCAL lock_timeout = '5s';

CREATE TABLE foreseen_commitment (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    social_space_id UUID,
    id UUID NOT NULL,
    subject_id UUID NOT NULL,
    fiscal_year INTEGER NOT NULL,
    line TEXT NOT NULL,
    basis TEXT NOT NULL,
    state TEXT NOT NULL,
    amount NUMERIC(14, 2) NOT NULL,
    purpose TEXT,
    purpose_kind TEXT,
    organisation_id UUID,
    case_id UUID,
    case_pseudonym TEXT,
    measure_id UUID,
    granted_by UUID,
    foreseen_on DATE NOT NULL,
    commitment_id UUID,
    dropped_on DATE,
    CONSTRAINT foreseen_commitment_pkey PRIMARY KEY (id),
    CONSTRAINT foreseen_commitment_state_check CHECK (state IN ('foreseen', 'bound', 'dropped')),
    CONSTRAINT foreseen_commitment_basis_check CHECK (basis IN ('granted_claim', 'voluntary')),
    CONSTRAINT foreseen_commitment_line_check CHECK (line IN ('case_specific', 'cross_case', 'case_unspecific', 'reserve')),
    CONSTRAINT foreseen_commitment_amount_check CHECK (amount > 0),
    CONSTRAINT foreseen_commitment_purpose_check CHECK (num_nonnulls(purpose, purpose_kind) = 1),
    CONSTRAINT foreseen_commitment_commitment_check CHECK ((state = 'bound') = (commitment_id IS NOT NULL)),
    CONSTRAINT foreseen_commitment_dropped_check CHECK ((state = 'dropped') = (dropped_on IS NOT NULL)),
    CONSTRAINT foreseen_commitment_subject_id_fiscal_year_key UNIQUE (subject_id, fiscal_year),
    CONSTRAINT foreseen_commitment_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT foreseen_commitment_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT foreseen_commitment_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id),
    CONSTRAINT foreseen_commitment_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT foreseen_commitment_measure_id_fkey FOREIGN KEY(measure_id) REFERENCES measure (id),
    CONSTRAINT foreseen_commitment_granted_by_fkey FOREIGN KEY(granted_by) REFERENCES actor (id),
    CONSTRAINT foreseen_commitment_commitment_id_fkey FOREIGN KEY(commitment_id) REFERENCES commitment (id)
);
CREATE INDEX foreseen_commitment_case_id ON foreseen_commitment (case_id);
CREATE INDEX foreseen_commitment_commitment_id ON foreseen_commitment (commitment_id);
CREATE INDEX foreseen_commitment_organisation_id ON foreseen_commitment (organisation_id);
CREATE INDEX foreseen_commitment_social_space_id ON foreseen_commitment (social_space_id);
CREATE INDEX foreseen_commitment_year ON foreseen_commitment (authority_id, fiscal_year, social_space_id);
ALTER TABLE foreseen_commitment ENABLE ROW LEVEL SECURITY;
ALTER TABLE foreseen_commitment FORCE ROW LEVEL SECURITY;
CREATE POLICY foreseen_commitment_select ON foreseen_commitment FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY foreseen_commitment_insert ON foreseen_commitment FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY foreseen_commitment_update ON foreseen_commitment FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON foreseen_commitment TO sozialraum_app;

-- With a default, for whoever still writes without it while this is rolled out.
ALTER TABLE forecast_line ADD COLUMN foreseen NUMERIC(20, 2) DEFAULT 0.00 NOT NULL;
