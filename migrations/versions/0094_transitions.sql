-- How people of a place go from homes to where they live themselves: marks without the case, as of its situation matrix.
SET LOCAL lock_timeout = '5s';

CREATE TABLE setting_mark (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    social_space_id UUID,
    origin UUID NOT NULL,
    household UUID NOT NULL,
    homeward BOOLEAN NOT NULL,
    changed_on DATE,
    CONSTRAINT setting_mark_pkey PRIMARY KEY (id),
    CONSTRAINT setting_mark_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT setting_mark_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id)
);
CREATE INDEX setting_mark_origin ON setting_mark (origin);
CREATE INDEX setting_mark_place ON setting_mark (social_space_id, changed_on);
ALTER TABLE setting_mark ENABLE ROW LEVEL SECURITY;
ALTER TABLE setting_mark FORCE ROW LEVEL SECURITY;
CREATE POLICY setting_mark_select ON setting_mark FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY setting_mark_insert ON setting_mark FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY setting_mark_update ON setting_mark FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON setting_mark TO sozialraum_app;

CREATE FUNCTION mark_change(entered UUID) RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$
    INSERT INTO setting_mark (authority_id, id, social_space_id, origin, household, homeward, changed_on)
    SELECT sketch.authority_id, md5(entry.id::text)::uuid,
           CASE WHEN sketch.merged_into_id IS NULL THEN sketch.social_space_id END, md5(entry.case_id::text)::uuid,
           md5(coalesce(sketch.household_id, entry.case_id)::text)::uuid,
           entry.from_place IN ('residential_several_groups', 'residential_one_group')
               AND entry.to_place NOT IN ('residential_several_groups', 'residential_one_group'),
           CASE WHEN entry.audience = 'all' THEN entry.from_on END
    FROM setting_change AS entry JOIN case_sketch AS sketch ON sketch.case_id = entry.case_id WHERE entry.id = entered
    ON CONFLICT (id) DO UPDATE SET social_space_id = EXCLUDED.social_space_id, origin = EXCLUDED.origin,
        household = EXCLUDED.household, changed_on = EXCLUDED.changed_on;
$$;
CREATE FUNCTION mark_setting() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM mark_change(NEW.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER setting_change_marked AFTER INSERT ON setting_change
FOR EACH ROW WHEN (NEW.audience = 'all') EXECUTE FUNCTION mark_setting();
CREATE TRIGGER setting_change_marked_anew AFTER UPDATE OF case_id, audience ON setting_change
FOR EACH ROW WHEN ('all' IN (OLD.audience, NEW.audience)) EXECUTE FUNCTION mark_setting();
CREATE FUNCTION mark_setting_place() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE setting_mark SET household = md5(coalesce(NEW.household_id, NEW.case_id)::text)::uuid,
        social_space_id = CASE WHEN NEW.merged_into_id IS NULL THEN NEW.social_space_id END
    WHERE origin = md5(NEW.case_id::text)::uuid;
    RETURN NULL;
END
$$;
CREATE TRIGGER case_sketch_setting_marked AFTER UPDATE OF social_space_id, merged_into_id, household_id ON case_sketch
FOR EACH ROW WHEN ((OLD.social_space_id, OLD.merged_into_id, OLD.household_id)
                   IS DISTINCT FROM (NEW.social_space_id, NEW.merged_into_id, NEW.household_id))
EXECUTE FUNCTION mark_setting_place();

CREATE VIEW space_transition WITH (security_invoker = true) AS
SELECT social_space_id::text AS key, authority_id, social_space_id, (count(DISTINCT household) / 5 * 5)::integer AS at_least,
       CASE WHEN count(DISTINCT household) FILTER (WHERE homeward) >= 5
                 AND count(DISTINCT household) FILTER (WHERE NOT homeward) >= 5
            THEN round(10.0 * count(DISTINCT household) FILTER (WHERE homeward) / count(DISTINCT household))::integer
       END AS homeward_in_ten
FROM setting_mark
WHERE social_space_id IS NOT NULL AND changed_on <= nullif(current_setting('service.today', true), '')::date
      AND changed_on > nullif(current_setting('service.today', true), '')::date - 365
GROUP BY authority_id, social_space_id HAVING count(DISTINCT household) >= 5;
GRANT SELECT ON space_transition TO sozialraum_app;
