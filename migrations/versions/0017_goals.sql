-- Goals that are shared, put anew, reached, or a young child's; steps that are moved.
SET LOCAL lock_timeout = '5s';

ALTER TABLE goal ADD COLUMN feasibility TEXT;
ALTER TABLE goal ADD COLUMN shared_with UUID[] DEFAULT '{}' NOT NULL;
ALTER TABLE goal ADD COLUMN agreed_by UUID[] DEFAULT '{}' NOT NULL;
ALTER TABLE goal ADD COLUMN will_found_out TEXT;
ALTER TABLE goal ADD COLUMN looking_back TEXT;
ALTER TABLE goal ADD COLUMN replaces_id UUID;
ALTER TABLE goal ADD CONSTRAINT goal_replaces_id_fkey FOREIGN KEY(replaces_id) REFERENCES goal (id) NOT VALID;
ALTER TABLE goal VALIDATE CONSTRAINT goal_replaces_id_fkey;
ALTER TABLE goal DROP CONSTRAINT goal_state_check;
ALTER TABLE goal ADD CONSTRAINT goal_state_check CHECK (state IN ('draft', 'agreed', 'will_recorded', 'reached', 'partly_reached', 'changed', 'dropped')) NOT VALID;
ALTER TABLE goal VALIDATE CONSTRAINT goal_state_check;
ALTER TABLE goal DROP CONSTRAINT goal_agreed_check;
ALTER TABLE goal ADD CONSTRAINT goal_agreed_check CHECK (state <> 'agreed' OR agreed_at IS NOT NULL) NOT VALID;
ALTER TABLE goal VALIDATE CONSTRAINT goal_agreed_check;
ALTER TABLE goal ADD CONSTRAINT goal_will_recorded_check CHECK (state <> 'will_recorded' OR will_found_out IS NOT NULL) NOT VALID;
ALTER TABLE goal VALIDATE CONSTRAINT goal_will_recorded_check;
-- Until now a goal was agreed by its owner alone.
ALTER TABLE goal NO FORCE ROW LEVEL SECURITY;
UPDATE goal SET agreed_by = ARRAY[participant_id] WHERE state = 'agreed';
ALTER TABLE goal FORCE ROW LEVEL SECURITY;

ALTER TABLE step ADD COLUMN first_due_on DATE;
ALTER TABLE step ADD COLUMN moved_because TEXT;

CREATE TABLE life_rating (
    author_id UUID NOT NULL,
    audience TEXT NOT NULL,
    audience_of UUID[] DEFAULT '{}' NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    about TEXT NOT NULL,
    lowest_means TEXT NOT NULL,
    highest_means TEXT NOT NULL,
    highest INTEGER NOT NULL,
    value INTEGER NOT NULL,
    words TEXT,
    language TEXT NOT NULL,
    rated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT life_rating_pkey PRIMARY KEY (id),
    CONSTRAINT life_rating_audience_check CHECK (audience IN ('author', 'named', 'all')),
    CONSTRAINT life_rating_language_check CHECK (language IN ('de', 'en', 'de-simple')),
    CONSTRAINT life_rating_scale_check CHECK (highest BETWEEN 1 AND 100 AND value BETWEEN 0 AND highest),
    CONSTRAINT life_rating_author_id_fkey FOREIGN KEY(author_id) REFERENCES actor (id),
    CONSTRAINT life_rating_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT life_rating_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT life_rating_participant_id_fkey FOREIGN KEY(participant_id) REFERENCES participant (id)
);
CREATE INDEX life_rating_case_id ON life_rating (case_id);
ALTER TABLE life_rating ENABLE ROW LEVEL SECURITY;
ALTER TABLE life_rating FORCE ROW LEVEL SECURITY;
CREATE POLICY life_rating_select ON life_rating FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY life_rating_insert ON life_rating FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY life_rating_update ON life_rating FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON life_rating TO sozialraum_app;

CREATE TABLE situation_entry (
    author_id UUID NOT NULL,
    audience TEXT NOT NULL,
    audience_of UUID[] DEFAULT '{}' NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    life_area TEXT NOT NULL,
    area_name TEXT,
    aspect TEXT NOT NULL,
    words TEXT NOT NULL,
    seen_on DATE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT situation_entry_pkey PRIMARY KEY (id),
    CONSTRAINT situation_entry_audience_check CHECK (audience IN ('author', 'named', 'all')),
    CONSTRAINT situation_entry_life_area_check CHECK (life_area IN ('work', 'housing', 'health', 'money', 'upbringing', 'education', 'other')),
    CONSTRAINT situation_entry_aspect_check CHECK (aspect IN ('person', 'relations', 'conditions')),
    CONSTRAINT situation_entry_area_name_check CHECK ((life_area = 'other') = (area_name IS NOT NULL)),
    CONSTRAINT situation_entry_author_id_fkey FOREIGN KEY(author_id) REFERENCES actor (id),
    CONSTRAINT situation_entry_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT situation_entry_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id)
);
CREATE INDEX situation_entry_case_id ON situation_entry (case_id);
ALTER TABLE situation_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE situation_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY situation_entry_select ON situation_entry FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY situation_entry_insert ON situation_entry FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY situation_entry_update ON situation_entry FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON situation_entry TO sozialraum_app;

CREATE TABLE tick_off (
    author_id UUID NOT NULL,
    audience TEXT NOT NULL,
    audience_of UUID[] DEFAULT '{}' NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    step_id UUID NOT NULL,
    case_id UUID NOT NULL,
    done BOOLEAN NOT NULL,
    words TEXT,
    seen_version INTEGER NOT NULL,
    taken BOOLEAN NOT NULL,
    step_state TEXT NOT NULL,
    arrived_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT tick_off_pkey PRIMARY KEY (id),
    CONSTRAINT tick_off_audience_check CHECK (audience IN ('author', 'named', 'all')),
    CONSTRAINT tick_off_step_state_check CHECK (step_state IN ('open', 'done', 'not_done')),
    CONSTRAINT tick_off_author_id_fkey FOREIGN KEY(author_id) REFERENCES actor (id),
    CONSTRAINT tick_off_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT tick_off_step_id_fkey FOREIGN KEY(step_id) REFERENCES step (id),
    CONSTRAINT tick_off_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id)
);
CREATE INDEX tick_off_case_id ON tick_off (case_id);
CREATE INDEX tick_off_step_id ON tick_off (step_id);
ALTER TABLE tick_off ENABLE ROW LEVEL SECURITY;
ALTER TABLE tick_off FORCE ROW LEVEL SECURITY;
CREATE POLICY tick_off_select ON tick_off FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY tick_off_insert ON tick_off FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY tick_off_update ON tick_off FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON tick_off TO sozialraum_app;
