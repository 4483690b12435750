-- The references of large tables, once who added them holds these no longer.
SET LOCAL lock_timeout = '5s';

ALTER TABLE commitment VALIDATE CONSTRAINT commitment_granted_with_fkey;
ALTER TABLE foreseen_commitment VALIDATE CONSTRAINT foreseen_commitment_granted_with_fkey;
