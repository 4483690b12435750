-- Of a case in which something is kept from custodians its sketch says so, for those who may not see why.
SET LOCAL lock_timeout = '5s';

ALTER TABLE case_sketch ADD COLUMN counselled BOOLEAN DEFAULT false NOT NULL, ADD COLUMN not_told_until DATE;

CREATE FUNCTION mark_kept(kept_in UUID) RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$
    UPDATE case_sketch SET counselled = present.counselled, not_told_until = present.not_told_until
    FROM (SELECT EXISTS (SELECT FROM confidential_counselling WHERE case_id = kept_in AND ended_on IS NULL) AS counselled,
                 -- Without a day of birth until it is said otherwise, as whoever is let into the case is asked.
                 (SELECT max(coalesce((born_on + interval '18 years')::date, DATE '9999-12-31'))
                  FROM arrangement_element AS element LEFT JOIN person ON person.participant_id = applicant_id
                  WHERE element.case_id = kept_in AND custodians_not_told_because IS NOT NULL
                    AND custodians_told_on IS NULL) AS not_told_until) AS present
    WHERE case_id = kept_in AND (case_sketch.counselled, case_sketch.not_told_until)
                                IS DISTINCT FROM (present.counselled, present.not_told_until)
$$;
CREATE FUNCTION mark_kept_there() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM mark_kept(NEW.case_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER confidential_counselling_marked AFTER INSERT OR UPDATE OF ended_on ON confidential_counselling
FOR EACH ROW EXECUTE FUNCTION mark_kept_there();
CREATE TRIGGER arrangement_element_kept AFTER UPDATE OF custodians_told_on, custodians_not_told_because ON arrangement_element
FOR EACH ROW WHEN ((OLD.custodians_told_on, OLD.custodians_not_told_because)
                   IS DISTINCT FROM (NEW.custodians_told_on, NEW.custodians_not_told_because))
EXECUTE FUNCTION mark_kept_there();
CREATE TRIGGER person_kept AFTER UPDATE OF born_on ON person
FOR EACH ROW WHEN (OLD.born_on IS DISTINCT FROM NEW.born_on) EXECUTE FUNCTION mark_kept_there();
