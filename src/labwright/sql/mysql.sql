-- Where a query says {names}, a filter on the table's name is put in.

-- name: schemas
SELECT schema_name FROM information_schema.schemata
WHERE lower(schema_name) NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys') ORDER BY 1

-- name: tables
-- table, comment
SELECT table_name, table_comment FROM information_schema.tables
WHERE table_type = 'BASE TABLE' AND table_schema = %s AND table_name {names} ORDER BY 1

-- name: columns
-- table, column, type, labels (in the type), nullable, default, counted or generated, comment
SELECT table_name, column_name, column_type, NULL, is_nullable = 'YES', column_default, lower(extra), column_comment
FROM information_schema.columns
WHERE table_schema = %s AND table_name {names}
ORDER BY table_name, ordinal_position

-- name: keys
-- table, constraint, column, schema, table and column of the parent (null in a primary key)
SELECT table_name, constraint_name, column_name, referenced_table_schema, referenced_table_name, referenced_column_name
FROM information_schema.key_column_usage
WHERE (constraint_name = 'PRIMARY' OR referenced_table_name IS NOT NULL) AND table_schema = %s AND table_name {names}
ORDER BY table_name, length(constraint_name), constraint_name, ordinal_position

-- name: indexes
-- table, index, unique, column (null for an expression), comment, expression (see functional_indexes)
SELECT table_name, index_name, non_unique = 0, column_name, index_comment, NULL
FROM information_schema.statistics
WHERE index_name <> 'PRIMARY' AND table_schema = %s AND table_name {names}
ORDER BY table_name, index_name, seq_in_index

-- name: functional_indexes
-- The same for MySQL, where MariaDB has no such column.
SELECT table_name, index_name, non_unique = 0, column_name, index_comment, expression
FROM information_schema.statistics
WHERE index_name <> 'PRIMARY' AND table_schema = %s AND table_name {names}
ORDER BY table_name, index_name, seq_in_index

-- name: references
-- schema and table of the child, constraint, column, schema, table and column of the parent
SELECT table_schema, table_name, constraint_name, column_name,
  referenced_table_schema, referenced_table_name, referenced_column_name
FROM information_schema.key_column_usage
WHERE referenced_table_name IS NOT NULL
ORDER BY table_schema, table_name, length(constraint_name), constraint_name, ordinal_position

-- name: references_mark
-- counts the statements that may change them, or who sees them, whoever gives them
SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_create_table', 'Com_alter_table', 'Com_drop_table', 'Com_rename_table',
  'Com_create_db', 'Com_drop_db', 'Com_alter_db', 'Com_grant', 'Com_grant_role', 'Com_grant_roles', 'Com_revoke',
  'Com_revoke_all', 'Com_revoke_role', 'Com_revoke_roles', 'Com_set_role', 'Com_create_user', 'Com_drop_user')

-- name: column_types
-- column, type as it is written in a definition
SELECT column_name, concat(column_type, if(character_set_name IS NULL, '',
  concat(' CHARACTER SET ', character_set_name, ' COLLATE ', collation_name)))
FROM information_schema.columns WHERE table_schema = %s AND table_name = %s

-- name: lock
SELECT get_lock(left(concat('labwright ', %s), 64), %s)

-- name: unlock
SELECT release_lock(left(concat('labwright ', %s), 64))

-- name: end_silent
-- a session in which nothing is said for so many seconds is ended from now on
SET SESSION wait_timeout = %s

-- name: keep_silent
-- as all sessions begin
SET SESSION wait_timeout = 28800

-- name: size
-- the bytes of tables and their indexes
SELECT coalesce(sum(data_length + index_length), 0) FROM information_schema.tables
WHERE table_schema = %s AND table_name {names}

-- name: shadows
-- the shadows of a schema, and what their comments say
SELECT table_name, table_comment FROM information_schema.tables WHERE table_schema = %s AND left(table_name, 5) = '~was_'

-- name: all_shadows
-- the shadows of all schemas that the user may see
SELECT table_schema, table_name FROM information_schema.tables WHERE left(table_name, 5) = '~was_'

-- name: defer_references
SET SESSION foreign_key_checks = 0

-- name: check_references
SET SESSION foreign_key_checks = 1

-- name: reference_names
-- what the foreign keys of a table are called
SELECT constraint_name FROM information_schema.referential_constraints
WHERE constraint_schema = %s AND table_name = %s ORDER BY 1

-- name: labwright_schemas
-- the schemas that Labwright or DataJoint keep
SELECT DISTINCT table_schema FROM information_schema.tables
WHERE table_name IN ('~labwright', '~lineage', '~log', '~jobs', '~copy') ORDER BY 1

-- name: json_columns
-- schema, table and column of all that may say where an object is: MariaDB keeps JSON as long text
SELECT table_schema, table_name, column_name FROM information_schema.columns
WHERE data_type IN ('json', 'longtext') AND table_schema NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys')
  AND (left(table_name, 1) <> '~' OR left(table_name, 5) = '~was_')

-- name: hash_columns
-- schema, table and column of all that may hold the hash of an object of the classic layout
SELECT table_schema, table_name, column_name FROM information_schema.columns
WHERE column_type = 'binary(16)' AND table_schema NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys')

-- name: identity
-- what tells this database from its copies
SELECT concat(@@hostname, ':', @@port, @@datadir)

-- name: utc_now
SELECT CAST(utc_timestamp(6) AS CHAR)

-- name: job_table
-- what a table of jobs says of itself
SELECT table_comment FROM information_schema.tables WHERE table_schema = %s AND table_name = %s

-- name: activity
-- schema, table, a mark that is another one after a write, about how many rows. Times are of whole seconds, so that
-- within the second of a write, and the one after it, each look finds another mark.
SELECT table_schema, table_name, concat_ws(' ', create_time, update_time,
  if(update_time >= now() - INTERVAL 1 SECOND, now(6), NULL)), coalesce(table_rows, 0)
FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema IN ({schemas})
