-- An import that comes to nothing takes the invoices along that it has entered: their numbers are free again.
SET LOCAL lock_timeout = '5s';

ALTER TABLE invoice ADD COLUMN import_id UUID;
ALTER TABLE invoice ADD CONSTRAINT invoice_import_id_fkey FOREIGN KEY(import_id) REFERENCES booking_import (id) NOT VALID;
ALTER TABLE invoice VALIDATE CONSTRAINT invoice_import_id_fkey;
CREATE POLICY invoice_delete ON invoice FOR DELETE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid) AND import_id IS NOT NULL);
GRANT DELETE ON invoice TO sozialraum_app;

-- Of before: whoever enters an invoice by hand leaves an event, an import does not. What was left behind goes.
ALTER TABLE invoice NO FORCE ROW LEVEL SECURITY;
ALTER TABLE booking NO FORCE ROW LEVEL SECURITY;
ALTER TABLE event NO FORCE ROW LEVEL SECURITY;
ALTER TABLE booking_import NO FORCE ROW LEVEL SECURITY;
ALTER TABLE booking_import_row NO FORCE ROW LEVEL SECURITY;
UPDATE invoice SET import_id = import.id
FROM booking_import AS import JOIN booking_import_row AS part ON part.job_id = import.checked_job_id
WHERE import.state IN ('checked', 'posting') AND import.posted_at IS NULL AND invoice.authority_id = part.authority_id
    AND invoice.organisation_id = part.organisation_id AND invoice.compared_number = part.compared_number
    AND NOT EXISTS (SELECT FROM booking WHERE booking.invoice_id = invoice.id)
    AND NOT EXISTS (SELECT FROM event WHERE event.authority_id = invoice.authority_id AND event.subject = 'invoice'
                    AND event.subject_id = invoice.id);
DELETE FROM invoice USING booking_import AS import
WHERE import.id = invoice.import_id AND import.state = 'checked' AND invoice.proposed = 0;
ALTER TABLE booking_import_row FORCE ROW LEVEL SECURITY;
ALTER TABLE booking_import FORCE ROW LEVEL SECURITY;
ALTER TABLE event FORCE ROW LEVEL SECURITY;
ALTER TABLE booking FORCE ROW LEVEL SECURITY;
ALTER TABLE invoice FORCE ROW LEVEL SECURITY;
