CREATE SCHEMA IF NOT EXISTS `lab`;
CREATE TABLE IF NOT EXISTS `lab`.`~lineage` (table_name varchar(64) NOT NULL, attribute_name varchar(64) NOT NULL, lineage varchar(255) NOT NULL, PRIMARY KEY (table_name, attribute_name)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `lab`.`~labwright` (name varchar(64) NOT NULL PRIMARY KEY, value text NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO `lab`.`~labwright` (name, value) SELECT 'version', '1' WHERE NOT EXISTS (SELECT 1 FROM `lab`.`~labwright` WHERE name = 'version');
CREATE TABLE `lab`.`#lab` (
  `lab` varchar(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL COMMENT ':varchar(8):',
  PRIMARY KEY (`lab`)
) ENGINE=InnoDB COMMENT='';
DELETE FROM `lab`.`~lineage` WHERE table_name = %s;  -- ['#lab']
INSERT INTO `lab`.`~lineage` (table_name, attribute_name, lineage) VALUES (%s, %s, %s);  -- ['#lab', 'lab', 'lab.#lab.lab']
CREATE TABLE `lab`.`mouse` (
  `mouse_id` int auto_increment NOT NULL COMMENT '',
  `name` varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'o''x' COMMENT ':varchar(20):as called',
  `sex` enum('F','M','U') CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'U' COMMENT ':enum(''F'',''M'',''U''):',
  `born` date NULL DEFAULT NULL COMMENT ':date:',
  `weight` decimal(5,2) NOT NULL DEFAULT '1.50' COMMENT ':decimal(5,2):',
  `at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) COMMENT ':datetime(3):',
  `seen` timestamp NOT NULL DEFAULT '2000-01-01 00:00:00' COMMENT ':timestamp:',
  `scan` json NOT NULL COMMENT ':<blob@>:',
  `info` json NULL DEFAULT NULL COMMENT ':json:',
  `_index_af231f8c1d36` text CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin GENERATED ALWAYS AS (lower(`name`)) VIRTUAL INVISIBLE,
  `_index_a0cbd3a65d3e` bigint GENERATED ALWAYS AS ((CASE WHEN json_type(json_extract(`info`, '$."age"')) IN ('INTEGER', 'UNSIGNED INTEGER') AND json_unquote(json_extract(`info`, '$."age"')) REGEXP '^-?[0-9]{1,19}$' AND CAST(json_unquote(json_extract(`info`, '$."age"')) AS decimal(19, 0)) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN CAST(json_unquote(json_extract(`info`, '$."age"')) AS signed) END)) VIRTUAL INVISIBLE,
  PRIMARY KEY (`mouse_id`),
  UNIQUE INDEX (`name`, `sex`),
  INDEX (`_index_af231f8c1d36`(512)) COMMENT '{"columns": [{"expression": "lower(name)"}], "unique": false}',
  INDEX (`_index_a0cbd3a65d3e`) COMMENT '{"columns": ["info.age:int"], "unique": false}'
) ENGINE=InnoDB COMMENT='a mouse';
ALTER TABLE `lab`.`mouse` ALTER COLUMN `seen` DROP DEFAULT;
DELETE FROM `lab`.`~lineage` WHERE table_name = %s;  -- ['mouse']
INSERT INTO `lab`.`~lineage` (table_name, attribute_name, lineage) VALUES (%s, %s, %s);  -- ['mouse', 'mouse_id', 'lab.mouse.mouse_id']
CREATE TABLE `lab`.`_session` (
  `mouse_id` int NOT NULL COMMENT ':int32:',
  `session` tinyint NOT NULL COMMENT ':int8:',
  `other` int NULL DEFAULT NULL COMMENT ':int32:',
  `lab` varchar(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL COMMENT ':varchar(8):',
  PRIMARY KEY (`mouse_id`, `session`),
  UNIQUE INDEX (`other`),
  FOREIGN KEY (`mouse_id`) REFERENCES `lab`.`mouse` (`mouse_id`) ON UPDATE CASCADE ON DELETE RESTRICT,
  FOREIGN KEY (`other`) REFERENCES `lab`.`mouse` (`mouse_id`) ON UPDATE CASCADE ON DELETE RESTRICT,
  FOREIGN KEY (`lab`) REFERENCES `lab`.`#lab` (`lab`) ON UPDATE CASCADE ON DELETE RESTRICT
) ENGINE=InnoDB COMMENT='';
DELETE FROM `lab`.`~lineage` WHERE table_name = %s;  -- ['_session']
INSERT INTO `lab`.`~lineage` (table_name, attribute_name, lineage) VALUES (%s, %s, %s), (%s, %s, %s), (%s, %s, %s), (%s, %s, %s);  -- ['_session', 'mouse_id', 'lab.mouse.mouse_id', '_session', 'session', 'lab._session.session', '_session', 'other', 'lab.mouse.mouse_id', '_session', 'lab', 'lab.#lab.lab']
CREATE TABLE `lab`.`one` (
  `_singleton` tinyint NOT NULL DEFAULT 1 COMMENT ':bool:one row at most',
  `x` tinyint NOT NULL COMMENT ':bool:',
  PRIMARY KEY (`_singleton`),
  CHECK (`_singleton` = 1)
) ENGINE=InnoDB COMMENT='';
DELETE FROM `lab`.`~lineage` WHERE table_name = %s;  -- ['one']
DROP TABLE IF EXISTS `lab`.`mouse`;
DROP TABLE IF EXISTS `lab`.`~was_mouse`;
DELETE FROM `lab`.`~lineage` WHERE table_name = %s;  -- ['mouse']
DROP SCHEMA IF EXISTS `lab`;
