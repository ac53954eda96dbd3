CREATE TABLE IF NOT EXISTS "lab.~labwright" (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT INTO "lab.~labwright" (name, value) SELECT 'version', '1' WHERE NOT EXISTS (SELECT 1 FROM "lab.~labwright" WHERE name = 'version');
CREATE TABLE "lab.#lab" (
  "lab" TEXT NOT NULL,
  PRIMARY KEY ("lab"),
  CONSTRAINT "lab.#lab.lab" CHECK (length("lab") <= 8)
) STRICT;
CREATE TABLE "lab.mouse" (
  "mouse_id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  "name" TEXT NOT NULL DEFAULT 'o''x',
  "sex" TEXT NOT NULL DEFAULT 'U',
  "born" TEXT DEFAULT NULL,
  "weight" INTEGER NOT NULL DEFAULT 150,
  "at" TEXT NOT NULL DEFAULT (substr(strftime('%Y-%m-%d %H:%M:%f', 'now', 'localtime') || '000', 1, 23)),
  "seen" TEXT NOT NULL,
  "scan" TEXT NOT NULL,
  "info" TEXT DEFAULT NULL,
  CONSTRAINT "lab.mouse.mouse_id" CHECK ("mouse_id" BETWEEN -2147483648 AND 2147483647),
  CONSTRAINT "lab.mouse.name" CHECK (length("name") <= 20),
  CONSTRAINT "lab.mouse.sex" CHECK ("sex" IN ('F', 'M', 'U')),
  CONSTRAINT "lab.mouse.weight" CHECK ("weight" BETWEEN -99999 AND 99999),
  CONSTRAINT "lab.mouse.scan" CHECK ("scan" IS NULL OR json_valid("scan")),
  CONSTRAINT "lab.mouse.info" CHECK ("info" IS NULL OR json_valid("info"))
) STRICT;
CREATE UNIQUE INDEX "lab.mouse(name, sex) unique" ON "lab.mouse" ("name", "sex");
CREATE INDEX "lab.mouse((lower(name)))" ON "lab.mouse" ((lw_lower("name")));
CREATE INDEX "lab.mouse(info.age:int)" ON "lab.mouse" (((CASE WHEN json_type("info", '$."age"') = 'integer' AND typeof(json_extract("info", '$."age"')) = 'integer' THEN json_extract("info", '$."age"') END)));
CREATE TABLE "lab._session" (
  "mouse_id" INTEGER NOT NULL,
  "session" INTEGER NOT NULL,
  "other" INTEGER DEFAULT NULL,
  "lab" TEXT NOT NULL,
  PRIMARY KEY ("mouse_id", "session"),
  FOREIGN KEY ("mouse_id") REFERENCES "lab.mouse" ("mouse_id") ON UPDATE CASCADE ON DELETE RESTRICT,
  FOREIGN KEY ("other") REFERENCES "lab.mouse" ("mouse_id") ON UPDATE CASCADE ON DELETE RESTRICT,
  FOREIGN KEY ("lab") REFERENCES "lab.#lab" ("lab") ON UPDATE CASCADE ON DELETE RESTRICT,
  CONSTRAINT "lab._session.mouse_id" CHECK ("mouse_id" BETWEEN -2147483648 AND 2147483647),
  CONSTRAINT "lab._session.session" CHECK ("session" BETWEEN -128 AND 127),
  CONSTRAINT "lab._session.other" CHECK ("other" BETWEEN -2147483648 AND 2147483647),
  CONSTRAINT "lab._session.lab" CHECK (length("lab") <= 8)
) STRICT;
CREATE UNIQUE INDEX "lab._session(other) unique" ON "lab._session" ("other");
CREATE INDEX "lab._session(lab)" ON "lab._session" ("lab");
CREATE TABLE "lab.one" (
  "_singleton" INT NOT NULL DEFAULT 1,
  "x" INTEGER NOT NULL,
  PRIMARY KEY ("_singleton"),
  CONSTRAINT "lab.one._singleton" CHECK ("_singleton" = 1),
  CONSTRAINT "lab.one.x" CHECK ("x" IN (0, 1))
) STRICT;
DROP TABLE IF EXISTS "lab.mouse";
DROP TABLE IF EXISTS "lab.~was_mouse";
DELETE FROM "lab.~labwright" WHERE name = ?;  -- ['table:mouse']
DROP TABLE IF EXISTS "lab.#lab";
DROP TABLE IF EXISTS "lab.~labwright";
