-- Audit: sealed blocks, and the worker's jobs (whose tables are procrastinate's own: 0004_procrastinate.sql).
SET LOCAL lock_timeout = '5s';

CREATE INDEX audit_entry_order ON audit_entry (transaction_id, sequence);
CREATE TABLE audit_block (
    number BIGINT NOT NULL,
    first_transaction xid8 NOT NULL,
    first_sequence BIGINT NOT NULL,
    last_transaction xid8 NOT NULL,
    last_sequence BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    previous BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    sealed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    key TEXT NOT NULL,
    signature BYTEA NOT NULL,
    CONSTRAINT audit_block_pkey PRIMARY KEY (number)
);
ALTER TABLE audit_block ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_block FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_block_select ON audit_block FOR SELECT TO sozialraum_app USING (true);
GRANT SELECT ON audit_block TO sozialraum_app;
-- For the functions below, which run as the owner of the tables.
CREATE POLICY audit_block_owner_select ON audit_block FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY audit_block_owner_insert ON audit_block FOR INSERT TO CURRENT_USER WITH CHECK (true);
CREATE POLICY audit_entry_owner_select ON audit_entry FOR SELECT TO CURRENT_USER USING (true);

-- The newest block below a number; where there is none, what the chain begins with: a block before all rows.
CREATE FUNCTION audit_block_before(number bigint) RETURNS audit_block
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
    before audit_block;
BEGIN
    SELECT * INTO before FROM audit_block AS sealed
    WHERE sealed.number < audit_block_before.number ORDER BY sealed.number DESC LIMIT 1;
    IF NOT FOUND THEN
        before.number := 0;
        before.last_transaction := '0';
        before.last_sequence := -9223372036854775808;
        before.digest := decode(repeat('00', 32), 'hex');
    END IF;
    RETURN before;
END
$$;

-- A block as its rows are now: all after the block `before` up to a position. The digest is over the text of what names
-- the block's place and of every column of every row; each is a JSON array on a line of its own, so that no two
-- different lists give the same text. Numbers of seconds do not depend on anybody's time zone.
CREATE FUNCTION audit_block_over(before audit_block, last_transaction xid8, last_sequence bigint) RETURNS audit_block
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
    made audit_block;
    lines text;
BEGIN
    SELECT count(*),
           string_agg(
               json_build_array(
                   entry.sequence, entry.transaction_id::text, extract(epoch FROM entry.at)::text, entry.authority_id,
                   entry.actor_id, entry.action, entry.outcome, entry.cases, entry.trace_id
               )::text,
               E'\n' ORDER BY entry.transaction_id, entry.sequence
           )
    INTO made.entries, lines
    FROM audit_entry AS entry
    WHERE (entry.transaction_id, entry.sequence) > (before.last_transaction, before.last_sequence)
      AND (entry.transaction_id, entry.sequence)
          <= (audit_block_over.last_transaction, audit_block_over.last_sequence);
    SELECT entry.transaction_id, entry.sequence INTO made.first_transaction, made.first_sequence
    FROM audit_entry AS entry
    WHERE (entry.transaction_id, entry.sequence) > (before.last_transaction, before.last_sequence)
    ORDER BY entry.transaction_id, entry.sequence LIMIT 1;
    made.number := before.number + 1;
    made.last_transaction := audit_block_over.last_transaction;
    made.last_sequence := audit_block_over.last_sequence;
    made.previous := before.digest;
    made.digest := sha256(convert_to(concat_ws(
        E'\n',
        json_build_array(
            'sozialraum audit block 1', made.number, encode(made.previous, 'hex'),
            made.last_transaction::text, made.last_sequence
        ),
        lines
    ), 'UTF8'));
    made.sealed_at := now();
    RETURN made;
END
$$;

-- The block that is due, to be signed: at most so many rows of transactions that have ended, none where nothing is new.
-- Whoever commits later has a transaction id above the cut and comes into a later block. Until its transaction ends
-- nobody else gets a block.
CREATE FUNCTION next_audit_block(most integer) RETURNS SETOF audit_block
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    newest audit_block;
    last record;
BEGIN
    LOCK TABLE audit_block IN SHARE ROW EXCLUSIVE MODE;
    newest := audit_block_before(9223372036854775807);
    IF newest.last_transaction >= pg_snapshot_xmax(pg_current_snapshot()) THEN
        RAISE EXCEPTION 'The server counts transactions from an earlier point than the sealed audit rows.'
            USING HINT = 'A dump was restored into a new cluster: set its epoch with pg_resetwal --epoch.';
    END IF;
    SELECT due.transaction_id, due.sequence INTO last FROM (
        SELECT entry.transaction_id, entry.sequence FROM audit_entry AS entry
        WHERE (entry.transaction_id, entry.sequence) > (newest.last_transaction, newest.last_sequence)
          AND entry.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY entry.transaction_id, entry.sequence LIMIT most
    ) AS due ORDER BY due.transaction_id DESC, due.sequence DESC LIMIT 1;
    IF FOUND THEN
        RETURN NEXT audit_block_over(newest, last.transaction_id, last.sequence);
    END IF;
END
$$;

-- Puts the block there that `next_audit_block` gave in this transaction. It is made anew: no caller can seal what is not
-- there, leave rows out, or cut where a transaction has not ended.
CREATE FUNCTION seal_audit_block(last_transaction xid8, last_sequence bigint, digest bytea, key text, signature bytea)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    made audit_block;
BEGIN
    LOCK TABLE audit_block IN SHARE ROW EXCLUSIVE MODE;
    made := audit_block_over(
        audit_block_before(9223372036854775807), seal_audit_block.last_transaction, seal_audit_block.last_sequence
    );
    IF made.entries = 0 OR made.digest <> seal_audit_block.digest
       OR made.last_transaction >= pg_snapshot_xmin(pg_current_snapshot()) THEN
        RAISE EXCEPTION 'This is not the audit block that is due.';
    END IF;
    made.key := seal_audit_block.key;
    made.signature := seal_audit_block.signature;
    INSERT INTO audit_block SELECT made.*;
END
$$;

-- So many blocks after a number, as their rows are now. Each goes on from the block before it that is there.
CREATE FUNCTION recomputed_audit_blocks(after bigint, most integer) RETURNS SETOF audit_block
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    block audit_block;
    before audit_block;
    made audit_block;
BEGIN
    FOR block IN
        SELECT * FROM audit_block AS sealed WHERE sealed.number > after ORDER BY sealed.number LIMIT most
    LOOP
        before := audit_block_before(block.number);
        before.number := block.number - 1;
        before.digest := block.previous; -- a break in the chain is told apart from one in the rows
        made := audit_block_over(before, block.last_transaction, block.last_sequence);
        RETURN NEXT made;
    END LOOP;
END
$$;

REVOKE ALL ON FUNCTION audit_block_before(bigint), audit_block_over(audit_block, xid8, bigint), next_audit_block(integer),
    seal_audit_block(xid8, bigint, bytea, text, bytea), recomputed_audit_blocks(bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION next_audit_block(integer), seal_audit_block(xid8, bigint, bytea, text, bytea),
    recomputed_audit_blocks(bigint, integer) TO sozialraum_app;
