-- A step that is begun is due like an open one; and a compartment beside a case leaves no trace in who looked at it.
SET LOCAL lock_timeout = '5s';

CREATE INDEX step_to_do ON step (case_id, due_on) WHERE state IN ('open', 'doing');
DROP INDEX step_open;

CREATE OR REPLACE VIEW due_item WITH (security_invoker = true) AS
SELECT id, authority_id, case_id, 'step'::text AS kind, due_on, how AS what, author_id, audience, audience_of
FROM step WHERE state IN ('open', 'doing')
UNION ALL
SELECT id, authority_id, case_id, kind, due_on, NULL::text, NULL::uuid, 'all'::text, '{}'::uuid[]
FROM review WHERE state = 'planned'
UNION ALL
SELECT id, authority_id, case_id, 'application'::text, applied_on, what, NULL::uuid, 'all'::text, '{}'::uuid[]
FROM arrangement_element WHERE state = 'applied' AND applied_on IS NOT NULL
UNION ALL
SELECT id, authority_id, case_id, 'call_back'::text, call_back_on, receiving_body, NULL::uuid, 'all'::text, '{}'::uuid[]
FROM handover WHERE state = 'offered' AND call_back_on IS NOT NULL;

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
    SELECT md5(concat_ws(' ', entry.sequence, told.case_id))::uuid, entry.authority_id, entry.sequence, told.case_id,
           entry.actor_id, entry.at,
           -- One request can read a case and a compartment beside it: the case's people are told of the case alone.
           coalesce(nullif(regexp_replace(entry.action, ' (Endangerment[A-Za-z]+|SafetyPlan)', '', 'g'), 'read'),
                    entry.action),
           entry.outcome
    FROM audit_entry AS entry LEFT JOIN LATERAL (SELECT DISTINCT unnest(entry.cases) AS case_id) AS told ON true
    WHERE (entry.transaction_id, entry.sequence) > (noted.last_transaction, noted.last_sequence)
      AND (entry.transaction_id, entry.sequence) <= (batch.last_transaction, batch.last_sequence)
      AND entry.authority_id IS NOT NULL AND entry.actor_id IS NOT NULL;
    INSERT INTO look_batch (last_transaction, last_sequence, entries)
    VALUES (batch.last_transaction, batch.last_sequence, batch.entries);
    RETURN batch.entries;
END
$$;
