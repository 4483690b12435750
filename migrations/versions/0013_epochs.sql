-- Lives of the database, so that a restored one goes on: docs/decisions/0019-epochs.md.
SET LOCAL lock_timeout = '5s';

CREATE TABLE epoch (
    number INTEGER NOT NULL,
    passed BIGINT NOT NULL,
    began_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT epoch_pkey PRIMARY KEY (number)
);
ALTER TABLE epoch ENABLE ROW LEVEL SECURITY;
ALTER TABLE epoch FORCE ROW LEVEL SECURITY;
CREATE POLICY epoch_select ON epoch FOR SELECT TO sozialraum_app USING (true);
CREATE POLICY epoch_owner_select ON epoch FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY epoch_owner_insert ON epoch FOR INSERT TO CURRENT_USER WITH CHECK (true);
GRANT SELECT ON epoch TO sozialraum_app;
INSERT INTO epoch (number, passed) VALUES (1, 0);

CREATE FUNCTION current_epoch() RETURNS integer LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT number FROM public.epoch ORDER BY number DESC LIMIT 1);
END
$$;

-- True, or the end of a statement that goes on from where somebody was in an earlier life.
CREATE FUNCTION same_epoch(number integer) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF number IS DISTINCT FROM public.current_epoch() THEN
        RAISE EXCEPTION 'This cursor is of another epoch.' USING ERRCODE = 'EPOCH';
    END IF;
    RETURN true;
END
$$;

-- A transaction of this cluster, counted on from all that were before.
CREATE FUNCTION counted(transaction xid8) RETURNS xid8 LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (
        SELECT CASE WHEN passed = 0 THEN transaction ELSE (transaction::text::bigint + passed)::text::xid8 END
        FROM public.epoch ORDER BY number DESC LIMIT 1
    );
END
$$;

ALTER TABLE audit_entry ALTER COLUMN transaction_id SET DEFAULT counted(pg_current_xact_id());
ALTER TABLE event ALTER COLUMN transaction_id SET DEFAULT counted(pg_current_xact_id());
ALTER TABLE posting ALTER COLUMN transaction_id SET DEFAULT counted(pg_current_xact_id());
ALTER TABLE delivery ALTER COLUMN transaction_id SET DEFAULT counted(pg_current_xact_id());

-- After a restore, by a login that row-level security does not hold for: whatever has a transaction's number in any
-- table was before whatever is written from now on.
CREATE FUNCTION begin_epoch() RETURNS integer LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
DECLARE
    place record;
    last xid8;
    newest bigint := 0;
    begun integer;
BEGIN
    SET LOCAL row_security = off; -- an error rather than rows overlooked
    LOCK TABLE epoch IN SHARE ROW EXCLUSIVE MODE;
    FOR place IN
        SELECT attrelid::regclass AS its_table, attname AS its_column
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE atttypid = 'xid8'::regtype AND attnum > 0 AND NOT attisdropped
          AND relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('SELECT max(%I) FROM %s', place.its_column, place.its_table) INTO last;
        newest := greatest(newest, coalesce(last::text::bigint, 0));
    END LOOP;
    INSERT INTO epoch (number, passed) SELECT max(number) + 1, newest + 1 FROM epoch RETURNING number INTO begun;
    RETURN begun;
END
$$;
REVOKE ALL ON FUNCTION begin_epoch() FROM PUBLIC;

-- As in 0004, counted on.
CREATE OR REPLACE FUNCTION next_audit_block(most integer) RETURNS SETOF audit_block
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    newest audit_block;
    last record;
    settled xid8;
BEGIN
    LOCK TABLE audit_block IN SHARE ROW EXCLUSIVE MODE;
    settled := counted(pg_snapshot_xmin(pg_current_snapshot()));
    newest := audit_block_before(9223372036854775807);
    IF newest.last_transaction >= counted(pg_snapshot_xmax(pg_current_snapshot())) THEN
        RAISE EXCEPTION 'The server counts transactions from an earlier point than the sealed audit rows.'
            USING HINT = 'A dump was restored without a new epoch: say as a superuser SELECT begin_epoch().';
    END IF;
    SELECT due.transaction_id, due.sequence INTO last FROM (
        SELECT entry.transaction_id, entry.sequence FROM audit_entry AS entry
        WHERE (entry.transaction_id, entry.sequence) > (newest.last_transaction, newest.last_sequence)
          AND entry.transaction_id < settled
        ORDER BY entry.transaction_id, entry.sequence LIMIT most
    ) AS due ORDER BY due.transaction_id DESC, due.sequence DESC LIMIT 1;
    IF FOUND THEN
        RETURN NEXT audit_block_over(newest, last.transaction_id, last.sequence);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION seal_audit_block(
    last_transaction xid8, last_sequence bigint, digest bytea, key text, signature bytea
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    made audit_block;
BEGIN
    LOCK TABLE audit_block IN SHARE ROW EXCLUSIVE MODE;
    made := audit_block_over(
        audit_block_before(9223372036854775807), seal_audit_block.last_transaction, seal_audit_block.last_sequence
    );
    IF made.entries = 0 OR made.digest <> seal_audit_block.digest
       OR made.last_transaction >= counted(pg_snapshot_xmin(pg_current_snapshot())) THEN
        RAISE EXCEPTION 'This is not the audit block that is due.';
    END IF;
    made.key := seal_audit_block.key;
    made.signature := seal_audit_block.signature;
    INSERT INTO audit_block SELECT made.*;
END
$$;
