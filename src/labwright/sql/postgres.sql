-- Where a query says {names}, a filter on the table's name is put in.

-- name: schemas
SELECT nspname::text FROM pg_namespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1

-- name: tables
-- table, comment
SELECT c.relname::text, coalesce(obj_description(c.oid, 'pg_class'), '')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname = %s AND c.relname {names} ORDER BY 1

-- name: columns
-- table, column, type, labels, nullable, default, counted or generated, comment
SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod),
  CASE t.typtype WHEN 'e' THEN (
    SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid) END,
  NOT a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
  CASE WHEN a.attidentity <> '' THEN 'auto_increment' WHEN a.attgenerated <> '' THEN 'generated' ELSE '' END,
  coalesce(col_description(c.oid, a.attnum), '')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p') AND n.nspname = %s AND c.relname {names}
ORDER BY c.relname, a.attnum

-- name: keys
-- table, constraint, column, schema, table and column of the parent (null in a primary key)
SELECT c.relname::text, k.oid::bigint, a.attname::text, pn.nspname::text, p.relname::text, b.attname::text
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS u(child, parent, place)
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.child
LEFT JOIN pg_class p ON p.oid = k.confrelid LEFT JOIN pg_namespace pn ON pn.oid = p.relnamespace
LEFT JOIN pg_attribute b ON b.attrelid = p.oid AND b.attnum = u.parent
WHERE k.contype IN ('p', 'f') AND k.conparentid = 0 AND n.nspname = %s AND c.relname {names}
ORDER BY k.oid, u.place

-- name: indexes
-- table, index, unique, column (null for an expression), comment, expression
SELECT c.relname::text, i.relname::text, x.indisunique, a.attname::text,
  coalesce(obj_description(i.oid, 'pg_class'), ''), pg_get_indexdef(x.indexrelid, u.place::int, true)
FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class i ON i.oid = x.indexrelid
CROSS JOIN LATERAL unnest(x.indkey) WITH ORDINALITY AS u(number, place)
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.number AND u.number > 0
WHERE NOT x.indisprimary AND n.nspname = %s AND c.relname {names}
ORDER BY i.oid, u.place

-- name: references_mark
-- changes whenever a foreign key comes or goes, or a schema, a table or a column of one is renamed
SELECT count(*), max(oid::bigint), sum(oid::bigint),
  (SELECT sum(xmin::text::bigint) FROM pg_namespace WHERE nspname !~ '^pg_'),
  (SELECT sum(c.xmin::text::bigint) FROM pg_class c WHERE c.oid IN (SELECT unnest(ARRAY[conrelid, confrelid]) FROM pg_constraint WHERE contype = 'f')),
  (SELECT sum(a.xmin::text::bigint) FROM pg_attribute a WHERE a.attnum > 0
    AND a.attrelid IN (SELECT unnest(ARRAY[conrelid, confrelid]) FROM pg_constraint WHERE contype = 'f'))
FROM pg_constraint WHERE contype = 'f'

-- name: references
-- schema and table of the child, constraint, column, schema, table and column of the parent
SELECT n.nspname::text, c.relname::text, k.oid::bigint, a.attname::text, pn.nspname::text, p.relname::text, b.attname::text
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS u(child, parent, place)
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.child
JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
JOIN pg_attribute b ON b.attrelid = p.oid AND b.attnum = u.parent
WHERE k.contype = 'f' AND k.conparentid = 0
ORDER BY n.nspname, c.relname, k.oid, u.place

-- name: enums
-- type, labels
SELECT t.typname::text, array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE n.nspname = %s GROUP BY t.typname

-- name: column_types
-- column, type as it is written in a definition
SELECT a.attname::text, format_type(a.atttypid, a.atttypmod) || CASE
    WHEN l.collname IS NULL OR l.collname = 'default' THEN '' ELSE ' COLLATE ' || quote_ident(l.collname) END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE n.nspname = %s AND c.relname = %s

-- name: lock
SELECT pg_advisory_xact_lock(hashtextextended('labwright ' || %s, 0))

-- name: end_silent
-- a session in which nothing is said for so many seconds is ended from now on, until the transaction ends
SELECT set_config('idle_in_transaction_session_timeout', %s || 's', true)

-- name: size
-- the bytes of tables and their indexes
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname = %s AND c.relname {names}

-- name: shadows
-- the shadows of a schema, and what their comments say
SELECT c.relname::text, coalesce(obj_description(c.oid, 'pg_class'), '')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind = 'r' AND starts_with(c.relname::text, '~was_')

-- name: all_shadows
-- the shadows of all schemas that the user may read
SELECT n.nspname::text, c.relname::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND starts_with(c.relname::text, '~was_') AND has_table_privilege(c.oid, 'SELECT')

-- name: reference_names
-- what the foreign keys of a table are called
SELECT k.conname::text FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE k.contype = 'f' AND n.nspname = %s AND c.relname = %s ORDER BY 1

-- name: owned_names
-- the indexes of a table and the sequences of its columns, with what ALTER calls them
SELECT i.relname::text, CASE i.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'INDEX' END, i.oid::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class i ON i.oid IN (SELECT x.indexrelid FROM pg_index x WHERE x.indrelid = c.oid)
  OR (i.relkind = 'S' AND i.oid IN (
    SELECT d.objid FROM pg_depend d WHERE d.refobjid = c.oid AND d.classid = 'pg_class'::regclass))
WHERE n.nspname = %s AND c.relname = %s

-- name: labwright_schemas
-- the schemas that Labwright or DataJoint keep
SELECT DISTINCT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relname IN ('~labwright', '~lineage', '~log', '~jobs', '~copy') ORDER BY 1

-- name: json_columns
-- schema, table and column of all that may say where an object is
SELECT n.nspname::text, c.relname::text, a.attname::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND a.atttypid IN ('jsonb'::regtype, 'json'::regtype)

-- name: hash_columns
-- schema, table and column of all that may hold the hash of an object of the classic layout
SELECT n.nspname::text, c.relname::text, a.attname::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND a.atttypid = 'uuid'::regtype

-- name: unseen_tables
-- schema and table of what the user may not read
SELECT n.nspname::text, c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT (
  has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AND NOT row_security_active(c.oid))

-- name: identity
-- what tells this database from its copies
SELECT (SELECT system_identifier FROM pg_control_system())::text || '/' || current_database()

-- name: utc_now
SELECT to_char(clock_timestamp() AT TIME ZONE 'utc', 'YYYY-MM-DD HH24:MI:SS.US')

-- name: job_table
-- what a table of jobs says of itself
SELECT coalesce(obj_description(c.oid, 'pg_class'), '')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname = %s AND c.relname = %s

-- name: activity
-- schema, table, a mark that is another one after a write, about how many rows
SELECT s.schemaname::text, s.relname::text,
  concat(s.relid, ' ', s.n_tup_ins + s.n_tup_upd + s.n_tup_del), greatest(s.n_live_tup, c.reltuples::int8, 0)
FROM pg_stat_all_tables AS s JOIN pg_class AS c ON c.oid = s.relid WHERE s.schemaname IN ({schemas})
