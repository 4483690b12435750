-- An agreement from its draft to its last day: parties that leave a draft, proposals that are taken back, when it expires.
SET LOCAL lock_timeout = '5s';

ALTER TABLE budget_agreement ADD COLUMN expires_on DATE;
ALTER TABLE budget_agreement ADD CONSTRAINT budget_agreement_expires_on_check
    CHECK (expires_on >= make_date(fiscal_year, 12, 31)) NOT VALID;
ALTER TABLE budget_agreement VALIDATE CONSTRAINT budget_agreement_expires_on_check;

ALTER TABLE agreement_version DROP CONSTRAINT agreement_version_cause_check;
ALTER TABLE agreement_version ADD CONSTRAINT agreement_version_cause_check CHECK (cause IN ('drafted', 'changed', 'party_added', 'party_removed', 'shares_agreed', 'rule_agreed', 'supplemented')) NOT VALID;
ALTER TABLE agreement_version VALIDATE CONSTRAINT agreement_version_cause_check;

CREATE POLICY budget_party_delete ON budget_party FOR DELETE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT DELETE ON budget_party TO sozialraum_app;

ALTER TABLE allocation DROP CONSTRAINT allocation_state_check;
ALTER TABLE allocation ADD CONSTRAINT allocation_state_check CHECK (state IN ('proposed', 'withdrawn', 'released')) NOT VALID;
ALTER TABLE allocation VALIDATE CONSTRAINT allocation_state_check;
-- What a settlement carries is proposed once; what was taken back does not count.
ALTER TABLE allocation DROP CONSTRAINT allocation_settlement_id_key;
CREATE UNIQUE INDEX allocation_settlement_id ON allocation (settlement_id) WHERE state <> 'withdrawn';
