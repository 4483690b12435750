-- Arrangements in full: what changed from edition to edition, what they were made of, official kinds and places.
SET LOCAL lock_timeout = '5s';

ALTER TABLE support_arrangement ADD COLUMN edition INTEGER DEFAULT 0 NOT NULL;
ALTER TABLE arrangement_element ADD COLUMN support_place TEXT;
ALTER TABLE arrangement_element ADD COLUMN began_on DATE;
ALTER TABLE arrangement_element ADD CONSTRAINT arrangement_element_support_place_check CHECK (support_place IN ('family_of_origin', 'home_of_relatives', 'unrelated_family', 'day_nursery', 'school', 'ambulatory_service', 'day_institution', 'residential_several_groups', 'residential_one_group', 'own_home_of_young_person', 'abroad', 'elsewhere')) NOT VALID;
ALTER TABLE arrangement_element VALIDATE CONSTRAINT arrangement_element_support_place_check;
ALTER TABLE arrangement_element DROP CONSTRAINT arrangement_element_specialist_check;
ALTER TABLE arrangement_element ADD CONSTRAINT arrangement_element_specialist_check CHECK (CASE WHEN kind = 'specialist' THEN basis IS NOT NULL AND line IS NOT NULL AND (state <> 'running' OR other_way IS NOT NULL) ELSE coalesce(organisation_id::text, support_kind, support_place, cost::text, basis, line, other_way) IS NULL AND state IN ('planned', 'running', 'ended') END) NOT VALID;
ALTER TABLE arrangement_element VALIDATE CONSTRAINT arrangement_element_specialist_check;
-- Until now nobody kept from when on an element went on.
ALTER TABLE arrangement_element NO FORCE ROW LEVEL SECURITY;
UPDATE arrangement_element SET began_on = coalesce(starts_on, (created_at AT TIME ZONE 'Europe/Berlin')::date)
WHERE state IN ('running', 'granted');
ALTER TABLE arrangement_element FORCE ROW LEVEL SECURITY;

ALTER TABLE review DROP CONSTRAINT review_kind_check;
ALTER TABLE review ADD CONSTRAINT review_kind_check CHECK (kind IN ('support_review', 'reflection', 'transition_check', 'after_care_contact')) NOT VALID;
ALTER TABLE review VALIDATE CONSTRAINT review_kind_check;

CREATE TABLE official_code (
    id UUID NOT NULL,
    code_list TEXT NOT NULL,
    key TEXT NOT NULL,
    word TEXT NOT NULL,
    name TEXT NOT NULL,
    paragraph TEXT,
    CONSTRAINT official_code_pkey PRIMARY KEY (id),
    CONSTRAINT official_code_code_list_check CHECK (code_list IN ('support_kind', 'support_place'))
);
CREATE UNIQUE INDEX official_code_order ON official_code (code_list, key);
-- Retyped from the record layout «Jugendhilfe Teil I» of the statistical offices of the Federation and the Länder.
INSERT INTO official_code (id, code_list, key, word, name, paragraph) VALUES
    ('019b76da-a800-7384-bd15-6e5f8671ecd3', 'support_kind', '01', 'child_guidance_family', 'Erziehungsberatung vorrangig mit der Familie', '28'),
    ('019b76da-a800-789a-ac4c-1ccfcd15cb84', 'support_kind', '02', 'child_guidance_parents', 'Erziehungsberatung vorrangig mit den Eltern', '28'),
    ('019b76da-a800-79ee-877d-908132cc9a63', 'support_kind', '03', 'child_guidance_young_person', 'Erziehungsberatung vorrangig mit dem jungen Menschen', '28'),
    ('019b76da-a800-7082-b96d-8762203dbbf9', 'support_kind', '04', 'social_group_work', 'Soziale Gruppenarbeit', '29'),
    ('019b76da-a800-7158-94bc-13329c9a18b9', 'support_kind', '05', 'parenting_assistant', 'Erziehungsbeistand', '30'),
    ('019b76da-a800-77a7-86c4-a5d973061ac0', 'support_kind', '06', 'supervision_helper', 'Betreuungshelfer', '30'),
    ('019b76da-a800-7e29-b0c0-b6f79aca4768', 'support_kind', '07', 'social_pedagogical_family_support', 'Sozialpädagogische Familienhilfe', '31'),
    ('019b76da-a800-77d7-adf3-708e2c17ecc2', 'support_kind', '08', 'day_group', 'Erziehung in einer Tagesgruppe', '32'),
    ('019b76da-a800-71c1-8e6d-1f304493f465', 'support_kind', '09', 'foster_care_general', 'Vollzeitpflege (allgemein)', '33'),
    ('019b76da-a800-77b0-b854-68ce0d7f1ce1', 'support_kind', '10', 'foster_care_special', 'Vollzeitpflege (besondere Pflegeformen)', '33'),
    ('019b76da-a800-7e25-b966-4547f49b7d34', 'support_kind', '11', 'residential_care', 'Heimerziehung, sonstige betreute Wohnform', '34'),
    ('019b76da-a800-70f3-b719-7bee982df089', 'support_kind', '12', 'intensive_individual_support', 'Intensive sozialpädagogische Einzelbetreuung', '35'),
    ('019b76da-a800-7005-a979-07585169b4e1', 'support_kind', '13', 'integration_assistance', 'Eingliederungshilfe', '35a'),
    ('019b76da-a800-7b14-8423-bd8ad35152f0', 'support_kind', '14', 'flexible_support_ambulatory', 'Hilfe zur Erziehung, vorrangig ambulant', '27'),
    ('019b76da-a800-7f76-b7dc-b85d8c3dd9f7', 'support_kind', '15', 'flexible_support_out_of_home', 'Hilfe zur Erziehung, vorrangig außerhalb der Familie', '27'),
    ('019b76da-a800-7ba5-94a0-14709db0201c', 'support_kind', '16', 'flexible_support_other', 'Hilfe zur Erziehung, sonstige Hilfen', '27'),
    ('019b76da-a800-70e3-86e5-497a2b3bcc34', 'support_place', '01', 'family_of_origin', 'in der Wohnung der Herkunftsfamilie', NULL),
    ('019b76da-a800-74b8-9b01-0813b8389794', 'support_place', '02', 'home_of_relatives', 'in der Wohnung einer Verwandtenfamilie', NULL),
    ('019b76da-a800-7913-bce7-ec69b0757653', 'support_place', '03', 'unrelated_family', 'in einer nicht-verwandten Familie', NULL),
    ('019b76da-a800-791e-a773-8fb121bccd9d', 'support_place', '04', 'day_nursery', 'in einer Einrichtung der Kindertagesbetreuung', NULL),
    ('019b76da-a800-7c36-a04f-540eeef39509', 'support_place', '05', 'school', 'in der Schule', NULL),
    ('019b76da-a800-75d1-bb86-70ef0194183c', 'support_place', '06', 'ambulatory_service', 'in Räumen eines ambulanten Dienstes', NULL),
    ('019b76da-a800-78d7-b097-eba45ceebc1f', 'support_place', '07', 'day_institution', 'in einer Einrichtung über Tag', NULL),
    ('019b76da-a800-79ae-bdd5-58e29224e2ca', 'support_place', '08', 'residential_several_groups', 'in einer Mehrgruppen-Einrichtung über Tag und Nacht', NULL),
    ('019b76da-a800-748f-961e-8dc9356436d7', 'support_place', '09', 'residential_one_group', 'in einer Ein-Gruppen-Einrichtung über Tag und Nacht', NULL),
    ('019b76da-a800-7f22-bce3-971e82e526a3', 'support_place', '10', 'own_home_of_young_person', 'in der Wohnung des Jugendlichen/jungen Volljährigen', NULL),
    ('019b76da-a800-71e9-9591-bb557d730f8d', 'support_place', '11', 'abroad', 'außerhalb von Deutschland', NULL),
    ('019b76da-a800-743a-9147-55cae04fb1a7', 'support_place', '12', 'elsewhere', 'sonstiger Ort', NULL);
