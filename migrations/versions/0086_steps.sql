-- Steps that were still to do fall away with their goal, or with the case; whoever works on a case can do one together
-- with somebody; and how far a young child sees a goal reached is found out, not agreed.
SET LOCAL lock_timeout = '5s';

ALTER TABLE goal ADD COLUMN looking_back_found_out TEXT;
ALTER TABLE step ADD COLUMN dropped_with TEXT;
ALTER TABLE step ADD COLUMN done_with_id UUID;
ALTER TABLE step ADD CONSTRAINT step_done_with_id_fkey FOREIGN KEY (done_with_id) REFERENCES actor (id) NOT VALID;
ALTER TABLE step VALIDATE CONSTRAINT step_done_with_id_fkey;
CREATE INDEX step_done_with ON step (done_with_id, due_on) WHERE done_with_id IS NOT NULL;
ALTER TABLE step DROP CONSTRAINT step_state_check;
ALTER TABLE step ADD CONSTRAINT step_state_check CHECK (state IN ('open', 'doing', 'done', 'not_done', 'dropped')) NOT VALID;
ALTER TABLE step VALIDATE CONSTRAINT step_state_check;
ALTER TABLE step ADD CONSTRAINT step_dropped_with_check CHECK (dropped_with IN ('goal_ended', 'case_closed', 'case_passed_on')) NOT VALID;
ALTER TABLE step VALIDATE CONSTRAINT step_dropped_with_check;
ALTER TABLE tick_off DROP CONSTRAINT tick_off_step_state_check;
ALTER TABLE tick_off ADD CONSTRAINT tick_off_step_state_check CHECK (step_state IN ('open', 'doing', 'done', 'not_done', 'dropped')) NOT VALID;
ALTER TABLE tick_off VALIDATE CONSTRAINT tick_off_step_state_check;


DROP VIEW appointment;
CREATE VIEW appointment WITH (security_invoker = true) AS
SELECT id, authority_id, case_id, 'step'::text AS kind,
       CASE state WHEN 'done' THEN 'held' WHEN 'not_done' THEN 'cancelled' WHEN 'dropped' THEN 'cancelled' ELSE 'planned' END AS state,
       due_on AS day, NULL::timestamptz AS starts_at, updated_at, version,
       done_by_id, done_with_id, NULL::uuid AS actor_id, author_id, audience, audience_of
FROM step
UNION ALL
SELECT id, authority_id, case_id, 'review'::text,
       CASE state WHEN 'dropped' THEN 'cancelled' ELSE state END,
       due_on, NULL::timestamptz, updated_at, version,
       NULL::uuid, NULL::uuid, NULL::uuid, NULL::uuid, NULL::text, NULL::uuid[]
FROM review
UNION ALL
SELECT id, authority_id, case_id, 'consultation'::text,
       CASE WHEN state = 'cancelled' THEN 'cancelled'
            WHEN state IN ('requested', 'consented', 'scheduled') THEN 'planned' ELSE 'held' END,
       (starts_at AT TIME ZONE 'Europe/Berlin')::date, starts_at, updated_at, version,
       NULL::uuid, NULL::uuid, NULL::uuid, NULL::uuid, NULL::text, NULL::uuid[]
FROM consultation
UNION ALL
SELECT id, authority_id, case_id, 'invitation'::text,
       CASE WHEN called_off OR consent = 'refused' THEN 'cancelled' WHEN ended THEN 'held' ELSE 'planned' END,
       (starts_at AT TIME ZONE 'Europe/Berlin')::date, starts_at, updated_at, version,
       NULL::uuid, NULL::uuid, actor_id, NULL::uuid, NULL::text, NULL::uuid[]
FROM consultation_participant;
GRANT SELECT ON appointment TO sozialraum_app;
