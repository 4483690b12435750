-- What is said in a consultation is kept, one by one; a method says without whom it is not finished, and one that is
-- changed is a new edition: what was begun by an earlier one goes on by that.
SET LOCAL lock_timeout = '5s';

CREATE TABLE consultation_entry (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    consultation_id UUID NOT NULL,
    author_id UUID NOT NULL,
    kind TEXT NOT NULL,
    words TEXT NOT NULL,
    value INTEGER,
    resource TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT consultation_entry_pkey PRIMARY KEY (id),
    CONSTRAINT consultation_entry_kind_check CHECK (kind IN ('about_me', 'strengths', 'feedback', 'opportunities', 'worries', 'working_well', 'needs_to_happen', 'scale', 'network')),
    CONSTRAINT consultation_entry_resource_check CHECK (resource IN ('personal', 'social', 'material', 'infrastructural')),
    CONSTRAINT consultation_entry_value_check CHECK ((kind = 'scale') = (value IS NOT NULL)),
    CONSTRAINT consultation_entry_scale_check CHECK (value BETWEEN 0 AND 10),
    CONSTRAINT consultation_entry_resources_check CHECK (resource IS NULL OR kind IN ('strengths', 'opportunities')),
    CONSTRAINT consultation_entry_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT consultation_entry_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT consultation_entry_consultation_id_fkey FOREIGN KEY(consultation_id) REFERENCES consultation (id),
    CONSTRAINT consultation_entry_author_id_fkey FOREIGN KEY(author_id) REFERENCES actor (id)
);
CREATE INDEX consultation_entry_case_id ON consultation_entry (case_id);
CREATE INDEX consultation_entry_consultation_id ON consultation_entry (consultation_id);
ALTER TABLE consultation_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE consultation_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY consultation_entry_select ON consultation_entry FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY consultation_entry_insert ON consultation_entry FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY consultation_entry_update ON consultation_entry FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON consultation_entry TO sozialraum_app;

ALTER TABLE consultation ADD COLUMN lacking_because TEXT;
ALTER TABLE consultation_method ADD COLUMN edition INTEGER DEFAULT 1 NOT NULL;
ALTER TABLE consultation_method ADD COLUMN replaced_on DATE;
ALTER TABLE consultation_method ADD COLUMN required_roles TEXT[] DEFAULT '{}' NOT NULL;
ALTER TABLE consultation_method ADD CONSTRAINT consultation_method_required_roles_check CHECK (required_roles <@ roles) NOT VALID;
ALTER TABLE consultation_method VALIDATE CONSTRAINT consultation_method_required_roles_check;
ALTER TABLE consultation_method DROP CONSTRAINT consultation_method_authority_id_code_key;
ALTER TABLE consultation_method ADD CONSTRAINT consultation_method_authority_id_code_edition_key UNIQUE (authority_id, code, edition);