ALTER TABLE official_code ENABLE ROW LEVEL SECURITY;
ALTER TABLE official_code FORCE ROW LEVEL SECURITY;
CREATE POLICY official_code_select ON official_code FOR SELECT TO sozialraum_app USING (true);
GRANT SELECT ON official_code TO sozialraum_app;

CREATE TABLE element_change (
    hours_per_week NUMERIC(5, 2),
    starts_on DATE,
    ends_on DATE,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    arrangement_id UUID NOT NULL,
    element_id UUID NOT NULL,
    edition INTEGER NOT NULL,
    change TEXT NOT NULL,
    changed TEXT[] NOT NULL,
    kind TEXT NOT NULL,
    what TEXT NOT NULL,
    state TEXT NOT NULL,
    participant_id UUID NOT NULL,
    goal_id UUID,
    organisation_id UUID,
    support_kind TEXT,
    support_place TEXT,
    cost NUMERIC(14, 2),
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT element_change_pkey PRIMARY KEY (id),
    CONSTRAINT element_change_change_check CHECK (change IN ('added', 'changed', 'ended')),
    CONSTRAINT element_change_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT element_change_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT element_change_arrangement_id_fkey FOREIGN KEY(arrangement_id) REFERENCES support_arrangement (id),
    CONSTRAINT element_change_element_id_fkey FOREIGN KEY(element_id) REFERENCES arrangement_element (id),
    CONSTRAINT element_change_participant_id_fkey FOREIGN KEY(participant_id) REFERENCES participant (id),
    CONSTRAINT element_change_goal_id_fkey FOREIGN KEY(goal_id) REFERENCES goal (id),
    CONSTRAINT element_change_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);
CREATE INDEX element_change_case_id ON element_change (case_id);
CREATE UNIQUE INDEX element_change_edition ON element_change (arrangement_id, edition);
CREATE INDEX element_change_element_id ON element_change (element_id);
ALTER TABLE element_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE element_change FORCE ROW LEVEL SECURITY;
CREATE POLICY element_change_select ON element_change FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY element_change_insert ON element_change FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY element_change_update ON element_change FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON element_change TO sozialraum_app;

-- One row for each month in which an arrangement had a kind of contribution, up to today.
CREATE VIEW arrangement_mix WITH (security_invoker = true) AS
SELECT concat_ws(':', element.arrangement_id, to_char(month, 'YYYY-MM'), element.kind) AS key, element.authority_id,
       element.case_id, element.arrangement_id, month::date AS month, element.kind, count(*)::integer AS elements
FROM arrangement_element AS element
CROSS JOIN LATERAL generate_series(
    date_trunc('month', element.began_on::timestamp),
    least(element.ended_on, element.ends_on, nullif(current_setting('service.today', true), '')::date)::timestamp,
    '1 month'
) AS month
WHERE element.began_on IS NOT NULL
GROUP BY element.authority_id, element.case_id, element.arrangement_id, month, element.kind;

GRANT SELECT ON arrangement_mix TO sozialraum_app;
