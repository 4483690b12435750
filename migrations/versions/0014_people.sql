-- Links without a login, and proposed team members.
SET LOCAL lock_timeout = '5s';

ALTER TABLE case_access ADD COLUMN step_id UUID;
ALTER TABLE case_access ADD CONSTRAINT case_access_step_id_fkey FOREIGN KEY(step_id) REFERENCES step (id) NOT VALID;
ALTER TABLE case_access VALIDATE CONSTRAINT case_access_step_id_fkey;
CREATE INDEX case_access_step_id ON case_access (step_id);
ALTER TABLE case_access DROP CONSTRAINT case_access_basis_check;
ALTER TABLE case_access ADD CONSTRAINT case_access_basis_check CHECK (basis IN ('assignment', 'transmission', 'self', 'representation', 'trust', 'network', 'link')) NOT VALID;
ALTER TABLE case_access VALIDATE CONSTRAINT case_access_basis_check;
ALTER TABLE case_access ADD CONSTRAINT case_access_step_check CHECK ((basis = 'link') = (step_id IS NOT NULL)) NOT VALID;
ALTER TABLE case_access VALIDATE CONSTRAINT case_access_step_check;
ALTER TABLE case_access ADD CONSTRAINT case_access_expires_check CHECK (basis <> 'link' OR valid_to IS NOT NULL) NOT VALID;
ALTER TABLE case_access VALIDATE CONSTRAINT case_access_expires_check;

ALTER TABLE team_member ADD COLUMN state TEXT DEFAULT 'member' NOT NULL;
ALTER TABLE team_member ALTER COLUMN state DROP DEFAULT;
ALTER TABLE team_member ADD COLUMN proposed_by_id UUID;
ALTER TABLE team_member ADD COLUMN refused_because TEXT;
ALTER TABLE team_member ADD CONSTRAINT team_member_proposed_by_id_fkey FOREIGN KEY(proposed_by_id) REFERENCES actor (id) NOT VALID;
ALTER TABLE team_member VALIDATE CONSTRAINT team_member_proposed_by_id_fkey;
ALTER TABLE team_member ADD CONSTRAINT team_member_state_check CHECK (state IN ('proposed', 'member', 'refused')) NOT VALID;
ALTER TABLE team_member VALIDATE CONSTRAINT team_member_state_check;
