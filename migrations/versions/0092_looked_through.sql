-- Checks of large tables, once who added them holds them no longer: meanwhile everybody reads and writes.
SET LOCAL lock_timeout = '5s';

ALTER TABLE commitment VALIDATE CONSTRAINT commitment_measure_id_check;
ALTER TABLE invoice VALIDATE CONSTRAINT invoice_document_check;
