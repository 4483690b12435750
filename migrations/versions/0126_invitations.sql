-- Whoever is invited as one of the people of a case has the consultation itself among their appointments.
SET LOCAL lock_timeout = '5s';

CREATE OR REPLACE VIEW appointment WITH (security_invoker = true) AS
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
FROM consultation_participant
WHERE participant_id IS NULL;
