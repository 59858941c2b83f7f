-- What a connection that only reads adds to a file of version 2, to read it as one of the present version,
-- before v003_reading.sql. Nothing of it is written to the file.

CREATE TEMP VIEW checkpoint AS
SELECT id, name, step, seed, dialect, fingerprint_version, spec_fingerprint,
  content.content_digest AS content_digest, created_at, metadata
FROM main.checkpoint LEFT JOIN content ON content.checkpoint_id = checkpoint.id;

CREATE TEMP VIEW variable AS SELECT *, NULL AS verdict, NULL AS deviation FROM main.variable;

CREATE TEMP VIEW variables AS
SELECT *, NULL AS skew, NULL AS kurtosis, NULL AS verdict, NULL AS deviation FROM main.variables;
