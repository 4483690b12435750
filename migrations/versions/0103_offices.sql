-- Where the office of a social space is rung is public. Numbers of those who work there stay the authority's own.
SET LOCAL lock_timeout = '5s';

DROP POLICY contact_point_select ON contact_point;
CREATE POLICY contact_point_select ON contact_point FOR SELECT TO sozialraum_app USING ((social_space_id IS NOT NULL AND in_use) OR authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));

CREATE VIEW social_space_office WITH (security_invoker = true) AS
SELECT id, authority_id, social_space_id, name_de, name_en, name_simple, telephone, hours_de, hours_en, hours_simple
FROM contact_point WHERE social_space_id IS NOT NULL AND in_use;
GRANT SELECT ON social_space_office TO sozialraum_app;
