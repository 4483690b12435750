-- Meetings that everybody is told of beforehand; and what became of regions that were cut anew.
SET LOCAL lock_timeout = '5s';

CREATE TABLE region_change (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    effective_on DATE NOT NULL,
    CONSTRAINT region_change_pkey PRIMARY KEY (id),
    CONSTRAINT region_change_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id)
);
CREATE INDEX region_change_authority_id ON region_change (authority_id, id);
ALTER TABLE region_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE region_change FORCE ROW LEVEL SECURITY;
CREATE POLICY region_change_select ON region_change FOR SELECT TO sozialraum_app USING (true);
CREATE POLICY region_change_insert ON region_change FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON region_change TO sozialraum_app;

CREATE TABLE region_succession (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    change_id UUID NOT NULL,
    predecessor_id UUID NOT NULL,
    successor_id UUID NOT NULL,
    effective_on DATE NOT NULL,
    CONSTRAINT region_succession_pkey PRIMARY KEY (id),
    CONSTRAINT region_succession_change_id_predecessor_id_successor_id_key UNIQUE (change_id, predecessor_id, successor_id),
    CONSTRAINT region_succession_another_check CHECK (predecessor_id <> successor_id),
    CONSTRAINT region_succession_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT region_succession_change_id_fkey FOREIGN KEY(change_id) REFERENCES region_change (id),
    CONSTRAINT region_succession_predecessor_id_fkey FOREIGN KEY(predecessor_id) REFERENCES region (id),
    CONSTRAINT region_succession_successor_id_fkey FOREIGN KEY(successor_id) REFERENCES region (id)
);
CREATE INDEX region_succession_predecessor_id ON region_succession (predecessor_id);
CREATE INDEX region_succession_successor_id ON region_succession (successor_id);
ALTER TABLE region_succession ENABLE ROW LEVEL SECURITY;
ALTER TABLE region_succession FORCE ROW LEVEL SECURITY;
CREATE POLICY region_succession_select ON region_succession FOR SELECT TO sozialraum_app USING (true);
CREATE POLICY region_succession_insert ON region_succession FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON region_succession TO sozialraum_app;

CREATE TABLE dialogue_announcement (
    social_space_id UUID,
    region_id UUID,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    dialogue_id UUID NOT NULL,
    state TEXT NOT NULL,
    series_title TEXT NOT NULL,
    title TEXT NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    venue TEXT NOT NULL,
    welcome TEXT NOT NULL,
    CONSTRAINT dialogue_announcement_pkey PRIMARY KEY (id),
    CONSTRAINT dialogue_announcement_state_check CHECK (state IN ('announced', 'called_off')),
    CONSTRAINT dialogue_announcement_dialogue_id_key UNIQUE (dialogue_id),
    CONSTRAINT dialogue_announcement_one_place_check CHECK (num_nonnulls(social_space_id, region_id) = 1),
    CONSTRAINT dialogue_announcement_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT dialogue_announcement_region_id_fkey FOREIGN KEY(region_id) REFERENCES region (id),
    CONSTRAINT dialogue_announcement_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT dialogue_announcement_dialogue_id_fkey FOREIGN KEY(dialogue_id) REFERENCES dialogue (id)
);
CREATE INDEX dialogue_announcement_order ON dialogue_announcement (starts_at, id);
CREATE INDEX dialogue_announcement_region_id ON dialogue_announcement (region_id);
CREATE INDEX dialogue_announcement_social_space_id ON dialogue_announcement (social_space_id);
ALTER TABLE dialogue_announcement ENABLE ROW LEVEL SECURITY;
ALTER TABLE dialogue_announcement FORCE ROW LEVEL SECURITY;
CREATE POLICY dialogue_announcement_select ON dialogue_announcement FOR SELECT TO sozialraum_app USING (true);
CREATE POLICY dialogue_announcement_insert ON dialogue_announcement FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY dialogue_announcement_update ON dialogue_announcement FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON dialogue_announcement TO sozialraum_app;
