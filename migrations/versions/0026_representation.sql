-- In which matters somebody represents another, and until when.
SET LOCAL lock_timeout = '5s';

ALTER TABLE participant ADD COLUMN represents_in TEXT;
ALTER TABLE participant ADD COLUMN represents_until DATE;
ALTER TABLE participant ADD CONSTRAINT participant_represents_check CHECK (kind IN ('custodian', 'representative') OR coalesce(represents_in, represents_until::text) IS NULL) NOT VALID;
ALTER TABLE participant VALIDATE CONSTRAINT participant_represents_check;
