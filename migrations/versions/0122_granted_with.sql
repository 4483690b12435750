-- With whom it was granted. What the constraints ask of the rows is looked through by the next one, while everybody goes on
-- working.
SET LOCAL lock_timeout = '5s';

ALTER TABLE commitment ADD COLUMN granted_with UUID;
ALTER TABLE commitment ADD CONSTRAINT commitment_granted_with_fkey FOREIGN KEY (granted_with) REFERENCES actor (id) NOT VALID;
ALTER TABLE foreseen_commitment ADD COLUMN granted_with UUID;
ALTER TABLE foreseen_commitment ADD CONSTRAINT foreseen_commitment_granted_with_fkey FOREIGN KEY (granted_with) REFERENCES actor (id) NOT VALID;
