-- What a connection that only reads adds to a file of version 1, to read it as one of the present version,
-- before v003_reading.sql. Nothing of it is written to the file.

CREATE TEMP VIEW checkpoint AS
SELECT id, name, step, seed, dialect, fingerprint_version, spec_fingerprint,
  content.content_digest AS content_digest, created_at, '{}' AS metadata
FROM main.checkpoint LEFT JOIN content ON content.checkpoint_id = checkpoint.id;

CREATE TEMP VIEW variable AS
SELECT *, 0 AS is_assigned, NULL AS verdict, NULL AS deviation FROM main.variable;

CREATE TEMP TABLE metric (checkpoint_id INTEGER, name TEXT, value REAL);

CREATE TEMP VIEW variables AS
SELECT *, 0 AS assigned, NULL AS skew, NULL AS kurtosis, NULL AS verdict, NULL AS deviation
FROM main.variables;
