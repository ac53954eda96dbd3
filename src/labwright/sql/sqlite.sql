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
