-- What a connection that only reads adds to a file of version 1 or 2: no form of values was recorded, and no
-- value is in parts. Nothing of it is written to the file. The program fills `proof` and `content`.

CREATE TEMP TABLE proof (payload_id INTEGER PRIMARY KEY, root BLOB, subtrees BLOB);

CREATE TEMP TABLE content (checkpoint_id INTEGER PRIMARY KEY, content_digest BLOB);

CREATE TEMP VIEW checkpoints AS
SELECT checkpoints.name, checkpoints.step, checkpoints.seed, checkpoints.dialect, variables,
  materialized, bytes, checkpoints.spec_fingerprint,
  CASE
    WHEN checkpoint.content_digest IS NOT NULL THEN lower(hex(checkpoint.content_digest))
  END AS content_digest,
  checkpoints.created_at, checkpoints.fingerprint_version, checkpoint.metadata
FROM main.checkpoints JOIN temp.checkpoint ON checkpoint.name = checkpoints.name
ORDER BY checkpoint.id;

CREATE TEMP VIEW payload AS
SELECT payload.*, proof.root, proof.subtrees, NULL AS skew, NULL AS kurtosis
FROM main.payload LEFT JOIN proof ON proof.payload_id = payload.id;

CREATE TEMP VIEW chunk AS SELECT *, NULL AS moments FROM main.chunk;

CREATE TEMP TABLE partial (variable_id INTEGER PRIMARY KEY, payload_id INTEGER);

CREATE TEMP TABLE share (checkpoint_id INTEGER, total INTEGER, number INTEGER);

CREATE TEMP TABLE part (id INTEGER PRIMARY KEY, path TEXT);

CREATE TEMP TABLE outer_block (id INTEGER PRIMARY KEY, part_id INTEGER, block_id INTEGER);
