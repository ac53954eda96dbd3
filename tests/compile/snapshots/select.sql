-- a table
-- sqlite
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info" FROM "lab.subject" AS t0;
-- postgres
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info" FROM "lab"."subject" AS t0;
-- mysql
SELECT t0.`subject_id`, t0.`species`, t0.`sex`, t0.`weight`, t0.`info` FROM `lab`.`subject` AS t0;

-- & text
-- sqlite ['2024-05-31']
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab.session" AS t0 WHERE ((t0."score" > 3) AND (t0."session_date" < ?));
-- postgres [datetime.date(2024, 5, 31)]
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab"."session" AS t0 WHERE ((t0."score" > 3) AND (t0."session_date" < %s));
-- mysql [datetime.date(2024, 5, 31)]
SELECT t0.`subject_id`, t0.`session_id`, t0.`session_date`, t0.`score`, (t0.`rate` + 0e0) AS `rate` FROM `lab`.`session` AS t0 WHERE ((t0.`score` > 3) AND (t0.`session_date` < %s));

-- - text
-- sqlite
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab.session" AS t0 WHERE (((t0."score" > 3)) IS NOT TRUE);
-- postgres
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab"."session" AS t0 WHERE (((t0."score" > 3)) IS NOT TRUE);
-- mysql
SELECT t0.`subject_id`, t0.`session_id`, t0.`session_date`, t0.`score`, (t0.`rate` + 0e0) AS `rate` FROM `lab`.`session` AS t0 WHERE (((t0.`score` > 3)) IS NOT TRUE);

-- & dict
-- sqlite [5]
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab.session" AS t0 WHERE t0."subject_id" = ? AND t0."score" IS NULL;
-- postgres [5]
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab"."session" AS t0 WHERE t0."subject_id" = %s AND t0."score" IS NULL;
-- mysql [5]
SELECT t0.`subject_id`, t0.`session_id`, t0.`session_date`, t0.`score`, (t0.`rate` + 0e0) AS `rate` FROM `lab`.`session` AS t0 WHERE t0.`subject_id` = %s AND t0.`score` IS NULL;

-- - dict
-- sqlite [5, 2.5]
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab.session" AS t0 WHERE ((t0."subject_id" = ? AND t0."score" = ?) IS NOT TRUE);
-- postgres [5, 2.5]
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab"."session" AS t0 WHERE ((t0."subject_id" = %s AND t0."score" = %s) IS NOT TRUE);
-- mysql [5, 2.5]
SELECT t0.`subject_id`, t0.`session_id`, t0.`session_date`, t0.`score`, (t0.`rate` + 0e0) AS `rate` FROM `lab`.`session` AS t0 WHERE ((t0.`subject_id` = %s AND t0.`score` = %s) IS NOT TRUE);

-- & json path
-- sqlite ['$."weight"', '$."weight"', 5.0]
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info" FROM "lab.subject" AS t0 WHERE ((CASE WHEN json_type(t0."info", ?) IN ('integer', 'real') THEN CAST(json_extract(t0."info", ?) AS REAL) END)) = ?;
-- postgres ['weight', 'weight', 5.0]
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info" FROM "lab"."subject" AS t0 WHERE ((CASE WHEN jsonb_typeof(jsonb_extract_path(t0."info", CAST(%s AS text))) = 'number' THEN CAST(jsonb_extract_path_text(t0."info", CAST(%s AS text)) AS double precision) END)) = %s;
-- mysql ['$."weight"', '$."weight"', 5.0]
SELECT t0.`subject_id`, t0.`species`, t0.`sex`, t0.`weight`, t0.`info` FROM `lab`.`subject` AS t0 WHERE ((CASE WHEN json_type(json_extract(t0.`info`, %s)) IN ('INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL') THEN json_extract(t0.`info`, %s) + 0e0 END)) = %s;

-- & keys
-- sqlite ['[[1,2],[3,4]]']
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab.session" AS t0 WHERE (t0."subject_id", t0."session_id") IN (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?));
-- postgres [[1, 3], [2, 4]]
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab"."session" AS t0 WHERE (t0."subject_id", t0."session_id") IN (SELECT * FROM unnest(%s::bigint[], %s::bigint[]));
-- mysql [1, 2, 3, 4]
SELECT t0.`subject_id`, t0.`session_id`, t0.`session_date`, t0.`score`, (t0.`rate` + 0e0) AS `rate` FROM `lab`.`session` AS t0 WHERE (t0.`subject_id`, t0.`session_id`) IN (SELECT %s, %s UNION ALL SELECT %s, %s);

