-- What was taken out of a case, by whom and why; a decision that was entered in the wrong case is annulled.
SET LOCAL lock_timeout = '5s';

ALTER TABLE decision ADD COLUMN annulled_on DATE;

CREATE TABLE withdrawal (
    author_id UUID NOT NULL,
    audience TEXT NOT NULL,
    audience_of UUID[] DEFAULT '{}' NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    kind TEXT NOT NULL,
    entry_id UUID NOT NULL,
    part TEXT NOT NULL,
    because TEXT NOT NULL,
    reason TEXT NOT NULL,
    into_case_id UUID,
    withdrawn_by_id UUID NOT NULL,
    withdrawn_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT withdrawal_pkey PRIMARY KEY (id),
    CONSTRAINT withdrawal_kind_check CHECK (kind IN ('suggestion', 'situation_entry', 'goal', 'step', 'provider_record', 'decision')),
    CONSTRAINT withdrawal_part_check CHECK (part IN ('concern', 'persons', 'questions', 'goals', 'steps', 'arrangement')),
    CONSTRAINT withdrawal_because_check CHECK (because IN ('wrong_case', 'somebody_else', 'incorrect', 'not_needed')),
    CONSTRAINT withdrawal_audience_check CHECK (audience IN ('author', 'named', 'all')),
    CONSTRAINT withdrawal_author_id_fkey FOREIGN KEY(author_id) REFERENCES actor (id),
    CONSTRAINT withdrawal_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT withdrawal_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT withdrawal_into_case_id_fkey FOREIGN KEY(into_case_id) REFERENCES case_file (id),
    CONSTRAINT withdrawal_withdrawn_by_id_fkey FOREIGN KEY(withdrawn_by_id) REFERENCES actor (id)
);
CREATE INDEX withdrawal_case_id ON withdrawal (case_id);
CREATE INDEX withdrawal_entry_id ON withdrawal (entry_id);
ALTER TABLE withdrawal ENABLE ROW LEVEL SECURITY;
ALTER TABLE withdrawal FORCE ROW LEVEL SECURITY;
CREATE POLICY withdrawal_select ON withdrawal FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY withdrawal_insert ON withdrawal FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY withdrawal_update ON withdrawal FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON withdrawal TO sozialraum_app;
