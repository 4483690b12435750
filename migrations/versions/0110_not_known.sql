-- As long as somebody is counselled there without their custodians' knowledge (§ 8(3) SGB VIII).
SET LOCAL lock_timeout = '5s';

ALTER TABLE case_sketch ADD COLUMN confidential BOOLEAN DEFAULT false NOT NULL;
CREATE FUNCTION keep_unknown() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE case_sketch SET confidential = EXISTS (
        SELECT FROM confidential_counselling WHERE case_id = NEW.case_id AND ended_on IS NULL)
    WHERE case_id = NEW.case_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER confidential_counselling_kept AFTER INSERT OR UPDATE OF ended_on, case_id ON confidential_counselling
FOR EACH ROW EXECUTE FUNCTION keep_unknown();
