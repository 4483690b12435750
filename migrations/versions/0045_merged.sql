-- A duplicate is merged into the case that goes on: it says so, and nothing is moved.
SET LOCAL lock_timeout = '5s';

ALTER TABLE case_file ADD COLUMN merged_into_id UUID;
ALTER TABLE case_file ADD COLUMN merged_as TEXT;
ALTER TABLE case_file ADD CONSTRAINT case_file_merged_into_id_fkey FOREIGN KEY(merged_into_id) REFERENCES case_file (id) NOT VALID;
ALTER TABLE case_file VALIDATE CONSTRAINT case_file_merged_into_id_fkey;
CREATE INDEX case_file_merged_into_id ON case_file (merged_into_id);
ALTER TABLE case_file DROP CONSTRAINT case_file_state_check;
ALTER TABLE case_file ADD CONSTRAINT case_file_state_check CHECK (state IN ('enquiry', 'counselling', 'clarification', 'arrangement_planning', 'active', 'review', 'closing', 'after_care', 'closed', 'redirected', 'transferred', 'merged')) NOT VALID;
ALTER TABLE case_file VALIDATE CONSTRAINT case_file_state_check;
ALTER TABLE case_file ADD CONSTRAINT case_file_merged_check CHECK (num_nonnulls(merged_into_id, merged_as) = CASE WHEN state = 'merged' THEN 2 ELSE 0 END) NOT VALID;
ALTER TABLE case_file VALIDATE CONSTRAINT case_file_merged_check;

ALTER TABLE case_sketch ADD COLUMN merged_into_id UUID;
CREATE INDEX case_sketch_merged_into_id ON case_sketch (merged_into_id);

CREATE OR REPLACE FUNCTION sketch_case() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO case_sketch (case_id, authority_id, social_space_id, pseudonym, state, field_of_action, opened_in,
                             merged_into_id)
    VALUES (NEW.id, NEW.authority_id, NEW.social_space_id, NEW.pseudonym, NEW.state, NEW.field_of_action,
            extract(year FROM NEW.opened_on), NEW.merged_into_id)
    ON CONFLICT (case_id) DO UPDATE SET social_space_id = EXCLUDED.social_space_id, state = EXCLUDED.state,
        field_of_action = EXCLUDED.field_of_action, pseudonym = EXCLUDED.pseudonym, opened_in = EXCLUDED.opened_in,
        merged_into_id = EXCLUDED.merged_into_id;
    RETURN NULL;
END
$$;
DROP TRIGGER case_file_sketched ON case_file;
CREATE TRIGGER case_file_sketched
AFTER INSERT OR UPDATE OF social_space_id, pseudonym, state, field_of_action, opened_on, merged_into_id ON case_file
FOR EACH ROW EXECUTE FUNCTION sketch_case();
