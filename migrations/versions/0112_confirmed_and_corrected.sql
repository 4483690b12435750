-- What is asked of commitments and procedures is looked through by the next one, while everybody goes on working.
SET LOCAL lock_timeout = '5s';

ALTER TABLE commitment ADD COLUMN confirmed_by UUID;
ALTER TABLE commitment ADD CONSTRAINT commitment_confirmed_by_check CHECK (confirmed_by <> granted_by) NOT VALID;
ALTER TABLE commitment ADD CONSTRAINT commitment_confirmed_by_fkey FOREIGN KEY (confirmed_by) REFERENCES actor (id) NOT VALID;

ALTER TABLE overspend_procedure ADD COLUMN forecast_id UUID;
ALTER TABLE overspend_procedure ADD CONSTRAINT overspend_procedure_forecast_id_fkey FOREIGN KEY (forecast_id) REFERENCES forecast (id) NOT VALID;
