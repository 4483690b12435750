-- Cases of siblings are linked, for those who know both.
SET LOCAL lock_timeout = '5s';

CREATE TABLE sibling_link (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    sibling_case_id UUID NOT NULL,
    because TEXT NOT NULL,
    linked_by_id UUID NOT NULL,
    linked_on DATE NOT NULL,
    ended_on DATE,
    CONSTRAINT sibling_link_pkey PRIMARY KEY (id),
    CONSTRAINT sibling_link_order_check CHECK (case_id < sibling_case_id),
    CONSTRAINT sibling_link_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT sibling_link_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT sibling_link_sibling_case_id_fkey FOREIGN KEY(sibling_case_id) REFERENCES case_file (id),
    CONSTRAINT sibling_link_linked_by_id_fkey FOREIGN KEY(linked_by_id) REFERENCES actor (id)
);
CREATE INDEX sibling_link_case_id ON sibling_link (case_id);
CREATE UNIQUE INDEX sibling_link_going_on ON sibling_link (case_id, sibling_case_id) WHERE ended_on IS NULL;
CREATE INDEX sibling_link_sibling_case_id ON sibling_link (sibling_case_id);
ALTER TABLE sibling_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE sibling_link FORCE ROW LEVEL SECURITY;
CREATE POLICY sibling_link_select ON sibling_link FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY sibling_link_insert ON sibling_link FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY sibling_link_update ON sibling_link FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON sibling_link TO sozialraum_app;