-- - keys, one of them with NULL
-- sqlite ['[["f","rat"]]', 'm', 'm']
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info" FROM "lab.subject" AS t0 WHERE ((((t0."sex", t0."species") IN (SELECT json_extract(value, '$[0]'), replace(replace(json_extract(value, '$[1]'), char(1, 3), char(0)), char(1, 2), char(1)) FROM json_each(?)) OR (t0."sex" = ? AND t0."species" IS NULL) OR (t0."sex" = ? AND t0."species" IS NULL))) IS NOT TRUE);
-- postgres [['f'], ['rat'], 'm', 'm']
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info" FROM "lab"."subject" AS t0 WHERE ((((t0."sex"::text, t0."species") IN (SELECT * FROM unnest(%s::text[], %s::text[])) OR (t0."sex" = %s AND t0."species" IS NULL) OR (t0."sex" = %s AND t0."species" IS NULL))) IS NOT TRUE);
-- mysql ['f', 'rat', 'm', 'm']
SELECT t0.`subject_id`, t0.`species`, t0.`sex`, t0.`weight`, t0.`info` FROM `lab`.`subject` AS t0 WHERE ((((t0.`sex`, t0.`species`) IN (SELECT %s, %s) OR (t0.`sex` = %s AND t0.`species` IS NULL) OR (t0.`sex` = %s AND t0.`species` IS NULL))) IS NOT TRUE);

-- & []
-- sqlite
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab.session" AS t0 WHERE 1 = 0;
-- postgres
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab"."session" AS t0 WHERE 1 = 0;
-- mysql
SELECT t0.`subject_id`, t0.`session_id`, t0.`session_date`, t0.`score`, (t0.`rate` + 0e0) AS `rate` FROM `lab`.`session` AS t0 WHERE 1 = 0;

-- - []
-- sqlite
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab.session" AS t0;
-- postgres
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab"."session" AS t0;
-- mysql
SELECT t0.`subject_id`, t0.`session_id`, t0.`session_date`, t0.`score`, (t0.`rate` + 0e0) AS `rate` FROM `lab`.`session` AS t0;

-- & any
-- sqlite [1, 2]
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab.session" AS t0 WHERE ((t0."score" > 3) OR t0."session_id" = ? OR (t0."session_id" = ? AND (t0."rate" < 1)));
-- postgres [1, 2]
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab"."session" AS t0 WHERE ((t0."score" > 3) OR t0."session_id" = %s OR (t0."session_id" = %s AND (t0."rate" < 1)));
-- mysql [1, 2]
SELECT t0.`subject_id`, t0.`session_id`, t0.`session_date`, t0.`score`, (t0.`rate` + 0e0) AS `rate` FROM `lab`.`session` AS t0 WHERE ((t0.`score` > 3) OR t0.`session_id` = %s OR (t0.`session_id` = %s AND (t0.`rate` < 1)));

-- & all
-- sqlite [1]
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab.session" AS t0 WHERE (t0."score" > 3) AND t0."session_id" = ?;
-- postgres [1]
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab"."session" AS t0 WHERE (t0."score" > 3) AND t0."session_id" = %s;
-- mysql [1]
SELECT t0.`subject_id`, t0.`session_id`, t0.`session_date`, t0.`score`, (t0.`rate` + 0e0) AS `rate` FROM `lab`.`session` AS t0 WHERE (t0.`score` > 3) AND t0.`session_id` = %s;

-- - all
-- sqlite [1]
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab.session" AS t0 WHERE (((t0."score" > 3) AND t0."session_id" = ?) IS NOT TRUE);
-- postgres [1]
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab"."session" AS t0 WHERE (((t0."score" > 3) AND t0."session_id" = %s) IS NOT TRUE);
-- mysql [1]
SELECT t0.`subject_id`, t0.`session_id`, t0.`session_date`, t0.`score`, (t0.`rate` + 0e0) AS `rate` FROM `lab`.`session` AS t0 WHERE (((t0.`score` > 3) AND t0.`session_id` = %s) IS NOT TRUE);

-- & query
-- sqlite
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info" FROM "lab.subject" AS t0 WHERE ((t0."subject_id") IN (SELECT t1."subject_id" FROM "lab.session" AS t1 WHERE (t1."score" > 3)));
-- postgres
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info" FROM "lab"."subject" AS t0 WHERE EXISTS (SELECT 1 FROM "lab"."session" AS t1 WHERE (t1."score" > 3) AND t1."subject_id" = t0."subject_id");
-- mysql
SELECT t0.`subject_id`, t0.`species`, t0.`sex`, t0.`weight`, t0.`info` FROM `lab`.`subject` AS t0 WHERE EXISTS (SELECT 1 FROM `lab`.`session` AS t1 WHERE (t1.`score` > 3) AND t1.`subject_id` = t0.`subject_id`);

-- - query
-- sqlite
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info" FROM "lab.subject" AS t0 WHERE ((t0."subject_id") NOT IN (SELECT t1."subject_id" FROM "lab.session" AS t1));
-- postgres
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info" FROM "lab"."subject" AS t0 WHERE NOT EXISTS (SELECT 1 FROM "lab"."session" AS t1 WHERE t1."subject_id" = t0."subject_id");
-- mysql
SELECT t0.`subject_id`, t0.`species`, t0.`sex`, t0.`weight`, t0.`info` FROM `lab`.`subject` AS t0 WHERE NOT EXISTS (SELECT 1 FROM `lab`.`session` AS t1 WHERE t1.`subject_id` = t0.`subject_id`);

