-- Where social spaces lie, and which of them border on each other. Without PostGIS: rings are polygons of PostgreSQL's own.
SET LOCAL lock_timeout = '5s';

CREATE TABLE social_space_area (
    valid_from DATE NOT NULL,
    valid_to DATE,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    social_space_id UUID NOT NULL,
    approximate BOOLEAN NOT NULL,
    source TEXT NOT NULL,
    geometry JSONB NOT NULL,
    CONSTRAINT social_space_area_pkey PRIMARY KEY (id),
    EXCLUDE USING gist (social_space_id WITH =, daterange(valid_from, valid_to) WITH &&),
    CONSTRAINT social_space_area_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT social_space_area_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id)
);

-- In millionths of a degree: PostgreSQL takes what is closer than a millionth of the unit for touching.
CREATE TABLE social_space_area_ring (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    area_id UUID NOT NULL,
    part INTEGER NOT NULL,
    hole BOOLEAN NOT NULL,
    ring POLYGON NOT NULL,
    bounds BOX NOT NULL,
    CONSTRAINT social_space_area_ring_pkey PRIMARY KEY (id),
    CONSTRAINT social_space_area_ring_bounds_check CHECK (bounds ~= box(ring)),
    CONSTRAINT social_space_area_ring_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT social_space_area_ring_area_id_fkey FOREIGN KEY(area_id) REFERENCES social_space_area (id) ON DELETE CASCADE
);
CREATE INDEX social_space_area_ring_area_id ON social_space_area_ring (area_id);
CREATE INDEX social_space_area_ring_bounds ON social_space_area_ring USING gist (bounds);

CREATE TABLE social_space_neighbour (
    valid_from DATE NOT NULL,
    valid_to DATE,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    social_space_id UUID NOT NULL,
    neighbour_id UUID NOT NULL,
    CONSTRAINT social_space_neighbour_pkey PRIMARY KEY (id),
    EXCLUDE USING gist (social_space_id WITH =, neighbour_id WITH =, daterange(valid_from, valid_to) WITH &&),
    CONSTRAINT social_space_neighbour_another_check CHECK (social_space_id <> neighbour_id),
    CONSTRAINT social_space_neighbour_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT social_space_neighbour_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT social_space_neighbour_neighbour_id_fkey FOREIGN KEY(neighbour_id) REFERENCES social_space (id)
);
CREATE INDEX social_space_neighbour_neighbour_id ON social_space_neighbour (neighbour_id);

ALTER TABLE social_space_area ENABLE ROW LEVEL SECURITY;
ALTER TABLE social_space_area FORCE ROW LEVEL SECURITY;
CREATE POLICY social_space_area_select ON social_space_area FOR SELECT TO sozialraum_app USING (true);
GRANT SELECT ON social_space_area TO sozialraum_app;

ALTER TABLE social_space_area_ring ENABLE ROW LEVEL SECURITY;
ALTER TABLE social_space_area_ring FORCE ROW LEVEL SECURITY;
CREATE POLICY social_space_area_ring_select ON social_space_area_ring FOR SELECT TO sozialraum_app USING (true);
GRANT SELECT ON social_space_area_ring TO sozialraum_app;

ALTER TABLE social_space_neighbour ENABLE ROW LEVEL SECURITY;
ALTER TABLE social_space_neighbour FORCE ROW LEVEL SECURITY;
CREATE POLICY social_space_neighbour_select ON social_space_neighbour FOR SELECT TO sozialraum_app USING (true);
GRANT SELECT ON social_space_neighbour TO sozialraum_app;

-- An area on each day on which it and its social space are valid.
CREATE VIEW shown_area WITH (security_invoker = true) AS
SELECT key_date.day AS "on", area.id, area.authority_id, area.social_space_id, space.name, area.approximate, area.source,
       area.geometry, area.valid_from, area.valid_to
FROM key_date
JOIN social_space_area AS area ON area.valid_from <= key_date.day AND (area.valid_to IS NULL OR area.valid_to > key_date.day)
JOIN social_space AS space ON space.id = area.social_space_id
    AND space.valid_from <= key_date.day AND (space.valid_to IS NULL OR space.valid_to > key_date.day);
GRANT SELECT ON shown_area TO sozialraum_app;
