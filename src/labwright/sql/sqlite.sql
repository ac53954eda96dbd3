-- name: schemas
SELECT substr(name, 1, length(name) - length('.~labwright')) FROM sqlite_master
WHERE type = 'table' AND name LIKE '%.~labwright' ORDER BY 1

-- name: tables
-- All tables of a schema; the second value is its name with a dot behind.
SELECT substr(name, length(?1) + 1) FROM sqlite_master WHERE type = 'table' AND substr(name, 1, length(?1)) = ?1

-- name: references_mark
-- changes with every CREATE, ALTER and DROP, whoever does it
PRAGMA schema_version
