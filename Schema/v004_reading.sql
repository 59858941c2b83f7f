-- What a connection that only reads adds to a file of a version before 5, beside what older ones need: no
-- value of it is in parts. Nothing is written to the file.

CREATE TEMP TABLE partial (variable_id INTEGER PRIMARY KEY, payload_id INTEGER);

CREATE TEMP TABLE share (checkpoint_id INTEGER, total INTEGER, number INTEGER);

CREATE TEMP TABLE part (id INTEGER PRIMARY KEY, path TEXT);

CREATE TEMP TABLE outer_block (id INTEGER PRIMARY KEY, part_id INTEGER, block_id INTEGER);
