SET LOCAL lock_timeout = '5s';

ALTER TABLE commitment VALIDATE CONSTRAINT commitment_confirmed_by_check;
ALTER TABLE commitment VALIDATE CONSTRAINT commitment_confirmed_by_fkey;
ALTER TABLE overspend_procedure VALIDATE CONSTRAINT overspend_procedure_forecast_id_fkey;
