-- Those who are invited to a consultation from outside are told when it is, and that it fell away: they do not see the
-- consultation itself. Their rows say so; whoever moderates, from outside as they are, writes it there.
SET LOCAL lock_timeout = '5s';

ALTER TABLE consultation_participant ADD COLUMN starts_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE consultation_participant ADD COLUMN called_off BOOLEAN DEFAULT false NOT NULL;

DROP POLICY consultation_participant_select ON consultation_participant;
CREATE POLICY consultation_participant_select ON consultation_participant FOR SELECT TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) OR actor_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid) OR (role = 'interpreter' OR participant_id IS NULL) AND consultation_id IN (SELECT id FROM consultation WHERE moderator_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid)));
DROP POLICY consultation_participant_update ON consultation_participant;
CREATE POLICY consultation_participant_update ON consultation_participant FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) OR actor_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid) OR participant_id IS NULL AND consultation_id IN (SELECT id FROM consultation WHERE moderator_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) OR actor_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid) OR participant_id IS NULL AND consultation_id IN (SELECT id FROM consultation WHERE moderator_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid)));

ALTER TABLE consultation NO FORCE ROW LEVEL SECURITY;
ALTER TABLE consultation_participant NO FORCE ROW LEVEL SECURITY;
UPDATE consultation_participant AS invited
SET starts_at = CASE WHEN invited.participant_id IS NULL THEN consultation.starts_at END,
    called_off = consultation.state = 'cancelled'
FROM consultation
WHERE consultation.id = invited.consultation_id;
ALTER TABLE consultation_participant ADD CONSTRAINT consultation_participant_told_check CHECK (participant_id IS NULL OR starts_at IS NULL) NOT VALID;
ALTER TABLE consultation_participant VALIDATE CONSTRAINT consultation_participant_told_check;
ALTER TABLE consultation_participant FORCE ROW LEVEL SECURITY;
ALTER TABLE consultation FORCE ROW LEVEL SECURITY;

-- A consultation that somebody is invited to once it has a date waits to be agreed to anew: it is still to come. No part
-- has a condition of its own, or it would be read whole: what has no day yet is left out by whoever asks for days.
DROP VIEW appointment;
CREATE VIEW appointment WITH (security_invoker = true) AS
SELECT id, authority_id, case_id, 'step'::text AS kind,
       CASE state WHEN 'done' THEN 'held' WHEN 'not_done' THEN 'cancelled' ELSE 'planned' END AS state,
       due_on AS day, NULL::timestamptz AS starts_at, updated_at, version,
       done_by_id, NULL::uuid AS actor_id, author_id, audience, audience_of
FROM step
UNION ALL
SELECT id, authority_id, case_id, 'review'::text,
       CASE state WHEN 'dropped' THEN 'cancelled' ELSE state END,
       due_on, NULL::timestamptz, updated_at, version,
       NULL::uuid, NULL::uuid, NULL::uuid, NULL::text, NULL::uuid[]
FROM review
UNION ALL
SELECT id, authority_id, case_id, 'consultation'::text,
       CASE WHEN state = 'cancelled' THEN 'cancelled'
            WHEN state IN ('requested', 'consented', 'scheduled') THEN 'planned' ELSE 'held' END,
       (starts_at AT TIME ZONE 'Europe/Berlin')::date, starts_at, updated_at, version,
       NULL::uuid, NULL::uuid, NULL::uuid, NULL::text, NULL::uuid[]
FROM consultation
UNION ALL
SELECT id, authority_id, case_id, 'invitation'::text,
       CASE WHEN called_off OR consent = 'refused' THEN 'cancelled' WHEN ended THEN 'held' ELSE 'planned' END,
       (starts_at AT TIME ZONE 'Europe/Berlin')::date, starts_at, updated_at, version,
       NULL::uuid, actor_id, NULL::uuid, NULL::text, NULL::uuid[]
FROM consultation_participant;
GRANT SELECT ON appointment TO sozialraum_app;
