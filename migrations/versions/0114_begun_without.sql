-- What began before is written down by `sozialraum migrate` once the tables are as they should be.
SET LOCAL lock_timeout = '5s';

ALTER TABLE granted_help ADD COLUMN unbound_from DATE;
ALTER TABLE granted_help ADD CONSTRAINT granted_help_unbound_from_check CHECK (unbound_from >= starts_on);
