-- Two participants of a case who are one person become one: the duplicate says which one it is.
SET LOCAL lock_timeout = '5s';

ALTER TABLE participant ADD COLUMN merged_into_id UUID;
ALTER TABLE participant ADD CONSTRAINT participant_merged_into_id_fkey FOREIGN KEY(merged_into_id) REFERENCES participant (id) NOT VALID;
ALTER TABLE participant VALIDATE CONSTRAINT participant_merged_into_id_fkey;