-- & query on what may be NULL
-- sqlite
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info" FROM "lab.subject" AS t0 WHERE ((t0."species") IN (SELECT t1."species" FROM "lab.#species" AS t1));
-- postgres
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info" FROM "lab"."subject" AS t0 WHERE EXISTS (SELECT 1 FROM "lab"."#species" AS t1 WHERE t1."species" = t0."species");
-- mysql
SELECT t0.`subject_id`, t0.`species`, t0.`sex`, t0.`weight`, t0.`info` FROM `lab`.`subject` AS t0 WHERE EXISTS (SELECT 1 FROM `lab`.`#species` AS t1 WHERE t1.`species` = t0.`species`);

-- - query on what may be NULL
-- sqlite
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info" FROM "lab.subject" AS t0 WHERE (t0."species" IS NULL OR (t0."species") NOT IN (SELECT t1."species" FROM "lab.#species" AS t1));
-- postgres
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info" FROM "lab"."subject" AS t0 WHERE NOT EXISTS (SELECT 1 FROM "lab"."#species" AS t1 WHERE t1."species" = t0."species");
-- mysql
SELECT t0.`subject_id`, t0.`species`, t0.`sex`, t0.`weight`, t0.`info` FROM `lab`.`subject` AS t0 WHERE NOT EXISTS (SELECT 1 FROM `lab`.`#species` AS t1 WHERE t1.`species` = t0.`species`);

-- - any of two queries
-- sqlite
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info" FROM "lab.subject" AS t0 WHERE (((((t0."subject_id") IN (SELECT t1."subject_id" FROM "lab.session" AS t1)) OR ((t0."subject_id") IN (SELECT t2."subject_id" FROM "lab.pair" AS t2 WHERE (NOT (t2."started" IS NULL)))))) IS NOT TRUE);
-- postgres
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info" FROM "lab"."subject" AS t0 WHERE (((EXISTS (SELECT 1 FROM "lab"."session" AS t1 WHERE t1."subject_id" = t0."subject_id") OR EXISTS (SELECT 1 FROM "lab"."pair" AS t2 WHERE (NOT (t2."started" IS NULL)) AND t2."subject_id" = t0."subject_id"))) IS NOT TRUE);
-- mysql
SELECT t0.`subject_id`, t0.`species`, t0.`sex`, t0.`weight`, t0.`info` FROM `lab`.`subject` AS t0 WHERE (((((t0.`subject_id`) IN (SELECT t1.`subject_id` FROM `lab`.`session` AS t1)) OR ((t0.`subject_id`) IN (SELECT t2.`subject_id` FROM `lab`.`pair` AS t2 WHERE (NOT (t2.`started` IS NULL)))))) IS NOT TRUE);

-- - query without names in common
-- sqlite
SELECT t0."species" FROM "lab.#species" AS t0 WHERE NOT EXISTS (SELECT 1 FROM "lab.session" AS t1);
-- postgres
SELECT t0."species" FROM "lab"."#species" AS t0 WHERE NOT EXISTS (SELECT 1 FROM "lab"."session" AS t1);
-- mysql
SELECT t0.`species` FROM `lab`.`#species` AS t0 WHERE NOT EXISTS (SELECT 1 FROM `lab`.`session` AS t1);

-- & query on a slice
-- sqlite
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info" FROM "lab.subject" AS t0 WHERE ((t0."subject_id") IN (SELECT t2."subject_id" FROM (SELECT t1."subject_id", t1."session_id", t1."session_date", t1."score", t1."rate" FROM "lab.session" AS t1 ORDER BY t1."score" DESC LIMIT 3) AS t2));
-- postgres
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info" FROM "lab"."subject" AS t0 WHERE EXISTS (SELECT 1 FROM (SELECT t1."subject_id", t1."session_id", t1."session_date", t1."score", t1."rate" FROM "lab"."session" AS t1 ORDER BY t1."score" DESC NULLS LAST LIMIT 3) AS t2 WHERE t2."subject_id" = t0."subject_id");
-- mysql
SELECT t0.`subject_id`, t0.`species`, t0.`sex`, t0.`weight`, t0.`info` FROM `lab`.`subject` AS t0 WHERE EXISTS (SELECT 1 FROM (SELECT t1.`subject_id`, t1.`session_id`, t1.`session_date`, t1.`score`, t1.`rate` FROM `lab`.`session` AS t1 ORDER BY t1.`score` DESC LIMIT 3) AS t2 WHERE t2.`subject_id` = t0.`subject_id`);

-- proj
-- sqlite
SELECT t0."subject_id", t0."session_id" FROM "lab.session" AS t0;
-- postgres
SELECT t0."subject_id", t0."session_id" FROM "lab"."session" AS t0;
-- mysql
SELECT t0.`subject_id`, t0.`session_id` FROM `lab`.`session` AS t0;

-- proj, all but one
-- sqlite
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."rate" FROM "lab.session" AS t0;
-- postgres
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."rate" FROM "lab"."session" AS t0;
-- mysql
SELECT t0.`subject_id`, t0.`session_id`, t0.`session_date`, (t0.`rate` + 0e0) AS `rate` FROM `lab`.`session` AS t0;

