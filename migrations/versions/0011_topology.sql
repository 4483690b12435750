-- Topology is data: which levels an authority plans in, and what social spaces came from and what became of them.
SET LOCAL lock_timeout = '5s';

CREATE TABLE territory_level (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    level TEXT NOT NULL,
    position INTEGER NOT NULL,
    name_de TEXT NOT NULL,
    name_en TEXT NOT NULL,
    name_de_simple TEXT NOT NULL,
    CONSTRAINT territory_level_pkey PRIMARY KEY (id),
    CONSTRAINT territory_level_level_check CHECK (level IN ('region', 'social_space', 'municipality')),
    CONSTRAINT territory_level_authority_id_level_key UNIQUE (authority_id, level),
    CONSTRAINT territory_level_authority_id_position_key UNIQUE (authority_id, position),
    CONSTRAINT territory_level_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id)
);
ALTER TABLE territory_level ENABLE ROW LEVEL SECURITY;
ALTER TABLE territory_level FORCE ROW LEVEL SECURITY;
CREATE POLICY territory_level_select ON territory_level FOR SELECT TO sozialraum_app USING (true);
GRANT SELECT ON territory_level TO sozialraum_app;

-- Those who are here already, as they have planned until now.
ALTER TABLE authority NO FORCE ROW LEVEL SECURITY;
ALTER TABLE region NO FORCE ROW LEVEL SECURITY;
ALTER TABLE territory_level NO FORCE ROW LEVEL SECURITY;
INSERT INTO territory_level (authority_id, id, level, position, name_de, name_en, name_de_simple)
SELECT authority.id, gen_random_uuid(), usual.level, usual.position, usual.name_de, usual.name_en, usual.name_de_simple
FROM authority
JOIN (VALUES
    ('district_county', 'region', 1, 'Planungs- und Gestaltungsraum', 'planning and design space', 'Region'),
    ('district_county', 'social_space', 2, 'Sozialraum', 'social space', 'Sozial-Raum'),
    ('district_county', 'municipality', 3, 'Gemeinde', 'municipality', 'Gemeinde'),
    ('city', 'region', 1, 'Region', 'region', 'Region'),
    ('city', 'social_space', 2, 'Stadtbezirk', 'city district', 'Stadt-Teil')
) AS usual (kind, level, position, name_de, name_en, name_de_simple) ON usual.kind = authority.kind
WHERE usual.level <> 'region' OR authority.kind <> 'city'
    OR EXISTS (SELECT FROM region WHERE region.authority_id = authority.id);

-- Regions only where an authority plans in them.
ALTER TABLE region
    ADD COLUMN level TEXT DEFAULT 'region' NOT NULL,
    ADD CONSTRAINT region_level_check CHECK (level = 'region'),
    ADD CONSTRAINT region_days_check CHECK (valid_to > valid_from),
    ADD CONSTRAINT region_authority_id_fkey1 FOREIGN KEY (authority_id, level) REFERENCES territory_level (authority_id, level);
ALTER TABLE authority FORCE ROW LEVEL SECURITY;
ALTER TABLE region FORCE ROW LEVEL SECURITY;
ALTER TABLE territory_level FORCE ROW LEVEL SECURITY;
ALTER TABLE social_space ADD CONSTRAINT social_space_days_check CHECK (valid_to > valid_from);

CREATE TABLE social_space_change (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    effective_on DATE NOT NULL,
    CONSTRAINT social_space_change_pkey PRIMARY KEY (id),
    CONSTRAINT social_space_change_kind_check CHECK (kind IN ('merge', 'split')),
    CONSTRAINT social_space_change_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id)
);
CREATE INDEX social_space_change_authority_id ON social_space_change (authority_id, id);
ALTER TABLE social_space_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE social_space_change FORCE ROW LEVEL SECURITY;
CREATE POLICY social_space_change_select ON social_space_change FOR SELECT TO sozialraum_app USING (true);
CREATE POLICY social_space_change_insert ON social_space_change FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON social_space_change TO sozialraum_app;

CREATE TABLE social_space_succession (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    change_id UUID NOT NULL,
    predecessor_id UUID NOT NULL,
    successor_id UUID NOT NULL,
    effective_on DATE NOT NULL,
    CONSTRAINT social_space_succession_pkey PRIMARY KEY (id),
    CONSTRAINT social_space_succession_predecessor_id_successor_id_key UNIQUE (predecessor_id, successor_id),
    CONSTRAINT social_space_succession_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT social_space_succession_change_id_fkey FOREIGN KEY(change_id) REFERENCES social_space_change (id),
    CONSTRAINT social_space_succession_predecessor_id_fkey FOREIGN KEY(predecessor_id) REFERENCES social_space (id),
    CONSTRAINT social_space_succession_successor_id_fkey FOREIGN KEY(successor_id) REFERENCES social_space (id)
);
CREATE INDEX social_space_succession_change_id ON social_space_succession (change_id);
CREATE INDEX social_space_succession_successor_id ON social_space_succession (successor_id);
ALTER TABLE social_space_succession ENABLE ROW LEVEL SECURITY;
ALTER TABLE social_space_succession FORCE ROW LEVEL SECURITY;
CREATE POLICY social_space_succession_select ON social_space_succession FOR SELECT TO sozialraum_app USING (true);
CREATE POLICY social_space_succession_insert ON social_space_succession FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON social_space_succession TO sozialraum_app;

