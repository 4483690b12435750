-- Reviews of help and how everybody sees it, and what is due for whoever leads cases.
SET LOCAL lock_timeout = '5s';

CREATE TABLE review (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    due_on DATE NOT NULL,
    first_due_on DATE,
    moved_because TEXT,
    element_id UUID,
    finding TEXT,
    words TEXT,
    took_part UUID[] DEFAULT '{}' NOT NULL,
    held_on DATE,
    CONSTRAINT review_pkey PRIMARY KEY (id),
    CONSTRAINT review_kind_check CHECK (kind IN ('support_review', 'reflection', 'transition_check')),
    CONSTRAINT review_state_check CHECK (state IN ('planned', 'held', 'dropped')),
    CONSTRAINT review_finding_check CHECK (finding IN ('suitable_and_necessary', 'to_be_changed', 'no_longer_needed')),
    CONSTRAINT review_held_on_check CHECK ((state = 'held') = (held_on IS NOT NULL)),
    CONSTRAINT review_words_check CHECK (state = 'planned' OR words IS NOT NULL),
    CONSTRAINT review_found_check CHECK ((finding IS NOT NULL) = (kind = 'support_review' AND state = 'held')),
    CONSTRAINT review_element_check CHECK ((kind = 'transition_check') = (element_id IS NOT NULL)),
    CONSTRAINT review_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT review_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT review_element_id_fkey FOREIGN KEY(element_id) REFERENCES arrangement_element (id)
);
CREATE INDEX review_case_id ON review (case_id);
CREATE INDEX review_element_id ON review (element_id);
CREATE INDEX review_planned ON review (case_id, due_on) WHERE state = 'planned';
ALTER TABLE review ENABLE ROW LEVEL SECURITY;
ALTER TABLE review FORCE ROW LEVEL SECURITY;
CREATE POLICY review_select ON review FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY review_insert ON review FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY review_update ON review FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON review TO sozialraum_app;

CREATE INDEX step_open ON step (case_id, due_on) WHERE state = 'open';

-- What has its day. Each part is found by the case, so that all of it is found by mine.
CREATE VIEW due_item WITH (security_invoker = true) AS
SELECT id, authority_id, case_id, 'step'::text AS kind, due_on, how AS what, author_id, audience, audience_of
FROM step WHERE state = 'open'
UNION ALL
SELECT id, authority_id, case_id, kind, due_on, NULL::text, NULL::uuid, 'all'::text, '{}'::uuid[]
FROM review WHERE state = 'planned'
UNION ALL
SELECT id, authority_id, case_id, 'application'::text, applied_on, what, NULL::uuid, 'all'::text, '{}'::uuid[]
FROM arrangement_element WHERE state = 'applied' AND applied_on IS NOT NULL
UNION ALL
SELECT id, authority_id, case_id, 'call_back'::text, call_back_on, receiving_body, NULL::uuid, 'all'::text, '{}'::uuid[]
FROM handover WHERE state = 'offered' AND call_back_on IS NOT NULL;

GRANT SELECT ON due_item TO sozialraum_app;
