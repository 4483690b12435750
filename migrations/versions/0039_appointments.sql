-- What has its day for somebody: steps, reviews and consultations, each with what its own rule asks for.
SET LOCAL lock_timeout = '5s';

CREATE VIEW appointment WITH (security_invoker = true) AS
SELECT id, authority_id, case_id, 'step'::text AS kind,
       CASE state WHEN 'done' THEN 'held' WHEN 'not_done' THEN 'cancelled' ELSE 'planned' END AS state,
       due_on AS day, NULL::timestamptz AS starts_at, updated_at, version,
       done_by_id, NULL::uuid AS moderator_id, author_id, audience, audience_of
FROM step
UNION ALL
SELECT id, authority_id, case_id, 'review'::text,
       CASE state WHEN 'dropped' THEN 'cancelled' ELSE state END,
       due_on, NULL::timestamptz, updated_at, version,
       NULL::uuid, NULL::uuid, NULL::uuid, NULL::text, NULL::uuid[]
FROM review
UNION ALL
SELECT id, authority_id, case_id, 'consultation'::text,
       CASE state WHEN 'cancelled' THEN 'cancelled' WHEN 'scheduled' THEN 'planned' ELSE 'held' END,
       (starts_at AT TIME ZONE 'Europe/Berlin')::date, starts_at, updated_at, version,
       NULL::uuid, moderator_id, NULL::uuid, NULL::text, NULL::uuid[]
FROM consultation WHERE starts_at IS NOT NULL;
GRANT SELECT ON appointment TO sozialraum_app;