-- What everybody reads, its own authority now changes: by operations that an administrator performs.
CREATE POLICY region_insert ON region FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY region_update ON region FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT INSERT, UPDATE ON region TO sozialraum_app;
CREATE POLICY region_membership_insert ON region_membership FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY region_membership_update ON region_membership FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT INSERT, UPDATE ON region_membership TO sozialraum_app;
CREATE POLICY social_space_insert ON social_space FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY social_space_update ON social_space FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT INSERT, UPDATE ON social_space TO sozialraum_app;
CREATE POLICY social_space_municipality_insert ON social_space_municipality FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY social_space_municipality_update ON social_space_municipality FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT INSERT, UPDATE ON social_space_municipality TO sozialraum_app;
CREATE POLICY social_space_area_insert ON social_space_area FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY social_space_area_update ON social_space_area FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT INSERT, UPDATE ON social_space_area TO sozialraum_app;
CREATE POLICY social_space_area_ring_insert ON social_space_area_ring FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY social_space_area_ring_update ON social_space_area_ring FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT INSERT, UPDATE ON social_space_area_ring TO sozialraum_app;
CREATE POLICY social_space_neighbour_insert ON social_space_neighbour FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY social_space_neighbour_update ON social_space_neighbour FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT INSERT, UPDATE ON social_space_neighbour TO sozialraum_app;

-- On no day more than the whole of a municipality. The lock lets two transactions look one after the other.
CREATE FUNCTION share_out_once() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.municipality_id::text, 11));
    IF EXISTS (
        SELECT FROM social_space_municipality AS begun
        JOIN social_space_municipality AS there ON there.municipality_id = begun.municipality_id
            AND there.valid_from <= begun.valid_from AND (there.valid_to IS NULL OR there.valid_to > begun.valid_from)
        WHERE begun.municipality_id = NEW.municipality_id
        GROUP BY begun.id HAVING sum(there.share) > 1
    ) THEN
        RAISE check_violation USING MESSAGE = 'more than the whole of a municipality',
            CONSTRAINT = 'social_space_municipality_whole_check', TABLE = 'social_space_municipality';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER social_space_municipality_whole
AFTER INSERT OR UPDATE OF share, valid_from, valid_to, municipality_id ON social_space_municipality
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION share_out_once();

-- A predecessor ends on the day, its successor is there from then on: each one ends later than the one before it, and
-- no line of succession can come back to where it began.
CREATE FUNCTION succeed_in_order() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF EXISTS (
        SELECT FROM social_space_succession AS succession
        JOIN social_space AS before ON before.id = succession.predecessor_id
        JOIN social_space AS next ON next.id = succession.successor_id
        WHERE CASE TG_TABLE_NAME WHEN 'social_space' THEN NEW.id IN (before.id, next.id) ELSE NEW.id = succession.id END
            AND (before.valid_to IS DISTINCT FROM succession.effective_on OR next.valid_from > succession.effective_on
                OR next.valid_to <= succession.effective_on OR before.authority_id <> next.authority_id)
    ) THEN
        RAISE check_violation USING MESSAGE = 'a succession out of order',
            CONSTRAINT = 'social_space_succession_order_check', TABLE = 'social_space_succession';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER social_space_succession_order AFTER INSERT OR UPDATE ON social_space_succession
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION succeed_in_order();
CREATE CONSTRAINT TRIGGER social_space_order AFTER UPDATE OF valid_from, valid_to ON social_space
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION succeed_in_order();

-- The region in which most of a social space lay; of one that has ended, in which it lay last: what is left of it, its
-- contract above all, goes on there.
CREATE OR REPLACE VIEW space_region WITH (security_invoker = true) AS
SELECT DISTINCT ON (key_date.day, share.social_space_id) key_date.day, share.social_space_id, membership.region_id
FROM key_date
JOIN social_space_municipality AS share ON share.valid_from <= key_date.day
JOIN social_space AS space ON space.id = share.social_space_id
    AND (share.valid_to IS NULL OR share.valid_to > key_date.day OR share.valid_to = space.valid_to)
JOIN region_membership AS membership ON membership.municipality_id = share.municipality_id
    AND membership.valid_from <= key_date.day AND (membership.valid_to IS NULL OR membership.valid_to > key_date.day)
GROUP BY key_date.day, share.social_space_id, membership.region_id
ORDER BY key_date.day, share.social_space_id, sum(share.share) DESC, membership.region_id;
