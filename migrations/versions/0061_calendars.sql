-- A calendar fetches many times a day, and nobody has asked it to: of its looks at a case the first of each day is noted.
-- The sealed record holds all of them.
SET LOCAL lock_timeout = '5s';

CREATE OR REPLACE FUNCTION note_looks(most integer) RETURNS bigint
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
    SELECT CASE WHEN entry.action = 'read Calendar' THEN
               md5(concat_ws(' ', 'calendar', entry.actor_id, entry.outcome, told.case_id,
                             (entry.at AT TIME ZONE 'Europe/Berlin')::date))
           ELSE md5(concat_ws(' ', entry.sequence, told.case_id)) END::uuid,
           entry.authority_id, entry.sequence, told.case_id,
           entry.actor_id, entry.at,
           -- One request can read a case and a compartment beside it: the case's people are told of the case alone.
           coalesce(nullif(regexp_replace(entry.action, ' (Endangerment[A-Za-z]+|SafetyPlan)', '', 'g'), 'read'),
                    entry.action),
           entry.outcome
    FROM audit_entry AS entry LEFT JOIN LATERAL (SELECT DISTINCT unnest(entry.cases) AS case_id) AS told ON true
    WHERE (entry.transaction_id, entry.sequence) > (noted.last_transaction, noted.last_sequence)
      AND (entry.transaction_id, entry.sequence) <= (batch.last_transaction, batch.last_sequence)
      AND entry.authority_id IS NOT NULL AND entry.actor_id IS NOT NULL
    ORDER BY entry.transaction_id, entry.sequence
    ON CONFLICT DO NOTHING;
    INSERT INTO look_batch (last_transaction, last_sequence, entries)
    VALUES (batch.last_transaction, batch.last_sequence, batch.entries);
    RETURN batch.entries;
END
$$;
