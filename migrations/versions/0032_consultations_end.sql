-- Consultations end for those from outside, and whoever moderates learns what they need to go on.
SET LOCAL lock_timeout = '5s';

ALTER TABLE consultation ADD COLUMN plan_released BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE consultation ALTER COLUMN plan_released DROP DEFAULT;
ALTER TABLE consultation_participant ADD COLUMN ended BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE consultation_participant ALTER COLUMN ended DROP DEFAULT;
CREATE INDEX consultation_moderator_id ON consultation (moderator_id);
CREATE INDEX idea_author_id ON idea (author_id);
ALTER TABLE consultation_method ADD CONSTRAINT consultation_method_authority_id_code_key UNIQUE (authority_id, code);

DROP POLICY consultation_participant_select ON consultation_participant;
CREATE POLICY consultation_participant_select ON consultation_participant FOR SELECT TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) OR actor_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid) OR role = 'interpreter' AND consultation_id IN (SELECT id FROM consultation WHERE moderator_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid)));

ALTER TABLE consultation NO FORCE ROW LEVEL SECURITY;
ALTER TABLE consultation_participant NO FORCE ROW LEVEL SECURITY;
ALTER TABLE consultation_sketch NO FORCE ROW LEVEL SECURITY;
ALTER TABLE family_plan NO FORCE ROW LEVEL SECURITY;
ALTER TABLE participant NO FORCE ROW LEVEL SECURITY;
UPDATE consultation SET plan_released = true
WHERE id IN (SELECT consultation_id FROM family_plan WHERE returned_because IS NULL);
UPDATE consultation_sketch SET invited = '{}', ideas_wanted = false
WHERE consultation_id IN (SELECT id FROM consultation WHERE state NOT IN ('requested', 'consented', 'scheduled', 'held'));
UPDATE consultation_participant SET ended = true
WHERE consultation_id IN (SELECT id FROM consultation WHERE state NOT IN ('requested', 'consented', 'scheduled', 'held'));
-- Those of the case under the login they have now; what was said under another was said by somebody else.
UPDATE consultation_participant AS invited
SET consent = CASE WHEN invited.actor_id IS NULL THEN invited.consent ELSE 'asked' END,
    answered_at = CASE WHEN invited.actor_id IS NULL THEN invited.answered_at END,
    actor_id = participant.actor_id
FROM participant
WHERE participant.id = invited.participant_id AND participant.actor_id IS DISTINCT FROM invited.actor_id;
ALTER TABLE consultation FORCE ROW LEVEL SECURITY;
ALTER TABLE consultation_participant FORCE ROW LEVEL SECURITY;
ALTER TABLE consultation_sketch FORCE ROW LEVEL SECURITY;
ALTER TABLE family_plan FORCE ROW LEVEL SECURITY;
ALTER TABLE participant FORCE ROW LEVEL SECURITY;
