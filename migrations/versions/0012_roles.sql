-- All roles of the settled list, and all who take part in a case.
SET LOCAL lock_timeout = '5s';

ALTER TABLE access_grant DROP CONSTRAINT access_grant_role_check;
ALTER TABLE access_grant ADD CONSTRAINT access_grant_role_check CHECK (role IN ('case_worker', 'social_space_manager', 'regional_manager', 'integrated_planner', 'controller', 'provider_worker', 'provider_manager', 'expert_by_experience', 'committee_member', 'integration_client', 'auditor', 'data_protection_officer', 'administrator')) NOT VALID;
ALTER TABLE access_grant VALIDATE CONSTRAINT access_grant_role_check;

ALTER TABLE participant ADD COLUMN representation TEXT;
ALTER TABLE participant ADD COLUMN trusted_by_id UUID;
ALTER TABLE participant ADD CONSTRAINT participant_trusted_by_id_fkey FOREIGN KEY(trusted_by_id) REFERENCES participant (id) NOT VALID;
ALTER TABLE participant VALIDATE CONSTRAINT participant_trusted_by_id_fkey;
CREATE INDEX participant_trusted_by_id ON participant (trusted_by_id);
ALTER TABLE participant DROP CONSTRAINT participant_kind_check;
ALTER TABLE participant ADD CONSTRAINT participant_kind_check CHECK (kind IN ('addressee', 'custodian', 'representative', 'trusted_person', 'network_person')) NOT VALID;
ALTER TABLE participant VALIDATE CONSTRAINT participant_kind_check;
ALTER TABLE participant ADD CONSTRAINT participant_representation_check CHECK (representation IN ('parent', 'guardian', 'curator', 'legal_carer', 'attorney')) NOT VALID;
ALTER TABLE participant VALIDATE CONSTRAINT participant_representation_check;
ALTER TABLE participant ADD CONSTRAINT participant_trusted_check CHECK ((kind = 'trusted_person') = (trusted_by_id IS NOT NULL)) NOT VALID;
ALTER TABLE participant VALIDATE CONSTRAINT participant_trusted_check;

ALTER TABLE case_access ADD COLUMN trusted_by_id UUID;
ALTER TABLE case_access ADD CONSTRAINT case_access_trusted_by_id_fkey FOREIGN KEY(trusted_by_id) REFERENCES participant (id) NOT VALID;
ALTER TABLE case_access VALIDATE CONSTRAINT case_access_trusted_by_id_fkey;
CREATE INDEX case_access_trusted_by_id ON case_access (trusted_by_id);
ALTER TABLE case_access DROP CONSTRAINT case_access_basis_check;
ALTER TABLE case_access ADD CONSTRAINT case_access_basis_check CHECK (basis IN ('assignment', 'transmission', 'self', 'representation', 'trust', 'network')) NOT VALID;
ALTER TABLE case_access VALIDATE CONSTRAINT case_access_basis_check;