-- proj, renamed
-- sqlite
SELECT t0."subject_id" AS "subject", t0."session_id", t0."session_date" AS "day", t0."score" FROM "lab.session" AS t0;
-- postgres
SELECT t0."subject_id" AS "subject", t0."session_id", t0."session_date" AS "day", t0."score" FROM "lab"."session" AS t0;
-- mysql
SELECT t0.`subject_id` AS `subject`, t0.`session_id`, t0.`session_date` AS `day`, t0.`score` FROM `lab`.`session` AS t0;

-- proj, computed and restricted
-- sqlite
SELECT t0."subject_id", t0."session_id", (((t0."score" * 2.0)) + 1.0) AS "t" FROM "lab.session" AS t0 WHERE (((((t0."score" * 2.0)) + 1.0)) > 3);
-- postgres
SELECT t0."subject_id", t0."session_id", (((t0."score" * CAST(2 AS double precision))) + CAST(1 AS double precision)) AS "t" FROM "lab"."session" AS t0 WHERE (((((t0."score" * CAST(2 AS double precision))) + CAST(1 AS double precision))) > 3);
-- mysql
SELECT t0.`subject_id`, t0.`session_id`, (((t0.`score` * 2e0)) + 1e0) AS `t` FROM `lab`.`session` AS t0 WHERE (((((t0.`score` * 2e0)) + 1e0)) > 3);

-- proj, duplicated
-- sqlite
SELECT t0."subject_id", t0."session_id", t0."subject_id" AS "other" FROM "lab.session" AS t0;
-- postgres
SELECT t0."subject_id", t0."session_id", t0."subject_id" AS "other" FROM "lab"."session" AS t0;
-- mysql
SELECT t0.`subject_id`, t0.`session_id`, t0.`subject_id` AS `other` FROM `lab`.`session` AS t0;

-- *
-- sqlite
SELECT t0."subject_id", t0."session_id", t2."scan_id", t2."depth", t0."session_date", t0."score", t0."rate", t1."species", t1."sex", t1."weight", t1."info" FROM "lab.session" AS t0 JOIN "lab.subject" AS t1 ON t0."subject_id" = t1."subject_id" JOIN "lab._scan" AS t2 ON t0."subject_id" = t2."subject_id" AND t0."session_id" = t2."session_id";
-- postgres
SELECT t0."subject_id", t0."session_id", t2."scan_id", t2."depth", t0."session_date", t0."score", t0."rate", t1."species", t1."sex", t1."weight", t1."info" FROM "lab"."session" AS t0 JOIN "lab"."subject" AS t1 ON t0."subject_id" = t1."subject_id" JOIN "lab"."_scan" AS t2 ON t0."subject_id" = t2."subject_id" AND t0."session_id" = t2."session_id";
-- mysql
SELECT t0.`subject_id`, t0.`session_id`, t2.`scan_id`, t2.`depth`, t0.`session_date`, t0.`score`, (t0.`rate` + 0e0) AS `rate`, t1.`species`, t1.`sex`, t1.`weight`, t1.`info` FROM `lab`.`session` AS t0 JOIN `lab`.`subject` AS t1 ON t0.`subject_id` = t1.`subject_id` JOIN `lab`.`_scan` AS t2 ON t0.`subject_id` = t2.`subject_id` AND t0.`session_id` = t2.`session_id`;

-- * without names in common
-- sqlite
SELECT t0."species", t1."subject_id", t1."session_id", t1."scan_id" FROM "lab.#species" AS t0 CROSS JOIN "lab._scan" AS t1;
-- postgres
SELECT t0."species", t1."subject_id", t1."session_id", t1."scan_id" FROM "lab"."#species" AS t0 CROSS JOIN "lab"."_scan" AS t1;
-- mysql
SELECT t0.`species`, t1.`subject_id`, t1.`session_id`, t1.`scan_id` FROM `lab`.`#species` AS t0 CROSS JOIN `lab`.`_scan` AS t1;

-- * by a renamed key
-- sqlite
SELECT t0."subject_id", t0."partner", t0."started", t1."species", t1."sex", t1."weight", t1."info" FROM "lab.pair" AS t0 JOIN "lab.subject" AS t1 ON t0."partner" = t1."subject_id";
-- postgres
SELECT t0."subject_id", t0."partner", t0."started", t1."species", t1."sex", t1."weight", t1."info" FROM "lab"."pair" AS t0 JOIN "lab"."subject" AS t1 ON t0."partner" = t1."subject_id";
-- mysql
SELECT t0.`subject_id`, t0.`partner`, t0.`started`, t1.`species`, t1.`sex`, t1.`weight`, t1.`info` FROM `lab`.`pair` AS t0 JOIN `lab`.`subject` AS t1 ON t0.`partner` = t1.`subject_id`;

