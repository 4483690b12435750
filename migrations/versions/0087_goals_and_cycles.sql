-- An element serves several goals; looking back (question VII) is asked in each cycle, from one review to the next.
SET LOCAL lock_timeout = '5s';

ALTER TABLE question ADD COLUMN cycle INTEGER DEFAULT 1 NOT NULL;
ALTER TABLE question DROP CONSTRAINT question_case_id_position_key;
ALTER TABLE question ADD CONSTRAINT question_case_id_position_cycle_key UNIQUE (case_id, position, cycle);

ALTER TABLE arrangement_element ADD COLUMN goal_ids UUID[] DEFAULT '{}' NOT NULL;
ALTER TABLE element_change ADD COLUMN goal_ids UUID[] DEFAULT '{}' NOT NULL;

-- Row-level security is lifted for the tables' owner in this transaction.
ALTER TABLE arrangement_element NO FORCE ROW LEVEL SECURITY;
ALTER TABLE element_change NO FORCE ROW LEVEL SECURITY;
ALTER TABLE question NO FORCE ROW LEVEL SECURITY;
ALTER TABLE review NO FORCE ROW LEVEL SECURITY;
ALTER TABLE case_file NO FORCE ROW LEVEL SECURITY;
UPDATE arrangement_element SET goal_ids = ARRAY[goal_id] WHERE goal_id IS NOT NULL;
UPDATE element_change SET goal_ids = ARRAY[goal_id] WHERE goal_id IS NOT NULL;
UPDATE element_change SET changed = array_replace(changed, 'goal_id', 'goal_ids') WHERE 'goal_id' = ANY (changed);
-- What was looked back on before the last review of a case that goes on was another cycle.
INSERT INTO question (authority_id, id, version, case_id, numeral, position, period, cycle, state)
SELECT question.authority_id,
       (substr(moment.hex, 1, 8) || '-' || substr(moment.hex, 9) || '-7' || substr(gen_random_uuid()::text, 16))::uuid,
       1, question.case_id, question.numeral, question.position, question.period, 2, 'not_started'
FROM question JOIN case_file ON case_file.id = question.case_id AND case_file.period = question.period
CROSS JOIN (SELECT lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0') AS hex) AS moment
WHERE question.numeral = 'VII' AND question.state <> 'not_started' AND case_file.closed_on IS NULL
  AND case_file.state <> 'merged' AND EXISTS (
    SELECT FROM review WHERE review.case_id = question.case_id AND review.state = 'held'
      AND review.kind IN ('reflection', 'support_review')
      AND review.held_on > (question.updated_at AT TIME ZONE 'Europe/Berlin')::date
);
ALTER TABLE case_file FORCE ROW LEVEL SECURITY;
ALTER TABLE review FORCE ROW LEVEL SECURITY;
ALTER TABLE question FORCE ROW LEVEL SECURITY;
ALTER TABLE element_change FORCE ROW LEVEL SECURITY;
ALTER TABLE arrangement_element FORCE ROW LEVEL SECURITY;

ALTER TABLE arrangement_element DROP COLUMN goal_id;
ALTER TABLE element_change DROP COLUMN goal_id;
