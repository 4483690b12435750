-- The team of an endangerment assessment: whoever leads the case now, or stands in there, and those who were let in. So
-- it is open to a new lead and a stand-in, with dates, and the old access ends the same moment. Who was let in, and when,
-- is on record in `endangerment_member`.
SET LOCAL lock_timeout = '5s';

ALTER TABLE endangerment_assessment ADD COLUMN endangered UUID[] DEFAULT '{}' NOT NULL;
ALTER TABLE endangerment_assessment DROP CONSTRAINT endangerment_assessment_team_check;
DROP POLICY endangerment_assessment_select ON endangerment_assessment;
CREATE POLICY endangerment_assessment_select ON endangerment_assessment FOR SELECT TO sozialraum_app USING ((SELECT nullif(current_setting('service.actor', true), '')::uuid) = ANY (team) OR case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.basis IN ('assignment')));
DROP POLICY endangerment_assessment_update ON endangerment_assessment;
CREATE POLICY endangerment_assessment_update ON endangerment_assessment FOR UPDATE TO sozialraum_app USING ((SELECT nullif(current_setting('service.actor', true), '')::uuid) = ANY (team) OR case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.basis IN ('assignment'))) WITH CHECK ((SELECT nullif(current_setting('service.actor', true), '')::uuid) = ANY (team) OR case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.basis IN ('assignment')));

CREATE TABLE endangerment_member (
    valid_from TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    valid_to TIMESTAMP WITH TIME ZONE,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    assessment_id UUID NOT NULL,
    actor_id UUID NOT NULL,
    as_adviser BOOLEAN NOT NULL,
    CONSTRAINT endangerment_member_pkey PRIMARY KEY (id),
    CONSTRAINT endangerment_member_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT endangerment_member_assessment_id_fkey FOREIGN KEY(assessment_id) REFERENCES endangerment_assessment (id),
    CONSTRAINT endangerment_member_actor_id_fkey FOREIGN KEY(actor_id) REFERENCES actor (id)
);
CREATE INDEX endangerment_member_assessment_id ON endangerment_member (assessment_id);
ALTER TABLE endangerment_member ENABLE ROW LEVEL SECURITY;
ALTER TABLE endangerment_member FORCE ROW LEVEL SECURITY;
CREATE POLICY endangerment_member_select ON endangerment_member FOR SELECT TO sozialraum_app USING (assessment_id IN (SELECT id FROM endangerment_assessment));
CREATE POLICY endangerment_member_insert ON endangerment_member FOR INSERT TO sozialraum_app WITH CHECK (assessment_id IN (SELECT id FROM endangerment_assessment));
CREATE POLICY endangerment_member_update ON endangerment_member FOR UPDATE TO sozialraum_app USING (assessment_id IN (SELECT id FROM endangerment_assessment)) WITH CHECK (assessment_id IN (SELECT id FROM endangerment_assessment));
GRANT SELECT, INSERT, UPDATE ON endangerment_member TO sozialraum_app;

-- Row-level security is lifted for the tables' owner in this transaction. Whoever leads the case is in the team by that,
-- as long as they do, and is no longer named; nor is who led it before, unless they have judged in it, or nobody leads it
-- now (it is with a body outside). Who stood in there is named because somebody let them in, and stays.
ALTER TABLE endangerment_assessment NO FORCE ROW LEVEL SECURITY;
ALTER TABLE endangerment_member NO FORCE ROW LEVEL SECURITY;
ALTER TABLE endangerment_judgement NO FORCE ROW LEVEL SECURITY;
ALTER TABLE case_access NO FORCE ROW LEVEL SECURITY;
UPDATE endangerment_assessment AS assessment
SET team = ARRAY(
    SELECT named.id FROM unnest(assessment.team) WITH ORDINALITY AS named (id, place)
    WHERE NOT EXISTS (
        SELECT FROM case_access AS access
        WHERE access.case_id = assessment.case_id AND access.actor_id = named.id AND access.basis = 'assignment'
          AND access.stand_in_id IS NULL
          AND (access.valid_to > now() IS NOT FALSE OR (
              access.valid_to > assessment.created_at
              AND NOT EXISTS (
                  SELECT FROM endangerment_judgement AS judgement
                  WHERE judgement.assessment_id = assessment.id AND judgement.author_id = named.id
              )
              AND EXISTS (
                  SELECT FROM case_access AS led
                  WHERE led.case_id = assessment.case_id AND led.basis = 'assignment'
                    AND led.valid_from <= now() AND led.valid_to > now() IS NOT FALSE
              )
          ))
    ) ORDER BY named.place
);
UPDATE endangerment_assessment AS assessment
SET advisers = ARRAY(
    SELECT named.id FROM unnest(assessment.advisers) WITH ORDINALITY AS named (id, place)
    WHERE named.id = ANY (assessment.team) ORDER BY named.place
);
INSERT INTO endangerment_member (authority_id, id, version, assessment_id, actor_id, as_adviser, valid_from)
SELECT assessment.authority_id,
       (substr(moment.hex, 1, 8) || '-' || substr(moment.hex, 9) || '-7' || substr(gen_random_uuid()::text, 16))::uuid,
       1, assessment.id, named.id, named.id = ANY (assessment.advisers), assessment.created_at