-- * of restricted
-- sqlite ['m']
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate", t1."species", t1."sex", t1."weight", t1."info" FROM "lab.session" AS t0 JOIN "lab.subject" AS t1 ON t0."subject_id" = t1."subject_id" WHERE (t0."score" > 3) AND t1."sex" = ?;
-- postgres ['m']
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate", t1."species", t1."sex", t1."weight", t1."info" FROM "lab"."session" AS t0 JOIN "lab"."subject" AS t1 ON t0."subject_id" = t1."subject_id" WHERE (t0."score" > 3) AND t1."sex" = %s;
-- mysql ['m']
SELECT t0.`subject_id`, t0.`session_id`, t0.`session_date`, t0.`score`, (t0.`rate` + 0e0) AS `rate`, t1.`species`, t1.`sex`, t1.`weight`, t1.`info` FROM `lab`.`session` AS t0 JOIN `lab`.`subject` AS t1 ON t0.`subject_id` = t1.`subject_id` WHERE (t0.`score` > 3) AND t1.`sex` = %s;

-- * of a summary
-- sqlite
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info", t2."n" FROM "lab.subject" AS t0 JOIN (SELECT t1."subject_id", count(*) AS "n" FROM "lab.session" AS t1 GROUP BY t1."subject_id") AS t2 ON t0."subject_id" = t2."subject_id" WHERE (t2."n" > 2);
-- postgres
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info", t2."n" FROM "lab"."subject" AS t0 JOIN (SELECT t1."subject_id", count(*) AS "n" FROM "lab"."session" AS t1 GROUP BY t1."subject_id") AS t2 ON t0."subject_id" = t2."subject_id" WHERE (t2."n" > 2);
-- mysql
SELECT t0.`subject_id`, t0.`species`, t0.`sex`, t0.`weight`, t0.`info`, t2.`n` FROM `lab`.`subject` AS t0 JOIN (SELECT t1.`subject_id`, count(*) AS `n` FROM `lab`.`session` AS t1 GROUP BY t1.`subject_id`) AS t2 ON t0.`subject_id` = t2.`subject_id` WHERE (t2.`n` > 2);

-- extend
-- sqlite
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate", t1."species", t1."sex", t1."weight", t1."info" FROM "lab.session" AS t0 LEFT JOIN "lab.subject" AS t1 ON t0."subject_id" = t1."subject_id";
-- postgres
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate", t1."species", t1."sex", t1."weight", t1."info" FROM "lab"."session" AS t0 LEFT JOIN "lab"."subject" AS t1 ON t0."subject_id" = t1."subject_id";
-- mysql
SELECT t0.`subject_id`, t0.`session_id`, t0.`session_date`, t0.`score`, (t0.`rate` + 0e0) AS `rate`, t1.`species`, t1.`sex`, t1.`weight`, t1.`info` FROM `lab`.`session` AS t0 LEFT JOIN `lab`.`subject` AS t1 ON t0.`subject_id` = t1.`subject_id`;

-- extend by restricted
-- sqlite ['m']
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate", t2."species", t2."sex", t2."weight", t2."info" FROM "lab.session" AS t0 LEFT JOIN (SELECT t1."subject_id", t1."species", t1."sex", t1."weight", t1."info" FROM "lab.subject" AS t1 WHERE t1."sex" = ?) AS t2 ON t0."subject_id" = t2."subject_id";
-- postgres ['m']
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate", t2."species", t2."sex", t2."weight", t2."info" FROM "lab"."session" AS t0 LEFT JOIN (SELECT t1."subject_id", t1."species", t1."sex", t1."weight", t1."info" FROM "lab"."subject" AS t1 WHERE t1."sex" = %s) AS t2 ON t0."subject_id" = t2."subject_id";
-- mysql ['m']
SELECT t0.`subject_id`, t0.`session_id`, t0.`session_date`, t0.`score`, (t0.`rate` + 0e0) AS `rate`, t2.`species`, t2.`sex`, t2.`weight`, t2.`info` FROM `lab`.`session` AS t0 LEFT JOIN (SELECT t1.`subject_id`, t1.`species`, t1.`sex`, t1.`weight`, t1.`info` FROM `lab`.`subject` AS t1 WHERE t1.`sex` = %s) AS t2 ON t0.`subject_id` = t2.`subject_id`;

-- aggr
-- sqlite
SELECT t0."subject_id", count(t1."subject_id") AS "n", max(t1."score") AS "best", (avg(t1."score") / (CAST(t0."weight" AS REAL) / 1e2)) AS "ratio" FROM "lab.subject" AS t0 LEFT JOIN "lab.session" AS t1 ON t0."subject_id" = t1."subject_id" GROUP BY t0."subject_id", t0."weight";
-- postgres
SELECT t0."subject_id", count(t1."subject_id") AS "n", max(t1."score") AS "best", (avg(t1."score") / nullif(CAST(t0."weight" AS double precision), 0)) AS "ratio" FROM "lab"."subject" AS t0 LEFT JOIN "lab"."session" AS t1 ON t0."subject_id" = t1."subject_id" GROUP BY t0."subject_id", t0."weight";
-- mysql
SELECT t0.`subject_id`, count(t1.`subject_id`) AS `n`, max(t1.`score`) AS `best`, (avg(t1.`score`) / nullif((t0.`weight` + 0e0), 0)) AS `ratio` FROM `lab`.`subject` AS t0 LEFT JOIN `lab`.`session` AS t1 ON t0.`subject_id` = t1.`subject_id` GROUP BY t0.`subject_id`, t0.`weight`;

