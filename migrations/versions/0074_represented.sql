-- Custodians represent every addressee of their case who is not of age, or of whom that is not known. Until now custody
-- ended with the first of them, from now on with the last: so what has not ended yet does. What has ended stays closed.
-- Row-level security is lifted for the tables' owner in this transaction.
SET LOCAL lock_timeout = '5s';

ALTER TABLE participant NO FORCE ROW LEVEL SECURITY;
ALTER TABLE person NO FORCE ROW LEVEL SECURITY;
ALTER TABLE representation NO FORCE ROW LEVEL SECURITY;
ALTER TABLE case_access NO FORCE ROW LEVEL SECURITY;

UPDATE participant SET joined_on = (created_at AT TIME ZONE 'Europe/Berlin')::date;

-- Of a 29 February the 18th birthday is the 1 March, as in the service.
CREATE TEMPORARY TABLE addressee ON COMMIT DROP AS
SELECT participant.id, participant.case_id,
       (CASE WHEN to_char(born_on, 'MM-DD') = '02-29' THEN born_on + 1 ELSE born_on END + interval '18 years')
           AT TIME ZONE 'Europe/Berlin' AS of_age
FROM participant LEFT JOIN person ON person.participant_id = participant.id
WHERE participant.kind = 'addressee' AND participant.merged_into_id IS NULL;

INSERT INTO representation (authority_id, case_id, id, version, participant_id, represented_id, starts_on)
SELECT custodian.authority_id, custodian.case_id,
       (substr(moment.hex, 1, 8) || '-' || substr(moment.hex, 9) || '-7' || substr(gen_random_uuid()::text, 16))::uuid,
       1, custodian.id, addressee.id, custodian.joined_on
FROM participant AS custodian
JOIN addressee ON addressee.case_id = custodian.case_id
CROSS JOIN (SELECT lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0') AS hex) AS moment
WHERE custodian.kind = 'custodian' AND custodian.merged_into_id IS NULL AND (addressee.of_age IS NULL OR addressee.of_age > now())
  AND NOT EXISTS (SELECT FROM representation AS there WHERE there.participant_id = custodian.id);

UPDATE case_access SET valid_to = lasts.until, version = case_access.version + 1, updated_at = now()
FROM (
    SELECT custodian.id,
           least(
               ((custodian.represents_until + 1)::timestamp AT TIME ZONE 'Europe/Berlin'),
               CASE WHEN bool_and(addressee.of_age IS NOT NULL) THEN max(addressee.of_age) END
           ) AS until
    FROM participant AS custodian
    JOIN representation ON representation.participant_id = custodian.id
    JOIN addressee ON addressee.id = representation.represented_id
    WHERE custodian.kind = 'custodian'
    GROUP BY custodian.id, custodian.represents_until
) AS lasts
WHERE case_access.participant_id = lasts.id AND case_access.basis = 'representation'
  AND case_access.valid_to > now() AND case_access.valid_to IS DISTINCT FROM lasts.until;

ALTER TABLE participant FORCE ROW LEVEL SECURITY;
ALTER TABLE person FORCE ROW LEVEL SECURITY;
ALTER TABLE representation FORCE ROW LEVEL SECURITY;
ALTER TABLE case_access FORCE ROW LEVEL SECURITY;
