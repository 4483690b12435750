-- The check of a large table, once who added it holds it no longer.
SET LOCAL lock_timeout = '5s';

ALTER TABLE commitment VALIDATE CONSTRAINT commitment_case_digest_check;
ALTER TABLE foreseen_commitment VALIDATE CONSTRAINT foreseen_commitment_case_digest_check;
