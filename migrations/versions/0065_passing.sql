-- What was imported and exported is removed once it has served; a job says how long it held anything, and an export may
-- be made into other files than CSV.
SET LOCAL lock_timeout = '5s';

CREATE POLICY booking_import_row_delete ON booking_import_row FOR DELETE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY booking_import_piece_delete ON booking_import_piece FOR DELETE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid) AND import_id IS NOT NULL);
CREATE POLICY job_piece_delete ON job_piece FOR DELETE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT DELETE ON booking_import_row, booking_import_piece, job_piece TO sozialraum_app;

ALTER TABLE job ADD COLUMN longest INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job_piece ADD COLUMN raw BOOLEAN NOT NULL DEFAULT false;
