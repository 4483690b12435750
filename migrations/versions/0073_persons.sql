-- Whom somebody represents, which languages they speak, what they were called before (sealed), and since when they are in
-- a case.
SET LOCAL lock_timeout = '5s';

ALTER TABLE participant ADD COLUMN joined_on DATE DEFAULT CURRENT_DATE NOT NULL;
ALTER TABLE participant ADD COLUMN left_on DATE;
ALTER TABLE case_access ADD COLUMN lapsed BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE person ADD COLUMN speaks TEXT[] DEFAULT '{}' NOT NULL;

ALTER TABLE review DROP CONSTRAINT review_dropped_with_check;
ALTER TABLE review ADD CONSTRAINT review_dropped_with_check CHECK (dropped_with IN ('case_closed', 'case_passed_on', 'help_ended', 'birthday_corrected')) NOT VALID;
ALTER TABLE review VALIDATE CONSTRAINT review_dropped_with_check;
ALTER TABLE consultation DROP CONSTRAINT consultation_cancelled_with_check;
ALTER TABLE consultation ADD CONSTRAINT consultation_cancelled_with_check CHECK (cancelled_with IN ('case_closed', 'case_passed_on', 'help_ended', 'birthday_corrected')) NOT VALID;
ALTER TABLE consultation VALIDATE CONSTRAINT consultation_cancelled_with_check;

CREATE TABLE representation (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    represented_id UUID NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE,
    CONSTRAINT representation_pkey PRIMARY KEY (id),
    CONSTRAINT representation_somebody_else_check CHECK (participant_id <> represented_id),
    CONSTRAINT representation_period_check CHECK (ends_on >= starts_on),
    CONSTRAINT representation_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT representation_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT representation_participant_id_fkey FOREIGN KEY(participant_id) REFERENCES participant (id),
    CONSTRAINT representation_represented_id_fkey FOREIGN KEY(represented_id) REFERENCES participant (id)
);
CREATE INDEX representation_case_id ON representation (case_id);
CREATE INDEX representation_participant_id ON representation (participant_id);
CREATE INDEX representation_represented_id ON representation (represented_id);
ALTER TABLE representation ENABLE ROW LEVEL SECURITY;
ALTER TABLE representation FORCE ROW LEVEL SECURITY;
CREATE POLICY representation_select ON representation FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY representation_insert ON representation FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY representation_update ON representation FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON representation TO sozialraum_app;

CREATE TABLE former_name (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    name TEXT NOT NULL,
    until TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT former_name_pkey PRIMARY KEY (id),
    CONSTRAINT former_name_encrypted_check CHECK (name LIKE 'e1.%'),
    CONSTRAINT former_name_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT former_name_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT former_name_participant_id_fkey FOREIGN KEY(participant_id) REFERENCES participant (id)
);
CREATE INDEX former_name_case_id ON former_name (case_id);
CREATE INDEX former_name_participant_id ON former_name (participant_id);
ALTER TABLE former_name ENABLE ROW LEVEL SECURITY;
ALTER TABLE former_name FORCE ROW LEVEL SECURITY;
CREATE POLICY former_name_select ON former_name FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY former_name_insert ON former_name FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY former_name_update ON former_name FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON former_name TO sozialraum_app;

