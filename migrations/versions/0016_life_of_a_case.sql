-- The life of a case to its end and beyond, who it is offered to, and questions that are left out for a reason.
SET LOCAL lock_timeout = '5s';

ALTER TABLE case_file DROP CONSTRAINT case_file_state_check;
ALTER TABLE case_file ADD CONSTRAINT case_file_state_check CHECK (state IN ('enquiry', 'counselling', 'clarification', 'arrangement_planning', 'active', 'review', 'closing', 'after_care', 'closed', 'redirected', 'transferred')) NOT VALID;
ALTER TABLE case_file VALIDATE CONSTRAINT case_file_state_check;
ALTER TABLE case_file ADD COLUMN period INTEGER DEFAULT 1 NOT NULL;
ALTER TABLE case_file ADD COLUMN closed_on DATE;

ALTER TABLE question ADD COLUMN period INTEGER DEFAULT 1 NOT NULL;
ALTER TABLE question ADD COLUMN skipped_because TEXT;
ALTER TABLE question ADD COLUMN skipped_by_id UUID;
ALTER TABLE question ADD CONSTRAINT question_skipped_by_id_fkey FOREIGN KEY(skipped_by_id) REFERENCES actor (id) NOT VALID;
ALTER TABLE question VALIDATE CONSTRAINT question_skipped_by_id_fkey;
ALTER TABLE question DROP CONSTRAINT question_state_check;
ALTER TABLE question ADD CONSTRAINT question_state_check CHECK (state IN ('not_started', 'answered', 'skipped')) NOT VALID;
ALTER TABLE question VALIDATE CONSTRAINT question_state_check;
ALTER TABLE question ADD CONSTRAINT question_skipped_check CHECK ((state = 'skipped') = (skipped_because IS NOT NULL AND skipped_by_id IS NOT NULL)) NOT VALID;
ALTER TABLE question VALIDATE CONSTRAINT question_skipped_check;

ALTER TABLE answer ADD COLUMN wording INTEGER DEFAULT 1 NOT NULL;

ALTER TABLE arrangement_element ADD COLUMN other_way TEXT;
ALTER TABLE arrangement_element ADD COLUMN other_way_because TEXT;
ALTER TABLE arrangement_element ADD CONSTRAINT arrangement_element_other_way_check CHECK (other_way IN ('direct_access', 'taking_into_care', 'self_procurement')) NOT VALID;
ALTER TABLE arrangement_element VALIDATE CONSTRAINT arrangement_element_other_way_check;
ALTER TABLE arrangement_element ADD CONSTRAINT arrangement_element_other_way_because_check CHECK ((other_way IS NULL) = (other_way_because IS NULL)) NOT VALID;
ALTER TABLE arrangement_element VALIDATE CONSTRAINT arrangement_element_other_way_because_check;
ALTER TABLE arrangement_element DROP CONSTRAINT arrangement_element_specialist_check;
ALTER TABLE arrangement_element ADD CONSTRAINT arrangement_element_specialist_check CHECK (CASE WHEN kind = 'specialist' THEN basis IS NOT NULL AND line IS NOT NULL AND (state <> 'running' OR other_way IS NOT NULL) ELSE coalesce(organisation_id::text, support_kind, cost::text, basis, line, other_way) IS NULL AND state IN ('planned', 'running', 'ended') END) NOT VALID;
ALTER TABLE arrangement_element VALIDATE CONSTRAINT arrangement_element_specialist_check;

ALTER TABLE decision ADD COLUMN override TEXT;
ALTER TABLE decision ADD COLUMN override_because TEXT;
ALTER TABLE decision ADD CONSTRAINT decision_override_check CHECK (override IN ('acute_protection', 'legal_claim_requested', 'addressee_wish')) NOT VALID;
ALTER TABLE decision VALIDATE CONSTRAINT decision_override_check;
ALTER TABLE decision ADD CONSTRAINT decision_override_because_check CHECK ((override IS NULL) = (override_because IS NULL)) NOT VALID;
ALTER TABLE decision VALIDATE CONSTRAINT decision_override_because_check;

CREATE TABLE handover (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    pseudonym TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    receiving_body TEXT,
    receiver_id UUID,
    social_space_id UUID,
    call_back_on DATE,
    offered_by_id UUID NOT NULL,
    accepted_by TEXT,
    settled_on DATE,
    CONSTRAINT handover_pkey PRIMARY KEY (id),
    CONSTRAINT handover_kind_check CHECK (kind IN ('redirection', 'transfer')),
    CONSTRAINT handover_state_check CHECK (state IN ('offered', 'accepted', 'withdrawn')),
    CONSTRAINT handover_receiving_check CHECK ((receiving_body IS NULL) <> (receiver_id IS NULL)),
    CONSTRAINT handover_redirected_outside_check CHECK (kind = 'transfer' OR receiver_id IS NULL),
    CONSTRAINT handover_nobody_lost_check CHECK (kind = 'transfer' OR coalesce(accepted_by, call_back_on::text) IS NOT NULL),
    CONSTRAINT handover_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT handover_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT handover_receiver_id_fkey FOREIGN KEY(receiver_id) REFERENCES actor (id),
    CONSTRAINT handover_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT handover_offered_by_id_fkey FOREIGN KEY(offered_by_id) REFERENCES actor (id)
);
CREATE INDEX handover_case_id ON handover (case_id);
CREATE UNIQUE INDEX handover_offered ON handover (case_id) WHERE state = 'offered';
CREATE INDEX handover_receiver_id ON handover (receiver_id);
ALTER TABLE handover ENABLE ROW LEVEL SECURITY;
ALTER TABLE handover FORCE ROW LEVEL SECURITY;
CREATE POLICY handover_select ON handover FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY handover_insert ON handover FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY handover_update ON handover FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON handover TO sozialraum_app;

CREATE TABLE suggestion (
    author_id UUID NOT NULL,
    audience TEXT NOT NULL,
    audience_of UUID[] DEFAULT '{}' NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    question_id UUID NOT NULL,
    case_id UUID NOT NULL,
    words TEXT NOT NULL,
    language TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT suggestion_pkey PRIMARY KEY (id),
    CONSTRAINT suggestion_audience_check CHECK (audience IN ('author', 'named', 'all')),
    CONSTRAINT suggestion_language_check CHECK (language IN ('de', 'en', 'de-simple')),
    CONSTRAINT suggestion_author_id_fkey FOREIGN KEY(author_id) REFERENCES actor (id),
    CONSTRAINT suggestion_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT suggestion_question_id_fkey FOREIGN KEY(question_id) REFERENCES question (id),
    CONSTRAINT suggestion_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id)
);
CREATE INDEX suggestion_case_id ON suggestion (case_id);
CREATE INDEX suggestion_question_id ON suggestion (question_id);
ALTER TABLE suggestion ENABLE ROW LEVEL SECURITY;
ALTER TABLE suggestion FORCE ROW LEVEL SECURITY;
CREATE POLICY suggestion_select ON suggestion FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY suggestion_insert ON suggestion FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY suggestion_update ON suggestion FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON suggestion TO sozialraum_app;
