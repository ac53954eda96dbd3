-- name: schemas
SELECT substr(name, 1, length(name) - length('.~labwright')) FROM sqlite_master
WHERE type = 'table' AND name LIKE '%.~labwright' ORDER BY 1

-- name: tables
-- All tables of a schema; the second value is its name with a dot behind.
SELECT substr(name, length(?1) + 1) FROM sqlite_master WHERE type = 'table' AND substr(name, 1, length(?1)) = ?1

-- name: references_mark
-- changes with every CREATE, ALTER and DROP, whoever does it
PRAGMA schema_version

-- name: size
-- the bytes of tables and their indexes; the values are the beginning of their names, and whether it is the whole
SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name IN (
  SELECT name FROM sqlite_master WHERE substr(tbl_name, 1, length(?1)) = ?1 AND (NOT ?2 OR tbl_name = ?1))

-- name: shadows
-- The shadows of a schema, and which triggers write to them; the value is the schema's name with a dot behind.
SELECT substr(t.name, length(?1) + 1), coalesce((
  SELECT iif(instr(g.sql, ' date(NULL'), 'triggers 2', 'triggers')
  FROM sqlite_master AS g WHERE g.type = 'trigger' AND g.name = t.name || '_d'), '')
FROM sqlite_master AS t WHERE t.type = 'table' AND substr(t.name, 1, length(?1) + 5) = ?1 || '~was_'

-- name: all_shadows
-- the shadows of all schemas
SELECT substr(name, 1, instr(name, '.') - 1), substr(name, instr(name, '.') + 1)
FROM sqlite_master WHERE type = 'table' AND instr(name, '.~was_') > 0

-- name: defer_references
-- until the end of the transaction
PRAGMA defer_foreign_keys = ON

-- name: index_names
-- the indexes of a table that were made by a statement of their own
SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ? || '.' || ?

-- name: labwright_schemas
-- the schemas that Labwright or DataJoint keep
SELECT substr(name, 1, length(name) - length('.~labwright')) FROM sqlite_master
WHERE type = 'table' AND name LIKE '%.~labwright' ORDER BY 1

-- name: json_columns
-- schema, table and column of all that may say where an object is; a shadow has text of which nothing is known
SELECT substr(m.name, 1, instr(m.name, '.') - 1), substr(m.name, instr(m.name, '.') + 1), c.name
FROM sqlite_master AS m, pragma_table_info(m.name) AS c
WHERE m.type = 'table' AND instr(m.name, '.') > 1 AND upper(c.type) = 'TEXT'
  AND (instr(m.name, '.~was_') > 0
    OR (instr(m.name, '.~') = 0 AND instr(m.sql, 'json_valid("' || c.name || '")') > 0))

-- name: hash_columns
-- schema, table and column of all that may hold the hash of an object of the classic layout; of a shadow all text
SELECT substr(m.name, 1, instr(m.name, '.') - 1), substr(m.name, instr(m.name, '.') + 1), c.name
FROM sqlite_master AS m, pragma_table_info(m.name) AS c
WHERE m.type = 'table' AND instr(m.name, '.') > 1 AND upper(c.type) = 'TEXT' AND substr(c.name, 1, 1) <> '_'
  AND (instr(m.name, '.~was_') > 0 OR instr(m.sql, 'length("' || c.name || '") = 36') > 0)

-- name: unseen_tables
-- schema and table of what the user may not read
SELECT NULL, NULL WHERE 0

-- name: identity
-- what tells this database from its copies; a file is told by its path
SELECT NULL

-- name: utc_now
-- a file has no clock of its own
SELECT NULL

-- name: job_table
-- what a table of jobs says of itself, in the comment of its definition
SELECT coalesce(substr(sql, instr(sql, '/*') + 3, instr(sql, '*/') - instr(sql, '/*') - 4), '')
FROM sqlite_master WHERE type = 'table' AND name = ?1 || '.' || ?2

-- name: activity
-- schema and table of all that may be written
SELECT substr(name, 1, instr(name, '.') - 1), substr(name, instr(name, '.') + 1) FROM sqlite_master
WHERE type = 'table' AND instr(name, '.') > 1 AND substr(name, 1, instr(name, '.') - 1) IN ({schemas})
