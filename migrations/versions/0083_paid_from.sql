-- What a cash office pays from, invoices' documents, and settlements that are worked out anew.
SET LOCAL lock_timeout = '5s';

ALTER TABLE settlement_share ADD COLUMN payment NUMERIC(20, 2);

ALTER TABLE invoice ADD COLUMN payee_number TEXT;
ALTER TABLE invoice ADD COLUMN document_name TEXT;
ALTER TABLE invoice ADD COLUMN document_location TEXT;
ALTER TABLE invoice ADD COLUMN document_media_type TEXT;
ALTER TABLE invoice ADD COLUMN document_size BIGINT;
ALTER TABLE invoice ADD COLUMN document_digest TEXT;
ALTER TABLE invoice ADD CONSTRAINT invoice_document_check CHECK (num_nulls(document_name, document_location, document_media_type, document_size, document_digest) IN (0, 5)) NOT VALID;

ALTER TABLE settlement ADD COLUMN proved_by UUID CONSTRAINT settlement_proved_by_fkey REFERENCES actor (id);
ALTER TABLE settlement ADD CONSTRAINT settlement_proof_checked_check CHECK (checked_by <> proved_by) NOT VALID;
ALTER TABLE settlement VALIDATE CONSTRAINT settlement_proof_checked_check;
ALTER TABLE settlement ADD COLUMN reworked_by UUID CONSTRAINT settlement_reworked_by_fkey REFERENCES actor (id);
ALTER TABLE settlement ADD COLUMN reworked_on DATE;
ALTER TABLE settlement DROP CONSTRAINT settlement_state_check;
ALTER TABLE settlement ADD CONSTRAINT settlement_state_check CHECK (state IN ('prepared', 'proof_received', 'checked', 'agreed', 'disputed', 'reworked', 'paid')) NOT VALID;
ALTER TABLE settlement VALIDATE CONSTRAINT settlement_state_check;
CREATE UNIQUE INDEX settlement_standing ON settlement (agreement_id) WHERE state <> 'reworked';
ALTER TABLE settlement DROP CONSTRAINT settlement_agreement_id_key;
