-- What somebody offers others, disagrees with, and has begun; life areas of an authority's own.
SET LOCAL lock_timeout = '5s';

CREATE TABLE county_life_area (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    code TEXT NOT NULL,
    name_de TEXT NOT NULL,
    name_en TEXT NOT NULL,
    name_simple TEXT NOT NULL,
    CONSTRAINT county_life_area_pkey PRIMARY KEY (id),
    CONSTRAINT county_life_area_authority_id_code_key UNIQUE (authority_id, code),
    CONSTRAINT county_life_area_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id)
);
ALTER TABLE county_life_area ENABLE ROW LEVEL SECURITY;
ALTER TABLE county_life_area FORCE ROW LEVEL SECURITY;
CREATE POLICY county_life_area_select ON county_life_area FOR SELECT TO sozialraum_app USING (true);
CREATE POLICY county_life_area_insert ON county_life_area FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY county_life_area_update ON county_life_area FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON county_life_area TO sozialraum_app;

CREATE TABLE shared_offer (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    social_space_id UUID NOT NULL,
    words TEXT NOT NULL,
    language TEXT NOT NULL,
    until DATE NOT NULL,
    withdrawn_on DATE,
    CONSTRAINT shared_offer_pkey PRIMARY KEY (id),
    CONSTRAINT shared_offer_language_check CHECK (language IN ('de', 'en', 'de-simple')),
    CONSTRAINT shared_offer_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT shared_offer_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id)
);
CREATE INDEX shared_offer_space ON shared_offer (social_space_id, until);
ALTER TABLE shared_offer ENABLE ROW LEVEL SECURITY;
ALTER TABLE shared_offer FORCE ROW LEVEL SECURITY;
CREATE POLICY shared_offer_select ON shared_offer FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY shared_offer_insert ON shared_offer FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY shared_offer_update ON shared_offer FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON shared_offer TO sozialraum_app;

CREATE TABLE disagreement (
    author_id UUID NOT NULL,
    audience TEXT NOT NULL,
    audience_of UUID[] DEFAULT '{}' NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    about TEXT NOT NULL,
    about_id UUID NOT NULL,
    part TEXT NOT NULL,
    words TEXT NOT NULL,
    language TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT disagreement_pkey PRIMARY KEY (id),
    CONSTRAINT disagreement_audience_check CHECK (audience IN ('author', 'named', 'all')),
    CONSTRAINT disagreement_language_check CHECK (language IN ('de', 'en', 'de-simple')),
    CONSTRAINT disagreement_about_check CHECK (about IN ('case', 'suggestion', 'situation_entry', 'provider_record', 'decision')),
    CONSTRAINT disagreement_part_check CHECK (part IN ('concern', 'persons', 'questions', 'goals', 'steps', 'arrangement')),
    CONSTRAINT disagreement_author_id_fkey FOREIGN KEY(author_id) REFERENCES actor (id),
    CONSTRAINT disagreement_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT disagreement_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT disagreement_participant_id_fkey FOREIGN KEY(participant_id) REFERENCES participant (id)
);
CREATE INDEX disagreement_about_id ON disagreement (about_id);
CREATE INDEX disagreement_case_id ON disagreement (case_id);
ALTER TABLE disagreement ENABLE ROW LEVEL SECURITY;
ALTER TABLE disagreement FORCE ROW LEVEL SECURITY;
CREATE POLICY disagreement_select ON disagreement FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY disagreement_insert ON disagreement FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY disagreement_update ON disagreement FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON disagreement TO sozialraum_app;

CREATE TABLE offer (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    words TEXT NOT NULL,
    language TEXT NOT NULL,
    until DATE NOT NULL,
    withdrawn_on DATE,
    shared_id UUID,
    CONSTRAINT offer_pkey PRIMARY KEY (id),
    CONSTRAINT offer_language_check CHECK (language IN ('de', 'en', 'de-simple')),
    CONSTRAINT offer_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT offer_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT offer_participant_id_fkey FOREIGN KEY(participant_id) REFERENCES participant (id)
);
CREATE INDEX offer_case_id ON offer (case_id);
ALTER TABLE offer ENABLE ROW LEVEL SECURITY;
ALTER TABLE offer FORCE ROW LEVEL SECURITY;
CREATE POLICY offer_select ON offer FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY offer_insert ON offer FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY offer_update ON offer FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON offer TO sozialraum_app;

ALTER TABLE situation_entry ADD COLUMN county_area_id UUID;
ALTER TABLE situation_entry ADD CONSTRAINT situation_entry_county_area_id_fkey FOREIGN KEY(county_area_id) REFERENCES county_life_area (id) NOT VALID;
ALTER TABLE situation_entry VALIDATE CONSTRAINT situation_entry_county_area_id_fkey;
ALTER TABLE situation_entry DROP CONSTRAINT situation_entry_area_name_check;
ALTER TABLE situation_entry ADD CONSTRAINT situation_entry_area_name_check CHECK ((life_area = 'other') = (num_nonnulls(area_name, county_area_id) = 1)) NOT VALID;
ALTER TABLE situation_entry VALIDATE CONSTRAINT situation_entry_area_name_check;

ALTER TABLE step DROP CONSTRAINT step_state_check;
ALTER TABLE step ADD CONSTRAINT step_state_check CHECK (state IN ('open', 'doing', 'done', 'not_done')) NOT VALID;
ALTER TABLE step VALIDATE CONSTRAINT step_state_check;
ALTER TABLE tick_off DROP CONSTRAINT tick_off_step_state_check;
ALTER TABLE tick_off ADD CONSTRAINT tick_off_step_state_check CHECK (step_state IN ('open', 'doing', 'done', 'not_done')) NOT VALID;
ALTER TABLE tick_off VALIDATE CONSTRAINT tick_off_step_state_check;