-- Of the methods that are there for everybody: what runs of a safety mapping or a resource check goes on as it began.
ALTER TABLE consultation_method NO FORCE ROW LEVEL SECURITY;
ALTER TABLE consultation_phase NO FORCE ROW LEVEL SECURITY;
UPDATE consultation_method SET required_roles = '{family,moderator}'
WHERE authority_id IS NULL AND code IN ('participatory_peer', 'strengths_conference');
UPDATE consultation_method SET required_roles = '{family,coordinator}' WHERE authority_id IS NULL AND code = 'family_council';
UPDATE consultation_method SET replaced_on = CURRENT_DATE
WHERE authority_id IS NULL AND code IN ('safety_mapping', 'resource_check');
INSERT INTO consultation_method (id, code, edition, name_de, name_en, name_simple, roles, required_roles) SELECT '019b76da-a800-75fb-afb3-d341b02bd977', code, 2, name_de, name_en, name_simple, roles, '{family,moderator}' FROM consultation_method WHERE authority_id IS NULL AND code = 'safety_mapping';
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) SELECT '019b76da-a800-7212-a410-7c4623dbfa79', '019b76da-a800-75fb-afb3-d341b02bd977', 1, phase.name_de, phase.name_en, phase.name_simple, false, '{worries}' FROM consultation_phase AS phase JOIN consultation_method AS method ON method.id = phase.method_id WHERE method.authority_id IS NULL AND method.code = 'safety_mapping' AND method.edition = 1 AND phase.position = 1;
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) SELECT '019b76da-a800-7fe2-baaf-b1497f5aad8c', '019b76da-a800-75fb-afb3-d341b02bd977', 2, phase.name_de, phase.name_en, phase.name_simple, false, '{working_well}' FROM consultation_phase AS phase JOIN consultation_method AS method ON method.id = phase.method_id WHERE method.authority_id IS NULL AND method.code = 'safety_mapping' AND method.edition = 1 AND phase.position = 2;
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) SELECT '019b76da-a800-7969-bc47-bc487324c13d', '019b76da-a800-75fb-afb3-d341b02bd977', 3, phase.name_de, phase.name_en, phase.name_simple, false, '{needs_to_happen}' FROM consultation_phase AS phase JOIN consultation_method AS method ON method.id = phase.method_id WHERE method.authority_id IS NULL AND method.code = 'safety_mapping' AND method.edition = 1 AND phase.position = 3;
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) SELECT '019b76da-a800-7e8c-8d98-c92ec76ccefc', '019b76da-a800-75fb-afb3-d341b02bd977', 4, phase.name_de, phase.name_en, phase.name_simple, false, '{scale}' FROM consultation_phase AS phase JOIN consultation_method AS method ON method.id = phase.method_id WHERE method.authority_id IS NULL AND method.code = 'safety_mapping' AND method.edition = 1 AND phase.position = 4;
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) SELECT '019b76da-a800-73db-820e-da5b550e41e5', '019b76da-a800-75fb-afb3-d341b02bd977', 5, phase.name_de, phase.name_en, phase.name_simple, false, '{network,choice,results}' FROM consultation_phase AS phase JOIN consultation_method AS method ON method.id = phase.method_id WHERE method.authority_id IS NULL AND method.code = 'safety_mapping' AND method.edition = 1 AND phase.position = 5;
INSERT INTO consultation_method (id, code, edition, name_de, name_en, name_simple, roles, required_roles) SELECT '019b76da-a800-79fb-8c84-8784fee2e612', code, 2, name_de, name_en, name_simple, roles, '{family}' FROM consultation_method WHERE authority_id IS NULL AND code = 'resource_check';
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) SELECT '019b76da-a800-75d5-b430-e0e7619120c3', '019b76da-a800-79fb-8c84-8784fee2e612', 1, phase.name_de, phase.name_en, phase.name_simple, false, '{about_me}' FROM consultation_phase AS phase JOIN consultation_method AS method ON method.id = phase.method_id WHERE method.authority_id IS NULL AND method.code = 'resource_check' AND method.edition = 1 AND phase.position = 1;
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) SELECT '019b76da-a800-77ed-8640-cf6321dd4573', '019b76da-a800-79fb-8c84-8784fee2e612', 2, phase.name_de, phase.name_en, phase.name_simple, false, '{ideas,strengths}' FROM consultation_phase AS phase JOIN consultation_method AS method ON method.id = phase.method_id WHERE method.authority_id IS NULL AND method.code = 'resource_check' AND method.edition = 1 AND phase.position = 2;
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) SELECT '019b76da-a800-7c24-936c-e4ef852f20b4', '019b76da-a800-79fb-8c84-8784fee2e612', 3, phase.name_de, phase.name_en, phase.name_simple, false, '{feedback,choice}' FROM consultation_phase AS phase JOIN consultation_method AS method ON method.id = phase.method_id WHERE method.authority_id IS NULL AND method.code = 'resource_check' AND method.edition = 1 AND phase.position = 3;
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) SELECT '019b76da-a800-70a5-b236-6e003d116577', '019b76da-a800-79fb-8c84-8784fee2e612', 4, phase.name_de, phase.name_en, phase.name_simple, false, '{opportunities,results}' FROM consultation_phase AS phase JOIN consultation_method AS method ON method.id = phase.method_id WHERE method.authority_id IS NULL AND method.code = 'resource_check' AND method.edition = 1 AND phase.position = 4;
ALTER TABLE consultation_phase FORCE ROW LEVEL SECURITY;
ALTER TABLE consultation_method FORCE ROW LEVEL SECURITY;
