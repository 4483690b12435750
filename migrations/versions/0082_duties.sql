-- Who of an agreement's parties runs the process, documents and bills. Agreements that are there have it as it was.
SET LOCAL lock_timeout = '5s';

ALTER TABLE budget_agreement ADD COLUMN process TEXT[] DEFAULT '{agency,providers}' NOT NULL;
ALTER TABLE budget_agreement ADD COLUMN documentation TEXT[] DEFAULT '{lead_provider}' NOT NULL;
ALTER TABLE budget_agreement ADD COLUMN billing TEXT[] DEFAULT '{providers}' NOT NULL;
ALTER TABLE budget_agreement ADD CONSTRAINT budget_agreement_duties_check CHECK (cardinality(process) > 0 AND process <@ ARRAY['agency', 'lead_provider', 'providers'] AND cardinality(documentation) > 0 AND documentation <@ ARRAY['agency', 'lead_provider', 'providers'] AND cardinality(billing) > 0 AND billing <@ ARRAY['lead_provider', 'providers']) NOT VALID;
ALTER TABLE budget_agreement VALIDATE CONSTRAINT budget_agreement_duties_check;
