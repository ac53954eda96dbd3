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
-- The shadows of a schema, and whether triggers write to them; the value is the schema's name with a dot behind.
SELECT substr(t.name, length(?1) + 1), CASE WHEN EXISTS (
  SELECT 1 FROM sqlite_master AS g WHERE g.type = 'trigger' AND g.name = t.name || '_d') THEN 'triggers' ELSE '' END
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
