-- A provider that leaves gives up what it could rely on, and the agency accepts it. The table has a row for each provider and
-- year of a frame, some hundreds, and so is looked through at once.
SET LOCAL lock_timeout = '5s';

ALTER TABLE frame_share ADD COLUMN version INTEGER DEFAULT 1 NOT NULL;
ALTER TABLE frame_share ADD COLUMN state TEXT DEFAULT 'secured' NOT NULL;
ALTER TABLE frame_share ADD COLUMN created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL;
ALTER TABLE frame_share ADD COLUMN updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL;
ALTER TABLE frame_share ADD COLUMN given_up_because TEXT;
ALTER TABLE frame_share ADD COLUMN given_up_by UUID;
ALTER TABLE frame_share ADD COLUMN given_up_on DATE;
ALTER TABLE frame_share ADD COLUMN accepted_by UUID;
ALTER TABLE frame_share ADD COLUMN accepted_on DATE;
ALTER TABLE frame_share ADD CONSTRAINT frame_share_state_check CHECK (state IN ('secured', 'offered', 'given_up'));
ALTER TABLE frame_share ADD CONSTRAINT frame_share_given_up_check CHECK (num_nonnulls(given_up_because, given_up_by, given_up_on) = CASE state WHEN 'secured' THEN 0 ELSE 3 END);
ALTER TABLE frame_share ADD CONSTRAINT frame_share_accepted_check CHECK (num_nonnulls(accepted_by, accepted_on) = CASE state WHEN 'given_up' THEN 2 ELSE 0 END);
ALTER TABLE frame_share ADD CONSTRAINT frame_share_four_eyes_check CHECK (accepted_by <> given_up_by);
ALTER TABLE frame_share ADD CONSTRAINT frame_share_given_up_by_fkey FOREIGN KEY (given_up_by) REFERENCES actor (id);
ALTER TABLE frame_share ADD CONSTRAINT frame_share_accepted_by_fkey FOREIGN KEY (accepted_by) REFERENCES actor (id);
CREATE POLICY frame_share_update ON frame_share FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT UPDATE ON frame_share TO sozialraum_app;
