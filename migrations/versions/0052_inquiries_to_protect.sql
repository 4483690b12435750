-- What somebody asks for whether a family is known; to protect a child, the family is not told, and the record of the case
-- says nothing. Servers of the version before go on asking for all else.
SET LOCAL lock_timeout = '5s';

ALTER TABLE family_inquiry ADD COLUMN purpose TEXT DEFAULT 'case_work' NOT NULL;
ALTER TABLE family_inquiry ADD COLUMN case_ids UUID[] DEFAULT '{}' NOT NULL;
ALTER TABLE family_inquiry ADD CONSTRAINT family_inquiry_purpose_check CHECK (purpose IN ('case_work', 'protection')) NOT VALID;
ALTER TABLE family_inquiry VALIDATE CONSTRAINT family_inquiry_purpose_check;
ALTER TABLE family_inquiry ADD CONSTRAINT family_inquiry_apart_check CHECK (purpose = 'protection' OR case_ids = '{}') NOT VALID;
ALTER TABLE family_inquiry VALIDATE CONSTRAINT family_inquiry_apart_check;
