-- Arrangements and the agency's decisions.
SET LOCAL lock_timeout = '5s';

CREATE TABLE support_arrangement (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    title TEXT NOT NULL,
    purpose TEXT,
    CONSTRAINT support_arrangement_pkey PRIMARY KEY (id),
    CONSTRAINT support_arrangement_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT support_arrangement_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id)
);
CREATE INDEX support_arrangement_case_id ON support_arrangement (case_id);
ALTER TABLE support_arrangement ENABLE ROW LEVEL SECURITY;
ALTER TABLE support_arrangement FORCE ROW LEVEL SECURITY;
CREATE POLICY support_arrangement_select ON support_arrangement FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY support_arrangement_insert ON support_arrangement FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY support_arrangement_update ON support_arrangement FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON support_arrangement TO sozialraum_app;

CREATE TABLE arrangement_element (
    hours_per_week NUMERIC(5, 2),
    starts_on DATE,
    ends_on DATE,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    arrangement_id UUID NOT NULL,
    case_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    goal_id UUID,
    kind TEXT NOT NULL,
    what TEXT NOT NULL,
    state TEXT NOT NULL,
    organisation_id UUID,
    support_kind TEXT,
    cost NUMERIC(14, 2),
    basis TEXT,
    line TEXT,
    claim_holder_id UUID,
    applied_by_id UUID,
    applied_on DATE,
    commitment_id UUID,
    ended_on DATE,
    CONSTRAINT arrangement_element_pkey PRIMARY KEY (id),
    CONSTRAINT arrangement_element_kind_check CHECK (kind IN ('own', 'own_network', 'community', 'regular_institution', 'specialist')),
    CONSTRAINT arrangement_element_state_check CHECK (state IN ('planned', 'applied', 'running', 'granted', 'refused', 'ended')),
    CONSTRAINT arrangement_element_support_kind_check CHECK (support_kind IN ('child_guidance_family', 'child_guidance_parents', 'child_guidance_young_person', 'social_group_work', 'parenting_assistant', 'supervision_helper', 'social_pedagogical_family_support', 'day_group', 'foster_care_general', 'foster_care_special', 'residential_care', 'intensive_individual_support', 'integration_assistance', 'flexible_support_ambulatory', 'flexible_support_out_of_home', 'flexible_support_other')),
    CONSTRAINT arrangement_element_basis_check CHECK (basis IN ('granted_claim', 'voluntary')),
    CONSTRAINT arrangement_element_line_check CHECK (line IN ('case_specific', 'cross_case', 'case_unspecific', 'reserve')),
    CONSTRAINT arrangement_element_period_check CHECK (ends_on >= starts_on),
    CONSTRAINT arrangement_element_cost_check CHECK (cost > 0),
    CONSTRAINT arrangement_element_specialist_check CHECK (CASE WHEN kind = 'specialist' THEN basis IS NOT NULL AND line IS NOT NULL AND state <> 'running' ELSE coalesce(organisation_id::text, support_kind, cost::text, basis, line) IS NULL AND state IN ('planned', 'running', 'ended') END),
    CONSTRAINT arrangement_element_claim_holder_check CHECK (state <> 'applied' OR claim_holder_id IS NOT NULL),
    CONSTRAINT arrangement_element_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT arrangement_element_arrangement_id_fkey FOREIGN KEY(arrangement_id) REFERENCES support_arrangement (id),
    CONSTRAINT arrangement_element_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT arrangement_element_participant_id_fkey FOREIGN KEY(participant_id) REFERENCES participant (id),
    CONSTRAINT arrangement_element_goal_id_fkey FOREIGN KEY(goal_id) REFERENCES goal (id),
    CONSTRAINT arrangement_element_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id),
    CONSTRAINT arrangement_element_claim_holder_id_fkey FOREIGN KEY(claim_holder_id) REFERENCES participant (id),
    CONSTRAINT arrangement_element_applied_by_id_fkey FOREIGN KEY(applied_by_id) REFERENCES actor (id),
    CONSTRAINT arrangement_element_commitment_id_fkey FOREIGN KEY(commitment_id) REFERENCES commitment (id)
);
CREATE INDEX arrangement_element_arrangement_id ON arrangement_element (arrangement_id);
CREATE INDEX arrangement_element_case_id ON arrangement_element (case_id);
ALTER TABLE arrangement_element ENABLE ROW LEVEL SECURITY;
ALTER TABLE arrangement_element FORCE ROW LEVEL SECURITY;
CREATE POLICY arrangement_element_select ON arrangement_element FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY arrangement_element_insert ON arrangement_element FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY arrangement_element_update ON arrangement_element FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON arrangement_element TO sozialraum_app;

CREATE TABLE decision (
    hours_per_week NUMERIC(5, 2),
    starts_on DATE,
    ends_on DATE,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    element_id UUID NOT NULL,
    case_id UUID NOT NULL,
    outcome TEXT NOT NULL,
    amount NUMERIC(14, 2),
    organisation_id UUID,
    outside_network BOOLEAN NOT NULL,
    legal_basis TEXT NOT NULL,
    wish_and_choice TEXT,
    reasons TEXT,
    remedy_notice TEXT,
    decided_by_id UUID NOT NULL,
    second_professional_id UUID,
    decided_on DATE NOT NULL,
    CONSTRAINT decision_pkey PRIMARY KEY (id),
    CONSTRAINT decision_outcome_check CHECK (outcome IN ('granted', 'partly', 'refused')),
    CONSTRAINT decision_element_id_key UNIQUE (element_id),
    CONSTRAINT decision_period_check CHECK (ends_on >= starts_on),
    CONSTRAINT decision_amount_check CHECK (amount IS NULL OR (amount > 0 AND outcome <> 'refused')),
    CONSTRAINT decision_remedy_notice_check CHECK (outcome = 'granted' OR remedy_notice IS NOT NULL),
    CONSTRAINT decision_wish_and_choice_check CHECK (outcome = 'refused' OR wish_and_choice IS NOT NULL),
    CONSTRAINT decision_two_professionals_check CHECK (second_professional_id <> decided_by_id),
    CONSTRAINT decision_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT decision_element_id_fkey FOREIGN KEY(element_id) REFERENCES arrangement_element (id),
    CONSTRAINT decision_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT decision_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id),
    CONSTRAINT decision_decided_by_id_fkey FOREIGN KEY(decided_by_id) REFERENCES actor (id),
    CONSTRAINT decision_second_professional_id_fkey FOREIGN KEY(second_professional_id) REFERENCES actor (id)
);
CREATE INDEX decision_case_id ON decision (case_id);
ALTER TABLE decision ENABLE ROW LEVEL SECURITY;
ALTER TABLE decision FORCE ROW LEVEL SECURITY;
CREATE POLICY decision_select ON decision FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY decision_insert ON decision FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY decision_update ON decision FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON decision TO sozialraum_app;