FROM endangerment_assessment AS assessment CROSS JOIN unnest(assessment.team) AS named (id)
CROSS JOIN (SELECT lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0') AS hex) AS moment;
ALTER TABLE case_access FORCE ROW LEVEL SECURITY;
ALTER TABLE endangerment_judgement FORCE ROW LEVEL SECURITY;
ALTER TABLE endangerment_member FORCE ROW LEVEL SECURITY;
ALTER TABLE endangerment_assessment FORCE ROW LEVEL SECURITY;

CREATE VIEW endangerment_team WITH (security_invoker = true) AS
SELECT id, authority_id, assessment_id, actor_id,
       CASE WHEN as_adviser THEN 'adviser' ELSE 'professional' END AS part, valid_from, valid_to
FROM endangerment_member
UNION ALL
SELECT md5(concat_ws(' ', assessment.id, access.id))::uuid, assessment.authority_id, assessment.id, access.actor_id,
       CASE WHEN access.stand_in_id IS NULL THEN 'lead' ELSE 'stand_in' END,
       greatest(access.valid_from, assessment.created_at), access.valid_to
FROM endangerment_assessment AS assessment JOIN case_access AS access ON access.case_id = assessment.case_id
WHERE access.basis = 'assignment' AND access.valid_to > assessment.created_at IS NOT FALSE;
GRANT SELECT ON endangerment_team TO sozialraum_app;

-- Who has told it, by function or without a name.
ALTER TABLE endangerment_report ADD COLUMN told_by TEXT;
ALTER TABLE endangerment_report ADD COLUMN anonymous BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE endangerment_report ADD CONSTRAINT endangerment_report_told_by_check CHECK (NOT anonymous OR told_by IS NULL) NOT VALID;
ALTER TABLE endangerment_report VALIDATE CONSTRAINT endangerment_report_told_by_check;
ALTER TABLE endangerment_report DROP CONSTRAINT endangerment_report_encrypted_check;
ALTER TABLE endangerment_report ADD CONSTRAINT endangerment_report_encrypted_check CHECK (words ~ '^e1\.[0-9a-f]{8}\.[A-Za-z0-9+/]{102,}={0,2}$' AND told_by ~ '^e1\.[0-9a-f]{8}\.[A-Za-z0-9+/]{102,}={0,2}$' AND own_assessment ~ '^e1\.[0-9a-f]{8}\.[A-Za-z0-9+/]{102,}={0,2}$' AND adviser ~ '^e1\.[0-9a-f]{8}\.[A-Za-z0-9+/]{102,}={0,2}$' AND involvement ~ '^e1\.[0-9a-f]{8}\.[A-Za-z0-9+/]{102,}={0,2}$') NOT VALID;
ALTER TABLE endangerment_report VALIDATE CONSTRAINT endangerment_report_encrypted_check;

-- What is due, also of consultations that are to be looked at again; and of child protection: there the assessment stands
-- in place of the case, so that a case's record tells nothing of it.
DROP VIEW due_item;
CREATE VIEW due_item WITH (security_invoker = true) AS
SELECT id, authority_id, case_id, 'step'::text AS kind, due_on, how AS what, NULL::text AS title,
       author_id, audience, audience_of
FROM step WHERE state IN ('open', 'doing')
UNION ALL
SELECT id, authority_id, case_id, kind, due_on, NULL::text, NULL::text, NULL::uuid, 'all'::text, '{}'::uuid[]
FROM review WHERE state = 'planned'
UNION ALL
SELECT id, authority_id, case_id, 'application'::text, applied_on, what, NULL::text, NULL::uuid, 'all'::text, '{}'::uuid[]
FROM arrangement_element WHERE state = 'applied' AND applied_on IS NOT NULL
UNION ALL
SELECT id, authority_id, case_id, 'call_back'::text, call_back_on, receiving_body, NULL::text, NULL::uuid, 'all'::text,
       '{}'::uuid[]
FROM handover WHERE state = 'offered' AND call_back_on IS NOT NULL
UNION ALL
SELECT id, authority_id, case_id, 'consultation_follow_up'::text, follow_up_on, question, NULL::text, NULL::uuid,
       'all'::text, '{}'::uuid[]
FROM consultation WHERE state = 'results_recorded' AND follow_up_on IS NOT NULL
UNION ALL
SELECT id, authority_id, id, 'endangerment_report'::text, reported_on, NULL::text, case_pseudonym, NULL::uuid,
       'all'::text, '{}'::uuid[]
FROM endangerment_assessment WHERE state = 'reported'
UNION ALL
SELECT plan.id, plan.authority_id, plan.assessment_id, 'safety_plan_review'::text, plan.review_on, NULL::text,
       assessment.case_pseudonym, NULL::uuid, 'all'::text, '{}'::uuid[]
FROM safety_plan AS plan JOIN endangerment_assessment AS assessment ON assessment.id = plan.assessment_id
WHERE assessment.state <> 'concluded' AND NOT EXISTS (
    SELECT FROM safety_plan AS later
    WHERE later.assessment_id = plan.assessment_id AND (later.agreed_at, later.id) > (plan.agreed_at, plan.id)
);
GRANT SELECT ON due_item TO sozialraum_app;
