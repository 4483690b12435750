-- Whom to ring about a case, and where to complain (§ 9a SGB VIII).
SET LOCAL lock_timeout = '5s';

CREATE TABLE contact_point (
    name_de TEXT NOT NULL,
    name_en TEXT NOT NULL,
    name_simple TEXT NOT NULL,
    telephone TEXT NOT NULL,
    hours_de TEXT NOT NULL,
    hours_en TEXT NOT NULL,
    hours_simple TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    social_space_id UUID,
    actor_id UUID,
    in_use BOOLEAN NOT NULL,
    CONSTRAINT contact_point_pkey PRIMARY KEY (id),
    CONSTRAINT contact_point_whose_check CHECK (num_nonnulls(social_space_id, actor_id) = 1),
    CONSTRAINT contact_point_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT contact_point_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT contact_point_actor_id_fkey FOREIGN KEY(actor_id) REFERENCES actor (id)
);
CREATE INDEX contact_point_actor_id ON contact_point (actor_id);
CREATE INDEX contact_point_social_space_id ON contact_point (social_space_id);
ALTER TABLE contact_point ENABLE ROW LEVEL SECURITY;
ALTER TABLE contact_point FORCE ROW LEVEL SECURITY;
CREATE POLICY contact_point_select ON contact_point FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY contact_point_insert ON contact_point FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY contact_point_update ON contact_point FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON contact_point TO sozialraum_app;

CREATE TABLE complaint_office (
    name_de TEXT NOT NULL,
    name_en TEXT NOT NULL,
    name_simple TEXT NOT NULL,
    telephone TEXT NOT NULL,
    hours_de TEXT NOT NULL,
    hours_en TEXT NOT NULL,
    hours_simple TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    independent BOOLEAN NOT NULL,
    address TEXT NOT NULL,
    CONSTRAINT complaint_office_pkey PRIMARY KEY (id),
    CONSTRAINT complaint_office_days_check CHECK (valid_to > valid_from),
    CONSTRAINT complaint_office_kind_check CHECK (kind IN ('ombuds_office', 'complaint_office')),
    CONSTRAINT complaint_office_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id)
);
CREATE INDEX complaint_office_authority_id ON complaint_office (authority_id, id);
ALTER TABLE complaint_office ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaint_office FORCE ROW LEVEL SECURITY;
CREATE POLICY complaint_office_select ON complaint_office FOR SELECT TO sozialraum_app USING (true);
CREATE POLICY complaint_office_insert ON complaint_office FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY complaint_office_update ON complaint_office FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON complaint_office TO sozialraum_app;

CREATE VIEW case_contact WITH (security_invoker = true) AS
SELECT md5(concat_ws(' ', access.case_id, point.id, access.stand_in_id IS NULL))::uuid AS id,
       access.authority_id, access.case_id,
       CASE WHEN access.stand_in_id IS NULL THEN 2 ELSE 1 END AS position,
       CASE WHEN access.stand_in_id IS NULL THEN 'lead' ELSE 'stand_in' END AS kind,
       point.name_de, point.name_en, point.name_simple, point.telephone,
       point.hours_de, point.hours_en, point.hours_simple, NULL::text AS address, NULL::boolean AS independent,
       NULL::date AS valid_from, NULL::date AS valid_to
FROM case_access AS access JOIN contact_point AS point ON point.actor_id = access.actor_id AND point.in_use
WHERE access.basis = 'assignment' AND access.valid_from <= now()
  AND (access.valid_to IS NULL OR access.valid_to > now())
UNION
SELECT md5(concat_ws(' ', case_file.id, point.id))::uuid, case_file.authority_id, case_file.id, 3, 'office',
       point.name_de, point.name_en, point.name_simple, point.telephone,
       point.hours_de, point.hours_en, point.hours_simple, NULL::text, NULL::boolean, NULL::date, NULL::date
FROM case_file JOIN contact_point AS point ON point.social_space_id = case_file.social_space_id AND point.in_use
UNION
SELECT md5(concat_ws(' ', case_file.id, office.id))::uuid, case_file.authority_id, case_file.id,
       CASE office.kind WHEN 'ombuds_office' THEN 4 ELSE 5 END, office.kind,
       office.name_de, office.name_en, office.name_simple, office.telephone,
       office.hours_de, office.hours_en, office.hours_simple, office.address, office.independent,
       office.valid_from, office.valid_to
FROM case_file JOIN complaint_office AS office ON office.authority_id = case_file.authority_id;
GRANT SELECT ON case_contact TO sozialraum_app;
