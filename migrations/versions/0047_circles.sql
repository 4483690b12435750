-- A draft is for those of the family who wrote it together, also for those who have a login only later: its circle names
-- their invitations, not their logins.
SET LOCAL lock_timeout = '5s';

ALTER TABLE family_draft NO FORCE ROW LEVEL SECURITY;
ALTER TABLE consultation_participant NO FORCE ROW LEVEL SECURITY;
UPDATE family_draft AS draft SET circle = ARRAY (
    SELECT invited.id FROM consultation_participant AS invited
    WHERE invited.consultation_id = draft.consultation_id AND invited.role = 'family'
      AND (invited.actor_id = ANY (draft.circle) OR invited.actor_id IS NULL AND invited.consent <> 'refused')
    ORDER BY invited.id
);
ALTER TABLE consultation_participant FORCE ROW LEVEL SECURITY;
ALTER TABLE family_draft FORCE ROW LEVEL SECURITY;
DROP POLICY family_draft_select ON family_draft;
DROP POLICY family_draft_insert ON family_draft;
DROP POLICY family_draft_update ON family_draft;
CREATE POLICY family_draft_select ON family_draft FOR SELECT TO sozialraum_app USING (circle && ARRAY (SELECT id FROM consultation_participant WHERE actor_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid)));
CREATE POLICY family_draft_insert ON family_draft FOR INSERT TO sozialraum_app WITH CHECK (circle && ARRAY (SELECT id FROM consultation_participant WHERE actor_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid)));
CREATE POLICY family_draft_update ON family_draft FOR UPDATE TO sozialraum_app USING (circle && ARRAY (SELECT id FROM consultation_participant WHERE actor_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid))) WITH CHECK (circle && ARRAY (SELECT id FROM consultation_participant WHERE actor_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid)));
