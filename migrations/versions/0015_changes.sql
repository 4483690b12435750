-- What has changed for somebody: found by their cases, and by what sort of thing it is.
SET LOCAL lock_timeout = '5s';

CREATE INDEX event_of_case ON event (case_id, transaction_id, sequence) WHERE case_id IS NOT NULL;
CREATE INDEX event_of_subject ON event (authority_id, subject, transaction_id, sequence);
DROP INDEX event_order;
