-- What money is bound for and why it came was written in German by the service itself: now it is a code, said in the
-- language of whoever reads it. People's own words stay as they are.
SET LOCAL lock_timeout = '5s';

ALTER TABLE commitment ADD COLUMN purpose_kind TEXT;
ALTER TABLE commitment ALTER COLUMN purpose DROP NOT NULL;
ALTER TABLE allocation ADD COLUMN carried_from INTEGER;
ALTER TABLE allocation ALTER COLUMN reason DROP NOT NULL;

ALTER TABLE commitment NO FORCE ROW LEVEL SECURITY;
ALTER TABLE allocation NO FORCE ROW LEVEL SECURITY;
UPDATE commitment SET purpose = NULL, purpose_kind = said.kind
FROM (VALUES
    ('Unterstützung im Einzelfall', 'support_in_a_case'),
    ('Erziehungsberatung vorrangig mit der Familie (§ 28 SGB VIII)', 'child_guidance_family'),
    ('Erziehungsberatung vorrangig mit den Eltern (§ 28 SGB VIII)', 'child_guidance_parents'),
    ('Erziehungsberatung vorrangig mit dem jungen Menschen (§ 28 SGB VIII)', 'child_guidance_young_person'),
    ('Soziale Gruppenarbeit (§ 29 SGB VIII)', 'social_group_work'),
    ('Erziehungsbeistand (§ 30 SGB VIII)', 'parenting_assistant'),
    ('Betreuungshelfer (§ 30 SGB VIII)', 'supervision_helper'),
    ('Sozialpädagogische Familienhilfe (§ 31 SGB VIII)', 'social_pedagogical_family_support'),
    ('Erziehung in einer Tagesgruppe (§ 32 SGB VIII)', 'day_group'),
    ('Vollzeitpflege (allgemein) (§ 33 SGB VIII)', 'foster_care_general'),
    ('Vollzeitpflege (besondere Pflegeformen) (§ 33 SGB VIII)', 'foster_care_special'),
    ('Heimerziehung, sonstige betreute Wohnform (§ 34 SGB VIII)', 'residential_care'),
    ('Intensive sozialpädagogische Einzelbetreuung (§ 35 SGB VIII)', 'intensive_individual_support'),
    ('Eingliederungshilfe (§ 35a SGB VIII)', 'integration_assistance'),
    ('Hilfe zur Erziehung, vorrangig ambulant (§ 27 SGB VIII)', 'flexible_support_ambulatory'),
    ('Hilfe zur Erziehung, vorrangig außerhalb der Familie (§ 27 SGB VIII)', 'flexible_support_out_of_home'),
    ('Hilfe zur Erziehung, sonstige Hilfen (§ 27 SGB VIII)', 'flexible_support_other')
) AS said (purpose, kind)
WHERE commitment.case_id IS NOT NULL AND commitment.purpose = said.purpose;
UPDATE allocation SET reason = NULL, carried_from = substr(reason, 14)::integer
WHERE settlement_id IS NOT NULL AND reason ~ '^Übertrag aus [0-9]{4}$';
ALTER TABLE allocation FORCE ROW LEVEL SECURITY;
ALTER TABLE commitment FORCE ROW LEVEL SECURITY;

ALTER TABLE commitment ADD CONSTRAINT commitment_purpose_check CHECK (num_nonnulls(purpose, purpose_kind) = 1) NOT VALID;
ALTER TABLE commitment VALIDATE CONSTRAINT commitment_purpose_check;
ALTER TABLE allocation ADD CONSTRAINT allocation_reason_check CHECK (num_nonnulls(reason, carried_from) = 1) NOT VALID;
ALTER TABLE allocation VALIDATE CONSTRAINT allocation_reason_check;