-- aggr, of what is there
-- sqlite
SELECT t0."subject_id", t0."sex", count(*) AS "n" FROM "lab.subject" AS t0 JOIN "lab.session" AS t1 ON t0."subject_id" = t1."subject_id" GROUP BY t0."subject_id", t0."sex";
-- postgres
SELECT t0."subject_id", t0."sex", count(*) AS "n" FROM "lab"."subject" AS t0 JOIN "lab"."session" AS t1 ON t0."subject_id" = t1."subject_id" GROUP BY t0."subject_id", t0."sex";
-- mysql
SELECT t0.`subject_id`, t0.`sex`, count(*) AS `n` FROM `lab`.`subject` AS t0 JOIN `lab`.`session` AS t1 ON t0.`subject_id` = t1.`subject_id` GROUP BY t0.`subject_id`, t0.`sex`;

-- aggr, of constants
-- sqlite
SELECT t0."subject_id", count((CASE WHEN (t1."subject_id" IS NULL) THEN NULL ELSE 1 END)) AS "n", sum((CASE WHEN (t1."subject_id" IS NULL) THEN NULL ELSE (CASE WHEN (t1."score" > 3) THEN 1 ELSE 0 END) END)) AS "m" FROM "lab.subject" AS t0 LEFT JOIN "lab.session" AS t1 ON t0."subject_id" = t1."subject_id" GROUP BY t0."subject_id";
-- postgres
SELECT t0."subject_id", count((CASE WHEN (t1."subject_id" IS NULL) THEN NULL ELSE 1 END)) AS "n", CAST(sum((CASE WHEN (t1."subject_id" IS NULL) THEN NULL ELSE (CASE WHEN (t1."score" > 3) THEN 1 ELSE 0 END) END)) AS bigint) AS "m" FROM "lab"."subject" AS t0 LEFT JOIN "lab"."session" AS t1 ON t0."subject_id" = t1."subject_id" GROUP BY t0."subject_id";
-- mysql
SELECT t0.`subject_id`, count((CASE WHEN (t1.`subject_id` IS NULL) THEN NULL ELSE 1 END)) AS `n`, (sum((CASE WHEN (t1.`subject_id` IS NULL) THEN NULL ELSE (CASE WHEN (t1.`score` > 3) THEN 1 ELSE 0 END) END)) DIV 1) AS `m` FROM `lab`.`subject` AS t0 LEFT JOIN `lab`.`session` AS t1 ON t0.`subject_id` = t1.`subject_id` GROUP BY t0.`subject_id`;

-- aggr, restricted
-- sqlite
SELECT t3."subject_id", t3."n" FROM (SELECT t0."subject_id", count(t2."subject_id") AS "n" FROM "lab.subject" AS t0 LEFT JOIN (SELECT t1."subject_id", t1."session_id", t1."session_date", t1."score", t1."rate" FROM "lab.session" AS t1 WHERE (t1."score" > 3)) AS t2 ON t0."subject_id" = t2."subject_id" GROUP BY t0."subject_id") AS t3 WHERE (t3."n" > 2);
-- postgres
SELECT t3."subject_id", t3."n" FROM (SELECT t0."subject_id", count(t2."subject_id") AS "n" FROM "lab"."subject" AS t0 LEFT JOIN (SELECT t1."subject_id", t1."session_id", t1."session_date", t1."score", t1."rate" FROM "lab"."session" AS t1 WHERE (t1."score" > 3)) AS t2 ON t0."subject_id" = t2."subject_id" GROUP BY t0."subject_id") AS t3 WHERE (t3."n" > 2);
-- mysql
SELECT t3.`subject_id`, t3.`n` FROM (SELECT t0.`subject_id`, count(t2.`subject_id`) AS `n` FROM `lab`.`subject` AS t0 LEFT JOIN (SELECT t1.`subject_id`, t1.`session_id`, t1.`session_date`, t1.`score`, t1.`rate` FROM `lab`.`session` AS t1 WHERE (t1.`score` > 3)) AS t2 ON t0.`subject_id` = t2.`subject_id` GROUP BY t0.`subject_id`) AS t3 WHERE (t3.`n` > 2);

-- U &
-- sqlite
SELECT DISTINCT t0."sex", t0."species" FROM "lab.subject" AS t0;
-- postgres
SELECT DISTINCT t0."sex", t0."species" FROM "lab"."subject" AS t0;
-- mysql
SELECT DISTINCT t0.`sex`, t0.`species` FROM `lab`.`subject` AS t0;

-- U & the key
-- sqlite
SELECT t0."subject_id", t0."sex" FROM "lab.subject" AS t0;
-- postgres
SELECT t0."subject_id", t0."sex" FROM "lab"."subject" AS t0;
-- mysql
SELECT t0.`subject_id`, t0.`sex` FROM `lab`.`subject` AS t0;

