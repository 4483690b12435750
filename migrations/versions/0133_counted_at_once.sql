-- What is added to a transaction's number stands in `counted` itself, which PostgreSQL then copies into the statements
-- that say it: no row with a transaction looks at a table for it. Each epoch writes it anew.
SET LOCAL lock_timeout = '5s';

CREATE FUNCTION count_on(passed bigint) RETURNS void LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION counted(transaction xid8) RETURNS xid8 LANGUAGE sql STABLE PARALLEL SAFE RETURN %s',
        CASE WHEN passed = 0 THEN '$1' ELSE format('($1::text::bigint + %s)::text::xid8', passed) END
    );
END
$$;
REVOKE ALL ON FUNCTION count_on(bigint) FROM PUBLIC;

SELECT count_on(passed) FROM epoch ORDER BY number DESC LIMIT 1;

-- As in 0013, and counted on by it.
CREATE OR REPLACE FUNCTION begin_epoch() RETURNS integer LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
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
    PERFORM count_on(newest + 1);
    RETURN begun;
END
$$;
