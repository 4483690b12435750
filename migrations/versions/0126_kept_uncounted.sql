-- Of a 29 February somebody is of age on a 1 March, and until then it is kept.
SET LOCAL lock_timeout = '5s';

CREATE OR REPLACE FUNCTION mark_kept(kept_in UUID) RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$
    UPDATE case_sketch SET counselled = present.counselled, not_told_until = present.not_told_until
    FROM (SELECT EXISTS (SELECT FROM confidential_counselling WHERE case_id = kept_in AND ended_on IS NULL) AS counselled,
                 -- Without a day of birth until it is said otherwise, as whoever is let into the case is asked. Of a 29
                 -- February the 18th birthday is the 1 March, as in the service.
                 (SELECT max(coalesce((CASE WHEN to_char(born_on, 'MM-DD') = '02-29' THEN born_on + 1 ELSE born_on END
                                       + interval '18 years')::date, DATE '9999-12-31'))
                  FROM arrangement_element AS element LEFT JOIN person ON person.participant_id = applicant_id
                  WHERE element.case_id = kept_in AND custodians_not_told_because IS NOT NULL
                    AND custodians_told_on IS NULL) AS not_told_until) AS present
    WHERE case_id = kept_in AND (case_sketch.counselled, case_sketch.not_told_until)
                                IS DISTINCT FROM (present.counselled, present.not_told_until)
$$;