-- U & of computed
-- sqlite
SELECT DISTINCT CAST(strftime('%Y', t0."session_date") AS INTEGER) AS "year" FROM "lab.session" AS t0;
-- postgres
SELECT DISTINCT CAST(extract(year FROM t0."session_date") AS bigint) AS "year" FROM "lab"."session" AS t0;
-- mysql
SELECT DISTINCT year(t0.`session_date`) AS `year` FROM `lab`.`session` AS t0;

-- U aggr
-- sqlite
SELECT t0."sex", count(*) AS "n" FROM "lab.subject" AS t0 GROUP BY t0."sex";
-- postgres
SELECT t0."sex", count(*) AS "n" FROM "lab"."subject" AS t0 GROUP BY t0."sex";
-- mysql
SELECT t0.`sex`, count(*) AS `n` FROM `lab`.`subject` AS t0 GROUP BY t0.`sex`;

-- U aggr by computed
-- sqlite ['-x']
SELECT t1."label", count(*) AS "n" FROM (SELECT t0."subject_id", t0."session_id", (CAST(t0."session_id" AS TEXT) || ?) AS "label" FROM "lab.session" AS t0) AS t1 GROUP BY t1."label";
-- postgres ['-x']
SELECT t1."label", count(*) AS "n" FROM (SELECT t0."subject_id", t0."session_id", (CAST(t0."session_id" AS text) COLLATE "C" || CAST(%s AS text)) AS "label" FROM "lab"."session" AS t0) AS t1 GROUP BY t1."label";
-- mysql ['-x']
SELECT t1.`label`, count(*) AS `n` FROM (SELECT t0.`subject_id`, t0.`session_id`, concat(concat(t0.`session_id`), %s) AS `label` FROM `lab`.`session` AS t0) AS t1 GROUP BY t1.`label`;

-- U aggr of all
-- sqlite
SELECT count(*) AS "n", max(t0."score") AS "best" FROM "lab.session" AS t0;
-- postgres
SELECT count(*) AS "n", max(t0."score") AS "best" FROM "lab"."session" AS t0;
-- mysql
SELECT count(*) AS `n`, max(t0.`score`) AS `best` FROM `lab`.`session` AS t0;

-- +
-- sqlite
SELECT t2."subject_id", t2."session_id" FROM (SELECT t0."subject_id", t0."session_id" FROM "lab.session" AS t0 UNION SELECT t1."subject_id", t1."session_id" FROM "lab.session" AS t1 WHERE (t1."score" > 3)) AS t2;
-- postgres
SELECT t2."subject_id", t2."session_id" FROM (SELECT t0."subject_id", t0."session_id" FROM "lab"."session" AS t0 UNION SELECT t1."subject_id", t1."session_id" FROM "lab"."session" AS t1 WHERE (t1."score" > 3)) AS t2;
-- mysql
SELECT t2.`subject_id`, t2.`session_id` FROM (SELECT t0.`subject_id`, t0.`session_id` FROM `lab`.`session` AS t0 UNION SELECT t1.`subject_id`, t1.`session_id` FROM `lab`.`session` AS t1 WHERE (t1.`score` > 3)) AS t2;

-- + with secondary attributes
-- sqlite
SELECT t3."subject_id", t3."session_id", t3."score", t3."rate" FROM (SELECT t0."subject_id", t0."session_id", t0."score", t1."rate" FROM "lab.session" AS t0 LEFT JOIN "lab.session" AS t1 ON t0."subject_id" = t1."subject_id" AND t0."session_id" = t1."session_id" UNION ALL SELECT t2."subject_id", t2."session_id", NULL AS "score", t2."rate" FROM "lab.session" AS t2 WHERE ((t2."subject_id", t2."session_id") NOT IN (SELECT t4."subject_id", t4."session_id" FROM "lab.session" AS t4))) AS t3;
-- postgres
SELECT t3."subject_id", t3."session_id", t3."score", t3."rate" FROM (SELECT t0."subject_id", t0."session_id", t0."score", t1."rate" FROM "lab"."session" AS t0 LEFT JOIN "lab"."session" AS t1 ON t0."subject_id" = t1."subject_id" AND t0."session_id" = t1."session_id" UNION ALL SELECT t2."subject_id", t2."session_id", NULL AS "score", t2."rate" FROM "lab"."session" AS t2 WHERE NOT EXISTS (SELECT 1 FROM "lab"."session" AS t4 WHERE t4."subject_id" = t2."subject_id" AND t4."session_id" = t2."session_id")) AS t3;
-- mysql
SELECT t3.`subject_id`, t3.`session_id`, t3.`score`, (t3.`rate` + 0e0) AS `rate` FROM (SELECT t0.`subject_id`, t0.`session_id`, t0.`score`, t1.`rate` FROM `lab`.`session` AS t0 LEFT JOIN `lab`.`session` AS t1 ON t0.`subject_id` = t1.`subject_id` AND t0.`session_id` = t1.`session_id` UNION ALL SELECT t2.`subject_id`, t2.`session_id`, NULL AS `score`, t2.`rate` FROM `lab`.`session` AS t2 WHERE NOT EXISTS (SELECT 1 FROM `lab`.`session` AS t4 WHERE t4.`subject_id` = t2.`subject_id` AND t4.`session_id` = t2.`session_id`)) AS t3;

