CREATE SCHEMA IF NOT EXISTS "lab";
CREATE TABLE IF NOT EXISTS "lab"."~lineage" (table_name varchar(64) NOT NULL, attribute_name varchar(64) NOT NULL, lineage varchar(255) NOT NULL, PRIMARY KEY (table_name, attribute_name));
CREATE TABLE IF NOT EXISTS "lab"."~labwright" (name varchar(64) NOT NULL PRIMARY KEY, value text NOT NULL);
INSERT INTO "lab"."~labwright" (name, value) SELECT 'version', '1' WHERE NOT EXISTS (SELECT 1 FROM "lab"."~labwright" WHERE name = 'version');
CREATE TABLE "lab"."#lab" (
  "lab" varchar(8) COLLATE "C" NOT NULL,
  PRIMARY KEY ("lab")
);
COMMENT ON TABLE "lab"."#lab" IS '';
COMMENT ON COLUMN "lab"."#lab"."lab" IS ':varchar(8):';
DELETE FROM "lab"."~lineage" WHERE table_name = %s;  -- ['#lab']
INSERT INTO "lab"."~lineage" (table_name, attribute_name, lineage) VALUES (%s, %s, %s);  -- ['#lab', 'lab', 'lab.#lab.lab']
DO 'BEGIN CREATE TYPE "lab"."enum_e54fc739" AS ENUM (''F'', ''M'', ''U''); EXCEPTION WHEN duplicate_object THEN NULL; END';
CREATE TABLE "lab"."mouse" (
  "mouse_id" serial NOT NULL,
  "name" varchar(20) COLLATE "C" NOT NULL DEFAULT 'o''x',
  "sex" "lab"."enum_e54fc739" NOT NULL DEFAULT 'U',
  "born" date DEFAULT NULL,
  "weight" numeric(5,2) NOT NULL DEFAULT '1.50',
  "at" timestamp(3) NOT NULL DEFAULT LOCALTIMESTAMP(3),
  "seen" timestamp NOT NULL,
  "scan" jsonb NOT NULL,
  "info" jsonb DEFAULT NULL,
  PRIMARY KEY ("mouse_id")
);
CREATE UNIQUE INDEX ON "lab"."mouse" ("name", "sex");
CREATE INDEX "index_636b5acd5f16" ON "lab"."mouse" (((lower("name" COLLATE "und-x-icu") COLLATE "C")));
COMMENT ON INDEX "lab"."index_636b5acd5f16" IS '{"columns": [{"expression": "lower(name)"}], "unique": false}';
CREATE INDEX "index_2dc40aeef9dd" ON "lab"."mouse" (((CASE WHEN jsonb_typeof(jsonb_extract_path("info", CAST('age' AS text))) = 'number' AND jsonb_extract_path_text("info", CAST('age' AS text)) ~ '^-?[0-9]{1,19}$' THEN CASE WHEN CAST(jsonb_extract_path_text("info", CAST('age' AS text)) AS numeric) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN CAST(jsonb_extract_path_text("info", CAST('age' AS text)) AS bigint) END END)));
COMMENT ON INDEX "lab"."index_2dc40aeef9dd" IS '{"columns": ["info.age:int"], "unique": false}';
COMMENT ON TABLE "lab"."mouse" IS 'a mouse';
COMMENT ON COLUMN "lab"."mouse"."mouse_id" IS ':int auto_increment:';
COMMENT ON COLUMN "lab"."mouse"."name" IS ':varchar(20):as called';
COMMENT ON COLUMN "lab"."mouse"."sex" IS ':enum(''F'',''M'',''U''):';
COMMENT ON COLUMN "lab"."mouse"."born" IS ':date:';
COMMENT ON COLUMN "lab"."mouse"."weight" IS ':decimal(5,2):';
COMMENT ON COLUMN "lab"."mouse"."at" IS ':datetime(3):';
COMMENT ON COLUMN "lab"."mouse"."seen" IS ':timestamp:';
COMMENT ON COLUMN "lab"."mouse"."scan" IS ':<blob@>:';
COMMENT ON COLUMN "lab"."mouse"."info" IS ':json:';
DELETE FROM "lab"."~lineage" WHERE table_name = %s;  -- ['mouse']
INSERT INTO "lab"."~lineage" (table_name, attribute_name, lineage) VALUES (%s, %s, %s);  -- ['mouse', 'mouse_id', 'lab.mouse.mouse_id']
CREATE TABLE "lab"."_session" (
  "mouse_id" integer NOT NULL,
  "session" smallint NOT NULL,
  "other" integer DEFAULT NULL,
  "lab" varchar(8) COLLATE "C" NOT NULL,
  PRIMARY KEY ("mouse_id", "session"),
  FOREIGN KEY ("mouse_id") REFERENCES "lab"."mouse" ("mouse_id") ON UPDATE CASCADE ON DELETE RESTRICT,
  FOREIGN KEY ("other") REFERENCES "lab"."mouse" ("mouse_id") ON UPDATE CASCADE ON DELETE RESTRICT,
  FOREIGN KEY ("lab") REFERENCES "lab"."#lab" ("lab") ON UPDATE CASCADE ON DELETE RESTRICT
);
CREATE UNIQUE INDEX ON "lab"."_session" ("other");
CREATE INDEX ON "lab"."_session" ("lab");
COMMENT ON TABLE "lab"."_session" IS '';
COMMENT ON COLUMN "lab"."_session"."mouse_id" IS ':int32:';
COMMENT ON COLUMN "lab"."_session"."session" IS ':int8:';
COMMENT ON COLUMN "lab"."_session"."other" IS ':int32:';
COMMENT ON COLUMN "lab"."_session"."lab" IS ':varchar(8):';
DELETE FROM "lab"."~lineage" WHERE table_name = %s;  -- ['_session']
INSERT INTO "lab"."~lineage" (table_name, attribute_name, lineage) VALUES (%s, %s, %s), (%s, %s, %s), (%s, %s, %s), (%s, %s, %s);  -- ['_session', 'mouse_id', 'lab.mouse.mouse_id', '_session', 'session', 'lab._session.session', '_session', 'other', 'lab.mouse.mouse_id', '_session', 'lab', 'lab.#lab.lab']
CREATE TABLE "lab"."one" (
  "_singleton" boolean NOT NULL DEFAULT TRUE,
  "x" boolean NOT NULL,
  PRIMARY KEY ("_singleton"),
  CHECK ("_singleton")
);
COMMENT ON TABLE "lab"."one" IS '';
COMMENT ON COLUMN "lab"."one"."_singleton" IS ':bool:one row at most';
COMMENT ON COLUMN "lab"."one"."x" IS ':bool:';
DELETE FROM "lab"."~lineage" WHERE table_name = %s;  -- ['one']
DROP TABLE IF EXISTS "lab"."mouse";
DO 'DECLARE found record; BEGIN
  FOR found IN
    SELECT p.oid::regprocedure::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = ''lab'' AND right(p.proname::text, 9) = ''~1438ee31''
  LOOP EXECUTE ''DROP FUNCTION '' || found.name || '' CASCADE''; END LOOP; END';
DROP TABLE IF EXISTS "lab"."~was_mouse";
DROP FUNCTION IF EXISTS "lab"."~was_mouse"();
DELETE FROM "lab"."~lineage" WHERE table_name = %s;  -- ['mouse']
DO 'DECLARE found record; BEGIN
  FOR found IN
    SELECT t.oid::regtype::text AS name FROM pg_type t
    WHERE t.typtype = ''e'' AND t.typname ~ ''^enum_[0-9a-f]{8}''
    AND t.typnamespace = to_regnamespace(quote_ident(''lab''))
    AND NOT EXISTS (
      SELECT 1 FROM pg_depend d WHERE d.refclassid = ''pg_type''::regclass AND d.refobjid IN (t.oid, t.typarray)
      AND d.classid <> ''pg_type''::regclass)
  LOOP EXECUTE ''DROP TYPE '' || found.name; END LOOP; END';
DROP SCHEMA IF EXISTS "lab" CASCADE;
