-- Money that was carried in for a purpose stays with it; and money is bound for a measure, which names no case.
SET LOCAL lock_timeout = '5s';

ALTER TABLE ledger_account ADD COLUMN earmarked NUMERIC(20, 2) NOT NULL DEFAULT 0;
ALTER TABLE ledger_account ADD CONSTRAINT ledger_account_earmarked_check CHECK (earmarked = 0 OR earmarked > 0 AND kind = 'free') NOT VALID;
ALTER TABLE ledger_account VALIDATE CONSTRAINT ledger_account_earmarked_check;
ALTER TABLE ledger_day ADD COLUMN earmarked NUMERIC(20, 2) NOT NULL DEFAULT 0;

ALTER TABLE allocation ADD COLUMN earmark TEXT;
ALTER TABLE allocation ADD CONSTRAINT allocation_earmark_check CHECK (earmark IS NULL OR kind = 'carry_in' AND amount > 0) NOT VALID;
ALTER TABLE allocation VALIDATE CONSTRAINT allocation_earmark_check;

-- In one clause each: a new column that is null has nothing to look through. Its check is looked through in 0092, and its
-- indices are made in 0097.
ALTER TABLE commitment ADD COLUMN measure_id UUID CONSTRAINT commitment_measure_id_fkey REFERENCES measure (id);
ALTER TABLE commitment ADD COLUMN allocation_id UUID CONSTRAINT commitment_allocation_id_fkey REFERENCES allocation (id);
ALTER TABLE commitment ADD CONSTRAINT commitment_measure_id_check CHECK (measure_id IS NULL OR case_id IS NULL) NOT VALID;