-- Top
-- sqlite
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab.session" AS t0 ORDER BY t0."score" DESC, t0."subject_id", t0."session_id" LIMIT 3;
-- postgres
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab"."session" AS t0 ORDER BY t0."score" DESC NULLS LAST, t0."subject_id", t0."session_id" LIMIT 3;
-- mysql
SELECT t0.`subject_id`, t0.`session_id`, t0.`session_date`, t0.`score`, (t0.`rate` + 0e0) AS `rate` FROM `lab`.`session` AS t0 ORDER BY t0.`score` DESC, t0.`subject_id`, t0.`session_id` LIMIT 3;

-- Top by labels
-- sqlite
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info" FROM "lab.subject" AS t0 ORDER BY CASE t0."sex" WHEN 'm' THEN 0 WHEN 'f' THEN 1 END, t0."subject_id" LIMIT 3 OFFSET 2;
-- postgres
SELECT t0."subject_id", t0."species", t0."sex", t0."weight", t0."info" FROM "lab"."subject" AS t0 ORDER BY t0."sex", t0."subject_id" LIMIT 3 OFFSET 2;
-- mysql
SELECT t0.`subject_id`, t0.`species`, t0.`sex`, t0.`weight`, t0.`info` FROM `lab`.`subject` AS t0 ORDER BY field(t0.`sex`, 'm','f'), t0.`subject_id` LIMIT 3 OFFSET 2;

-- Top of Top
-- sqlite
SELECT t1."subject_id", t1."session_id", t1."session_date", t1."score", t1."rate" FROM (SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab.session" AS t0 ORDER BY t0."score" LIMIT 3 OFFSET 2) AS t1 ORDER BY t1."subject_id", t1."session_id" LIMIT 1;
-- postgres
SELECT t1."subject_id", t1."session_id", t1."session_date", t1."score", t1."rate" FROM (SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab"."session" AS t0 ORDER BY t0."score" NULLS FIRST LIMIT 3 OFFSET 2) AS t1 ORDER BY t1."subject_id", t1."session_id" LIMIT 1;
-- mysql
SELECT t1.`subject_id`, t1.`session_id`, t1.`session_date`, t1.`score`, (t1.`rate` + 0e0) AS `rate` FROM (SELECT t0.`subject_id`, t0.`session_id`, t0.`session_date`, t0.`score`, t0.`rate` FROM `lab`.`session` AS t0 ORDER BY t0.`score` LIMIT 3 OFFSET 2) AS t1 ORDER BY t1.`subject_id`, t1.`session_id` LIMIT 1;

-- restricted Top
-- sqlite [1]
SELECT t1."subject_id", t1."session_id", t1."session_date", t1."score", t1."rate" FROM (SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab.session" AS t0 ORDER BY t0."score" LIMIT 3) AS t1 WHERE t1."session_id" = ?;
-- postgres [1]
SELECT t1."subject_id", t1."session_id", t1."session_date", t1."score", t1."rate" FROM (SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab"."session" AS t0 ORDER BY t0."score" NULLS FIRST LIMIT 3) AS t1 WHERE t1."session_id" = %s;
-- mysql [1]
SELECT t1.`subject_id`, t1.`session_id`, t1.`session_date`, t1.`score`, (t1.`rate` + 0e0) AS `rate` FROM (SELECT t0.`subject_id`, t0.`session_id`, t0.`session_date`, t0.`score`, t0.`rate` FROM `lab`.`session` AS t0 ORDER BY t0.`score` LIMIT 3) AS t1 WHERE t1.`session_id` = %s;

-- Top without limit
-- sqlite
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab.session" AS t0 ORDER BY t0."subject_id", t0."session_id" LIMIT -1 OFFSET 5;
-- postgres
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab"."session" AS t0 ORDER BY t0."subject_id", t0."session_id" OFFSET 5;
-- mysql
SELECT t0.`subject_id`, t0.`session_id`, t0.`session_date`, t0.`score`, (t0.`rate` + 0e0) AS `rate` FROM `lab`.`session` AS t0 ORDER BY t0.`subject_id`, t0.`session_id` LIMIT 18446744073709551615 OFFSET 5;

-- double negation
-- sqlite
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab.session" AS t0 WHERE (t0."score" > 3);
-- postgres
SELECT t0."subject_id", t0."session_id", t0."session_date", t0."score", t0."rate" FROM "lab"."session" AS t0 WHERE (t0."score" > 3);
-- mysql
SELECT t0.`subject_id`, t0.`session_id`, t0.`session_date`, t0.`score`, (t0.`rate` + 0e0) AS `rate` FROM `lab`.`session` AS t0 WHERE (t0.`score` > 3);
