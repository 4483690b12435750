-- All roles of the settled list.
SET LOCAL lock_timeout = '5s';

ALTER TABLE access_grant DROP CONSTRAINT access_grant_role_check;
ALTER TABLE access_grant ADD CONSTRAINT access_grant_role_check CHECK (role IN ('case_worker', 'social_space_manager', 'regional_manager', 'integrated_planner', 'controller', 'provider_worker', 'provider_manager', 'expert_by_experience', 'committee_member', 'integration_client', 'auditor', 'data_protection_officer', 'administrator')) NOT VALID;
ALTER TABLE access_grant VALIDATE CONSTRAINT access_grant_role_check;
