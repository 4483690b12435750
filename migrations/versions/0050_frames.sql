-- Frames of several years.
SET LOCAL lock_timeout = '5s';

CREATE TABLE budget_frame (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    social_space_id UUID,
    id UUID NOT NULL,
    contract_number TEXT,
    state TEXT NOT NULL,
    first_year INTEGER NOT NULL,
    last_year INTEGER NOT NULL,
    total NUMERIC(14, 2) NOT NULL,
    notice_months INTEGER NOT NULL,
    earlier_frame_id UUID,
    proposed_by UUID NOT NULL,
    agreed_by UUID,
    agreed_on DATE,
    CONSTRAINT budget_frame_pkey PRIMARY KEY (id),
    CONSTRAINT budget_frame_state_check CHECK (state IN ('proposed', 'agreed', 'replaced')),
    CONSTRAINT budget_frame_four_eyes_check CHECK (agreed_by <> proposed_by),
    CONSTRAINT budget_frame_terms_check CHECK (first_year < last_year AND total > 0 AND notice_months >= 0),
    CONSTRAINT budget_frame_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT budget_frame_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT budget_frame_earlier_frame_id_fkey FOREIGN KEY(earlier_frame_id) REFERENCES budget_frame (id),
    CONSTRAINT budget_frame_proposed_by_fkey FOREIGN KEY(proposed_by) REFERENCES actor (id),
    CONSTRAINT budget_frame_agreed_by_fkey FOREIGN KEY(agreed_by) REFERENCES actor (id)
);
CREATE INDEX budget_frame_social_space_id ON budget_frame (social_space_id);
ALTER TABLE budget_frame ENABLE ROW LEVEL SECURITY;
ALTER TABLE budget_frame FORCE ROW LEVEL SECURITY;
CREATE POLICY budget_frame_select ON budget_frame FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY budget_frame_insert ON budget_frame FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY budget_frame_update ON budget_frame FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON budget_frame TO sozialraum_app;

CREATE TABLE frame_year (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    id UUID NOT NULL,
    frame_id UUID NOT NULL,
    fiscal_year INTEGER NOT NULL,
    amount NUMERIC(14, 2) NOT NULL,
    holds BOOLEAN NOT NULL,
    CONSTRAINT frame_year_pkey PRIMARY KEY (id),
    CONSTRAINT frame_year_frame_id_fiscal_year_key UNIQUE (frame_id, fiscal_year),
    CONSTRAINT frame_year_amount_check CHECK (amount > 0),
    CONSTRAINT frame_year_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT frame_year_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT frame_year_frame_id_fkey FOREIGN KEY(frame_id) REFERENCES budget_frame (id)
);
CREATE INDEX frame_year_frame_id ON frame_year (frame_id);
CREATE UNIQUE INDEX frame_year_holds ON frame_year (authority_id, social_space_id, fiscal_year) NULLS NOT DISTINCT WHERE holds;
CREATE INDEX frame_year_social_space_id ON frame_year (social_space_id);
ALTER TABLE frame_year ENABLE ROW LEVEL SECURITY;
ALTER TABLE frame_year FORCE ROW LEVEL SECURITY;
CREATE POLICY frame_year_select ON frame_year FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY frame_year_insert ON frame_year FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY frame_year_update ON frame_year FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON frame_year TO sozialraum_app;

