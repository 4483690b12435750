-- What is said in a consultation is kept, one by one; a method says without whom it is not finished, and one that is
-- changed is a new edition: what was begun by an earlier one goes on by that.
SET LOCAL lock_timeout = '5s';

CREATE TABLE consultation_entry (
    author_id UUID NOT NULL,
    audience TEXT NOT NULL,
    audience_of UUID[] DEFAULT '{}' NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    consultation_id UUID NOT NULL,
    kind TEXT NOT NULL,
    words TEXT NOT NULL,
    value INTEGER,
    resource TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT consultation_entry_pkey PRIMARY KEY (id),
    CONSTRAINT consultation_entry_audience_check CHECK (audience IN ('author', 'named', 'all')),
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

-- Until now it was enough to be asked: whoever wrote something down for their family has taken part, and goes on
-- reading it.
ALTER TABLE consultation_participant NO FORCE ROW LEVEL SECURITY;
ALTER TABLE family_draft NO FORCE ROW LEVEL SECURITY;
UPDATE consultation_participant AS invited
SET consent = 'given', answered_at = wrote.at, version = invited.version + 1, updated_at = now()
FROM (
    SELECT consultation_id, author_id, min(created_at) AS at FROM family_draft GROUP BY consultation_id, author_id
) AS wrote
WHERE invited.consultation_id = wrote.consultation_id AND invited.actor_id = wrote.author_id
    AND invited.role = 'family' AND invited.consent = 'asked';
ALTER TABLE family_draft FORCE ROW LEVEL SECURITY;
ALTER TABLE consultation_participant FORCE ROW LEVEL SECURITY;

ALTER TABLE consultation ADD COLUMN lacking_because TEXT;
ALTER TABLE consultation_method ADD COLUMN edition INTEGER DEFAULT 1 NOT NULL;
ALTER TABLE consultation_method ADD COLUMN replaced_on DATE;
ALTER TABLE consultation_method ADD COLUMN required_roles TEXT[] DEFAULT '{}' NOT NULL;
ALTER TABLE consultation_method ADD CONSTRAINT consultation_method_required_roles_check CHECK (required_roles <@ roles) NOT VALID;
ALTER TABLE consultation_method VALIDATE CONSTRAINT consultation_method_required_roles_check;
ALTER TABLE consultation_method DROP CONSTRAINT consultation_method_authority_id_code_key;
ALTER TABLE consultation_method ADD CONSTRAINT consultation_method_authority_id_code_edition_key UNIQUE (authority_id, code, edition);

-- Of the methods that are there for everybody: what runs goes on as it began.
ALTER TABLE consultation_method NO FORCE ROW LEVEL SECURITY;
ALTER TABLE consultation_phase NO FORCE ROW LEVEL SECURITY;
UPDATE consultation_method SET replaced_on = CURRENT_DATE WHERE authority_id IS NULL;
INSERT INTO consultation_method (id, code, edition, name_de, name_en, name_simple, roles, required_roles)
SELECT '019b76da-a800-7efc-9c7e-7e0a33bf6f2b', code, 2, name_de, name_en, name_simple, roles, '{family,moderator}' FROM consultation_method WHERE id = '019b76da-a800-7ed3-a67f-b3a4ed749102';
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records)
SELECT anew.id, '019b76da-a800-7efc-9c7e-7e0a33bf6f2b', position, name_de, name_en, name_simple, family_time, records
FROM (VALUES (1, uuid '019b76da-a800-7b34-8ebd-46008b9ca0fa'), (2, uuid '019b76da-a800-74b3-8fc1-7ffb4f2e1a20'), (3, uuid '019b76da-a800-77fc-90ca-82b9519386a7'), (4, uuid '019b76da-a800-75a7-9edc-b211f2cc3ca3'), (5, uuid '019b76da-a800-7798-a192-acc21a2b9e39')) AS anew (position, id) JOIN consultation_phase AS phase USING (position)
WHERE phase.method_id = '019b76da-a800-7ed3-a67f-b3a4ed749102';
INSERT INTO consultation_method (id, code, edition, name_de, name_en, name_simple, roles, required_roles)
SELECT '019b76da-a800-7883-9af0-db3d0384946b', code, 2, name_de, name_en, name_simple, roles, '{family,coordinator}' FROM consultation_method WHERE id = '019b76da-a800-77b0-a71f-d9134197e696';
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records)
SELECT anew.id, '019b76da-a800-7883-9af0-db3d0384946b', position, name_de, name_en, name_simple, family_time, records
FROM (VALUES (1, uuid '019b76da-a800-7321-bb7a-749c19fc3211'), (2, uuid '019b76da-a800-73dc-987b-7d36c7b3c173'), (3, uuid '019b76da-a800-711c-9eb2-7408cf765048')) AS anew (position, id) JOIN consultation_phase AS phase USING (position)
WHERE phase.method_id = '019b76da-a800-77b0-a71f-d9134197e696';
INSERT INTO consultation_method (id, code, edition, name_de, name_en, name_simple, roles, required_roles)
SELECT '019b76da-a800-7a9d-bc99-f4d944cfa3b8', code, 2, name_de, name_en, name_simple, roles, '{family,moderator}' FROM consultation_method WHERE id = '019b76da-a800-798d-ada0-3da97d89cdd5';
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records)
SELECT anew.id, '019b76da-a800-7a9d-bc99-f4d944cfa3b8', position, name_de, name_en, name_simple, family_time, records
FROM (VALUES (1, uuid '019b76da-a800-7293-8265-ce0134e9fb48'), (2, uuid '019b76da-a800-7527-b51d-03b439838e4a'), (3, uuid '019b76da-a800-795e-91cd-666e36b56902')) AS anew (position, id) JOIN consultation_phase AS phase USING (position)
WHERE phase.method_id = '019b76da-a800-798d-ada0-3da97d89cdd5';
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
