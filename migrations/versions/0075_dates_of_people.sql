-- Nobody leaves a case before they came into it.
SET LOCAL lock_timeout = '5s';

ALTER TABLE participant ADD CONSTRAINT participant_dates_check CHECK (left_on >= joined_on) NOT VALID;
ALTER TABLE participant VALIDATE CONSTRAINT participant_dates_check;
