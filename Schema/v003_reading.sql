-- What a connection that only reads adds to a file of version 1 or 2: no form of values was recorded, and no
-- value is in parts. Nothing of it is written to the file.

CREATE TEMP VIEW payload AS
SELECT payload.*, proof.root, proof.subtrees, NULL AS skew, NULL AS kurtosis
FROM main.payload LEFT JOIN proof ON proof.payload_id = payload.id;

CREATE TEMP VIEW chunk AS SELECT *, NULL AS moments FROM main.chunk;

CREATE TEMP TABLE partial (variable_id INTEGER PRIMARY KEY, payload_id INTEGER);

CREATE TEMP TABLE share (checkpoint_id INTEGER, total INTEGER, number INTEGER);

CREATE TEMP TABLE part (id INTEGER PRIMARY KEY, path TEXT);

CREATE TEMP TABLE outer_block (id INTEGER PRIMARY KEY, part_id INTEGER, block_id INTEGER);
