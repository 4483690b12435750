-- Who looked at what: sealed audit entries, noted by case and person, for those who may see them.
SET LOCAL lock_timeout = '5s';

CREATE TABLE look (
    id UUID NOT NULL,
    authority_id UUID NOT NULL,
    entry BIGINT NOT NULL,
    case_id UUID,
    actor_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    CONSTRAINT look_pkey PRIMARY KEY (id)
);
CREATE INDEX look_of_case ON look (case_id, at, id) WHERE case_id IS NOT NULL;
CREATE INDEX look_of_actor ON look (actor_id, at, id);
CREATE INDEX look_of_authority ON look (authority_id, at, id);
ALTER TABLE look ENABLE ROW LEVEL SECURITY;
ALTER TABLE look FORCE ROW LEVEL SECURITY;
CREATE POLICY look_select ON look FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY look_owner_insert ON look FOR INSERT TO CURRENT_USER WITH CHECK (true);
GRANT SELECT ON look TO sozialraum_app;

CREATE TABLE look_batch (
    last_transaction xid8 NOT NULL,
    last_sequence BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    noted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT look_batch_pkey PRIMARY KEY (last_transaction, last_sequence)
);
ALTER TABLE look_batch ENABLE ROW LEVEL SECURITY;
ALTER TABLE look_batch FORCE ROW LEVEL SECURITY;
CREATE POLICY look_batch_select ON look_batch FOR SELECT TO sozialraum_app USING (true);
GRANT SELECT ON look_batch TO sozialraum_app;
CREATE POLICY look_batch_owner_select ON look_batch FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY look_batch_owner_insert ON look_batch FOR INSERT TO CURRENT_USER WITH CHECK (true);

-- Notes the entries that are sealed and not noted yet, at most so many; tells how many they were, none where all is
-- noted. The batch stands beside its rows: who is killed in between leaves neither, and the next goes on from the last
-- that is there. An id follows from what it is of, so that nothing could ever be noted twice.
CREATE FUNCTION note_looks(most integer) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    noted look_batch;
    sealed audit_block;
    batch look_batch;
BEGIN
    LOCK TABLE look_batch IN SHARE ROW EXCLUSIVE MODE;
    sealed := audit_block_before(9223372036854775807);
    SELECT * INTO noted FROM look_batch ORDER BY last_transaction DESC, last_sequence DESC LIMIT 1;
    IF NOT FOUND THEN
        noted.last_transaction := '0';
        noted.last_sequence := -9223372036854775808;
    END IF;
    SELECT due.transaction_id, due.sequence, due.place
    INTO batch.last_transaction, batch.last_sequence, batch.entries FROM (
        SELECT entry.transaction_id, entry.sequence,
               row_number() OVER (ORDER BY entry.transaction_id, entry.sequence) AS place
        FROM audit_entry AS entry
        WHERE (entry.transaction_id, entry.sequence) > (noted.last_transaction, noted.last_sequence)
          AND (entry.transaction_id, entry.sequence) <= (sealed.last_transaction, sealed.last_sequence)
        ORDER BY entry.transaction_id, entry.sequence LIMIT most
    ) AS due ORDER BY due.place DESC LIMIT 1;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    INSERT INTO look (id, authority_id, entry, case_id, actor_id, at, action, outcome)
    SELECT md5(concat_ws(' ', entry.sequence, told.case_id))::uuid, entry.authority_id, entry.sequence, told.case_id,
           entry.actor_id, entry.at, entry.action, entry.outcome
    FROM audit_entry AS entry LEFT JOIN LATERAL (SELECT DISTINCT unnest(entry.cases) AS case_id) AS told ON true
    WHERE (entry.transaction_id, entry.sequence) > (noted.last_transaction, noted.last_sequence)
      AND (entry.transaction_id, entry.sequence) <= (batch.last_transaction, batch.last_sequence)
      AND entry.authority_id IS NOT NULL AND entry.actor_id IS NOT NULL;
    INSERT INTO look_batch (last_transaction, last_sequence, entries)
    VALUES (batch.last_transaction, batch.last_sequence, batch.entries);
    RETURN batch.entries;
END
$$;
REVOKE ALL ON FUNCTION note_looks(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION note_looks(integer) TO sozialraum_app;
