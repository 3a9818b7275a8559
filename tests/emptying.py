"""A PostgreSQL database made as new after a test: making one takes half a second, emptying it some milliseconds."""

from sqlalchemy import create_engine, text

# Everybody else is sent away first, or what they hold open would be waited for.
_ALONE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# As a replica no trigger fires: not those that keep the books, nor those of foreign keys.
_EMPTY = """
DO $$ DECLARE each text; BEGIN
    PERFORM set_config('session_replication_role', 'replica', true);
    FOR each IN SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = current_schema() LOOP
        EXECUTE 'DELETE FROM ' || each;
    END LOOP;
    FOR each IN SELECT format('%I', sequencename) FROM pg_sequences
        WHERE schemaname = current_schema() AND last_value IS NOT NULL LOOP
        EXECUTE format('ALTER SEQUENCE %s RESTART', each);
    END LOOP;
END $$
"""
# Every table, column, index, function, trigger and schema there is, and whether the triggers are on.
_SHAPE = """
SELECT md5(concat_ws(';',
    (SELECT string_agg(nspname, ',' ORDER BY nspname) FROM pg_namespace
        WHERE nspname NOT LIKE 'pg\\_%'),
    (SELECT string_agg(concat_ws(' ', c.relname, c.relkind, a.attname, a.atttypid, a.attnotnull), ','
            ORDER BY c.relname, a.attnum)
        FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relnamespace = current_schema()::regnamespace),
    (SELECT string_agg(concat_ws(' ', tgname, tgenabled, tgfoid::regproc), ',' ORDER BY tgrelid::regclass::text, tgname)
        FROM pg_trigger WHERE NOT tgisinternal),
    (SELECT string_agg(md5(prosrc), ',' ORDER BY proname, md5(prosrc)) FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace),
    (SELECT string_agg(concat_ws(' ', conname, pg_get_constraintdef(oid)), ','
            ORDER BY conname, conrelid::regclass::text)
        FROM pg_constraint WHERE connamespace = current_schema()::regnamespace)))
"""


def shape(url: str) -> str:
    """What a database is made of, as one word; its rows are not in it."""
    return _asked(url, _SHAPE)


def emptied(url: str, whole: str) -> bool:
    """Throw away every row and begin every sequence anew; whether the database is then as it was made, by its shape."""
    return _asked(url, _ALONE, _EMPTY, _SHAPE) == whole


def _asked(url: str, *commands: str) -> str:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for command in commands:
            answer = connection.execute(text(command.replace(":", "\\:")))
        said = str(answer.scalar())
    engine.dispose()
    return said
