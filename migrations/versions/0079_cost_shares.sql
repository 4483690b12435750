-- Who bears what of an element's cost, on what legal basis.
SET LOCAL lock_timeout = '5s';

CREATE TABLE cost_share (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    element_id UUID NOT NULL,
    number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    source TEXT NOT NULL,
    legal_basis TEXT NOT NULL,
    bearer TEXT,
    amount NUMERIC(14, 2) NOT NULL,
    granted NUMERIC(14, 2),
    commitment_id UUID,
    CONSTRAINT cost_share_pkey PRIMARY KEY (id),
    CONSTRAINT cost_share_source_check CHECK (source IN ('case_specific', 'case_unspecific', 'own_contribution', 'other_authority')),
    CONSTRAINT cost_share_element_id_number_position_key UNIQUE (element_id, number, position),
    CONSTRAINT cost_share_bearer_check CHECK ((source = 'other_authority') = (bearer IS NOT NULL)),
    CONSTRAINT cost_share_amount_check CHECK (amount >= 0 AND granted >= 0),
    CONSTRAINT cost_share_commitment_id_check CHECK (commitment_id IS NULL OR source IN ('case_specific', 'case_unspecific')),
    CONSTRAINT cost_share_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT cost_share_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT cost_share_element_id_fkey FOREIGN KEY(element_id) REFERENCES arrangement_element (id),
    CONSTRAINT cost_share_commitment_id_fkey FOREIGN KEY(commitment_id) REFERENCES commitment (id)
);
CREATE INDEX cost_share_case_id ON cost_share (case_id);
ALTER TABLE cost_share ENABLE ROW LEVEL SECURITY;
ALTER TABLE cost_share FORCE ROW LEVEL SECURITY;
CREATE POLICY cost_share_select ON cost_share FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY cost_share_insert ON cost_share FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY cost_share_update ON cost_share FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON cost_share TO sozialraum_app;
